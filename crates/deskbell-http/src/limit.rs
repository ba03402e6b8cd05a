//! The rate limiter of a surface: so many requests a minute for each key, refilled evenly.

use std::sync::atomic::{AtomicU32, Ordering};

use deskbell_app::AppError;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::surface::RateLimit;

/// Keys that have recovered are dropped once in so many checks, so that the table does not grow with every address seen.
const CHECKS_BETWEEN_SWEEPS: u32 = 4_096;
const SECONDS_PER_MINUTE: u32 = 60;

pub(crate) struct Limiter {
    keys: RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>,
    checks: AtomicU32,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit) -> Limiter {
        let quota = Quota::per_minute(limit.requests_per_minute_max);
        Limiter { keys: RateLimiter::keyed(quota).with_middleware(), checks: AtomicU32::new(0) }
    }

    /// Counts one request; tells how many more may follow at once.
    pub(crate) fn check(&self, key: u64) -> Result<u32, AppError> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_BETWEEN_SWEEPS == CHECKS_BETWEEN_SWEEPS - 1 {
            self.keys.retain_recent();
        }
        match self.keys.check_key(&key) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(refusal) => {
                let wait = refusal.wait_time_from(DefaultClock::default().now());
                let seconds = u32::try_from(wait.as_secs()).unwrap_or(SECONDS_PER_MINUTE).saturating_add(1);
                Err(AppError::rate_limited("too many requests, try again later").retry_after(seconds))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn each_key_has_its_own_count() {
        let limiter = Limiter::new(RateLimit { requests_per_minute_max: NonZeroU32::new(2).expect("not zero"), headers: false });
        assert_eq!(limiter.check(1).expect("the first"), 1);
        assert_eq!(limiter.check(1).expect("the second"), 0);
        let error = limiter.check(1).expect_err("the third is one too many");
        assert!(error.retry_after_seconds.is_some_and(|seconds| (1..=SECONDS_PER_MINUTE).contains(&seconds)));
        assert_eq!(limiter.check(2).expect("another key"), 1);
    }
}
