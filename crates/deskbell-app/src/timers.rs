//! What happens because time passes: offers and phones ring out, due times pass, the absent are gone, silent chats end, old things are
//! forgotten.

use deskbell_domain::chat::{EndReason, OfferOutcome};
use deskbell_domain::ids::{AgentId, VisitorId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, idempotency, tables};

use crate::commands::KEY_SECONDS_MIN;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::AppError;
use crate::tags::{self, Swept};
use crate::time_rules::{self, Left};
use crate::{accounts, calls, chats, conversations, files, levels, oauth, routing, rules, sla, triggers, widgets};

/// Things done in one job, so that no job takes long.
const BITE: i64 = 50;
/// Seconds between two looks.
const LOOK_AT_IDLE_SECONDS: i64 = 5;
const LOOK_AT_TRIGGERS_SECONDS: i64 = 1;
const LOOK_AT_TIME_RULES_SECONDS: i64 = 60;
const NOTE_VISITS_SECONDS: i64 = 15;
const FORGET_SECONDS: i64 = 3_600;
/// Seconds for which the journal is kept.
const JOURNAL_SECONDS_MIN: i64 = 365 * 86_400;

/// When each of the rarer looks was last taken.
#[derive(Debug, Clone, Copy)]
pub struct Timers {
    idle: Timestamp,
    triggers: Timestamp,
    time_rules: Timestamp,
    /// Whether time rules have more to look at.
    timed: Left,
    visits: Timestamp,
    forgotten: Timestamp,
    /// Chats that wait since before this have been routed without regard to skills.
    skills: Timestamp,
    /// Whether conversations are left that have to be told of a changed tag.
    tags: Swept,
}

impl Timers {
    pub fn new(now: Timestamp) -> Self {
        Timers {
            idle: now,
            triggers: now,
            time_rules: now,
            timed: Left::Nothing,
            visits: now,
            forgotten: now,
            skills: Timestamp::EPOCH,
            tags: Swept::Some,
        }
    }

    /// Looks once at everything that is due. Called a few times a second.
    pub async fn tick(&mut self, desk: &Desk) -> Result<(), AppError> {
        let now = desk.now();
        if desk.figures(|figures| figures.has_expired_offer(now)) {
            desk.write(expire_offers).await?;
        }
        if desk.figures(|figures| figures.has_expired_ring(now)) {
            desk.write(calls::expire_rings).await?;
        }
        sla::breaches::tell(desk).await?;
        self.stop_waiting_for_skills(desk, now).await?;
        let absences = note_absences(desk, now).await;
        if now.seconds_since(self.idle) >= LOOK_AT_IDLE_SECONDS {
            self.idle = now;
            // What cannot be written counts on; nobody waits for it.
            if let Err(error) = write_counts(desk).await {
                tracing::debug!(error = %error, "counts could not be written");
            }
            desk.write(end_idle).await?;
            if desk.read(move |tx| calls::has_forgotten(tx, now)).await? {
                desk.write(calls::end_forgotten).await?;
            }
            while desk.read(move |tx| conversations::postponing::has_ended(tx, now)).await? {
                desk.write(conversations::postponing::end_postponements).await?;
            }
            self.tags = desk.read(tags::left).await?;
            for department in desk.figures(|figures| figures.departments_with_queue()) {
                desk.write(move |tx, cx| routing::route(tx, cx, department)).await?;
            }
            desk.prune_figures(now);
        }
        if now.seconds_since(self.visits) >= NOTE_VISITS_SECONDS {
            self.visits = now;
            let here = desk.presence().visits_here(now);
            if !here.is_empty() {
                desk.write(move |tx, cx| Ok(tables::visits::touch(tx, &here, cx.now)?)).await?;
            }
        }
        if now.seconds_since(self.triggers) >= LOOK_AT_TRIGGERS_SECONDS {
            self.triggers = now;
            triggers::go_on(desk).await?;
        }
        if self.timed == Left::Some || now.seconds_since(self.time_rules) >= LOOK_AT_TIME_RULES_SECONDS {
            self.time_rules = now;
            self.timed = time_rules::look(desk).await?;
        }
        if now.seconds_since(self.forgotten) >= FORGET_SECONDS {
            self.forgotten = now;
            forget(desk).await?;
        }
        if self.tags == Swept::Some {
            self.tags = desk.write(|tx, cx| tags::sweep(tx, cx)).await?;
        }
        absences
    }

    /// Chats that have waited for skills long enough are anybody's.
    async fn stop_waiting_for_skills(&mut self, desk: &Desk, now: Timestamp) -> Result<(), AppError> {
        let Some(rule) = desk.settings().skill_rule() else { return Ok(()) };
        let waited = now.plus_seconds(-i64::from(rule.wait_seconds));
        for department in desk.figures(|figures| figures.departments_waiting_since(self.skills, waited)) {
            desk.write(move |tx, cx| routing::route(tx, cx, department)).await?;
        }
        self.skills = waited;
        Ok(())
    }
}

/// Writes what was counted in memory. Called once more before the program ends.
pub async fn write_counts(desk: &Desk) -> Result<(), AppError> {
    desk.write_views().await?;
    files::downloads::write(desk).await?;
    widgets::impressions::write(desk).await
}

/// Writes what follows from absences. One that cannot be written is looked at again.
async fn note_absences(desk: &Desk, now: Timestamp) -> Result<(), AppError> {
    let settings = desk.settings();
    let mut outcome = Ok(());
    for agent in desk.presence().agents_gone(now, settings.agent_grace_seconds) {
        let here = desk.clone();
        let written =
            desk.write(move |tx, cx| if here.presence().agent_is_here(agent) { Ok(()) } else { accounts::gone(tx, cx, agent) }).await;
        match written {
            // He came back while it was written.
            Ok(()) if desk.presence().agent_is_here(agent) => {
                desk.write(move |tx, cx| accounts::here(tx, cx, agent).map(drop)).await?;
            }
            Ok(()) => {}
            Err(error) => {
                desk.presence().expect_agent(agent, Timestamp::EPOCH);
                outcome = Err(error);
            }
        }
    }
    let gone = desk.presence().visitors_gone(now, settings.visitor_grace_seconds);
    for some in gone.chunks(BITE as usize) {
        let visitors: Vec<VisitorId> = some.iter().map(|(visitor, _)| *visitor).collect();
        let written = desk.write(move |tx, cx| visitors.into_iter().try_for_each(|visitor| visitor_gone(tx, cx, visitor))).await;
        if let Err(error) = written {
            for (visitor, visit) in some {
                desk.presence().still_gone(*visitor, *visit);
            }
            outcome = Err(error);
        }
    }
    outcome
}

/// Offers whose time is up go to the next agent.
pub fn expire_offers(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    for offer in tables::offers::expired(tx, cx.now, BITE)? {
        // An earlier one of this bite may have ended it.
        if tables::offers::ringing(tx, offer.chat)?.iter().any(|ringing| ringing.id == offer.id) {
            routing::pass_on(tx, cx, &offer, OfferOutcome::Expired)?;
        }
    }
    Ok(())
}

/// The chat of a visitor who is gone ends.
pub fn visitor_gone(tx: &mut Tx<'_>, cx: &mut Context, visitor: VisitorId) -> Result<(), AppError> {
    if let Some(chat) = tables::chats::live_of_visitor(tx, visitor)? {
        let by = Actor::Customer(chat.customer);
        chats::end(tx, cx, chat, EndReason::VisitorGone, by)?;
    }
    Ok(())
}

/// Served chats in which nobody has written for the inactivity time end.
pub fn end_idle(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    let before = cx.now.plus_seconds(-i64::from(cx.settings.inactivity_seconds));
    for chat in tables::chats::idle_since(tx, before, BITE)? {
        let chat = chats::live(tx, chat)?;
        chats::end(tx, cx, chat, EndReason::Inactivity, Actor::System)?;
    }
    Ok(())
}

async fn forget(desk: &Desk) -> Result<(), AppError> {
    // Each takes a bite, so that no write takes long.
    while desk.write(|tx, cx| Ok(idempotency::forget_before(tx, cx.now.plus_seconds(-KEY_SECONDS_MIN))?)).await? > 0 {}
    while desk.write(|tx, cx| levels::trim(tx, cx.now.plus_seconds(-JOURNAL_SECONDS_MIN))).await? > 0 {}
    desk.write(|tx, cx| triggers::forget(tx, cx)).await?;
    while desk.write(rules::log::forget).await? {}
    desk.write(|tx, cx| Ok(tables::credentials::forget_sessions_before(tx, cx.now)?)).await?;
    while desk.write(oauth::forget).await? > 0 {}
    files::keeping::clean_up(desk).await
}

/// Agents who were online before a restart and visitors with a live chat: their grace time runs anew.
pub fn expected(tx: &mut Tx<'_>, now: Timestamp) -> Result<Expected, AppError> {
    let agents = tables::agents::all(tx)?.into_iter().filter(|agent| !agent.online.is_offline()).map(|agent| agent.id).collect();
    let mut visitors = Vec::new();
    for chat in tables::chats::live(tx)? {
        if let Some(visit) = chat.visit
            && let Some(visit) = tables::visits::get(tx, visit)?
        {
            visitors.push((visit.visitor, visit.id, now));
        }
    }
    let since = now.plus_seconds(-deskbell_domain::visit::VISIT_PRESENT_SECONDS);
    for visit in tables::visits::seen_since(tx, since, 100_000)? {
        visitors.push((visit.visitor, visit.id, visit.seen));
    }
    Ok(Expected { agents, visitors })
}

/// Who was there before a restart.
pub struct Expected {
    pub agents: Vec<AgentId>,
    pub visitors: Vec<(VisitorId, deskbell_domain::ids::VisitId, Timestamp)>,
}
