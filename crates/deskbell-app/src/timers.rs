//! What happens because time passes: offers and phones ring out, due times pass, the absent are gone, silent chats end, old things are
//! forgotten.

mod absences;
mod chore;
#[cfg(test)]
mod tests;

use deskbell_domain::chat::{EndReason, Offer, OfferOutcome};
use deskbell_domain::ids::{AgentId, ChatId, VisitorId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, idempotency, tables};

use crate::bites::Left;
use crate::commands::KEY_SECONDS_MIN;
use crate::context::Context;
use crate::conversations::postponing;
use crate::desk::Desk;
use crate::error::AppError;
use crate::outage::NOTED_EACH_SECONDS;
use crate::tags::{self, Swept};
use crate::{calls, chats, files, levels, oauth, outage, routing, rules, sla, time_rules, triggers, widgets};
use absences::Absences;
use chore::Course;

pub(crate) use chore::{Chore, PassedOver};

/// Writes in which conversations that were set aside come back, before the others have their turn again.
const POSTPONEMENT_BITES_MAX: usize = 20;
/// Seconds between two looks.
const LOOK_AT_IDLE_SECONDS: i64 = 5;
const LOOK_AT_TRIGGERS_SECONDS: i64 = 1;
const LOOK_AT_TIME_RULES_SECONDS: i64 = 60;
const NOTE_VISITS_SECONDS: i64 = 15;
const FORGET_SECONDS: i64 = 3_600;
/// Seconds for which the journal is kept.
const JOURNAL_SECONDS_MIN: i64 = 365 * 86_400;

static OFFERS: Chore<Offer> = Chore {
    name: "offers",
    due: |tx, cx, limit| Ok(tables::offers::expired(tx, cx.now, limit)?),
    id: |offer| offer.id.get(),
    deal: expire_offer,
};
static IDLE_CHATS: Chore<ChatId> = Chore { name: "idle chats", due: idle_chats, id: |chat| chat.get(), deal: end_chat };

/// When each of the rarer looks was last taken, and how far chores have come.
#[derive(Debug, Clone)]
pub struct Timers {
    idle: Timestamp,
    triggers: Timestamp,
    time_rules: Timestamp,
    /// Whether time rules have more to look at.
    timed: Left,
    visits: Timestamp,
    /// When it was noted that the desk runs.
    noted: Timestamp,
    forgotten: Timestamp,
    /// Chats that wait since before this have been routed without regard to skills.
    skills: Timestamp,
    /// Whether conversations are left that have to be told of a changed tag.
    tags: Swept,
    offers: Course,
    rings: Course,
    idle_chats: Course,
    lost_calls: Course,
    postponements: Course,
    absences: Absences,
}

/// What became of steps that are taken whatever became of those before them: the first failure is told. That the store is away is told before
/// whatever fails for good, which must not hide it.
struct Steps(Result<(), AppError>);

impl Steps {
    fn took(&mut self, step: Result<(), AppError>) {
        let Err(error) = step else { return };
        let tells_more = match &self.0 {
            Ok(()) => true,
            Err(told) => error.is_temporary() && !told.is_temporary(),
        };
        let other = if tells_more { std::mem::replace(&mut self.0, Err(error)).err() } else { Some(error) };
        if let Some(error) = other {
            tracing::debug!(error = %error, "another step of the timers failed");
        }
    }
}

impl Timers {
    pub fn new(now: Timestamp) -> Self {
        Timers {
            idle: now,
            triggers: now,
            time_rules: now,
            timed: Left::Nothing,
            visits: now,
            noted: Timestamp::EPOCH,
            forgotten: now,
            skills: Timestamp::EPOCH,
            tags: Swept::Some,
            offers: Course::new(),
            rings: Course::new(),
            idle_chats: Course::new(),
            lost_calls: Course::new(),
            postponements: Course::new(),
            absences: Absences::default(),
        }
    }

    /// Looks once at everything that is due. Called a few times a second.
    pub async fn tick(&mut self, desk: &Desk) -> Result<(), AppError> {
        let now = desk.now();
        let mut steps = Steps(Ok(()));
        if desk.figures(|figures| figures.has_expired_offer(now, desk.passed_over())) {
            steps.took(self.offers.go_on(desk, &OFFERS).await);
        }
        if desk.figures(|figures| figures.has_expired_ring(now, desk.passed_over())) {
            steps.took(self.rings.go_on(desk, &calls::RINGS).await);
        }
        steps.took(sla::breaches::tell(desk).await);
        steps.took(self.stop_waiting_for_skills(desk, now).await);
        steps.took(self.absences.note(desk, now).await);
        let looks = now.seconds_since(self.idle) >= LOOK_AT_IDLE_SECONDS;
        if looks {
            self.idle = now;
            // What cannot be written counts on; nobody waits for it.
            if let Err(error) = write_counts(desk).await {
                tracing::debug!(error = %error, "counts could not be written");
            }
            for department in desk.figures(|figures| figures.departments_with_queue()) {
                steps.took(desk.write(move |tx, cx| routing::route(tx, cx, department)).await.map(drop));
            }
            desk.prune_figures(now);
        }
        if looks || self.idle_chats.has_more() {
            steps.took(self.idle_chats.go_on(desk, &IDLE_CHATS).await);
        }
        steps.took(self.end_lost_calls(desk, looks).await);
        steps.took(self.end_postponements(desk, looks).await);
        if now.seconds_since(self.visits) >= NOTE_VISITS_SECONDS {
            self.visits = now;
            let here = desk.presence().visits_here(now);
            if !here.is_empty() {
                steps.took(desk.write(move |tx, cx| Ok(tables::visits::touch(tx, &here, cx.now)?)).await.map(drop));
            }
        }
        if now.seconds_since(self.noted) >= NOTED_EACH_SECONDS {
            self.noted = now;
            steps.took(outage::note(desk).await);
        }
        if now.seconds_since(self.triggers) >= LOOK_AT_TRIGGERS_SECONDS {
            self.triggers = now;
            steps.took(triggers::go_on(desk).await);
        }
        if self.timed == Left::Some || now.seconds_since(self.time_rules) >= LOOK_AT_TIME_RULES_SECONDS {
            self.time_rules = now;
            steps.took(time_rules::look(desk).await.map(|left| self.timed = left));
        }
        if now.seconds_since(self.forgotten) >= FORGET_SECONDS {
            self.forgotten = now;
            steps.took(forget(desk).await);
        }
        steps.took(self.sweep_tags(desk, looks).await);
        steps.0
    }

    async fn end_lost_calls(&mut self, desk: &Desk, looks: bool) -> Result<(), AppError> {
        let now = desk.now();
        if self.lost_calls.has_more() || (looks && desk.read(move |tx| calls::has_forgotten(tx, now)).await?) {
            self.lost_calls.go_on(desk, &calls::LOST_CALLS).await?;
        }
        Ok(())
    }

    /// Gives conversations back that were set aside. What ends together in great numbers is gone on with after the others had their turn.
    async fn end_postponements(&mut self, desk: &Desk, looks: bool) -> Result<(), AppError> {
        let now = desk.now();
        let ended = self.postponements.has_more() || (looks && desk.read(move |tx| postponing::has_ended(tx, now)).await?);
        if !ended {
            return Ok(());
        }
        for _ in 0..POSTPONEMENT_BITES_MAX {
            self.postponements.go_on(desk, &postponing::POSTPONEMENTS).await?;
            if !self.postponements.has_more() || somebody_waits(desk) {
                break;
            }
        }
        Ok(())
    }

    async fn sweep_tags(&mut self, desk: &Desk, looks: bool) -> Result<(), AppError> {
        if looks {
            self.tags = desk.read(tags::left).await?;
        }
        if self.tags == Swept::Some {
            self.tags = desk.write(|tx, cx| tags::sweep(tx, cx)).await?;
        }
        Ok(())
    }

    /// Chats that have waited for skills long enough are anybody's.
    async fn stop_waiting_for_skills(&mut self, desk: &Desk, now: Timestamp) -> Result<(), AppError> {
        let Some(rule) = desk.settings().skill_rule() else { return Ok(()) };
        let waited = now.plus_seconds(-i64::from(rule.wait_seconds));
        let mut steps = Steps(Ok(()));
        for department in desk.figures(|figures| figures.departments_waiting_since(self.skills, waited)) {
            steps.took(desk.write(move |tx, cx| routing::route(tx, cx, department)).await.map(drop));
        }
        if steps.0.is_ok() {
            self.skills = waited;
        }
        steps.0
    }
}

/// Writes what was counted in memory. Called once more before the program ends.
pub async fn write_counts(desk: &Desk) -> Result<(), AppError> {
    desk.write_views().await?;
    files::downloads::write(desk).await?;
    widgets::impressions::write(desk).await
}

/// Offers whose time is up go to the next agent.
pub fn expire_offers(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    OFFERS.bite(tx, cx)
}

fn expire_offer(tx: &mut Tx<'_>, cx: &mut Context, offer: &Offer) -> Result<(), AppError> {
    // An earlier one of this bite may have ended it.
    if tables::offers::ringing(tx, offer.chat)?.iter().any(|ringing| ringing.id == offer.id) {
        routing::pass_on(tx, cx, offer, OfferOutcome::Expired)?;
    }
    Ok(())
}

/// Whether somebody waits for what cannot be put off: an agent's time to take a chat or a call is up, and it is not passed over.
pub(crate) fn somebody_waits(desk: &Desk) -> bool {
    let (now, passed) = (desk.now(), desk.passed_over());
    desk.figures(|figures| figures.has_expired_offer(now, passed) || figures.has_expired_ring(now, passed))
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
    IDLE_CHATS.bite(tx, cx)
}

fn idle_chats(tx: &mut Tx<'_>, cx: &Context, limit: i64) -> Result<Vec<ChatId>, AppError> {
    let before = cx.now.plus_seconds(-i64::from(cx.settings.inactivity_seconds));
    Ok(tables::chats::idle_since(tx, before, limit)?)
}

fn end_chat(tx: &mut Tx<'_>, cx: &mut Context, chat: &ChatId) -> Result<(), AppError> {
    let chat = chats::live(tx, *chat)?;
    chats::end(tx, cx, chat, EndReason::Inactivity, Actor::System)?;
    Ok(())
}

/// Forgets what is too old.
async fn forget(desk: &Desk) -> Result<(), AppError> {
    let mut steps = Steps(Ok(()));
    steps.took(in_bites(desk, |tx, cx| Ok(idempotency::forget_before(tx, cx.now.plus_seconds(-KEY_SECONDS_MIN))? > 0)).await);
    steps.took(in_bites(desk, |tx, cx| Ok(levels::trim(tx, cx.now.plus_seconds(-JOURNAL_SECONDS_MIN))? > 0)).await);
    steps.took(desk.write(|tx, cx| triggers::forget(tx, cx)).await.map(drop));
    steps.took(in_bites(desk, rules::log::forget).await);
    steps.took(desk.write(|tx, cx| Ok(tables::credentials::forget_sessions_before(tx, cx.now)?)).await.map(drop));
    steps.took(in_bites(desk, |tx, cx| Ok(oauth::forget(tx, cx)? > 0)).await);
    steps.took(files::keeping::clean_up(desk).await);
    steps.0
}

/// Does something until nothing of it is left, a bite in each write.
async fn in_bites(desk: &Desk, bite: fn(&mut Tx<'_>, &mut Context) -> Result<bool, AppError>) -> Result<(), AppError> {
    while desk.write(bite).await? {}
    Ok(())
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
