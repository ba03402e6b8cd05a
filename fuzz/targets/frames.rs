//! Any frame of a client of the real-time figures: it is understood or refused in a frame, with bounded work.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deskbell_zendesk::frames_hold(bytes));
