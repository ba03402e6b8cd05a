//! Passwords hashed and checked on threads that may wait, a few at once.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::credentials;
use crate::error::AppError;

/// Passwords worked on at once: each takes 19 MiB and a core for tens of milliseconds.
const AT_ONCE_MAX: usize = 4;
/// How long one waits for that.
const WAIT_SECONDS_MAX: u64 = 10;

/// Who hashes and checks passwords.
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
        let _permit = self.permit().await?;
        tokio::task::spawn_blocking(move || credentials::hash_password(&password)).await.map_err(broken)?
    }

    /// Whether a password fits a hash; `None` takes as long and never fits.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, AppError> {
        let _permit = self.permit().await?;
        tokio::task::spawn_blocking(move || credentials::verify_password(&password, hash.as_deref())).await.map_err(broken)
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, AppError> {
        match tokio::time::timeout(Duration::from_secs(WAIT_SECONDS_MAX), self.0.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(AppError::unavailable("too many passwords are worked on; try again").retry_after(1)),
        }
    }
}

fn broken(error: tokio::task::JoinError) -> AppError {
    AppError::internal(format!("working on a password: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords_are_hashed_and_checked_and_bad_ones_refused() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse".to_owned()).await.unwrap();
        assert!(hashing.fits("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!hashing.fits("wrong horse".to_owned(), Some(hash)).await.unwrap());
        assert!(!hashing.fits("correct horse".to_owned(), None).await.unwrap());
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
