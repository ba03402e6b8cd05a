//! Visits: a browser comes, sees pages, comes back.

use deskbell_domain::event::Event;
use deskbell_domain::ids::{VisitId, VisitorId};
use deskbell_domain::trigger::TriggerEvent;
use deskbell_domain::visit::{self, Page, Stays, Visit};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::{customers, goals, triggers};

/// Characters kept of a URL, a title or a header.
const FIELD_CHARS_MAX: usize = 2_000;
/// Visits looked at to tell how a browser has come.
const STAY_VISITS_MAX: i64 = 200;

/// What is known of a browser that comes.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    pub url: String,
    pub title: String,
    pub referrer: String,
    pub language: String,
    pub user_agent: String,
    pub address: String,
}

pub(crate) fn cut(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(FIELD_CHARS_MAX).collect()
}

/// A browser comes to the site: known from an earlier visit, or new. A banned one is refused.
pub fn arrive(tx: &mut Tx<'_>, cx: &mut Context, earlier: Option<VisitId>, arrival: &Arrival) -> Result<Visit, AppError> {
    let known = match earlier {
        Some(visit) => tables::visits::get(tx, visit)?,
        None => None,
    };
    let (visitor, customer) = match &known {
        Some(visit) => (visit.visitor, visit.customer),
        None => (VisitorId::from_i64(tx.next_id()?), customers::anonymous(tx, cx)?.id),
    };
    if tables::bans::hits(tx, customer, visitor, &arrival.address)? {
        return Err(AppError::forbidden("you cannot chat here"));
    }
    let visit = Visit {
        id: VisitId::from_i64(tx.next_id()?),
        visitor,
        customer,
        started: cx.now,
        seen: cx.now,
        user_agent: cut(&arrival.user_agent),
        address: cut(&arrival.address),
        referrer: cut(&arrival.referrer),
        language: cut(&arrival.language),
    };
    tables::visits::insert(tx, &visit)?;
    customers::seen(tx, customer, &visit.address, &visit.language)?;
    tx.append(cx.now, Event::VisitStarted { visit: visit.id, customer })?;
    if !arrival.url.is_empty() {
        view(tx, cx, &visit, &arrival.url, &arrival.title)?;
    }
    Ok(visit)
}

/// The visit behind a token; gone or banned ones are refused.
pub fn present(tx: &mut Tx<'_>, visit: VisitId) -> Result<Visit, AppError> {
    let visit = tables::visits::get(tx, visit)?.ok_or_else(|| AppError::bad_credential("the visit is not known here"))?;
    if tables::bans::hits(tx, visit.customer, visit.visitor, &visit.address)? {
        return Err(AppError::forbidden("you cannot chat here"));
    }
    Ok(visit)
}

/// The visit opened a page.
pub fn view(tx: &mut Tx<'_>, cx: &mut Context, visit: &Visit, url: &str, title: &str) -> Result<(), AppError> {
    let before = tables::visits::last_page(tx, visit.id)?;
    let (url, title) = (cut(url), cut(title));
    if before.as_ref().is_some_and(|before| before.url == url && before.title == title) {
        return Ok(());
    }
    let from = before.map_or_else(|| visit.referrer.clone(), |before| before.url);
    tables::visits::add_page(tx, &Page { visit: visit.id, at: cx.now, url: url.clone(), title: title.clone(), from })?;
    tx.append(cx.now, Event::PageViewed { visit: visit.id, customer: visit.customer, url: url.clone(), title })?;
    goals::reached(tx, cx, visit, &url)?;
    triggers::happened(tx, cx, TriggerEvent::PageEnter, visit, "")
}

/// How a browser has come, the present visit included.
pub(crate) fn stays(tx: &mut Tx<'_>, visit: &Visit) -> Result<Stays, AppError> {
    let visits = tables::visits::of_visitor(tx, visit.visitor, STAY_VISITS_MAX)?;
    Ok(visit::stays(&visits).unwrap_or(Stays { began: visit.started, earlier: 0 }))
}
