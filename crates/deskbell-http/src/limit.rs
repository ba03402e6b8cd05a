//! The rate limiter of surfaces: so many requests a minute for each key, refilled evenly.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use deskbell_app::AppError;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// Keys that have recovered are dropped once in so many checks, so that the table does not grow with every address seen.
const CHECKS_BETWEEN_SWEEPS: u32 = 4_096;
const SECONDS_PER_MINUTE: u32 = 60;

/// Counts requests. Clones count together: surfaces that are given the same one share what a caller may ask for.
#[derive(Clone)]
pub struct SharedLimit(Arc<Inner>);

struct Inner {
    requests_per_minute_max: NonZeroU32,
    keys: RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>,
    checks: AtomicU32,
}

impl SharedLimit {
    pub fn per_minute(requests_per_minute_max: NonZeroU32) -> SharedLimit {
        let keys = RateLimiter::keyed(Quota::per_minute(requests_per_minute_max)).with_middleware();
        SharedLimit(Arc::new(Inner { requests_per_minute_max, keys, checks: AtomicU32::new(0) }))
    }

    pub fn requests_per_minute_max(&self) -> NonZeroU32 {
        self.0.requests_per_minute_max
    }

    /// Counts one request; tells how many more may follow at once.
    pub(crate) fn check(&self, key: u64) -> Result<u32, AppError> {
        if self.0.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_BETWEEN_SWEEPS == CHECKS_BETWEEN_SWEEPS - 1 {
            self.0.keys.retain_recent();
        }
        match self.0.keys.check_key(&key) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(refusal) => {
                let wait = refusal.wait_time_from(DefaultClock::default().now());
                let seconds = u32::try_from(wait.as_secs()).unwrap_or(SECONDS_PER_MINUTE).saturating_add(1);
                Err(AppError::rate_limited("too many requests, try again later").retry_after(seconds))
            }
        }
    }
}

impl fmt::Debug for SharedLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedLimit({} a minute)", self.0.requests_per_minute_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_count_and_clones_share_it() {
        let limit = SharedLimit::per_minute(NonZeroU32::new(2).expect("not zero"));
        let other = limit.clone();
        assert_eq!(limit.check(1).expect("the first"), 1);
        assert_eq!(other.check(1).expect("the second"), 0);
        let error = limit.check(1).expect_err("the third is one too many");
        assert!(error.retry_after_seconds.is_some_and(|seconds| (1..=SECONDS_PER_MINUTE).contains(&seconds)));
        assert_eq!(limit.check(2).expect("another key"), 1);
    }
}
