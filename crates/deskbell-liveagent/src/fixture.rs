//! A real desk on a temporary database with the surface in front of it, and the few use cases that tests begin with. The clock stands at
//! 2012-04-03 12:21:21 GMT until it is moved.

mod rows;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::clock::{Clock, FakeClock};
use deskbell_app::commands::{AgentCommand, Done, VisitorCommand};
use deskbell_app::customers::{self, Changes, Introduction};
use deskbell_app::desk::DeskOptions;
use deskbell_app::files::{self, NewFile};
use deskbell_app::rights::Principal;
use deskbell_app::settings::{self, Settings};
use deskbell_app::visits::{self, Arrival};
use deskbell_app::{AppError, Desk, conversations};
use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::conversation::Conversation;
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use deskbell_http::Kit;
use deskbell_store::{Location, Options as StoreOptions, tables};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Options, kit};

pub(crate) const START_SECONDS: i64 = 1_333_455_681;
const SETTLE_SECONDS_MAX: u64 = 10;

pub(crate) struct Fixture {
    pub(crate) desk: Desk,
    pub(crate) kit: Kit<Desk>,
    pub(crate) key: String,
    /// A bearer token of the owner's.
    pub(crate) token: String,
    pub(crate) owner: Agent,
    clock: Arc<FakeClock>,
    _directory: TempDir,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.desk.close();
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub(crate) fn errormessage(&self) -> String {
        self.value()["response"]["errormessage"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        Fixture::with(Options { requests_per_minute_max: None, ..Options::default() })
    }

    pub(crate) fn with(options: Options) -> Fixture {
        let directory = TempDir::new().expect("a directory");
        let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(START_SECONDS)));
        let setup = DeskOptions {
            location: Location::Sqlite(directory.path().join("desk.sqlite")),
            files: directory.path().join("files"),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            store: StoreOptions::default(),
        };
        let first = Desk::init(&setup, "owner@desk.test", "correct horse").expect("a desk");
        let desk = Desk::open(&setup).expect("opens");
        deskbell_search::KnowledgeIndex::open(&desk, &directory.path().join("search")).expect("an index");
        Fixture {
            kit: kit(desk.clone(), options),
            desk,
            key: first.api_key.secret,
            token: first.access_token.secret,
            owner: first.agent,
            clock,
            _directory: directory,
        }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    pub(crate) async fn call(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.kit.handle(request.body(body.into()).expect("a request")).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Reply { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// With the key in the query.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call("GET", &self.keyed(path), &[], "").await
    }

    pub(crate) async fn get_ok(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.value()["response"].clone()
    }

    /// A form, with the key in the query.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.form("POST", path, body).await
    }

    /// The same by any verb.
    pub(crate) async fn form(&self, verb: &str, path: &str, body: &str) -> Reply {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.call(verb, &self.keyed(path), &form, body.to_owned()).await
    }

    /// A form of these parameters, with the key in the query.
    pub(crate) async fn send(&self, method: &str, path: &str, parameters: &[(&str, &str)]) -> Reply {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.call(method, &self.keyed(path), &form, pairs.join("&")).await
    }

    /// The same, which must succeed.
    pub(crate) async fn send_ok(&self, method: &str, path: &str, parameters: &[(&str, &str)]) -> Value {
        let reply = self.send(method, path, parameters).await;
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text);
        reply.value()["response"].clone()
    }

    pub(crate) fn keyed(&self, path: &str) -> String {
        format!("{path}{}apikey={}", if path.contains('?') { '&' } else { '?' }, self.key)
    }

    /// Waits until what is in memory is true at the journal's head.
    pub(crate) async fn settle(&self) {
        let head = self.desk.read(|tx| Ok(tx.head()?)).await.expect("the head");
        let reached = async {
            while self.desk.figures(|figures| figures.number()) < head {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(SETTLE_SECONDS_MAX), reached).await.expect("the figures follow");
    }

    pub(crate) async fn agent(&self, email: &str, first_name: &str, last_name: &str) -> Agent {
        let draft = AgentDraft {
            email: email.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            role: Role::Agent,
            slots: 3,
            enabled: true,
            password_hash: Some("none".to_owned()),
        };
        self.desk.write(move |tx, cx| accounts::create_agent(tx, cx, &draft)).await.expect("an agent")
    }

    pub(crate) async fn switch_off(&self, agent: &Agent) {
        let draft = AgentDraft {
            email: agent.email.clone(),
            first_name: agent.first_name.clone(),
            last_name: agent.last_name.clone(),
            role: agent.role,
            slots: agent.slots,
            enabled: false,
            password_hash: None,
        };
        let id = agent.id;
        self.desk.write(move |tx, cx| accounts::change_agent(tx, cx, id, &draft)).await.expect("changed");
    }

    pub(crate) async fn status(&self, agent: AgentId, preset: AgentStatus) {
        let chosen = self.desk.write(move |tx, cx| accounts::choose_status(tx, cx, agent, preset, true)).await;
        chosen.expect("a status");
        self.settle().await;
    }

    pub(crate) async fn department(&self, name: &str) -> DepartmentId {
        let name = name.to_owned();
        let made = self.desk.write(move |tx, cx| {
            let department = Department {
                id: DepartmentId::from_i64(tx.next_id()?),
                name,
                description: String::new(),
                strategy: Strategy::LeastBusy,
                offer_seconds: 30,
                queue_chats_max: 10,
                enabled: true,
            };
            accounts::put_department(tx, cx, &department, None)?;
            Ok(department.id)
        });
        made.await.expect("a department")
    }

    pub(crate) async fn time_zone(&self, name: &str) {
        self.settings(Settings { time_zone: name.to_owned(), ..Settings::default() }).await;
    }

    pub(crate) async fn settings(&self, wanted: Settings) {
        let put = wanted.clone();
        self.desk.write(move |tx, cx| settings::put(tx, cx, &put)).await.expect("settings");
        let reached = async {
            while *self.desk.settings() != wanted {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(SETTLE_SECONDS_MAX), reached).await.expect("the settings follow");
    }

    /// `letter:letter author text` of every message in order, but for where the conversation came from.
    pub(crate) async fn exchange(&self, conversation: impl std::fmt::Display) -> Vec<String> {
        let response = self.get_ok(&format!("/api/conversations/{conversation}/messages")).await;
        let groups = response["groups"].as_array().expect("groups").clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let lines = groups.iter().filter(|group| group["rtype"] != "S").flat_map(|group| {
            let messages = group["messages"].as_array().expect("messages").iter();
            messages.map(move |one| [text(&group["rtype"]), text(&one["rtype"]), text(&one["userid"]), text(&one["message"])])
        });
        lines.map(|[group, kind, author, text]| format!("{group}:{kind} {author} {text}")).collect()
    }

    async fn visit(&self) -> Visit {
        let arrival = Arrival { url: "https://shop.test/a".to_owned(), ..Arrival::default() };
        let visit = self.desk.write(move |tx, cx| visits::arrive(tx, cx, None, &arrival)).await.expect("a visit");
        self.desk.presence().visitor_seen(visit.visitor, visit.id, self.desk.now());
        visit
    }

    /// A message that a visitor left.
    pub(crate) async fn ticket(&self, email: &str, text: &str) -> Conversation {
        let visit = self.visit().await;
        let introduction = Introduction::new(None, Some(email)).expect("an address");
        let command = VisitorCommand::LeaveMessage { department: None, introduction, text: text.to_owned() };
        let done = self.desk.visitor_command(visit.visitor, visit.id, None, command).await.expect("a message");
        self.conversation(done.conversation.expect("a conversation")).await
    }

    pub(crate) async fn conversation(&self, id: ConversationId) -> Conversation {
        self.desk.read(move |tx| conversations::get(tx, id)).await.expect("a conversation")
    }

    /// A chat that a visitor has asked for.
    pub(crate) async fn chat(&self, text: &str) -> Done {
        let visit = self.visit().await;
        let command = VisitorCommand::Chat { department: None, introduction: Introduction::default(), text: Some(text.to_owned()) };
        self.desk.visitor_command(visit.visitor, visit.id, None, command).await.expect("a chat")
    }

    pub(crate) async fn accept(&self, agent: AgentId, chat: ChatId) {
        self.desk.agent_command(agent, None, AgentCommand::Accept { chat }).await.expect("accepted");
    }

    /// Sets the tags; returns their ids.
    pub(crate) async fn tag(&self, conversation: ConversationId, names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let set = self.desk.write(move |tx, cx| {
            conversations::set_tags(tx, cx, Actor::System, conversation, &names)?;
            let mut all = tables::tags::of_conversations(tx, &[conversation])?;
            Ok(all.remove(&conversation).unwrap_or_default().into_iter().map(|(tag, _)| tag.to_string()).collect())
        });
        set.await.expect("tags")
    }

    pub(crate) async fn note_on_customer(&self, customer: CustomerId, note: &str) {
        let changes = Changes { note: Some(note.to_owned()), ..Changes::default() };
        let changed = self.desk.write(move |tx, cx| customers::change(tx, cx, customer, &changes)).await;
        changed.map(|_| ()).expect("a note");
    }

    /// A file that an agent has put there; returns its id.
    pub(crate) async fn file(&self, name: &str) -> String {
        let who = Principal::Agent { agent: self.owner.id, role: self.owner.role };
        let new = NewFile { name: name.to_owned(), declared_type: "text/plain".to_owned(), bytes: "abc".into() };
        let kept = files::keep(&self.desk, who, new).await;
        kept.map_err(|error: AppError| error.to_string()).expect("a file").attachment.file
    }
}
