//! How often a password may be wrong: what every way to sign in shares.

use std::net::IpAddr;

use deskbell_app::AppError;
use deskbell_domain::time::Timestamp;

use crate::tries::{Tries, TryKey, TryLimit};

/// Counts who failed to sign in: for each e-mail address and for each caller.
pub struct FailedSignIns {
    failures: Tries,
}

/// A try to sign in that was counted.
pub struct SignInTry {
    email: TryKey,
    caller: TryKey,
}

impl FailedSignIns {
    pub fn new(failures: TryLimit) -> Self {
        FailedSignIns { failures: Tries::new(failures) }
    }

    /// Counts a try as failed until it is [forgiven](Self::forgive), so that many at once are no way around the limit.
    pub fn begin(&self, email: &str, peer: Option<IpAddr>, now: Timestamp) -> Result<SignInTry, AppError> {
        let this = SignInTry { email: TryKey::text("e-mail", &email.trim().to_lowercase()), caller: TryKey::caller(peer) };
        match self.failures.take(&[this.email, this.caller], now) {
            Ok(()) => Ok(this),
            Err(seconds) => Err(AppError::rate_limited("too many failed tries to sign in; wait before the next").retry_after(seconds)),
        }
    }

    /// The password was good: the address's failures are forgotten, the caller's others are not.
    pub fn forgive(&self, good: &SignInTry) {
        self.failures.forget(good.email);
        self.failures.take_back(good.caller);
    }

    /// The try was none: it is not counted.
    pub fn take_back(&self, none: &SignInTry) {
        self.failures.take_back(none.email);
        self.failures.take_back(none.caller);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: TryLimit = TryLimit { tries_max: 10, window_seconds: 15 * 60 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000 + seconds)
    }

    #[test]
    fn ten_failures_are_enough() {
        let failed = FailedSignIns::new(LIMIT);
        let peer = |last: u8| Some(IpAddr::from([10, 0, 0, last]));
        for second in 0..10 {
            failed.begin("ann@desk.test", peer(second as u8), at(second)).unwrap();
        }
        let refused = failed.begin(" Ann@desk.test", peer(200), at(10)).err().unwrap();
        assert_eq!(refused.retry_after_seconds, Some(890));
        failed.begin("bob@desk.test", peer(1), at(10)).unwrap();
        failed.begin("ann@desk.test", peer(200), at(900)).unwrap();
        assert!(failed.begin("ann@desk.test", peer(200), at(900)).is_err(), "nine of the last quarter of an hour, and this one");
    }

    #[test]
    fn a_good_one_is_not_counted() {
        let failed = FailedSignIns::new(LIMIT);
        let peer = Some(IpAddr::from([10, 0, 0, 1]));
        for _ in 0..9 {
            failed.begin("ann@desk.test", peer, at(0)).unwrap();
        }
        for _ in 0..3 {
            let good = failed.begin("ann@desk.test", peer, at(1)).unwrap();
            failed.forgive(&good);
        }
        failed.begin("bob@desk.test", peer, at(2)).unwrap();
        assert!(failed.begin("ann@desk.test", peer, at(3)).is_err(), "the caller has failed ten times");
        failed.begin("ann@desk.test", None, at(3)).unwrap();
    }

    #[test]
    fn one_that_came_to_nothing_is_not_counted() {
        let failed = FailedSignIns::new(LIMIT);
        for _ in 0..LIMIT.tries_max * 2 {
            let none = failed.begin("ann@desk.test", None, at(0)).unwrap();
            failed.take_back(&none);
        }
        failed.begin("ann@desk.test", None, at(0)).unwrap();
    }
}
