//! Passwords: checked and hashed on threads that may wait, a few at once; and how often one may try.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deskbell_app::{AppError, credentials};
use deskbell_domain::time::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Failed tries to sign in within [`TRIES_WINDOW_SECONDS`], for each e-mail address and for each caller's address.
pub(crate) const FAILED_TRIES_MAX: usize = 10;
pub(crate) const TRIES_WINDOW_SECONDS: i64 = 15 * 60;
/// E-mail and callers' addresses that tries are remembered of.
const TRIES_KEYS_MAX: usize = 10_000;
/// Passwords worked on at once: each takes 19 MiB and a core for tens of milliseconds.
const AT_ONCE_MAX: usize = 4;
/// How long one waits for that.
const WAIT_SECONDS_MAX: u64 = 10;

pub(crate) struct Passwords {
    tries: Mutex<Tries>,
    at_once: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Passwords { tries: Mutex::default(), at_once: Semaphore::new(AT_ONCE_MAX) }
    }
}

impl Passwords {
    /// Whether a password fits a hash; `None` takes as long and never fits.
    pub(crate) async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, AppError> {
        let _permit = self.permit().await?;
        tokio::task::spawn_blocking(move || credentials::verify_password(&password, hash.as_deref())).await.map_err(broken)
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, AppError> {
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
    pub(crate) fn begin(&self, email: &str, peer: Option<IpAddr>, now: Timestamp) -> Result<Try, AppError> {
        let this = Try { email: key('e', &email.trim().to_lowercase()), peer: key('p', &network(peer)) };
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seconds) = tries.wait_seconds(&this.email, now).max(tries.wait_seconds(&this.peer, now)) {
            return Err(AppError::rate_limited("too many failed tries to sign in; wait before the next").retry_after(seconds));
        }
        tries.add(this.email, now);
        tries.add(this.peer, now);
        Ok(this)
    }

    /// The password was good: the address's failures are forgotten, the caller's others are not.
    pub(crate) fn forgive(&self, good: &Try) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.0.remove(&good.email);
        tries.take_back(&good.peer);
    }

    /// The try was none: it is not counted.
    pub(crate) fn take_back(&self, none: &Try) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.take_back(&none.email);
        tries.take_back(&none.peer);
    }
}

fn broken(error: tokio::task::JoinError) -> AppError {
    AppError::internal(format!("checking a password: {error}"))
}

/// A try to sign in that was counted.
pub(crate) struct Try {
    email: Key,
    peer: Key,
}

/// A digest, so that whatever is typed takes the same room.
type Key = [u8; 32];

fn key(kind: char, text: &str) -> Key {
    credentials::digest(&format!("{kind}{text}"))
}

/// An address, or the /64 an IPv6 address is in: one household may use all of it.
fn network(peer: Option<IpAddr>) -> String {
    match peer {
        None => String::new(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
    }
}

/// Times of failed tries, oldest first.
#[derive(Default)]
struct Tries(HashMap<Key, Vec<Timestamp>>);

impl Tries {
    /// How long to wait before the next try; `None` if it may come now.
    fn wait_seconds(&mut self, key: &Key, now: Timestamp) -> Option<u32> {
        let times = self.0.get_mut(key)?;
        times.retain(|at| now.micros_since(*at) < TRIES_WINDOW_SECONDS * 1_000_000);
        let oldest = *times.first().filter(|_| times.len() >= FAILED_TRIES_MAX)?;
        let seconds = TRIES_WINDOW_SECONDS - now.seconds_since(oldest);
        Some(u32::try_from(seconds).unwrap_or(1).max(1))
    }

    fn take_back(&mut self, key: &Key) {
        if let Some(times) = self.0.get_mut(key) {
            times.pop();
        }
    }

    fn add(&mut self, key: Key, now: Timestamp) {
        if self.0.len() >= TRIES_KEYS_MAX && !self.0.contains_key(&key) {
            self.0.retain(|_, times| times.last().is_some_and(|at| now.micros_since(*at) < TRIES_WINDOW_SECONDS * 1_000_000));
            let oldest = self.0.iter().min_by_key(|(_, times)| times.last().copied()).map(|(key, _)| *key);
            if let Some(oldest) = oldest.filter(|_| self.0.len() >= TRIES_KEYS_MAX) {
                self.0.remove(&oldest);
            }
        }
        self.0.entry(key).or_default().push(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000 + seconds)
    }

    #[test]
    fn ten_failures_are_enough() {
        let passwords = Passwords::default();
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
        let passwords = Passwords::default();
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
        let passwords = Passwords::default();
        for _ in 0..FAILED_TRIES_MAX * 2 {
            let none = passwords.begin("ann@desk.test", None, at(0)).unwrap();
            passwords.take_back(&none);
        }
        passwords.begin("ann@desk.test", None, at(0)).unwrap();
    }

    #[test]
    fn the_table_does_not_grow_for_ever() {
        let mut tries = Tries::default();
        for place in 0..TRIES_KEYS_MAX + 50 {
            tries.add(key('e', &place.to_string()), at(place as i64 / 100));
        }
        assert_eq!(tries.0.len(), TRIES_KEYS_MAX);
    }

    #[test]
    fn a_network_counts_as_one_caller() {
        let near = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(near("2001:db8::1"), near("2001:db8::ffff:1"));
        assert_ne!(near("2001:db8::1"), near("2001:db8:0:1::1"));
        assert_ne!(near("10.0.0.1"), near("10.0.0.2"));
    }
}
