//! Export documents: a reader of the journal that renders a chat when it has ended or changed later. What a document looks like is the
//! surface's affair: it is handed in as a [`Renderer`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use deskbell_domain::agent::Agent;
use deskbell_domain::chat::{Chat, ChatState};
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, SkillId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::{Page, Visit};
use deskbell_store::tables::engagements::Placed;
use deskbell_store::tables::messages::StoredMessage;
use deskbell_store::{Db, StoreError, Tx, cursors, journal, tables};

use crate::clock::Clock;
use crate::error::AppError;
use crate::follow::Listener;

/// The reader's name in the table of cursors.
const CURSOR: &str = "chat-documents";
/// Events read in one bite.
const BITE_EVENTS: i64 = 500;
/// Documents written in one job.
const BITE_DOCUMENTS: usize = 50;
/// Chats of one customer that are rendered again when the customer changes.
const CUSTOMER_CHATS_MAX: i64 = 1_000;
/// How far the cursor runs ahead in memory when there is nothing to write.
const CURSOR_EVENTS_MAX: i64 = 5_000;
/// A reader later than this gives documents the present second, since pages up to the event's second may have been read already.
const LATE_SECONDS: i64 = 120;

/// All that a chat's document shows.
pub struct ChatRecord {
    pub account_key: i64,
    pub chat: Chat,
    pub conversation: Conversation,
    pub customer: Customer,
    pub visit: Option<Visit>,
    pub pages: Vec<Page>,
    pub messages: Vec<StoredMessage>,
    pub engagements: Vec<Placed>,
    pub agents: HashMap<AgentId, Agent>,
    pub department_name: String,
    /// In the order they were asked for.
    pub skills_requested: Vec<SkillId>,
}

impl ChatRecord {
    /// Whether somebody who had all the skills that the chat asked for was in it.
    pub fn skills_fulfilled(&self) -> bool {
        self.engagements.iter().any(|placed| placed.engagement.skills_fulfilled)
    }
}

/// Renders a chat as one JSON object; `updated` is the second of its last change.
pub trait Renderer: Send + Sync + 'static {
    fn render(&self, record: &ChatRecord, updated: Timestamp) -> String;
}

/// Loads what the document of an ended chat shows; `None` for a chat that goes on.
pub fn load(tx: &mut Tx<'_>, account_key: i64, chat: ChatId) -> Result<Option<ChatRecord>, StoreError> {
    let Some(chat) = tables::chats::get(tx, chat)?.filter(|chat| chat.state == ChatState::Ended) else { return Ok(None) };
    let Some(conversation) = tables::conversations::whole(tx, chat.conversation)? else { return Ok(None) };
    let Some(customer) = tables::customers::get(tx, chat.customer)? else { return Ok(None) };
    let (visit, pages) = match chat.visit {
        Some(visit) => (tables::visits::get(tx, visit)?, tables::visits::pages(tx, visit)?),
        None => (None, Vec::new()),
    };
    let messages = tables::messages::of_chat(tx, chat.id)?;
    let engagements = tables::engagements::of_chat(tx, chat.id)?;
    let mut agents = HashMap::new();
    let authors = messages.iter().filter_map(|stored| match stored.message.author {
        deskbell_domain::message::Actor::Agent(agent) => Some(agent),
        deskbell_domain::message::Actor::Customer(_) | deskbell_domain::message::Actor::System => None,
    });
    for agent in engagements.iter().map(|placed| placed.engagement.agent).chain(authors) {
        if let std::collections::hash_map::Entry::Vacant(place) = agents.entry(agent)
            && let Some(found) = tables::agents::get(tx, agent)?
        {
            place.insert(found);
        }
    }
    let department_name = tables::departments::get(tx, chat.department)?.map(|department| department.name).unwrap_or_default();
    let skills_requested = tables::skills::of_chat(tx, chat.id)?;
    Ok(Some(ChatRecord {
        account_key,
        chat,
        conversation,
        customer,
        visit,
        pages,
        messages,
        engagements,
        agents,
        department_name,
        skills_requested,
    }))
}

/// A page of documents strictly after (second, id) and not newer than `until` (seconds), in the order of exports: by second, then by id
/// as bytes. `each` is called with second, id and JSON.
pub fn page(tx: &mut Tx<'_>, after: (i64, &str), until: i64, limit: i64, each: impl FnMut(i64, &str, &str)) -> Result<(), AppError> {
    Ok(tables::documents::page(tx, after, until, limit, each)?)
}

/// Wakes the reader when there is something new.
struct Nudge(SyncSender<()>);

impl Listener for Nudge {
    fn follow(&mut self, events: &[Arc<Recorded>]) {
        if events.iter().any(|recorded| touches(&recorded.event).is_some()) {
            match self.0.try_send(()) {
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Touched {
    Chat(ChatId),
    Customer(CustomerId),
    Conversation(ConversationId),
}

/// Whose document an event may change.
fn touches(event: &Event) -> Option<Touched> {
    match event {
        Event::ChatEnded { chat, .. } | Event::ChatRated { chat, .. } | Event::SkillsRequested { chat, .. } => Some(Touched::Chat(*chat)),
        Event::ConversionRecorded { chat, .. } | Event::ChatMarked { chat, .. } => chat.map(Touched::Chat),
        // A conversation has several chats when others went into it; the documents of all show its tags and its number.
        Event::TagsChanged { conversation, .. } => Some(Touched::Conversation(*conversation)),
        Event::ConversationMerged { into, .. } => Some(Touched::Conversation(*into)),
        Event::CustomerChanged { customer, .. } | Event::CustomerRemoved { customer } => Some(Touched::Customer(*customer)),
        // A document says whether its conversation is deleted.
        Event::StatusChanged { conversation, from, to, .. } if *from == Status::Deleted || *to == Status::Deleted => {
            Some(Touched::Conversation(*conversation))
        }
        // What is said in a live chat is in the document once the chat has ended; what is added later comes with a rating or tags.
        Event::MessageAdded { .. }
        | Event::AgentChanged { .. }
        | Event::AgentStatusChanged { .. }
        | Event::DepartmentChanged { .. }
        | Event::MembershipChanged { .. }
        | Event::BanChanged { .. }
        | Event::VisitStarted { .. }
        | Event::PageViewed { .. }
        | Event::ConversationStarted { .. }
        | Event::StatusChanged { .. }
        | Event::Assigned { .. }
        | Event::ReadMarked { .. }
        | Event::ChatRequested { .. }
        | Event::ChatOffered { .. }
        | Event::OfferClosed { .. }
        | Event::ChatJoined { .. }
        | Event::ChatLeft { .. }
        | Event::ChatTransferred { .. }
        | Event::SettingsChanged
        | Event::TagChanged { .. }
        | Event::CustomerGroupChanged { .. }
        | Event::CompanyChanged { .. }
        | Event::KnowledgeBaseChanged { .. }
        | Event::KnowledgeEntryChanged { .. }
        | Event::WidgetChanged { .. }
        | Event::FieldsChanged { .. }
        | Event::SkillChanged { .. }
        | Event::GoalChanged { .. }
        | Event::TriggerChanged { .. }
        | Event::TriggerFired { .. }
        | Event::ShortcutChanged { .. }
        | Event::OauthClientChanged { .. } => None,
    }
}

/// The reader itself; runs on a thread of its own until its listener is gone.
pub struct Reader {
    db: Db,
    clock: Arc<dyn Clock>,
    renderer: Arc<dyn Renderer>,
    account_key: i64,
}

impl Reader {
    pub fn new(db: Db, clock: Arc<dyn Clock>, renderer: Arc<dyn Renderer>, account_key: i64) -> Self {
        Reader { db, clock, renderer, account_key }
    }

    /// Starts the thread; returns what must listen to the journal. The thread ends when that listener is dropped.
    pub fn start(self) -> std::io::Result<Box<dyn Listener>> {
        let (sender, receiver) = sync_channel(1);
        std::thread::Builder::new().name("documents".to_owned()).spawn(move || self.run(&receiver))?;
        Ok(Box::new(Nudge(sender)))
    }

    fn run(&self, receiver: &Receiver<()>) {
        loop {
            if let Err(error) = self.catch_up() {
                if matches!(error.kind, crate::error::Kind::Internal) {
                    tracing::error!(error = %error, "export documents fell behind");
                } else {
                    tracing::warn!(error = %error, "export documents wait for the store");
                }
            }
            match receiver.recv_timeout(Duration::from_secs(5)) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Renders all that the journal tells and is not rendered yet.
    pub fn catch_up(&self) -> Result<(), AppError> {
        let mut cursor: i64 = self.db.read_blocking(|tx| cursors::get(tx, CURSOR).map_err(AppError::from))?.unwrap_or(0);
        let mut written = cursor;
        loop {
            let (account_key, from) = (self.account_key, cursor);
            let (until, records) = self.db.snapshot_blocking(move |tx| bite(tx, account_key, from))?;
            if until == from {
                return Ok(());
            }
            cursor = until;
            let documents: Vec<(ChatRecord, Timestamp)> = records;
            if documents.is_empty() && cursor - written < CURSOR_EVENTS_MAX {
                continue;
            }
            let mut documents = documents.into_iter().peekable();
            loop {
                let some: Vec<_> = documents.by_ref().take(BITE_DOCUMENTS).collect();
                let last = documents.peek().is_none();
                self.write(some, last.then_some(cursor))?;
                if last {
                    break;
                }
            }
            written = cursor;
        }
    }

    fn write(&self, some: Vec<(ChatRecord, Timestamp)>, cursor: Option<i64>) -> Result<(), AppError> {
        let renderer = Arc::clone(&self.renderer);
        let now = self.clock.now();
        self.db.write_blocking(move |tx| {
            for (record, at) in &some {
                let wanted = if now.seconds() - at.seconds() > LATE_SECONDS { now.seconds() } else { at.seconds() };
                let second = tables::documents::free_second(tx, record.chat.id, wanted)?;
                let body = renderer.render(record, Timestamp::from_seconds(second));
                tables::documents::put(tx, record.chat.id, &record.chat.public_id, second, &body)?;
            }
            if let Some(cursor) = cursor {
                cursors::set(tx, CURSOR, cursor)?;
            }
            Ok(())
        })
    }

    /// Notes that all the journal tells so far is rendered: after [`Reader::rebuild`].
    pub fn mark_current(&self) -> Result<(), AppError> {
        self.db.write_blocking(|tx| {
            let number = tx.head()?;
            Ok(cursors::set(tx, CURSOR, number)?)
        })
    }

    /// Renders every ended chat with the second of its own last change: for histories that are made up, not lived.
    pub fn rebuild(&self, chats: Vec<(ChatId, Timestamp)>) -> Result<(), AppError> {
        for some in chats.chunks(BITE_DOCUMENTS) {
            let (account_key, wanted) = (self.account_key, some.to_vec());
            let records: Vec<(ChatRecord, Timestamp)> = self.db.snapshot_blocking(move |tx| -> Result<_, AppError> {
                let mut records = Vec::new();
                for (chat, at) in wanted {
                    if let Some(record) = load(tx, account_key, chat)? {
                        records.push((record, at));
                    }
                }
                Ok(records)
            })?;
            let renderer = Arc::clone(&self.renderer);
            self.db.write_blocking(move |tx| -> Result<(), AppError> {
                for (record, at) in &records {
                    let second = tables::documents::free_second(tx, record.chat.id, at.seconds())?;
                    let body = renderer.render(record, Timestamp::from_seconds(second));
                    tables::documents::put(tx, record.chat.id, &record.chat.public_id, second, &body)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Reads a bite of the journal: up to which number, and the chats whose documents change, with the time of the change.
fn bite(tx: &mut Tx<'_>, account_key: i64, from: i64) -> Result<(i64, Vec<(ChatRecord, Timestamp)>), AppError> {
    let events = journal::after(tx, from, BITE_EVENTS)?;
    let Some(last) = events.last() else { return Ok((from, Vec::new())) };
    let until = last.number;
    let mut touched: BTreeMap<ChatId, Timestamp> = BTreeMap::new();
    for recorded in &events {
        match touches(&recorded.event) {
            Some(Touched::Chat(chat)) => {
                touched.insert(chat, recorded.at);
            }
            Some(Touched::Conversation(conversation)) => {
                for chat in tables::chats::of_conversation(tx, conversation)? {
                    touched.insert(chat.id, recorded.at);
                }
            }
            Some(Touched::Customer(customer)) => {
                for chat in tables::chats::ended_of_customer(tx, customer, CUSTOMER_CHATS_MAX)? {
                    touched.insert(chat, recorded.at);
                }
            }
            None => {}
        }
    }
    let mut records = Vec::with_capacity(touched.len());
    for (chat, at) in touched {
        if let Some(record) = load(tx, account_key, chat)? {
            records.push((record, at));
        }
    }
    Ok((until, records))
}
