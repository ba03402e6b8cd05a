//! A desk with an owner, an agent in sales and browsers, for the tests of what is done with conversations.

use std::sync::Arc;

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::Chat;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::department::{Department, Membership, Strategy};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use deskbell_store::{Location, Options, Tx, journal, tables};

use super::{Authority, Writing, Written, leave_message, write};
use crate::accounts::{self, AgentDraft};
use crate::chats::{self, Request};
use crate::clock::{Clock, FakeClock};
use crate::context::Context;
use crate::customers::Introduction;
use crate::desk::{Desk, DeskOptions};
use crate::documents::{ChatRecord, OfflineRecord, Renderer};
use crate::error::AppError;
use crate::rights::Principal;
use crate::settings::{self, Settings};
use crate::visits::{self, Arrival};

pub(crate) struct Stage {
    _directory: tempfile::TempDir,
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<FakeClock>,
    /// The holder of a key of the API.
    pub(crate) key: Principal,
    pub(crate) owner: AgentId,
    /// In sales alone.
    pub(crate) ann: AgentId,
    pub(crate) sales: DepartmentId,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.desk.close();
    }
}

/// What a document shows that merges and tags change.
struct Plain;

impl Renderer for Plain {
    fn render(&self, record: &ChatRecord, _updated: Timestamp) -> String {
        let said = record.messages.iter().filter(|stored| stored.message.kind.speaks()).count();
        format!("{} [{}] {said}", record.conversation.id, record.conversation.tags.join(" "))
    }

    fn render_offline(&self, record: &OfflineRecord, _updated: Timestamp) -> String {
        format!("{} [{}] offline", record.conversation.id, record.conversation.tags.join(" "))
    }
}

pub(crate) fn stage() -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        store: Options { readers: 1, ..Options::default() },
    };
    let first = Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    let desk = Desk::open(&options).unwrap();
    let (ann, sales) = desk.write_blocking(staff).unwrap();
    let key = Principal::ApiKey { key: first.api_key.credential.id, may_write: true };
    Stage { _directory: directory, desk, clock, key, owner: first.agent.id, ann, sales }
}

fn staff(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(AgentId, DepartmentId), AppError> {
    let draft = AgentDraft {
        email: "ann@desk.test".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: String::new(),
        role: Role::Agent,
        slots: 3,
        enabled: true,
        password_hash: Some("none".to_owned()),
    };
    let ann = accounts::create_agent(tx, cx, &draft)?.id;
    let sales = Department {
        id: DepartmentId::from_i64(tx.next_id()?),
        name: "Sales".to_owned(),
        description: String::new(),
        strategy: Strategy::LeastBusy,
        offer_seconds: 30,
        queue_chats_max: 5,
        enabled: true,
    };
    accounts::put_department(tx, cx, &sales, Some(&[Membership { department: sales.id, agent: ann, priority: 50 }]))?;
    let support = tables::departments::get(tx, DepartmentId::DEFAULT)?.expect("it always exists");
    let members: Vec<Membership> =
        tables::departments::memberships(tx)?.into_iter().filter(|member| member.department == support.id && member.agent != ann).collect();
    accounts::put_department(tx, cx, &support, Some(&members))?;
    Ok((ann, sales.id))
}

impl Stage {
    pub(crate) fn try_write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.desk.write_blocking(work)
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static,
    ) -> T {
        self.try_write(work).unwrap()
    }

    pub(crate) fn see<T: Send + 'static>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static) -> T {
        self.desk.snapshot_blocking(work).unwrap()
    }

    /// Both take chats.
    pub(crate) fn all_online(&self) {
        for agent in [self.owner, self.ann] {
            self.write(move |tx, cx| accounts::choose_status(tx, cx, agent, AgentStatus::ONLINE, true));
        }
    }

    pub(crate) fn settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut wanted = Settings::default();
        change(&mut wanted);
        let put = wanted.clone();
        self.write(move |tx, cx| settings::put(tx, cx, &put));
        let began = std::time::Instant::now();
        while *self.desk.settings() != wanted {
            assert!(began.elapsed().as_secs() < 10, "the settings never follow");
            std::thread::yield_now();
        }
    }

    /// Waits until the live figures know all that is written.
    pub(crate) fn figures_follow(&self) {
        let (head, began) = (self.head(), std::time::Instant::now());
        while self.desk.figures_number() < head {
            assert!(began.elapsed().as_secs() < 10, "the live figures never follow");
            std::thread::yield_now();
        }
    }

    /// A browser that comes to the site.
    pub(crate) fn visit(&self) -> Visit {
        self.write(|tx, cx| visits::arrive(tx, cx, None, &Arrival::default()))
    }

    /// The browser opens a page.
    pub(crate) fn opens(&self, visit: &Visit, url: &str) {
        let (visit, url) = (visit.clone(), url.to_owned());
        self.write(move |tx, cx| visits::view(tx, cx, &visit, &url, "a page"));
    }

    /// A message that somebody leaves from a browser.
    pub(crate) fn ticket(&self, visit: &Visit, email: &str, text: &str) -> Conversation {
        self.clock.advance_seconds(1);
        let (visit, introduction, text) = (visit.clone(), Introduction::new(None, Some(email)).unwrap(), text.to_owned());
        self.write(move |tx, cx| {
            let done = leave_message(tx, cx, &visit, None, &introduction, &text, None)?;
            super::get(tx, done.conversation.expect("it was left in one"))
        })
    }

    /// A chat that somebody asks for from a browser.
    pub(crate) fn chat(&self, visit: &Visit, text: &str) -> Chat {
        self.clock.advance_seconds(1);
        let (visit, request) = (visit.clone(), Request { text: Some(text.to_owned()), ..Request::default() });
        self.write(move |tx, cx| {
            let done = chats::request(tx, cx, &visit, &request)?;
            Ok(tables::chats::get(tx, done.chat.expect("a chat"))?.expect("it was just asked for"))
        })
    }

    pub(crate) fn accept(&self, agent: AgentId, chat: ChatId) {
        self.write(move |tx, cx| chats::accept(tx, cx, agent, chat));
    }

    pub(crate) fn end(&self, agent: AgentId, chat: ChatId) {
        self.write(move |tx, cx| chats::agent_ends(tx, cx, agent, chat));
    }

    pub(crate) fn answer(&self, agent: AgentId, conversation: ConversationId, text: &str) {
        self.clock.advance_seconds(1);
        let text = text.to_owned();
        self.write(move |tx, cx| {
            let written = Written { writing: Writing::Message, text: &text, files: &[], key: None, authority: Authority::Desk };
            write(tx, cx, Actor::Agent(agent), conversation, written)
        });
    }

    pub(crate) fn conversation(&self, id: ConversationId) -> Conversation {
        self.see(move |tx| Ok(tables::conversations::whole(tx, id)?.expect("it is there")))
    }

    pub(crate) fn status(&self, id: ConversationId) -> Status {
        self.conversation(id).status
    }

    /// Groups with their messages, in order: `letter:letter text`.
    pub(crate) fn exchange(&self, id: ConversationId) -> Vec<String> {
        self.see(move |tx| {
            let mut lines = Vec::new();
            for group in tables::messages::groups(tx, id)? {
                for stored in tables::messages::after(tx, id, 0, 10_000)? {
                    if stored.message.group == group.id {
                        lines.push(format!("{}:{} {}", group.kind.text(), stored.message.kind.text(), stored.message.text));
                    }
                }
            }
            Ok(lines.into_iter().filter(|line| !line.starts_with("S:")).collect())
        })
    }

    /// Events after a number.
    pub(crate) fn events(&self, after: i64) -> Vec<Event> {
        self.see(move |tx| Ok(journal::after(tx, after, 100_000)?)).into_iter().map(|recorded| recorded.event).collect()
    }

    pub(crate) fn head(&self) -> i64 {
        self.see(|tx| Ok(tx.head()?))
    }

    /// A chat's export document, once all is rendered.
    pub(crate) fn document(&self, chat: ChatId) -> String {
        self.desk.document_reader(Arc::new(Plain)).catch_up().unwrap();
        self.see(move |tx| Ok(tables::documents::get(tx, chat)?.expect("the chat has ended").1))
    }

    /// What `deskbell doctor` looks for.
    pub(crate) fn is_sound(&self) {
        self.see(|tx| {
            assert_eq!(tables::messages::repeated_keys(tx)?, [""; 0]);
            assert_eq!(tables::messages::without_event(tx)?, 0);
            assert_eq!(journal::check_gapless(tx)?, None);
            assert_eq!(tables::postponements::without_end(tx)?, [""; 0]);
            Ok(())
        });
    }
}
