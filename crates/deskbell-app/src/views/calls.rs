//! Calls as consoles and programs see them.

use std::collections::HashMap;

use deskbell_domain::call::{Call, Leg, Ring};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{CallId, ConversationId, CustomerId, DepartmentId};
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::calls::Counts;

use crate::error::AppError;

/// Calls of one conversation that are shown at most: the newest.
pub const CALLS_OF_CONVERSATION_MAX: i64 = 200;

/// A call with who is in it and where it rings.
#[derive(Debug, Clone)]
pub struct CallSeen {
    pub call: Call,
    pub customer: Customer,
    /// All of them, or those that go on.
    pub legs: Vec<Leg>,
    /// The same.
    pub rings: Vec<Ring>,
}

/// All calls that have not ended, the oldest first.
pub fn running(tx: &mut Tx<'_>) -> Result<Vec<CallSeen>, AppError> {
    let calls = tables::calls::live(tx)?;
    going_on(tx, calls)
}

/// A page of them: at most so many strictly behind this one, which may have ended meanwhile.
pub fn running_after(tx: &mut Tx<'_>, after: Option<CallId>, limit: i64) -> Result<Vec<CallSeen>, AppError> {
    let after = match after {
        None => None,
        Some(id) => {
            let call = tables::calls::get(tx, id)?.ok_or_else(|| AppError::not_found("no such call"))?;
            Some((call.started, id))
        }
    };
    let calls = tables::calls::live_after(tx, after, limit)?;
    going_on(tx, calls)
}

/// Calls with their legs and rings that go on: as many statements for any number of calls, since all agents together have one leg and one
/// ring each.
fn going_on(tx: &mut Tx<'_>, calls: Vec<Call>) -> Result<Vec<CallSeen>, AppError> {
    let mut legs: HashMap<CallId, Vec<Leg>> = HashMap::new();
    for leg in tables::call_legs::all_open(tx)? {
        legs.entry(leg.call).or_default().push(leg);
    }
    let mut rings: HashMap<CallId, Vec<Ring>> = HashMap::new();
    for ring in tables::call_rings::all_ringing(tx)? {
        rings.entry(ring.call).or_default().push(ring);
    }
    let of_calls: Vec<CustomerId> = calls.iter().map(|call| call.customer).collect();
    let customers = tables::customers::some(tx, &of_calls)?;
    let seen = calls.into_iter().map(|call| {
        Ok(CallSeen {
            customer: customers.get(&call.customer).cloned().ok_or_else(|| AppError::internal("a call of no customer"))?,
            legs: legs.remove(&call.id).unwrap_or_default(),
            rings: rings.remove(&call.id).unwrap_or_default(),
            call,
        })
    });
    seen.collect()
}

/// One call with all that happened in it.
pub fn whole(tx: &mut Tx<'_>, call: CallId) -> Result<CallSeen, AppError> {
    let call = tables::calls::get(tx, call)?.ok_or_else(|| AppError::not_found("no such call"))?;
    history(tx, call)
}

fn history(tx: &mut Tx<'_>, call: Call) -> Result<CallSeen, AppError> {
    let (legs, rings) = (tables::call_legs::of_call(tx, call.id)?, tables::call_rings::of_call(tx, call.id)?);
    Ok(CallSeen { customer: crate::customers::get(tx, call.customer)?, legs, rings, call })
}

/// The calls of a conversation, the oldest first, with all that happened in them.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<CallSeen>, AppError> {
    let calls = tables::calls::of_conversation(tx, conversation, CALLS_OF_CONVERSATION_MAX)?;
    calls.into_iter().map(|call| history(tx, call)).collect()
}

/// How many calls of a department go on, or of all.
pub fn counts(tx: &mut Tx<'_>, department: Option<DepartmentId>) -> Result<Counts, AppError> {
    Ok(tables::calls::counts(tx, department)?)
}
