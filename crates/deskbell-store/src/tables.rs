//! The queries, a module per kind of thing. Every function takes the transaction first and speaks in domain types.

pub mod agents;
pub mod bans;
pub mod call_legs;
pub mod call_rings;
pub mod calls;
pub mod changes;
pub mod chats;
pub mod companies;
pub mod conversations;
pub mod credentials;
pub mod customers;
pub mod departments;
pub mod desk;
pub mod documents;
pub mod engagements;
pub mod fields;
pub mod files;
pub mod goals;
pub mod groups;
pub mod knowledge;
pub mod levels;
pub mod mail_ids;
pub mod merging;
pub mod messages;
pub mod oauth;
pub mod offers;
pub mod offline_messages;
pub mod postponements;
pub mod ratings;
pub mod replies;
pub mod rollups;
pub mod rules;
pub mod shortcuts;
pub mod skills;
pub mod sla;
pub mod sweeps;
pub mod tags;
pub mod time_rules;
pub mod timeline;
pub mod transfers;
pub mod triggers;
pub mod visits;
pub mod widgets;

use deskbell_domain::ids::{AgentId, CustomerId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;

use crate::error::StoreError;

pub(crate) fn flag(on: bool) -> i64 {
    i64::from(on)
}

pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// Reads a stored word or letter; a spelling this binary does not know is a corrupt row.
pub(crate) fn word<T>(parse: impl FnOnce(&str) -> Option<T>, what: &str, text: &str) -> Result<T, StoreError> {
    parse(text).ok_or_else(|| StoreError::Corrupt(format!("unknown {what} {text:?}")))
}

/// Reads a stored integer into a narrower type.
pub(crate) fn narrow<T: TryFrom<i64>>(what: &str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Corrupt(format!("{what} out of range: {value}")))
}

/// An actor as the two columns that hold it.
pub(crate) fn actor_columns(actor: Actor) -> (&'static str, Option<i64>) {
    match actor {
        Actor::Customer(id) => ("customer", Some(id.get())),
        Actor::Agent(id) => ("agent", Some(id.get())),
        Actor::System => ("system", None),
    }
}

pub(crate) fn actor(kind: &str, id: Option<i64>) -> Result<Actor, StoreError> {
    match (kind, id) {
        ("customer", Some(id)) => Ok(Actor::Customer(CustomerId::from_i64(id))),
        ("agent", Some(id)) => Ok(Actor::Agent(AgentId::from_i64(id))),
        ("system", _) => Ok(Actor::System),
        _ => Err(StoreError::Corrupt(format!("unknown author {kind:?} {id:?}"))),
    }
}

/// A list for an `IN (…)` of integers: expanded into the statement, since the two engines share no array type. Only integers of ours
/// are ever written into a statement this way.
pub(crate) fn in_list(ids: impl Iterator<Item = i64>) -> String {
    let mut out = String::from("(");
    for (place, id) in ids.enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(&id.to_string());
    }
    if out.len() == 1 {
        out.push_str("NULL");
    }
    out.push(')');
    out
}
