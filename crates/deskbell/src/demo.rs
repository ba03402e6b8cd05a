//! `deskbell demo`: fills a new desk with weeks of made-up history. Every row and every event comes from the app's own use cases, at the
//! moment it is said to have happened; only the people and what they say are invented here.

mod calendar;
mod calls;
mod chat;
mod dialogues;
mod engine;
mod letters;
mod library;
mod occasions;
mod people;
mod premises;
mod promises;
mod sidelines;
mod staff;
mod talk;
#[cfg(test)]
mod tests;
mod ticket;
mod toolbox;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use deskbell_app::clock::FakeClock;
use deskbell_app::context::Context;
use deskbell_app::desk::{DeskOptions, FirstOwner};
use deskbell_app::documents::{Reader, Renderer};
use deskbell_app::error::AppError;
use deskbell_app::settings::{self, Settings};
use deskbell_app::{Desk, credentials, goals, levels, timeline};
use deskbell_domain::ids::ChatId;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Db, Tx, journal, tables};

use engine::Engine;
use premises::{Leaflet, Premises};

/// Days and conversations at most.
const DAYS_MAX: u32 = 366;
const CONVERSATIONS_MAX: u32 = 2_000_000;
/// Steps that share a transaction.
const STEPS_PER_WRITE: usize = 4_000;
/// Conversions read at a time.
const CONVERSIONS_PER_READ: i64 = 1_000;
/// Threads that render documents.
const RENDERING_THREADS: usize = 3;
/// Characters of a password made up here.
const PASSWORD_CHARS: usize = 16;

/// How much history, and which.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DemoScale {
    /// The same seed makes the same history
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Days of history
    #[arg(long, default_value_t = 30)]
    pub days: u32,
    /// Conversations: chats and messages left while nobody was there
    #[arg(long, default_value_t = 1_500)]
    pub conversations: u32,
    /// Where the history ends, in seconds since 1970 UTC [default: now]
    #[arg(long, value_name = "SECONDS")]
    pub until: Option<i64>,
}

/// What a demo is made of.
pub(crate) struct DemoOptions {
    /// Where the desk is or is to be; the clock gives the end of the history unless the scale does.
    pub desk: DeskOptions,
    pub scale: DemoScale,
    /// The owner, if there is no desk there yet; else these two are not looked at.
    pub owner_email: String,
    pub owner_password: String,
    /// The password of all the demo's agents; made up when `None`.
    pub agents_password: Option<String>,
    /// Renders the chats for export.
    pub renderer: Arc<dyn Renderer>,
}

/// What was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct DemoReport {
    /// If the desk was made here.
    pub owner: Option<FirstOwner>,
    /// Agents' addresses and their common password.
    pub agents: Vec<String>,
    pub agents_password: String,
    pub counts: Counts,
    pub documents: usize,
    /// The journal's number at the end.
    pub events: i64,
}

/// What happened in the made-up history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub visits: u64,
    pub chats: u64,
    pub missed: u64,
    pub dropped: u64,
    pub transferred: u64,
    pub rated_good: u64,
    pub rated_bad: u64,
    /// Ratings that were changed later, and that were taken back.
    pub rated_anew: u64,
    pub taken_back: u64,
    /// Conversations that began with a message left.
    pub tickets: u64,
    /// Conversations that began with a mail.
    pub mails: u64,
    /// Times that customers wrote again outside chat.
    pub reopened: u64,
    pub messages: u64,
    pub calls: u64,
    pub calls_handed_on: u64,
    /// Topics and suggestions in the knowledge base.
    pub posts: u64,
}

impl fmt::Display for DemoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { visits, chats, missed, dropped, transferred, rated_good, rated_bad, rated_anew, taken_back, .. } = self.counts;
        let Counts { tickets, mails, reopened, messages, calls, calls_handed_on, posts, .. } = self.counts;
        writeln!(f, "visits          {visits}")?;
        writeln!(f, "chats           {chats} ({missed} missed, {dropped} dropped, {transferred} transferred)")?;
        writeln!(f, "ratings         {rated_good} good, {rated_bad} bad ({rated_anew} changed later, {taken_back} taken back)")?;
        writeln!(f, "messages left   {tickets}")?;
        writeln!(f, "mails           {mails}")?;
        writeln!(f, "written again   {reopened}")?;
        writeln!(f, "messages        {messages}")?;
        writeln!(f, "calls           {calls} ({calls_handed_on} transferred)")?;
        writeln!(f, "posts           {posts}")?;
        writeln!(f, "documents       {}", self.documents)?;
        writeln!(f, "journal entries {}", self.events)?;
        if let Some(owner) = &self.owner {
            writeln!(
                f,
                "owner           {}, API key {}, access token {}",
                owner.agent.email, owner.api_key.secret, owner.access_token.secret
            )?;
        }
        for email in &self.agents {
            writeln!(f, "agent           {email}")?;
        }
        writeln!(f, "their password  {}", self.agents_password)
    }
}

/// Makes the history. Blocking: run it on a thread that may wait. The desk must be new, or all that happened on it older than the history.
pub(crate) fn run(options: DemoOptions) -> anyhow::Result<DemoReport> {
    let DemoOptions { desk, scale, owner_email, owner_password, agents_password, renderer } = options;
    if !(1..=DAYS_MAX).contains(&scale.days) || scale.conversations > CONVERSATIONS_MAX {
        bail!("between 1 and {DAYS_MAX} days and at most {CONVERSATIONS_MAX} conversations can be made up");
    }
    let until = scale.until.map_or_else(|| desk.clock.now(), Timestamp::from_seconds);
    let start = until.plus_seconds(-i64::from(scale.days) * calendar::DAY_SECONDS);
    let clock = Arc::new(FakeClock::at(start));
    let desk = DeskOptions { clock: Arc::clone(&clock) as _, ..desk };
    let owner =
        if is_there(&desk)? { None } else { Some(Desk::init(&desk, &owner_email, &owner_password).context("the desk cannot be made")?) };
    let agents_password =
        agents_password.unwrap_or_else(|| Context::new(start, Arc::new(Settings::default()), 0).alphanumerics(PASSWORD_CHARS));
    let hash = credentials::hash_password(&agents_password)?;
    let db = Db::open(&desk.location, desk.store.clone(), Box::new(()))?;
    let made = fill(&db, &desk, &scale, (start, until), hash, &renderer);
    db.close();
    Ok(DemoReport { owner, agents_password, ..made? })
}

fn is_there(desk: &DeskOptions) -> anyhow::Result<bool> {
    let db = Db::open(&desk.location, desk.store.clone(), Box::new(()))?;
    let found = db.snapshot_blocking(tables::desk::get);
    db.close();
    Ok(found?.is_some())
}

fn fill(
    db: &Db,
    desk: &DeskOptions,
    scale: &DemoScale,
    (start, until): (Timestamp, Timestamp),
    hash: String,
    renderer: &Arc<dyn Renderer>,
) -> anyhow::Result<DemoReport> {
    let (account_key, latest, settings) = db.snapshot_blocking(|tx| -> Result<_, AppError> {
        let desk = tables::desk::get(tx)?.ok_or_else(|| AppError::not_found("there is no desk"))?;
        Ok((desk.account_key, journal::latest_moment(tx)?, Settings::load(tx)?))
    })?;
    if latest.is_some_and(|latest| latest > start) {
        bail!("this desk has a history of its own already: make the demo in an empty data directory");
    }
    let settings = Arc::new(Settings {
        name: "Fernhill Outdoor".to_owned(),
        accent: "#2f6f4f".to_owned(),
        greeting: "Hello! Ask us anything about gear and orders.".to_owned(),
        time_zone: calendar::ZONE.to_owned(),
        ..settings
    });
    let cx = Context::seeded(start, Arc::clone(&settings), account_key, scale.seed);
    let slots = staff::slots(scale);
    let ranks = staff::ranks(db, &hash, staff::count(scale.seed))?;
    let (leaflet, words) = (Leaflet::print(desk)?, dialogues::tags()?);
    let (mut cx, staff, premises) = db.write_blocking(move |tx| {
        let mut cx = cx;
        settings::put(tx, &mut cx, &settings)?;
        let (mut cx, staff) = staff::hire(tx, cx, &ranks, &hash, slots)?;
        let premises = Premises::furnish(tx, &mut cx, &words, leaflet)?;
        toolbox::fill(tx, &mut cx, &staff)?;
        Ok::<_, AppError>((cx, staff, premises))
    })?;
    cx.now = start;
    let agents = staff.emails();
    let mut engine = Engine::new(cx, (staff, premises), scale, (start, until))?;
    while !engine.is_over() {
        engine = db.write_blocking(move |tx| -> Result<Engine, AppError> {
            engine.run(tx, STEPS_PER_WRITE)?;
            Ok(engine)
        })?;
    }
    let live = db.read_blocking(tables::chats::live)?;
    if !live.is_empty() {
        bail!("{} chats never ended", live.len());
    }
    let live = db.read_blocking(tables::calls::live)?;
    if !live.is_empty() {
        bail!("{} calls never ended", live.len());
    }
    let (counts, changed) = engine.finish();
    let changed = db.snapshot_blocking(move |tx| with_conversions(tx, changed))?;
    let documents = changed.len();
    render(db, desk, account_key, renderer, changed)?;
    timeline::Reader::new(db.clone(), account_key).catch_up()?;
    levels::Reader::keeping(db.clone()).catch_up()?;
    let events = db.snapshot_blocking(|tx| tx.head())?;
    Ok(DemoReport { owner: None, agents, agents_password: String::new(), counts, documents, events })
}

/// A conversion changes the document of the chat that it is put down to.
fn with_conversions(tx: &mut Tx<'_>, changed: Vec<(ChatId, Timestamp)>) -> Result<Vec<(ChatId, Timestamp)>, AppError> {
    let mut latest: HashMap<ChatId, Timestamp> = changed.into_iter().collect();
    let mut after = (0, String::new());
    loop {
        let page = goals::page(tx, (after.0, &after.1), i64::MAX, CONVERSIONS_PER_READ)?;
        let Some((second, last)) = page.last() else { break };
        after = (*second, last.public_id.clone());
        for (_, conversion) in page {
            if let Some(at) = conversion.attribution.and_then(|attribution| latest.get_mut(&attribution.chat)) {
                *at = (*at).max(conversion.at);
            }
        }
    }
    let mut changed: Vec<_> = latest.into_iter().collect();
    changed.sort_by_key(|(chat, at)| (*at, *chat));
    Ok(changed)
}

/// Renders the export documents of all chats, each with the second of its last change, and tells the reader that they are done.
fn render(
    db: &Db,
    desk: &DeskOptions,
    account_key: i64,
    renderer: &Arc<dyn Renderer>,
    changed: Vec<(ChatId, Timestamp)>,
) -> anyhow::Result<()> {
    let reader = Reader::new(db.clone(), Arc::clone(&desk.clock), Arc::clone(renderer), account_key);
    let share = changed.len().div_ceil(RENDERING_THREADS).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = changed.chunks(share).map(|some| scope.spawn(|| reader.rebuild(some.to_vec()))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(AppError::internal("rendering panicked"))))
    })?;
    reader.mark_current()?;
    Ok(())
}
