//! Any tree, written as YAML, is a valid document that reads back equal.

#![no_main]

use deskbell_http::properties::{Tree, yaml};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| yaml::holds(&Tree::grown(bytes)));
