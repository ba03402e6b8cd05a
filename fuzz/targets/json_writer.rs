//! Any tree, written as JSON, is a valid document that reads back equal.

#![no_main]

use deskbell_http::properties::{Tree, json};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| json::holds(&Tree::grown(bytes)));
