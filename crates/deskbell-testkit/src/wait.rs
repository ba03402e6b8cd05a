//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// How long a test waits for what must happen. Two cores may run several servers.
pub const WAIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Asks again until there is a value; panics with `what` when it takes too long.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WAIT;
    loop {
        if let Some(value) = ask().await {
            return value;
        }
        assert!(Instant::now() < deadline, "never within {WAIT:?}: {what}");
        tokio::time::sleep(POLL).await;
    }
}
