//! Any tree, written as XML, is a valid document that reads back equal.

#![no_main]

use deskbell_http::properties::{Tree, xml};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xml::holds(&Tree::grown(bytes)));
