//! Passwords: checked and hashed on threads that may wait, a few at once; and how often one may fail. What every way to sign in shares.

use std::net::IpAddr;
use std::time::Duration;

use deskbell_app::{AppError, credentials};
use deskbell_domain::time::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::tries::{Tries, TryKey, TryLimit};

/// Passwords worked on at once: each takes 19 MiB and a core for tens of milliseconds.
const AT_ONCE_MAX: usize = 4;
/// How long one waits for that.
const WAIT_SECONDS_MAX: u64 = 10;

/// Checks and hashes passwords, and counts who failed: for each e-mail address and for each caller.
pub struct Passwords {
    failures: Tries,
    at_once: Semaphore,
}

/// A try to sign in that was counted.
pub struct SignInTry {
    email: TryKey,
    caller: TryKey,
}

impl Passwords {
    pub fn new(failures: TryLimit) -> Self {
        Passwords { failures: Tries::new(failures), at_once: Semaphore::new(AT_ONCE_MAX) }
    }

    /// Whether a password fits a hash; `None` takes as long and never fits.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, AppError> {
        let _permit = self.permit().await?;
        tokio::task::spawn_blocking(move || credentials::verify_password(&password, hash.as_deref())).await.map_err(broken)
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        let _permit = self.permit().await?;
        tokio::task::spawn_blocking(move || credentials::hash_password(&password)).await.map_err(broken)?
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, AppError> {
        match tokio::time::timeout(Duration::from_secs(WAIT_SECONDS_MAX), self.at_once.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(AppError::unavailable("too many are signing in; try again").retry_after(1)),
        }
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

fn broken(error: tokio::task::JoinError) -> AppError {
    AppError::internal(format!("checking a password: {error}"))
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
        let passwords = Passwords::new(LIMIT);
        let peer = |last: u8| Some(IpAddr::from([10, 0, 0, last]));
        for second in 0..10 {
            passwords.begin("ann@desk.test", peer(second as u8), at(second)).unwrap();
        }
        let refused = passwords.begin(" Ann@desk.test", peer(200), at(10)).err().unwrap();
        assert_eq!(refused.retry_after_seconds, Some(890));
        passwords.begin("bob@desk.test", peer(1), at(10)).unwrap();
        passwords.begin("ann@desk.test", peer(200), at(900)).unwrap();
        assert!(passwords.begin("ann@desk.test", peer(200), at(900)).is_err(), "nine of the last quarter of an hour, and this one");
    }

    #[test]
    fn a_good_one_is_not_counted() {
        let passwords = Passwords::new(LIMIT);
        let peer = Some(IpAddr::from([10, 0, 0, 1]));
        for _ in 0..9 {
            passwords.begin("ann@desk.test", peer, at(0)).unwrap();
        }
        for _ in 0..3 {
            let good = passwords.begin("ann@desk.test", peer, at(1)).unwrap();
            passwords.forgive(&good);
        }
        passwords.begin("bob@desk.test", peer, at(2)).unwrap();
        assert!(passwords.begin("ann@desk.test", peer, at(3)).is_err(), "the caller has failed ten times");
        passwords.begin("ann@desk.test", None, at(3)).unwrap();
    }

    #[test]
    fn one_that_came_to_nothing_is_not_counted() {
        let passwords = Passwords::new(LIMIT);
        for _ in 0..LIMIT.tries_max * 2 {
            let none = passwords.begin("ann@desk.test", None, at(0)).unwrap();
            passwords.take_back(&none);
        }
        passwords.begin("ann@desk.test", None, at(0)).unwrap();
    }
}
