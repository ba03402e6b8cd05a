//! One desk as a value: the store, the clock, what is kept in memory, and the ways in.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use deskbell_domain::agent::Agent;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, KnowledgeEntryId, VisitId, VisitorId, WidgetId};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Db, Location, Options, Tx, tables};

use crate::accounts;
use crate::automation::Automation;
use crate::blobs::{Blobs, DirectoryBlobs};
use crate::chat_search::ChatSearch;
use crate::clock::Clock;
use crate::commands::{self, AgentCommand, Done, VisitorCommand};
use crate::context::Context;
use crate::credentials::{self, Cache, Known, VisitorTokens};
use crate::error::AppError;
use crate::fetch::{Asked, Fetch, Fetched};
use crate::figures::Figures;
use crate::files::downloads::Downloads;
use crate::follow::{Follower, Listener, Pipe};
use crate::hashing::Hashing;
use crate::knowledge::views::Views;
use crate::paging::Paging;
use crate::presence::Presence;
use crate::search::KnowledgeSearch;
use crate::settings::Settings;
use crate::timers::PassedOver;
use crate::widgets::impressions::Impressions;
use crate::{knowledge, levels, outage, rollups, timers, updates};

mod founding;
mod readers;

pub use founding::FirstOwner;

/// How a desk is opened.
pub struct DeskOptions {
    pub location: Location,
    /// Where files are kept.
    pub files: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub store: Options,
}

/// A handle on an open desk; cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    blobs: Arc<dyn Blobs>,
    account_key: i64,
    epoch: i64,
    tokens: VisitorTokens,
    settings: RwLock<Arc<Settings>>,
    reads_settings: Mutex<()>,
    /// The time of the latest write: later ones never go back behind it.
    latest: AtomicI64,
    figures: RwLock<Figures>,
    /// The number that the figures are true at, to be read without their lock.
    figures_number: AtomicI64,
    /// How far the timelines have come.
    timeline_number: Arc<AtomicI64>,
    /// How far rules have come.
    rules_number: Arc<AtomicI64>,
    levels: Arc<levels::Watch>,
    /// How far the roll-ups have come, and who keeps them.
    rollups: Arc<rollups::Link>,
    presence: Presence,
    passed_over: PassedOver,
    paging: Paging,
    hashing: Hashing,
    downloads: Downloads,
    impressions: Impressions,
    credentials: Cache,
    automation: Arc<Automation>,
    follower: Follower,
    knowledge_search: OnceLock<Arc<dyn KnowledgeSearch>>,
    chat_search: OnceLock<Arc<dyn ChatSearch>>,
    knowledge_views: Views,
    fetch: OnceLock<Arc<dyn Fetch>>,
    fetched: Asked,
}

/// What a desk that was away, or an older program, left to be said.
fn catch_up(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    outage::sign_off(tx, cx)?;
    if levels::is_behind_settings(tx, &cx.settings)? {
        tx.append(cx.now, Event::SettingsChanged { slots_for_all: cx.settings.routing.limit.slots_for_all() })?;
    }
    Ok(())
}

fn open_store(options: &DeskOptions, pipe: &Pipe) -> Result<Db, AppError> {
    Ok(Db::open(&options.location, options.store.clone(), pipe.sink())?)
}

impl Desk {
    /// Opens a desk. Blocking; call it before serving, or on a thread that may wait.
    pub fn open(options: &DeskOptions) -> Result<Desk, AppError> {
        let pipe = Pipe::default();
        let db = open_store(options, &pipe)?;
        let now = options.clock.now();
        let start = db.snapshot_blocking(move |tx| -> Result<_, AppError> {
            let desk = tables::desk::get(tx)?.ok_or_else(|| AppError::not_found("there is no desk here yet: run `deskbell init` first"))?;
            let settings = Settings::load(tx)?;
            let figures = Figures::load(tx, now)?;
            let expected = timers::expected(tx, now)?;
            // Nothing is written behind what exports have read either, though a calm journal is older than that.
            let exported = Timestamp::from_seconds(tables::documents::promised(tx)? + 1);
            let latest = deskbell_store::journal::latest_moment(tx)?.unwrap_or_default().max(exported);
            let was_away = outage::is_over(tx, now)? || levels::is_behind_settings(tx, &settings)?;
            Ok((desk, settings, figures, expected, latest, tx.epoch(), updates::is_noted(tx)?, was_away))
        });
        let (desk, settings, figures, expected, latest, epoch, is_noted, was_away) = match start {
            Ok(start) => start,
            Err(error) => {
                db.close();
                return Err(error);
            }
        };
        // A full disk must not keep a desk from opening.
        if !is_noted && let Err(error) = db.write_blocking(move |tx| updates::note(tx, now)) {
            tracing::warn!(error = %error, "the program's version was not noted");
        }
        let presence = Presence::default();
        for agent in expected.agents {
            presence.expect_agent(agent, now);
        }
        for (visitor, visit, last) in expected.visitors {
            presence.expect_visitor(visitor, visit, last);
        }
        let follower =
            pipe.follow(db.clone(), figures.number()).map_err(|error| AppError::internal(format!("no thread can be started: {error}")))?;
        let desk = Desk(Arc::new(Inner {
            db,
            clock: Arc::clone(&options.clock),
            blobs: Arc::new(DirectoryBlobs::new(&options.files)),
            account_key: desk.account_key,
            epoch,
            tokens: VisitorTokens::new(&desk.secret),
            settings: RwLock::new(Arc::new(settings)),
            reads_settings: Mutex::default(),
            latest: AtomicI64::new(latest.micros()),
            figures_number: AtomicI64::new(figures.number()),
            figures: RwLock::new(figures),
            timeline_number: Arc::default(),
            rules_number: Arc::default(),
            levels: Arc::default(),
            rollups: Arc::default(),
            presence,
            passed_over: PassedOver::default(),
            paging: Paging::default(),
            hashing: Hashing::default(),
            downloads: Downloads::default(),
            impressions: Impressions::default(),
            credentials: Cache::default(),
            automation: Arc::default(),
            follower,
            knowledge_search: OnceLock::new(),
            chat_search: OnceLock::new(),
            knowledge_views: Views::default(),
            fetch: OnceLock::new(),
            fetched: Asked::default(),
        }));
        desk.0.follower.add(Box::new(Memory(Arc::downgrade(&desk.0))));
        // A full disk must not keep a desk from opening.
        if was_away && let Err(error) = desk.write_blocking(catch_up) {
            tracing::warn!(error = %error, "what changed while the desk was away was not written");
        }
        Ok(desk)
    }

    pub(crate) fn rollups(&self) -> &rollups::Link {
        &self.0.rollups
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    /// Gives the desk its search over knowledge bases; only the first one counts.
    pub fn search_with(&self, search: Arc<dyn KnowledgeSearch>) {
        drop(self.0.knowledge_search.set(search));
    }

    /// The search over knowledge bases; refused on a desk that has none.
    pub fn knowledge_search(&self) -> Result<Arc<dyn KnowledgeSearch>, AppError> {
        self.0.knowledge_search.get().cloned().ok_or_else(|| AppError::unavailable("search is not ready"))
    }

    /// Gives the desk its search over chats; only the first one counts.
    pub fn search_chats_with(&self, search: Arc<dyn ChatSearch>) {
        drop(self.0.chat_search.set(search));
    }

    /// The search over chats; refused on a desk that has none.
    pub fn chat_search(&self) -> Result<Arc<dyn ChatSearch>, AppError> {
        self.0.chat_search.get().cloned().ok_or_else(|| AppError::unavailable("search is not ready"))
    }

    /// Gives the desk its way out; only the first one counts.
    pub fn fetch_with(&self, fetch: Arc<dyn Fetch>) {
        drop(self.0.fetch.set(fetch));
    }

    /// Fetches what a caller names by URL, not too often from one domain; refused on a desk that has no way out.
    pub async fn fetch(&self, url: String, bytes_max: usize) -> Result<Fetched, AppError> {
        let fetch = self.0.fetch.get().cloned().ok_or_else(|| AppError::unavailable("nothing can be downloaded from here"))?;
        self.0.fetched.count(&fetch.domain(&url)?, self.now())?;
        fetch.fetch(url, bytes_max).await
    }

    /// Somebody looked at an entry that exists. Counted in memory; see [`Desk::write_views`].
    pub fn note_view(&self, entry: KnowledgeEntryId) {
        self.0.knowledge_views.note(entry);
    }

    /// Writes the views counted so far. What cannot be written waits for the next time.
    pub async fn write_views(&self) -> Result<(), AppError> {
        loop {
            let batch = self.0.knowledge_views.take();
            if batch.is_empty() {
                return Ok(());
            }
            let waiting = batch.clone();
            if let Err(error) = self.write(move |tx, _| knowledge::views::write(tx, &batch)).await {
                self.0.knowledge_views.give_back(waiting);
                return Err(error);
            }
        }
    }

    /// Ends the threads and closes the store.
    pub fn close(&self) {
        self.0.db.close();
        self.0.follower.stop();
    }

    /// Adds a listener of the journal.
    pub fn listen(&self, listener: Box<dyn Listener>) {
        self.0.follower.add(listener);
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.0.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes by the settings as they are stored. Call it after a write that changed them: whoever wrote finds them in force at once.
    pub async fn read_settings_again(&self) {
        let inner = Arc::clone(&self.0);
        if let Err(error) = tokio::task::spawn_blocking(move || inner.read_settings_again()).await {
            tracing::warn!(error = %error, "settings were not read again");
        }
    }

    pub fn account_key(&self) -> i64 {
        self.0.account_key
    }

    /// Changes when the journal starts over; a client with another one starts afresh.
    pub fn epoch(&self) -> i64 {
        self.0.epoch
    }

    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// What the timers cannot do and pass over for a while.
    pub(crate) fn passed_over(&self) -> &PassedOver {
        &self.0.passed_over
    }

    /// Where pages of lists ended.
    pub fn paging(&self) -> &Paging {
        &self.0.paging
    }

    /// Hashes a password that is set for somebody; waits for its turn.
    pub async fn hash_password(&self, password: String) -> Result<String, AppError> {
        self.0.hashing.hash(password).await
    }

    /// Whether a password fits a hash; `None` takes as long and never fits. Waits for its turn.
    pub async fn password_fits(&self, password: String, hash: Option<String>) -> Result<bool, AppError> {
        self.0.hashing.fits(password, hash).await
    }

    pub fn blobs(&self) -> Arc<dyn Blobs> {
        Arc::clone(&self.0.blobs)
    }

    /// Downloads of files that are counted and not written yet.
    pub fn downloads(&self) -> &Downloads {
        &self.0.downloads
    }

    /// Impressions of widgets that are counted and not written yet.
    pub fn impressions(&self) -> &Impressions {
        &self.0.impressions
    }

    /// A page showed a widget.
    pub fn widget_impression(&self, widget: WidgetId, url: &str) {
        self.0.impressions.count(widget, url, self.now());
    }

    /// A new id for a file: 128 random bits in hex.
    pub fn draw_file_name(&self) -> String {
        self.context().hex(16)
    }

    pub fn visitor_tokens(&self) -> &VisitorTokens {
        &self.0.tokens
    }

    /// Whether the store can be written now.
    pub fn is_healthy(&self) -> bool {
        self.0.db.is_healthy()
    }

    /// Looks at the live figures. Keep it short: it holds a lock.
    pub fn figures<T>(&self, look: impl FnOnce(&Figures) -> T) -> T {
        look(&self.0.figures.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The journal number that the live figures are true at, at least; cheap enough to ask for every request.
    pub fn figures_number(&self) -> i64 {
        self.0.figures_number.load(Ordering::Acquire)
    }

    pub(crate) fn prune_figures(&self, now: Timestamp) {
        self.0.figures.write().unwrap_or_else(PoisonError::into_inner).prune(now);
    }

    /// Runs a use case in a transaction; resolves once it is on disk. An error rolls it back alone.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let desk = self.clone();
        self.0.db.write(move |tx| work(tx, &mut desk.context())).await
    }

    /// The same on a thread that may wait.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let desk = self.clone();
        self.0.db.write_blocking(move |tx| work(tx, &mut desk.context()))
    }

    /// Reads; statements may see different moments.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.db.read(work).await
    }

    /// Reads one moment.
    pub async fn snapshot<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.db.snapshot(work).await
    }

    /// The same on a thread that may wait.
    pub fn snapshot_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.db.snapshot_blocking(work)
    }

    /// Called by the writer as a job begins, so that times rise with the journal's numbers also when the clock is set back.
    fn context(&self) -> Context {
        let now = self.0.clock.now().micros();
        let now = self.0.latest.fetch_max(now, Ordering::SeqCst).max(now);
        Context::new(Timestamp::from_micros(now), self.settings(), self.0.account_key).with_automation(Arc::clone(&self.0.automation))
    }

    /// Carries out a visitor's command, once per key.
    pub async fn visitor_command(
        &self,
        visitor: VisitorId,
        visit: VisitId,
        key: Option<String>,
        command: VisitorCommand,
    ) -> Result<Done, AppError> {
        self.write(move |tx, cx| commands::visitor(tx, cx, visitor, visit, key.as_deref(), &command)).await
    }

    /// Carries out an agent's command, once per key.
    pub async fn agent_command(&self, agent: AgentId, key: Option<String>, command: AgentCommand) -> Result<Done, AppError> {
        self.write(move |tx, cx| commands::agent(tx, cx, agent, key.as_deref(), &command)).await
    }

    /// An agent's console connected: he is online as he chose.
    pub async fn agent_came(&self, agent: AgentId) -> Result<Agent, AppError> {
        self.0.presence.agent_came(agent, self.now());
        let known = self.read(move |tx| Ok(tables::agents::get(tx, agent)?)).await?;
        match known {
            Some(known) if known.enabled && known.online == known.preset => Ok(known),
            _ => self.write(move |tx, cx| accounts::here(tx, cx, agent)).await,
        }
    }

    /// What stands behind a secret; kept in memory for a moment.
    pub async fn credential(&self, secret: &str) -> Result<Option<Known>, AppError> {
        let now = self.now();
        if let Some(known) = self.0.credentials.get(secret, now) {
            return Ok(Some(known));
        }
        let hash = credentials::hash_secret(secret);
        let known = self.read(move |tx| credentials::look_up(tx, &hash, now)).await?;
        if let Some(known) = &known {
            self.0.credentials.put(secret, known.clone(), now);
        }
        Ok(known)
    }

    /// What stands behind a secret, if it is kept in memory.
    pub fn credential_in_memory(&self, secret: &str) -> Option<Known> {
        self.0.credentials.get(secret, self.now())
    }

    /// Forgets the credentials kept in memory: one was revoked.
    pub fn forget_credentials(&self) {
        self.0.credentials.clear();
    }
}

/// Keeps what is in memory in step with the journal.
struct Memory(std::sync::Weak<Inner>);

impl Inner {
    fn read_settings_again(&self) {
        // One after the other: who reads last has read the newest.
        let _one = self.reads_settings.lock().unwrap_or_else(PoisonError::into_inner);
        match self.db.read_blocking(Settings::load) {
            Ok(settings) => {
                self.figures.write().unwrap_or_else(PoisonError::into_inner).set_limit(settings.routing.limit);
                *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
            }
            Err(error) => tracing::warn!(error = %error, "settings could not be read again"),
        }
    }
}

impl Listener for Memory {
    fn follow(&mut self, events: &[Arc<Recorded>]) {
        let Some(inner) = self.0.upgrade() else { return };
        {
            let mut figures = inner.figures.write().unwrap_or_else(PoisonError::into_inner);
            for recorded in events {
                figures.fold(recorded);
            }
            inner.figures_number.store(figures.number(), Ordering::Release);
        }
        for recorded in events {
            match &recorded.event {
                Event::AgentChanged { .. } | Event::OauthClientChanged { .. } => inner.credentials.clear(),
                Event::SettingsChanged { .. } => inner.read_settings_again(),
                _ => {}
            }
        }
    }
}
