//! What did not run cannot see who leaves. A desk notes now and then that it runs; one that was away for longer than a restart takes lets agents
//! who were signed in be gone since it was last seen, so that no report counts a weekend of a machine that was off as work.
//!
//! A machine that slept is not covered: its process goes on, and would have to tell the sleep from a clock that was set forward, after which nobody
//! may lose his chats.

use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, journal, tables};

use crate::context::{Context, Routing};
use crate::desk::Desk;
use crate::error::AppError;
use crate::{accounts, routing};

/// Seconds between two notes.
pub(crate) const NOTED_EACH_SECONDS: i64 = 60;
/// Seconds that a desk may be away before who was there is taken to have gone.
pub(crate) const AWAY_SECONDS_MAX: i64 = 300;

/// Notes that the desk runs.
pub async fn note(desk: &Desk) -> Result<(), AppError> {
    desk.write(|tx, cx| Ok(tables::desk::note_running(tx, cx.now)?)).await
}

/// Whether the desk was away for so long that those who were there are gone.
pub(crate) fn is_over(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, AppError> {
    Ok(seen(tx)?.is_some_and(|seen| now.seconds_since(seen) > AWAY_SECONDS_MAX))
}

/// Those who were signed in are gone since the desk was last seen. Nothing was written since: times still rise with the journal's numbers. They go
/// together: what one of them leaves is given to no other, who is gone too.
pub(crate) fn sign_off(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    // Another node may have come in between.
    let Some(seen) = seen(tx)?.filter(|seen| cx.now.seconds_since(*seen) > AWAY_SECONDS_MAX) else { return Ok(()) };
    let now = std::mem::replace(&mut cx.now, seen);
    cx.routing = Routing::Held;
    for agent in tables::agents::all(tx)?.into_iter().filter(|agent| !agent.online.is_offline()) {
        accounts::gone(tx, cx, agent.id)?;
    }
    cx.routing = Routing::AtOnce;
    for department in tables::departments::all(tx)? {
        end_waiting(tx, cx, department.id)?;
    }
    cx.now = now;
    Ok(tables::desk::note_running(tx, now)?)
}

/// Nobody is there: the chats that wait in a department overflow, in as many bites as it takes.
fn end_waiting(tx: &mut Tx<'_>, cx: &mut Context, department: DepartmentId) -> Result<(), AppError> {
    let (mut before, mut waiting) = (i64::MAX, tables::chats::count_waiting(tx, department)?);
    while waiting > 0 && waiting < before {
        routing::route(tx, cx, department)?;
        (before, waiting) = (waiting, tables::chats::count_waiting(tx, department)?);
    }
    Ok(())
}

/// The last sign of life; none of a desk that never ran.
fn seen(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, AppError> {
    let Some(noted) = tables::desk::noted_running(tx)? else { return Ok(None) };
    Ok(Some(noted.max(journal::latest_moment(tx)?.unwrap_or(noted))))
}

#[cfg(test)]
mod tests;
