//! What keeps subscribers up to date: changes are told at once, what moves with the clock once a second, and connections whose tokens are
//! not good any more are closed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use deskbell_app::Kind;
use deskbell_app::follow::Listener;
use deskbell_domain::event::Recorded;
use tokio::time::sleep;

use super::frames::Refusal;
use super::hub::dismiss;
use super::{Inner, Stream};
use crate::access;

/// How long changes gather once some were told: so often a second subscribers are told at most.
const PAUSE: Duration = Duration::from_millis(20);
/// How often tokens of connected clients are looked at.
const TOKENS_PAUSE: Duration = Duration::from_secs(2);
const SECOND_MICROS: i64 = 1_000_000;

/// Wakes the one who tells, when the journal goes on. Figures are ahead of it: they were added before.
pub(super) struct Waker(pub(super) Weak<Inner>);

impl Listener for Waker {
    fn follow(&mut self, _: &[Arc<Recorded>]) {
        if let Some(inner) = self.0.upgrade() {
            inner.changed.notify_one();
        }
    }
}

impl Stream {
    /// Keeps subscribers up to date until the server stops.
    pub async fn keep_up(self) {
        let mut stop = self.stop();
        tokio::select! {
            () = self.tell_changes() => {}
            () = self.watch_tokens() => {}
            // A sender that is gone is a server that has stopped.
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }

    async fn tell_changes(&self) {
        loop {
            // Read before the figures are: a second that begins meanwhile is told next.
            let told = self.0.desk.now().seconds();
            self.publish();
            sleep(PAUSE).await;
            let now = self.0.desk.now();
            if now.seconds() != told {
                continue;
            }
            let rest = SECOND_MICROS - now.micros().rem_euclid(SECOND_MICROS);
            tokio::select! {
                () = self.0.changed.notified() => {}
                () = sleep(Duration::from_micros(rest.unsigned_abs())) => {}
            }
        }
    }

    /// Tells subscribers what changed since they were told.
    pub(super) fn publish(&self) {
        self.0.hub.publish(&|questions| self.frames(questions));
    }

    async fn watch_tokens(&self) {
        loop {
            sleep(TOKENS_PAUSE).await;
            self.close_unverified().await;
        }
    }

    /// Closes the connections whose tokens were revoked, have expired, or belong to an agent who was switched off.
    pub(super) async fn close_unverified(&self) {
        for (secret, outboxes) in self.0.hub.secrets() {
            let refusal = match access::may_still_read(&self.0.desk, &secret).await {
                Ok(()) => continue,
                Err(error) if matches!(error.kind, Kind::NoCredential | Kind::BadCredential) => Refusal::unverified(),
                Err(error) if error.kind == Kind::Forbidden => Refusal::from(error),
                // The store is away: that says nothing about the token.
                Err(_) => continue,
            };
            for outbox in outboxes {
                dismiss(&outbox, &refusal);
            }
        }
    }
}
