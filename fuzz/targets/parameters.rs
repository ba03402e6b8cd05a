//! Any query and any body: what an honest client wrote is understood, and the rest is refused or passed over.

#![no_main]

use deskbell_http::properties::parameters;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parameters::holds(bytes));
