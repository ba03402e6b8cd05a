//! The reader of the journal behind rules. It looks for entries that rules listen to, judges their conditions in a snapshot, and writes only
//! where one holds: there they are judged anew, act, and the reader's place moves with them, all or nothing. Entries that no rule acts on
//! cost no write of their own.
//!
//! It also tells the time rules which conversations have changed.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use deskbell_domain::automation::AnyRuleId;
use deskbell_domain::conversation::Conversation;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{CompanyId, ConversationId, CustomerId};
use deskbell_domain::rule::{Happening, Others};
use deskbell_store::{Tx, cursors, journal, tables};

use super::log::{self, Shot};
use super::scene::Scene;
use crate::automation::{Active, ActiveRule, Automation};
use crate::bites::Left;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::AppError;
use crate::follow::Listener;

/// The reader's name in the table of cursors.
pub const CURSOR: &str = "rules";
/// Entries read in one bite.
const BITE_EVENTS: i64 = 500;
/// Entries that rules listen to and that are dealt with in one write, at most.
const EVENTS_PER_WRITE_MAX: usize = 20;
/// Conversations that time rules are told of in one write, about: the last entry may bring more.
const TOUCHED_PER_WRITE_MAX: usize = 1_000;
/// How far the cursor runs ahead in memory when there is nothing to write.
const CURSOR_EVENTS_MAX: i64 = 5_000;
/// Conversations of a customer whose data changed that time rules look at again, the newest.
const CONVERSATIONS_OF_CUSTOMER_MAX: i64 = 200;
/// The same of a company, of all its customers together.
const CONVERSATIONS_OF_COMPANY_MAX: i64 = 1_000;
/// How long the reader waits when it is not woken.
const IDLE: Duration = Duration::from_secs(5);

/// Wakes the reader when there is something for it.
struct Nudge(SyncSender<()>);

impl Listener for Nudge {
    fn follow(&mut self, events: &[Arc<Recorded>]) {
        // Whatever rules listen to touches a conversation, at least.
        if events.iter().any(|recorded| touched(&recorded.event).is_some()) {
            match self.0.try_send(()) {
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }
}

/// Where what an event changes may make conditions about time hold.
enum Touched {
    Conversation(ConversationId),
    Customer(CustomerId),
    Company(CompanyId),
}

fn touched(event: &Event) -> Option<Touched> {
    match event {
        Event::CustomerChanged { customer, .. } | Event::CustomerRemoved { customer } => Some(Touched::Customer(*customer)),
        Event::CompanyChanged { company, removed: false, .. } => Some(Touched::Company(*company)),
        Event::ConversationMerged { into, .. } => Some(Touched::Conversation(*into)),
        // Whom one concerned that is gone can no longer be told: time rules were told when it went (`time_rules::company_goes`, `group_goes`).
        // Otherwise of a group only its name and colours change.
        Event::CompanyChanged { removed: true, .. } | Event::CustomerGroupChanged { .. } => None,
        // These change nothing that a condition asks about.
        Event::ReadMarked { .. }
        | Event::ChatOffered { .. }
        | Event::OfferClosed { .. }
        | Event::SkillsRequested { .. }
        | Event::ChatMarked { .. }
        | Event::Automation(_) => None,
        other => other.conversation().map(Touched::Conversation),
    }
}

/// The reader. It goes on where its cursor stands.
pub struct Reader {
    desk: Desk,
    automation: Arc<Automation>,
    bite_events: i64,
    /// None before the first look and after a failure.
    place: Option<Place>,
    /// Where it stands, for those who watch.
    number: Arc<AtomicI64>,
}

/// How far it has come: in memory, and in the store.
#[derive(Debug, Clone, Copy)]
struct Place {
    number: i64,
    written: i64,
    /// Whether conditions were judged in between: they are not to be judged again, when they may hold.
    judged: bool,
}

/// What a bite of the journal asks for.
#[derive(Debug, Clone, Default)]
struct Plan {
    from: i64,
    /// The last entry that is dealt with.
    until: i64,
    /// Whether any entry was one that rules listen to.
    judged: bool,
    /// What rules listen to; the conditions of one at least held for the first.
    heard: Vec<Recorded>,
    /// Conversations for the time rules.
    touched: BTreeSet<ConversationId>,
}

/// Whether a write was still wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Yes,
    /// Another reader (on another node) was quicker.
    Overtaken,
}

impl Reader {
    pub(crate) fn new(desk: Desk, automation: Arc<Automation>, number: Arc<AtomicI64>) -> Reader {
        Reader { desk, automation, bite_events: BITE_EVENTS, place: None, number }
    }

    /// The same with smaller bites.
    #[cfg(test)]
    fn biting(self, bite_events: i64) -> Reader {
        Reader { bite_events, ..self }
    }

    /// Starts the thread; returns what must listen to the journal. The thread ends when that listener is dropped.
    pub fn start(self) -> std::io::Result<Box<dyn Listener>> {
        let (sender, receiver) = sync_channel(1);
        std::thread::Builder::new().name("rules".to_owned()).spawn(move || self.run(&receiver))?;
        Ok(Box::new(Nudge(sender)))
    }

    fn run(mut self, receiver: &Receiver<()>) {
        loop {
            match self.catch_up() {
                Ok(()) => {}
                Err(error) if !error.is_temporary() => tracing::error!(error = %error, "rules fell behind"),
                Err(error) => tracing::warn!(error = %error, "rules wait for the store"),
            }
            match receiver.recv_timeout(IDLE) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Deals with all that the journal tells so far, and with what comes of it.
    pub fn catch_up(&mut self) -> Result<(), AppError> {
        while self.bite()? == Left::Some {}
        Ok(())
    }

    fn bite(&mut self) -> Result<Left, AppError> {
        let place = match self.place.take() {
            Some(place) => place,
            None => self.load()?,
        };
        let plan = self.plan(place.number)?;
        let left = if plan.until == place.number { Left::Nothing } else { Left::Some };
        let judged = place.judged || plan.judged;
        let due = !plan.heard.is_empty()
            || !plan.touched.is_empty()
            || plan.until - place.written >= CURSOR_EVENTS_MAX
            || (left == Left::Nothing && judged);
        let until = plan.until;
        if due && self.write(Plan { from: place.written, ..plan })? == Written::Overtaken {
            return Ok(Left::Some);
        }
        self.number.store(until, Ordering::Relaxed);
        self.place =
            Some(if due { Place { number: until, written: until, judged: false } } else { Place { number: until, judged, ..place } });
        Ok(left)
    }

    fn load(&self) -> Result<Place, AppError> {
        let cursor = self.desk.snapshot_blocking(|tx| match cursors::get(tx, CURSOR)? {
            Some(cursor) => Ok(cursor),
            // There was never a rule.
            None => Ok(tx.head()?),
        })?;
        Ok(Place { number: cursor, written: cursor, judged: false })
    }

    /// Looks at the next entries.
    fn plan(&self, from: i64) -> Result<Plan, AppError> {
        let (automation, limit) = (Arc::clone(&self.automation), self.bite_events);
        self.desk.snapshot_blocking(move |tx| plan(tx, &automation, from, limit))
    }

    /// Does what a plan asks for. A defect in it stops nothing else: entries are dealt with one by one then, and the one that cannot be is
    /// passed over with a word in the log.
    fn write(&self, plan: Plan) -> Result<Written, AppError> {
        let whole = plan.clone();
        match self.desk.write_blocking(move |tx, cx| apply(tx, cx, &whole)) {
            Err(error) if !error.is_temporary() && !plan.heard.is_empty() => {
                tracing::error!(error = %error, "rules could not act; each entry is tried alone");
            }
            done => return done,
        }
        let mut from = plan.from;
        for (place, recorded) in plan.heard.iter().enumerate() {
            let is_last = place + 1 == plan.heard.len();
            let until = if is_last { plan.until } else { recorded.number };
            // Time rules are told with the last one: then all that it stands for is written.
            let touched = if is_last { plan.touched.clone() } else { BTreeSet::new() };
            let alone = Plan { from, until, judged: true, heard: vec![recorded.clone()], touched };
            if self.write_alone(alone)? == Written::Overtaken {
                return Ok(Written::Overtaken);
            }
            from = until;
        }
        Ok(Written::Yes)
    }

    fn write_alone(&self, plan: Plan) -> Result<Written, AppError> {
        let tried = plan.clone();
        match self.desk.write_blocking(move |tx, cx| apply(tx, cx, &tried)) {
            Err(error) if !error.is_temporary() => {
                tracing::error!(error = %error, "a rule could not act and is passed over");
                self.desk.write_blocking(move |tx, cx| give_up(tx, cx, &plan))
            }
            done => done,
        }
    }
}

/// Does within one write what a [`Reader`] does beside others, up to now: for histories that are made up.
pub fn follow_within(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    let mut from = match cursors::get(tx, CURSOR)? {
        Some(cursor) => cursor,
        None => tx.head()?,
    };
    loop {
        let next = plan(tx, cx.automation(), from, BITE_EVENTS)?;
        if next.until == from {
            return Ok(());
        }
        from = next.until;
        apply(tx, cx, &next)?;
    }
}

fn plan(tx: &mut Tx<'_>, automation: &Automation, from: i64, limit: i64) -> Result<Plan, AppError> {
    let active = automation.active(tx)?;
    let mut plan = Plan { from, until: from, ..Plan::default() };
    if !active.has_rules() && active.time_rules.is_empty() {
        // Rules to come listen to what is to come.
        plan.until = tx.head()?.max(from);
        return Ok(plan);
    }
    for recorded in journal::after(tx, from, limit)? {
        if plan.heard.len() >= EVENTS_PER_WRITE_MAX || plan.touched.len() >= TOUCHED_PER_WRITE_MAX {
            break;
        }
        plan.until = recorded.number;
        if !active.time_rules.is_empty() {
            match touched(&recorded.event) {
                Some(Touched::Conversation(conversation)) => {
                    plan.touched.insert(conversation);
                }
                Some(Touched::Customer(customer)) => {
                    plan.touched.extend(tables::time_rules::of_customer(tx, customer, CONVERSATIONS_OF_CUSTOMER_MAX)?);
                }
                Some(Touched::Company(company)) => {
                    plan.touched.extend(tables::time_rules::of_company(tx, company, CONVERSATIONS_OF_COMPANY_MAX)?);
                }
                None => {}
            }
        }
        if !active.has_rules() {
            continue;
        }
        let Some(happening) = Happening::of(&recorded.event) else { continue };
        if active.rules_for(happening.event, recorded.number).next().is_none() {
            continue;
        }
        plan.judged = true;
        // What follows on something that a rule acts on may see what it did.
        let wanted = !plan.heard.is_empty()
            || match is_wanted(tx, &active, &recorded, &happening) {
                // A defect is dealt with where it is passed over, too: where rules act.
                Err(error) if !error.is_temporary() => true,
                judged => judged?,
            };
        if wanted {
            plan.heard.push(recorded);
        }
    }
    Ok(plan)
}

/// Whether some rule's conditions hold.
fn is_wanted(tx: &mut Tx<'_>, active: &Active, recorded: &Recorded, happening: &Happening) -> Result<bool, AppError> {
    let Some(conversation) = conversation(tx, happening.conversation)? else { return Ok(false) };
    for rule in active.rules_for(happening.event, recorded.number) {
        if holds(tx, rule, recorded, happening, &conversation)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The conversation as it is now, or the one that it went into.
fn conversation(tx: &mut Tx<'_>, id: ConversationId) -> Result<Option<Conversation>, AppError> {
    match tables::conversations::current(tx, id)? {
        Some(current) => Ok(tables::conversations::get(tx, current)?),
        None => Ok(None),
    }
}

fn holds(
    tx: &mut Tx<'_>,
    rule: &ActiveRule,
    recorded: &Recorded,
    happening: &Happening,
    conversation: &Conversation,
) -> Result<bool, AppError> {
    // Business hours are those of the moment at which it happened, however late the rule looks.
    let mut scene = Scene::new(tx, recorded.at, conversation, Some(happening));
    Ok(rule.definition.conditions.judge(&mut scene)?.holds())
}

/// Does what a plan asks for, and moves the cursor, unless another reader has.
fn apply(tx: &mut Tx<'_>, cx: &mut Context, plan: &Plan) -> Result<Written, AppError> {
    let written = begin(tx, cx, plan)?;
    if written == Written::Yes {
        for recorded in &plan.heard {
            react(tx, cx, recorded, Reaction::Act)?;
        }
    }
    Ok(written)
}

/// Passes over what a defect keeps rules from doing.
fn give_up(tx: &mut Tx<'_>, cx: &mut Context, plan: &Plan) -> Result<Written, AppError> {
    let written = begin(tx, cx, plan)?;
    if written == Written::Yes {
        for recorded in &plan.heard {
            react(tx, cx, recorded, Reaction::GiveUp)?;
        }
    }
    Ok(written)
}

fn begin(tx: &mut Tx<'_>, cx: &Context, plan: &Plan) -> Result<Written, AppError> {
    if cursors::get(tx, CURSOR)?.is_some_and(|cursor| cursor != plan.from) {
        return Ok(Written::Overtaken);
    }
    cursors::set(tx, CURSOR, plan.until)?;
    for conversation in &plan.touched {
        tables::time_rules::look_by(tx, *conversation, cx.now)?;
    }
    Ok(Written::Yes)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reaction {
    Act,
    GiveUp,
}

/// Lets the rules that listen to an entry look at it, in their order.
fn react(tx: &mut Tx<'_>, cx: &mut Context, recorded: &Recorded, reaction: Reaction) -> Result<(), AppError> {
    let Some(happening) = Happening::of(&recorded.event) else { return Ok(()) };
    let active = crate::automation::active(tx, cx)?;
    let chain = log::chain(tx, recorded.number)?;
    for rule in active.rules_for(happening.event, recorded.number) {
        let conversation = match looked_at(tx, rule, recorded, &happening) {
            Ok(Some(conversation)) => conversation,
            Ok(None) => continue,
            // Nobody can tell whether its conditions hold.
            Err(error) if reaction == Reaction::GiveUp && !error.is_temporary() => continue,
            Err(error) => return Err(error),
        };
        let shot = Shot {
            rule: AnyRuleId::Rule(rule.rule.id),
            name: &rule.rule.name,
            conversation,
            event: Some((happening.event, recorded.number)),
            actions: &rule.definition.actions,
        };
        let acted = match reaction {
            Reaction::Act => log::fire(tx, cx, &shot, &chain)?,
            Reaction::GiveUp => log::fail(tx, cx, &shot, &chain).map(|()| false)?,
        };
        if acted && rule.definition.others == Others::Stop {
            break;
        }
    }
    Ok(())
}

/// The conversation if a rule's conditions hold for it, read anew: the rule before may have changed it.
fn looked_at(tx: &mut Tx<'_>, rule: &ActiveRule, recorded: &Recorded, happening: &Happening) -> Result<Option<ConversationId>, AppError> {
    let Some(conversation) = conversation(tx, happening.conversation)? else { return Ok(None) };
    Ok(holds(tx, rule, recorded, happening, &conversation)?.then_some(conversation.id))
}
