//! How fast a connection may send.

use tokio::time::Instant;

/// A bucket of frames: so many at once, so many a second in the long run.
#[derive(Debug)]
pub struct Pace {
    tokens: f32,
    last: Instant,
    per_second: f32,
    burst: f32,
}

impl Pace {
    pub fn new(per_second: u16, burst: u16) -> Pace {
        Pace { tokens: f32::from(burst), last: Instant::now(), per_second: f32::from(per_second), burst: f32::from(burst) }
    }

    /// Takes one; `false` when there are none left.
    pub fn take(&mut self) -> bool {
        let now = Instant::now();
        self.tokens = (self.tokens + now.duration_since(self.last).as_secs_f32() * self.per_second).min(self.burst);
        self.last = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}
