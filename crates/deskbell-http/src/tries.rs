//! How often somebody may do something within a span of time, counted in memory for each key: an address, an e-mail address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use deskbell_app::credentials;
use deskbell_domain::time::Timestamp;

/// Keys that tries are remembered of; the one whose last try is longest ago gives way.
const KEYS_MAX: usize = 10_000;

/// So many within so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TryLimit {
    pub tries_max: usize,
    pub window_seconds: i64,
}

/// Whose tries are counted together: a digest, so that whatever is typed takes the same room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TryKey([u8; 32]);

impl TryKey {
    /// A text; `kind` keeps texts of different meaning apart.
    pub fn text(kind: &str, text: &str) -> TryKey {
        TryKey(credentials::digest(&format!("{kind}\0{text}")))
    }

    /// A caller: his address, or the /64 an IPv6 address is in, since one household may use all of it.
    pub fn caller(peer: Option<IpAddr>) -> TryKey {
        let network = match peer {
            None => String::new(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        };
        TryKey::text("caller", &network)
    }
}

/// Counts tries.
pub struct Tries {
    limit: TryLimit,
    /// Times of tries, oldest first.
    times: Mutex<HashMap<TryKey, Vec<Timestamp>>>,
}

impl Tries {
    pub fn new(limit: TryLimit) -> Tries {
        Tries { limit, times: Mutex::default() }
    }

    /// Counts a try for each of the keys, or for none of them: then it tells how many seconds to wait.
    pub fn take(&self, keys: &[TryKey], now: Timestamp) -> Result<(), u32> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seconds) = keys.iter().filter_map(|key| self.wait_seconds(&mut times, key, now)).max() {
            return Err(seconds);
        }
        for key in keys {
            self.add(&mut times, *key, now);
        }
        Ok(())
    }

    /// The latest try of a key was none.
    pub fn take_back(&self, key: TryKey) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = times.get_mut(&key) {
            times.pop();
        }
    }

    /// No try of a key counts any more.
    pub fn forget(&self, key: TryKey) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    fn wait_seconds(&self, times: &mut HashMap<TryKey, Vec<Timestamp>>, key: &TryKey, now: Timestamp) -> Option<u32> {
        let times = times.get_mut(key)?;
        times.retain(|at| self.counts(*at, now));
        let oldest = *times.first().filter(|_| times.len() >= self.limit.tries_max)?;
        let seconds = self.limit.window_seconds - now.seconds_since(oldest);
        Some(u32::try_from(seconds).unwrap_or(1).max(1))
    }

    fn counts(&self, at: Timestamp, now: Timestamp) -> bool {
        now.micros_since(at) < self.limit.window_seconds * 1_000_000
    }

    fn add(&self, times: &mut HashMap<TryKey, Vec<Timestamp>>, key: TryKey, now: Timestamp) {
        if times.len() >= KEYS_MAX && !times.contains_key(&key) {
            times.retain(|_, times| times.last().is_some_and(|at| self.counts(*at, now)));
            let oldest = times.iter().min_by_key(|(_, times)| times.last().copied()).map(|(key, _)| *key);
            if let Some(oldest) = oldest.filter(|_| times.len() >= KEYS_MAX) {
                times.remove(&oldest);
            }
        }
        times.entry(key).or_default().push(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: TryLimit = TryLimit { tries_max: 3, window_seconds: 60 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000 + seconds)
    }

    #[test]
    fn so_many_within_so_many_seconds() {
        let tries = Tries::new(LIMIT);
        let (ann, bob) = (TryKey::text("e", "ann"), TryKey::text("e", "bob"));
        for second in 0..3 {
            tries.take(&[ann], at(second)).unwrap();
        }
        assert_eq!(tries.take(&[ann, bob], at(10)), Err(50));
        for _ in 0..3 {
            tries.take(&[bob], at(10)).expect("the refused one was not counted");
        }
        tries.take(&[ann], at(60)).expect("the first is over");
        assert_eq!(tries.take(&[ann], at(60)), Err(1));
        tries.take_back(ann);
        tries.take(&[ann], at(60)).unwrap();
        tries.forget(bob);
        tries.take(&[bob], at(10)).unwrap();
    }

    #[test]
    fn the_table_does_not_grow_for_ever() {
        let tries = Tries::new(LIMIT);
        for place in 0..KEYS_MAX + 50 {
            tries.take(&[TryKey::text("e", &place.to_string())], at(place as i64 / 1_000)).unwrap();
        }
        assert_eq!(tries.times.lock().unwrap().len(), KEYS_MAX);
    }

    #[test]
    fn a_network_counts_as_one_caller() {
        let near = |text: &str| TryKey::caller(Some(text.parse().unwrap()));
        assert_eq!(near("2001:db8::1"), near("2001:db8::ffff:1"));
        assert_ne!(near("2001:db8::1"), near("2001:db8:0:1::1"));
        assert_ne!(near("10.0.0.1"), near("10.0.0.2"));
        assert_ne!(TryKey::text("caller", "10.0.0.1"), TryKey::text("e", "10.0.0.1"));
    }
}
