//! The answer to a write that gives nothing back.

use deskbell_http::Answer;
use serde::Serialize;

#[derive(Serialize)]
struct Done {
    status: &'static str,
    statuscode: u16,
}

/// `{"status":"OK","statuscode":0}`.
pub(crate) fn done() -> Answer {
    Answer::tree(Done { status: "OK", statuscode: 0 })
}
