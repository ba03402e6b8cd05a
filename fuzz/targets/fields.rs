//! Any `fields` expression and any document: what is kept is JSON, and what was asked for.

#![no_main]

use deskbell_http::properties::fields;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fields::holds(bytes));
