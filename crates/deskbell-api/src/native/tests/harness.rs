//! A real desk in a temporary directory behind the native API, with clients of every role.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use deskbell_app::Desk;
use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::clock::FakeClock;
use deskbell_app::commands::{Done, VisitorCommand};
use deskbell_app::credentials::{self, Issued};
use deskbell_app::customers::Introduction;
use deskbell_app::desk::DeskOptions;
use deskbell_app::rights::Scopes;
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::agent::Role;
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::{AgentId, CustomerId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;
use deskbell_http::{Connection, Kit};
use deskbell_store::Location;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::native::{Native, Options, kit};

pub(crate) const OWNER_EMAIL: &str = "owner@desk.test";
pub(crate) const OWNER_PASSWORD: &str = "correct horse";
/// How long a test waits for what must happen.
const WAIT_SECONDS_MAX: u64 = 20;

pub(crate) struct TestDesk {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) kit: Arc<Kit<Native>>,
    pub(crate) owner: Client,
    pub(crate) admin: Client,
    pub(crate) agent: Client,
    /// A LiveAgent v1 key.
    pub(crate) api_key: String,
    _directory: tempfile::TempDir,
}

/// A desk with an owner, an administrator and an agent, all signed in and none connected.
pub(crate) async fn start() -> TestDesk {
    start_with(Options::default()).await
}

pub(crate) async fn start_with(options: Options) -> TestDesk {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let place = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: clock.clone(),
        store: Default::default(),
    };
    let first = Desk::init(&place, OWNER_EMAIL, OWNER_PASSWORD).unwrap();
    let desk = Desk::open(&place).unwrap();
    let kit = Arc::new(kit(desk.clone(), options));
    let admin = agent(&desk, "admin@desk.test", Role::Administrator).await;
    let plain = agent(&desk, "agent@desk.test", Role::Agent).await;
    TestDesk {
        owner: Client::of(&desk, &kit, first.agent.id).await,
        admin: Client::of(&desk, &kit, admin).await,
        agent: Client::of(&desk, &kit, plain).await,
        api_key: first.api_key.secret,
        desk,
        clock,
        kit,
        _directory: directory,
    }
}

async fn agent(desk: &Desk, email: &str, role: Role) -> AgentId {
    let draft = AgentDraft {
        email: email.to_owned(),
        first_name: email.split('@').next().unwrap().to_owned(),
        last_name: String::new(),
        role,
        slots: 2,
        enabled: true,
        password_hash: Some("none".to_owned()),
    };
    desk.write(move |tx, cx| accounts::create_agent(tx, cx, &draft)).await.unwrap().id
}

impl TestDesk {
    /// A caller without a cookie.
    pub(crate) fn nobody(&self) -> Client {
        Client { kit: self.kit.clone(), cookie: None, agent: self.owner.agent }
    }

    /// A caller with this in his cookie.
    pub(crate) fn with_cookie(&self, secret: &str) -> Client {
        Client { cookie: Some(secret.to_owned()), ..self.nobody() }
    }

    /// The plain agent's console connects.
    pub(crate) async fn agent_comes(&self) {
        self.desk.agent_came(self.agent.agent).await.unwrap();
    }

    pub(crate) async fn visitor(&self, name: &str, email: &str) -> TestVisitor {
        let introduction = Introduction::new(Some(name), Some(email)).unwrap();
        let (visitor, visit, customer) = self.arrives(None).await;
        TestVisitor { desk: self.desk.clone(), visitor, visit, customer, introduction }
    }

    /// The same browser begins another visit.
    pub(crate) async fn come_again(&self, known: &TestVisitor) {
        self.clock.advance_seconds(1);
        self.arrives(Some(known.visit)).await;
    }

    async fn arrives(&self, earlier: Option<VisitId>) -> (VisitorId, VisitId, CustomerId) {
        let arrival = Arrival { url: "https://shop.test/".to_owned(), address: "10.0.0.1".to_owned(), ..Arrival::default() };
        let visit = self.desk.write(move |tx, cx| visits::arrive(tx, cx, earlier, &arrival)).await.unwrap();
        self.desk.presence().visitor_seen(visit.visitor, visit.id, self.desk.now());
        (visit.visitor, visit.id, visit.customer)
    }
}

pub(crate) struct TestVisitor {
    desk: Desk,
    pub(crate) visitor: VisitorId,
    pub(crate) visit: VisitId,
    pub(crate) customer: CustomerId,
    introduction: Introduction,
}

impl TestVisitor {
    pub(crate) async fn does(&self, command: VisitorCommand) -> Done {
        self.desk.visitor_command(self.visitor, self.visit, None, command).await.unwrap()
    }

    pub(crate) async fn asks_for_chat(&self, text: &str) -> Done {
        let introduction = self.introduction.clone();
        self.does(VisitorCommand::Chat { department: None, introduction, text: Some(text.to_owned()) }).await
    }

    /// The conversation that the message begins.
    pub(crate) async fn leave_message(&self, text: &str) -> String {
        let introduction = self.introduction.clone();
        let done = self.does(VisitorCommand::LeaveMessage { department: None, introduction, text: text.to_owned() }).await;
        done.conversation.unwrap().to_string()
    }
}

pub(crate) struct Client {
    kit: Arc<Kit<Native>>,
    cookie: Option<String>,
    pub(crate) agent: AgentId,
}

impl Client {
    async fn of(desk: &Desk, kit: &Arc<Kit<Native>>, agent: AgentId) -> Client {
        let session = desk.write(move |tx, cx| credentials::issue(tx, cx, CredentialKind::Session, "test", Some(agent), Scopes::default()));
        let Issued { secret, .. } = session.await.unwrap();
        Client { kit: kit.clone(), cookie: Some(secret), agent }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &[("x-deskbell", "1")], Body::from(body.to_string())).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, &[("x-deskbell", "1")], Body::from(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, &[("x-deskbell", "1")], Body::from(body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[("x-deskbell", "1")], Body::empty()).await
    }

    /// A request as it is, from 10.0.0.7 to desk.test.
    pub(crate) async fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Reply {
        let mut request = Request::builder().method(verb).uri(format!("/api/native/v1/{path}")).header("host", "desk.test");
        if let Some(secret) = &self.cookie {
            request = request.header("cookie", format!("other=1; deskbell_session={secret}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let connection = Connection { peer: IpAddr::from([10, 0, 0, 7]), secure: false, host: None, prefix: None };
        let response = self.kit.handle(request.extension(connection).body(body).unwrap()).await;
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Reply { status: parts.status.as_u16(), headers: parts.headers, text, asked: format!("{verb} {path}") }
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    asked: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, given this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }

    /// An error of this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        let body = self.expect(status);
        assert_eq!(body["error"]["code"], code, "{}: {}", self.asked, self.text);
        assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{}", self.asked);
    }
}

/// Waits until something holds.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(WAIT_SECONDS_MAX), wait).await.expect("it happens in time");
}
