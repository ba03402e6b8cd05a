//! Bans: whom the desk keeps out.

use deskbell_domain::chat::EndReason;
use deskbell_domain::customer::{Ban, BanTarget};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, BanId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

use crate::chats;
use crate::context::Context;
use crate::customers;
use crate::error::AppError;

fn announce(tx: &mut Tx<'_>, cx: &Context, target: &BanTarget, banned: bool) -> Result<(), AppError> {
    let (customer, address) = match target {
        BanTarget::Customer(customer) => (Some(*customer), None),
        BanTarget::Address(address) => (None, Some(address.clone())),
    };
    tx.append(cx.now, Event::BanChanged { customer, address, banned })?;
    Ok(())
}

/// Bans a customer or an address; live chats of a banned customer end.
pub fn ban(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, target: BanTarget, reason: &str) -> Result<Ban, AppError> {
    ban_as(tx, cx, Actor::Agent(by), target, reason)
}

/// The same by whoever it is.
pub(crate) fn ban_as(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, target: BanTarget, reason: &str) -> Result<Ban, AppError> {
    match &target {
        BanTarget::Customer(customer) => {
            customers::get(tx, *customer)?;
        }
        BanTarget::Address(address) => {
            address.parse::<std::net::IpAddr>().map_err(|_| AppError::invalid("address must be an IP address"))?;
        }
    }
    let ban = Ban {
        id: BanId::from_i64(tx.next_id()?),
        target,
        reason: reason.chars().filter(|letter| !letter.is_control()).take(500).collect(),
        created: cx.now,
    };
    tables::bans::insert(tx, &ban)?;
    announce(tx, cx, &ban.target, true)?;
    if let BanTarget::Customer(customer) = ban.target {
        for chat in tables::chats::live(tx)? {
            if chat.customer == customer {
                chats::end(tx, cx, chat, EndReason::Agent, by)?;
            }
        }
    }
    Ok(ban)
}

/// Lifts a ban.
pub fn lift(tx: &mut Tx<'_>, cx: &Context, ban: BanId) -> Result<(), AppError> {
    let ban = tables::bans::get(tx, ban)?.ok_or_else(|| AppError::not_found("no such ban"))?;
    tables::bans::remove(tx, ban.id)?;
    announce(tx, cx, &ban.target, false)
}
