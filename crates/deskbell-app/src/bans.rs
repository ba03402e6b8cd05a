//! Bans: whom the desk keeps out.

use std::net::IpAddr;

use deskbell_domain::chat::EndReason;
use deskbell_domain::customer::{Ban, BanTarget};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, BanId, CustomerId, VisitId, VisitorId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::bans::RangeEnd;

use crate::calls;
use crate::chats;
use crate::context::Context;
use crate::customers;
use crate::error::AppError;

/// Characters kept of a reason.
const REASON_CHARS_MAX: usize = 500;

fn announce(tx: &mut Tx<'_>, cx: &Context, target: &BanTarget, banned: bool) -> Result<(), AppError> {
    let (customer, address) = match target {
        BanTarget::Customer(customer) => (Some(*customer), None),
        BanTarget::Address(address) => (None, Some(address.clone())),
    };
    tx.append(cx.now, Event::BanChanged { customer, address, banned })?;
    Ok(())
}

/// The target as it is kept: an address in its usual spelling, a customer who exists.
fn tidy(tx: &mut Tx<'_>, target: BanTarget) -> Result<BanTarget, AppError> {
    Ok(match target {
        BanTarget::Customer(customer) => BanTarget::Customer(customers::get(tx, customer)?.id),
        BanTarget::Address(address) => {
            let address: IpAddr = address.trim().parse().map_err(|_| AppError::invalid("address must be an IP address"))?;
            // As the door tells who calls.
            BanTarget::Address(address.to_canonical().to_string())
        }
    })
}

/// Bans a customer or an address, once. Live chats of those whom the ban keeps out end, and calls of a banned customer.
pub fn ban(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, target: BanTarget, reason: &str) -> Result<Ban, AppError> {
    ban_as(tx, cx, Actor::Agent(by), target, reason)
}

/// The same by whoever it is.
pub(crate) fn ban_as(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, target: BanTarget, reason: &str) -> Result<Ban, AppError> {
    let target = tidy(tx, target)?;
    if !tables::bans::of_target(tx, &target)?.is_empty() {
        return Err(AppError::conflict("there is such a ban already"));
    }
    let reason = reason.chars().filter(|letter| !letter.is_control()).take(REASON_CHARS_MAX).collect();
    let ban = Ban { id: BanId::from_i64(tx.next_id()?), target, reason, created: cx.now };
    tables::bans::insert(tx, &ban)?;
    announce(tx, cx, &ban.target, true)?;
    let live = tables::chats::live(tx)?;
    let visits: Vec<VisitId> = live.iter().filter_map(|chat| chat.visit).collect();
    let hit = tables::bans::visits_hit(tx, &ban.target, &visits)?;
    for chat in live {
        let own = matches!(ban.target, BanTarget::Customer(customer) if customer == chat.customer);
        if own || hit.iter().any(|(visit, _)| chat.visit == Some(*visit)) {
            // The end of another may have given it to an agent.
            let Some(chat) = tables::chats::get(tx, chat.id)?.filter(|chat| chat.ended.is_none()) else { continue };
            chats::end(tx, cx, chat, EndReason::Agent, by)?;
        }
    }
    if let BanTarget::Customer(customer) = ban.target {
        for call in tables::calls::live_of_customer(tx, customer)? {
            calls::end_of_conversation(tx, cx, call.conversation, by)?;
        }
    }
    Ok(ban)
}

/// Whom of those on the site a ban keeps out.
pub fn visitors_kept_out(tx: &mut Tx<'_>, target: &BanTarget, visits: &[VisitId]) -> Result<Vec<VisitorId>, AppError> {
    Ok(tables::bans::visits_hit(tx, target, visits)?.into_iter().map(|(_, visitor)| visitor).collect())
}

/// Lifts a ban.
pub fn lift(tx: &mut Tx<'_>, cx: &Context, ban: BanId) -> Result<(), AppError> {
    let ban = tables::bans::get(tx, ban)?.ok_or_else(unknown)?;
    tables::bans::remove(tx, ban.id)?;
    announce(tx, cx, &ban.target, false)
}

/// Lifts whatever keeps a customer himself out.
pub fn lift_of_customer(tx: &mut Tx<'_>, cx: &Context, customer: CustomerId) -> Result<(), AppError> {
    for ban in tables::bans::of_target(tx, &BanTarget::Customer(customer))? {
        lift(tx, cx, ban.id)?;
    }
    Ok(())
}

fn unknown() -> AppError {
    AppError::not_found("no such ban")
}

/// A ban, and what the banned customer is called.
pub type Named = (Ban, Option<String>);

/// Bans with ids from `low` to `high`, both included, in their order; at most `limit`, from one end of the range.
pub fn range(tx: &mut Tx<'_>, low: i64, high: i64, end: RangeEnd, limit: i64) -> Result<Vec<Named>, AppError> {
    Ok(tables::bans::range(tx, low, high, end, limit)?)
}

/// One ban.
pub fn get(tx: &mut Tx<'_>, ban: BanId) -> Result<Named, AppError> {
    range(tx, ban.get(), ban.get(), RangeEnd::Lowest, 1)?.pop().ok_or_else(unknown)
}

/// All banned addresses, in the order of their bans.
pub fn addresses(tx: &mut Tx<'_>) -> Result<Vec<String>, AppError> {
    Ok(tables::bans::addresses(tx)?)
}

/// Whether the customer himself is banned.
pub fn is_banned(tx: &mut Tx<'_>, customer: CustomerId) -> Result<bool, AppError> {
    Ok(tables::bans::has_customer(tx, customer)?)
}
