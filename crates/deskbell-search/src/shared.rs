//! What searches, the thread that keeps an index, and the listener of the journal tell each other.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deskbell_app::follow::Listener;
use deskbell_app::search::{Progress, concerns_search};
use deskbell_domain::event::Recorded;

use crate::find::View;

/// How long a search waits for what was written before it.
const FRESH_MILLIS_MAX: u64 = 2_000;
/// A build that takes longer is not waited for any more.
const BUILD_WAITED_FOR_MILLIS_MAX: u64 = 2_000;
/// How long one waits who has no use for a part.
const WHOLE_SECONDS_MAX: u64 = 20;
/// How long the desk waits for the last commit when it closes.
const END_SECONDS_MAX: u64 = 5;

/// Of an index whose searches look at a `V`.
pub(crate) struct Shared<V = View> {
    state: Mutex<State<V>>,
    /// For the keeper: there is something to do.
    work: Condvar,
    /// For all others: something is done.
    done: Condvar,
}

impl<V> Default for Shared<V> {
    fn default() -> Self {
        Shared { state: Mutex::default(), work: Condvar::default(), done: Condvar::default() }
    }
}

struct State<V> {
    view: Option<Arc<V>>,
    /// Searches so far, and up to which of them the index is fresh.
    asked: u64,
    served: u64,
    /// The listener saw every event after the first of these numbers up to the second.
    seen: Option<(i64, i64)>,
    /// Up to this number everything is dealt with in the view.
    shown: i64,
    /// The oldest and the newest change among them that the index does not show.
    changes: Option<(i64, i64)>,
    nudged: bool,
    /// Since when the index is built; `None` if it is whole.
    building: Option<Instant>,
    damaged: bool,
    /// The keeper cannot go on for now: there is nothing to wait for.
    stuck: bool,
    /// The desk closes.
    ended: bool,
    /// The keeper has left.
    over: bool,
}

impl<V> Default for State<V> {
    fn default() -> Self {
        State {
            view: None,
            asked: 0,
            served: 0,
            seen: None,
            shown: 0,
            changes: None,
            nudged: false,
            building: None,
            damaged: false,
            stuck: false,
            ended: false,
            over: false,
        }
    }
}

/// What the keeper finds when it wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) ended: bool,
    /// A search met with damage.
    pub(crate) damaged: bool,
    /// The newest search that waits to be served, if any does.
    pub(crate) asked: Option<u64>,
}

impl<V> Shared<V> {
    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something calls for the keeper, at most so long.
    pub(crate) fn wait(&self, time: Duration) -> Call {
        let idle = |state: &mut State<V>| !(state.ended || state.damaged || state.nudged || state.asked > state.served);
        let (mut state, _) = self.work.wait_timeout_while(self.lock(), time, idle).unwrap_or_else(PoisonError::into_inner);
        state.nudged = false;
        let asked = (state.asked > state.served).then_some(state.asked);
        Call { ended: state.ended, damaged: std::mem::take(&mut state.damaged), asked }
    }

    /// The same, but only the end of the desk counts.
    pub(crate) fn rest(&self, time: Duration) -> bool {
        let (state, _) = self.work.wait_timeout_while(self.lock(), time, |state| !state.ended).unwrap_or_else(PoisonError::into_inner);
        state.ended
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.lock().ended
    }

    /// Up to where nothing after a number concerns searches, as far as the listener knows.
    pub(crate) fn skip(&self, number: i64) -> i64 {
        let state = self.lock();
        match state.seen {
            Some((from, until)) if number >= from => number.max(state.changes.map_or(until, |(oldest, _)| oldest - 1)),
            Some(_) | None => number,
        }
    }

    /// Gives searches a view in which all events up to a number are dealt with.
    pub(crate) fn show(&self, view: Option<V>, number: i64, building: bool) {
        let mut state = self.lock();
        state.view = view.map(Arc::new);
        state.shown = number;
        state.stuck = false;
        state.changes = state.changes.filter(|(_, newest)| *newest > number).map(|(oldest, newest)| (oldest.max(number + 1), newest));
        state.building = building.then(|| state.building.unwrap_or_else(Instant::now));
        self.done.notify_all();
    }

    /// Until something is shown again.
    pub(crate) fn get_stuck(&self) {
        self.lock().stuck = true;
        self.done.notify_all();
    }

    /// What was asked up to this search can be answered.
    pub(crate) fn serve(&self, asked: u64) {
        let mut state = self.lock();
        state.served = state.served.max(asked);
        self.done.notify_all();
    }

    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        state.view = None;
        state.over = true;
        self.done.notify_all();
    }

    /// The index with what was written before, or as it is after a while; `None` if there is none.
    pub(crate) fn fresh_view(&self) -> Option<Arc<V>> {
        let mut state = self.lock();
        state.asked += 1;
        let mine = state.asked;
        self.work.notify_one();
        let long_built = |state: &State<V>| {
            let waited_for = Duration::from_millis(BUILD_WAITED_FOR_MILLIS_MAX);
            state.view.is_some() && state.building.is_some_and(|since| since.elapsed() > waited_for)
        };
        let stale = |state: &mut State<V>| state.served < mine && !(state.over || state.stuck || long_built(state));
        let time = Duration::from_millis(FRESH_MILLIS_MAX);
        let (state, _) = self.done.wait_timeout_while(state, time, stale).unwrap_or_else(PoisonError::into_inner);
        state.view.clone()
    }

    /// The whole index with what was written before; `None` if that takes too long. For those who read everything there is: a part would pass
    /// for all.
    pub(crate) fn whole_view(&self) -> Option<Arc<V>> {
        let mut state = self.lock();
        state.asked += 1;
        let mine = state.asked;
        self.work.notify_one();
        let stale = |state: &mut State<V>| state.served < mine && !(state.over || state.stuck);
        let time = Duration::from_secs(WHOLE_SECONDS_MAX);
        let (state, _) = self.done.wait_timeout_while(state, time, stale).unwrap_or_else(PoisonError::into_inner);
        let whole = state.served >= mine && state.building.is_none();
        state.view.clone().filter(|_| whole)
    }

    pub(crate) fn report_damage(&self) {
        let mut state = self.lock();
        state.damaged = true;
        self.work.notify_one();
    }

    pub(crate) fn progress(&self) -> Progress {
        let state = self.lock();
        let events_behind = match (state.seen, state.changes) {
            (Some((_, until)), Some((oldest, _))) => until - oldest + 1,
            (None, _) | (_, None) => 0,
        };
        Progress { complete: state.view.is_some() && state.building.is_none(), events_behind }
    }

    /// The desk closes: waits until the keeper has left.
    fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        self.work.notify_one();
        let time = Duration::from_secs(END_SECONDS_MAX);
        drop(self.done.wait_timeout_while(state, time, |state| !state.over));
    }
}

/// Watches the journal for the keeper. The keeper leaves when this is dropped.
pub(crate) struct Watch(pub(crate) Arc<Shared>);

impl Listener for Watch {
    fn follow(&mut self, events: &[Arc<Recorded>]) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let mut state = self.0.lock();
        // The keeper reads the journal by itself, and may have come here first.
        let shown = state.shown;
        let new = events.iter().filter(|recorded| recorded.number > shown && concerns_search(&recorded.event));
        let mut numbers = new.map(|recorded| recorded.number);
        let changes = numbers.next().map(|oldest| (oldest, numbers.next_back().unwrap_or(oldest)));
        let from = state.seen.map_or(first.number - 1, |(from, _)| from);
        state.seen = Some((from, last.number));
        if let Some((oldest, newest)) = changes {
            state.changes = Some((state.changes.map_or(oldest, |(oldest, _)| oldest), newest));
            state.nudged = true;
            self.0.work.notify_one();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Tells a keeper that needs nothing of the journal when the desk closes.
pub(crate) struct Lifeline<V>(pub(crate) Arc<Shared<V>>);

impl<V: Send + Sync + 'static> Listener for Lifeline<V> {
    fn follow(&mut self, _: &[Arc<Recorded>]) {}
}

impl<V> Drop for Lifeline<V> {
    fn drop(&mut self) {
        self.0.end();
    }
}
