//! Chores: what the timers do with one due thing after another. They do it in bites, so that no write takes long; and a thing that cannot
//! be done, for whatever reason but that the store is away or full, is passed over for a while, so that it keeps no other waiting.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deskbell_domain::time::Timestamp;
use deskbell_store::Tx;

use crate::bites::Left;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::AppError;

/// Things done in one write.
pub(super) const BITE: usize = 50;
/// Things that one bite passes over, at most; then it is done another time.
const PASSED_IN_BITE_MAX: usize = 10;
/// Things passed over at a time, at most. With more of them something else must be wrong.
pub(super) const PASSED_MAX: usize = 1_000;
/// Seconds for which a thing is passed over.
pub(super) const PASSED_SECONDS: i64 = 600;

/// What is done with each thing that is due.
pub(crate) struct Chore<T> {
    /// For the program's log.
    pub(crate) name: &'static str,
    /// At most so many of those that are due.
    pub(crate) due: fn(&mut Tx<'_>, &Context, i64) -> Result<Vec<T>, AppError>,
    pub(crate) id: fn(&T) -> i64,
    /// What was done with an earlier one of the same bite may have dealt with this one too.
    pub(crate) deal: fn(&mut Tx<'_>, &mut Context, &T) -> Result<(), AppError>,
}

impl<T> Chore<T> {
    /// Does a bite of what is due.
    pub(crate) fn bite(&self, tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
        self.bite_beside(tx, cx, &HashSet::new(), &Mutex::new(None)).map(drop)
    }

    /// The same beside what is passed over. `at` is the thing that is being done.
    fn bite_beside(&self, tx: &mut Tx<'_>, cx: &mut Context, passed: &HashSet<i64>, at: &Mutex<Option<i64>>) -> Result<Left, AppError> {
        let note = |id| *at.lock().unwrap_or_else(PoisonError::into_inner) = id;
        let due = (self.due)(tx, cx, (BITE + passed.len()) as i64)?;
        let left = if due.len() == BITE + passed.len() { Left::Some } else { Left::Nothing };
        for thing in due.iter().filter(|thing| !passed.contains(&(self.id)(thing))).take(BITE) {
            note(Some((self.id)(thing)));
            (self.deal)(tx, cx, thing)?;
        }
        note(None);
        Ok(left)
    }
}

/// Things that are passed over, of all chores, each since when: their ids are of one counter. Nobody waits for what cannot be done.
#[derive(Debug, Default)]
pub(crate) struct PassedOver(Mutex<HashMap<i64, Timestamp>>);

impl PassedOver {
    fn things(&self) -> MutexGuard<'_, HashMap<i64, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, thing: i64, now: Timestamp) {
        let mut things = self.things();
        things.retain(|_, since| is_passed(*since, now));
        things.insert(thing, now);
    }

    pub(crate) fn has(&self, thing: i64, now: Timestamp) -> bool {
        self.things().get(&thing).is_some_and(|since| is_passed(*since, now))
    }
}

pub(super) fn is_passed(since: Timestamp, now: Timestamp) -> bool {
    now.seconds_since(since) < PASSED_SECONDS
}

/// How far a chore has come.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    /// Whether the last bite was a whole one.
    left: Left,
    /// What is passed over, and since when.
    passed: HashMap<i64, Timestamp>,
}

impl Course {
    pub(crate) fn new() -> Course {
        Course { left: Left::Nothing, passed: HashMap::new() }
    }

    pub(crate) fn has_more(&self) -> bool {
        self.left == Left::Some
    }

    /// Does a bite of what is due.
    pub(crate) async fn go_on<T: 'static>(&mut self, desk: &Desk, chore: &'static Chore<T>) -> Result<(), AppError> {
        let now = desk.now();
        self.passed.retain(|_, since| is_passed(*since, now));
        for _ in 0..PASSED_IN_BITE_MAX {
            let passed: HashSet<i64> = self.passed.keys().copied().collect();
            let at = Arc::new(Mutex::new(None));
            let under_way = Arc::clone(&at);
            let error = match desk.write(move |tx, cx| chore.bite_beside(tx, cx, &passed, &under_way)).await {
                Ok(left) => {
                    self.left = left;
                    return Ok(());
                }
                Err(error) => error,
            };
            let at = *at.lock().unwrap_or_else(PoisonError::into_inner);
            match at {
                Some(id) if !error.is_temporary() && self.passed.len() < PASSED_MAX => {
                    tracing::error!(error = %error, chore = chore.name, thing.id = id, "the timers pass over something that cannot be done");
                    self.passed.insert(id, now);
                    desk.passed_over().note(id, now);
                }
                Some(_) | None => return Err(error),
            }
        }
        self.left = Left::Some;
        Ok(())
    }
}
