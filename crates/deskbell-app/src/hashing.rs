//! Passwords hashed on threads that may wait, a few at once.

use std::time::Duration;

use tokio::sync::Semaphore;

use crate::credentials;
use crate::error::AppError;

/// Passwords hashed at once: each takes 19 MiB and a core for tens of milliseconds.
const AT_ONCE_MAX: usize = 4;
/// How long one waits for that.
const WAIT_SECONDS_MAX: u64 = 10;

/// Who hashes passwords that callers set for others.
#[derive(Debug)]
pub struct Hashing(Semaphore);

impl Default for Hashing {
    fn default() -> Self {
        Hashing(Semaphore::new(AT_ONCE_MAX))
    }
}

impl Hashing {
    /// Hashes a new password; one that is too short or too long is refused.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        let busy = || AppError::unavailable("too many passwords are being set; try again").retry_after(1);
        let waited = tokio::time::timeout(Duration::from_secs(WAIT_SECONDS_MAX), self.0.acquire()).await;
        let _permit = waited.map_err(|_| busy())?.map_err(|_| busy())?;
        let hashed = tokio::task::spawn_blocking(move || credentials::hash_password(&password)).await;
        hashed.map_err(|error| AppError::internal(format!("hashing a password: {error}")))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords_are_hashed_and_bad_ones_refused() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse".to_owned()).await.unwrap();
        assert!(credentials::verify_password("correct horse", Some(&hash)));
        assert_eq!(hashing.hash("short".to_owned()).await.unwrap_err().kind, crate::Kind::Invalid);
        assert_eq!(hashing.0.available_permits(), AT_ONCE_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told() {
        let hashing = Hashing::default();
        let _all = hashing.0.acquire_many(AT_ONCE_MAX as u32).await.unwrap();
        assert_eq!(hashing.hash("correct horse".to_owned()).await.unwrap_err().kind, crate::Kind::Unavailable);
    }
}
