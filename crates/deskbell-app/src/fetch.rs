//! The port for fetching what a caller names by URL, and how often that is done.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use deskbell_domain::time::Timestamp;

use crate::error::AppError;

/// Fetches from one domain within a minute, at most. Source: the vendor's page on request limits.
pub const FETCHES_PER_MINUTE_MAX: usize = 20;
const MINUTE_SECONDS: i64 = 60;
/// Domains remembered; the one asked longest ago is forgotten first.
const DOMAINS_MAX: usize = 1_000;

/// What a fetch brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub bytes: Bytes,
    /// As the peer says, unchecked.
    pub content_type: Option<String>,
    pub file_name: Option<String>,
}

pub type FetchFuture<'a> = Pin<Box<dyn Future<Output = Result<Fetched, AppError>> + Send + 'a>>;

/// Fetches by GET, and refuses whatever leads into the network that the desk stands in.
pub trait Fetch: Send + Sync + 'static {
    /// The host that a URL names.
    fn domain(&self, url: &str) -> Result<String, AppError>;

    fn fetch(&self, url: String, bytes_max: usize) -> FetchFuture<'_>;
}

/// When which domain was asked within the last minute.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<HashMap<String, VecDeque<Timestamp>>>);

impl Asked {
    /// Counts one fetch, or refuses it.
    pub(crate) fn count(&self, domain: &str, now: Timestamp) -> Result<(), AppError> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &Timestamp| now.seconds_since(*at) < MINUTE_SECONDS;
        if asked.len() >= DOMAINS_MAX && !asked.contains_key(domain) {
            asked.retain(|_, times| times.back().is_some_and(recent));
            if asked.len() >= DOMAINS_MAX {
                let oldest = asked.iter().min_by_key(|(_, times)| times.back().copied()).map(|(domain, _)| domain.clone());
                oldest.and_then(|domain| asked.remove(&domain));
            }
        }
        let times = asked.entry(domain.to_owned()).or_default();
        times.retain(recent);
        if times.len() >= FETCHES_PER_MINUTE_MAX {
            let wait = times.front().map_or(MINUTE_SECONDS, |first| MINUTE_SECONDS - now.seconds_since(*first));
            return Err(AppError::rate_limited("too many downloads from this domain, try again later")
                .retry_after(u32::try_from(wait.max(1)).unwrap_or(1)));
        }
        times.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_from_each_domain() {
        let (asked, start) = (Asked::default(), Timestamp::from_seconds(1_000));
        for second in 0..20 {
            asked.count("a.test", start.plus_seconds(second)).unwrap();
        }
        let error = asked.count("a.test", start.plus_seconds(20)).unwrap_err();
        assert_eq!((error.kind, error.retry_after_seconds), (crate::Kind::RateLimited, Some(40)));
        asked.count("b.test", start.plus_seconds(20)).unwrap();
        asked.count("a.test", start.plus_seconds(60)).unwrap();
        assert!(asked.count("a.test", start.plus_seconds(60)).is_err(), "the second of the twenty was 59 seconds ago");
    }

    #[test]
    fn few_domains_are_remembered() {
        let asked = Asked::default();
        for number in 0..2 * DOMAINS_MAX as i64 {
            asked.count(&format!("{number}.test"), Timestamp::from_micros(number)).unwrap();
        }
        assert_eq!(asked.0.lock().unwrap().len(), DOMAINS_MAX);
    }
}
