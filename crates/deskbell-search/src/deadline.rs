//! A moment by which a search answers with what it has.

use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Deadline {
        Deadline(Instant::now() + time)
    }

    pub(crate) fn passed(self) -> bool {
        Instant::now() >= self.0
    }
}
