//! For tests: a real desk on a database of its own, a clock that is moved by hand, and calls through the surfaces' doors.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::clock::FakeClock;
use deskbell_app::commands::{AgentCommand, Done, VisitorCommand};
use deskbell_app::customers::Introduction;
use deskbell_app::desk::{DeskOptions, FirstOwner};
use deskbell_app::oauth::clients::{self, ClientDraft, Maker};
use deskbell_app::oauth::granting::{self, ClientProof, Shown};
use deskbell_app::rights::Scopes;
use deskbell_app::visits::{self, Arrival};
use deskbell_app::{Desk, credentials};
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::Rating;
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::department::{Department, Membership, Strategy};
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId};
use deskbell_domain::oauth::ClientType;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use deskbell_http::Kit;
use deskbell_store::{Location, Options};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::watch;

use crate::{ChatDocuments, Oauth, ProgramPasswords, Rest, Stream, SurfaceOptions, oauth_kit, rest_kit, stream_kit};

/// When every test begins: 2026-11-22T00:00:00Z.
pub(crate) const START_SECONDS: i64 = 1_795_305_600;
const WAIT_SECONDS_MAX: u64 = 20;
pub(crate) const USER_AGENT: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_3) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.88 Safari/537.36";

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) owner: FirstOwner,
    pub(crate) stream: Kit<Stream>,
    pub(crate) rest: Kit<Rest>,
    pub(crate) oauth: Kit<Oauth>,
    /// Stops the sockets.
    pub(crate) stop: watch::Sender<bool>,
    /// Kept until the desk is closed.
    directory: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.desk.close();
    }
}

/// No rate limit.
pub(crate) fn unlimited() -> SurfaceOptions {
    SurfaceOptions { rate_limit: None, ..SurfaceOptions::default() }
}

pub(crate) async fn call<S: Clone + Send + Sync + 'static>(kit: &Kit<S>, verb: &str, uri: &str, token: Option<&str>) -> Reply {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    send(kit, verb, uri, &headers, Body::empty()).await
}

/// The same with any headers and a body.
pub(crate) async fn send<S: Clone + Send + Sync + 'static>(
    kit: &Kit<S>,
    verb: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Reply {
    let mut request = Request::builder().method(verb).uri(uri).header("host", "desk.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, body) = kit.handle(request.body(body.into()).unwrap()).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply { status: head.status.as_u16(), headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// The same with a token and a JSON body.
pub(crate) async fn send_json<S: Clone + Send + Sync + 'static>(kit: &Kit<S>, verb: &str, uri: &str, token: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {token}");
    send(kit, verb, uri, &[("authorization", &bearer), ("content-type", "application/json")], body.to_string()).await
}

fn desk_options(directory: &tempfile::TempDir, clock: &Arc<FakeClock>) -> DeskOptions {
    DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(clock) as Arc<_>,
        store: Options { readers: 2, ..Options::default() },
    }
}

impl World {
    /// A desk whose owner is offline.
    pub(crate) async fn open() -> World {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(START_SECONDS)));
        let options = desk_options(&directory, &clock);
        let (owner, desk) = tokio::task::spawn_blocking(move || {
            let owner = Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
            (owner, Desk::open(&options).unwrap())
        })
        .await
        .unwrap();
        let (stop, stopped) = watch::channel(false);
        let (stream, rest) = (stream_kit(Stream::new(desk.clone(), stopped), &unlimited()), rest_kit(desk.clone(), &unlimited()));
        let oauth = oauth_kit(desk.clone(), &unlimited());
        World { desk, clock, owner, stream, rest, oauth, stop, directory }
    }

    /// The same desk, served so that programs may show passwords.
    pub(crate) async fn with_passwords() -> World {
        let mut world = World::open().await;
        let options = SurfaceOptions { program_passwords: ProgramPasswords::Taken, ..unlimited() };
        world.rest = rest_kit(world.desk.clone(), &options);
        world.oauth = oauth_kit(world.desk.clone(), &options);
        world
    }

    /// Another agent who can sign in with this password.
    pub(crate) async fn add_agent_with(&self, email: &str, role: Role, password: &str) -> AgentId {
        let agent = self.add_agent(email, role, 3).await;
        let hash = self.desk.hash_password(password.to_owned()).await.unwrap();
        self.change_agent(agent, email, role, true, Some(hash)).await;
        agent
    }

    pub(crate) async fn change_agent(&self, agent: AgentId, email: &str, role: Role, enabled: bool, password_hash: Option<String>) {
        let (first_name, last_name) = ("Ann".to_owned(), "Agent".to_owned());
        let draft = AgentDraft { email: email.to_owned(), first_name, last_name, role, slots: 3, enabled, password_hash };
        self.desk.write(move |tx, cx| accounts::change_agent(tx, cx, agent, &draft).map(drop)).await.unwrap();
    }

    /// Closes the desk and opens it again.
    pub(crate) async fn restart(&mut self) {
        let (desk, options) = (self.desk.clone(), desk_options(&self.directory, &self.clock));
        let opened = tokio::task::spawn_blocking(move || {
            desk.close();
            Desk::open(&options).unwrap()
        });
        self.desk = opened.await.unwrap();
        let stream = Stream::new(self.desk.clone(), self.stop.subscribe());
        (self.stream, self.rest) = (stream_kit(stream, &unlimited()), rest_kit(self.desk.clone(), &unlimited()));
    }

    /// A desk whose owner takes chats.
    pub(crate) async fn online() -> World {
        let world = World::open().await;
        world.status(world.owner.agent.id, AgentStatus::ONLINE).await;
        world
    }

    pub(crate) fn token(&self) -> &str {
        &self.owner.access_token.secret
    }

    pub(crate) async fn status(&self, agent: AgentId, preset: AgentStatus) {
        self.agent(agent, AgentCommand::Status { preset, connected: true }).await;
    }

    pub(crate) async fn add_agent(&self, email: &str, role: Role, slots: u16) -> AgentId {
        let draft = AgentDraft {
            email: email.to_owned(),
            first_name: "Ann".to_owned(),
            last_name: "Agent".to_owned(),
            role,
            slots,
            enabled: true,
            password_hash: Some("no password".to_owned()),
        };
        self.desk.write(move |tx, cx| accounts::create_agent(tx, cx, &draft)).await.unwrap().id
    }

    pub(crate) async fn add_token(&self, agent: AgentId, kind: CredentialKind, scopes: Scopes) -> credentials::Issued {
        self.desk.write(move |tx, cx| credentials::issue(tx, cx, kind, "a token", Some(agent), scopes)).await.unwrap()
    }

    /// A token that was given to an OAuth client which acts for this agent.
    pub(crate) async fn add_client_token(&self, agent: AgentId, scopes: Scopes) -> String {
        let draft = ClientDraft {
            name: "Program".to_owned(),
            company: String::new(),
            client_type: ClientType::Confidential,
            redirect_uris: Vec::new(),
            scopes,
        };
        let granted = self.desk.write(move |tx, cx| {
            let client = clients::create(tx, cx, Maker::unbound(agent), &draft)?;
            let proof = ClientProof { identifier: Some(client.client.identifier), secret: Some(client.secret) };
            granting::grant(tx, cx, &proof, &Shown::Client { scope: None })
        });
        granted.await.unwrap().unwrap().access
    }

    pub(crate) async fn add_department(&self, name: &str, members: &[AgentId]) -> DepartmentId {
        let (name, members) = (name.to_owned(), members.to_vec());
        self.desk
            .write(move |tx, cx| {
                let department = Department {
                    id: DepartmentId::from_i64(tx.next_id()?),
                    name,
                    description: String::new(),
                    strategy: Strategy::LeastBusy,
                    offer_seconds: 3_600,
                    queue_chats_max: 100,
                    enabled: true,
                };
                let members: Vec<_> =
                    members.into_iter().map(|agent| Membership { department: department.id, agent, priority: 50 }).collect();
                accounts::put_department(tx, cx, &department, Some(&members))?;
                Ok(department.id)
            })
            .await
            .unwrap()
    }

    pub(crate) async fn arrive(&self) -> Visit {
        let arrival = Arrival {
            url: "https://shop.test/".to_owned(),
            title: "Shop".to_owned(),
            referrer: "https://search.test/?q=shop".to_owned(),
            language: "en".to_owned(),
            user_agent: USER_AGENT.to_owned(),
            address: "192.0.2.1".to_owned(),
        };
        self.desk.write(move |tx, cx| visits::arrive(tx, cx, None, &arrival)).await.unwrap()
    }

    pub(crate) async fn visitor(&self, visit: &Visit, command: VisitorCommand) -> Done {
        self.desk.visitor_command(visit.visitor, visit.id, None, command).await.unwrap()
    }

    pub(crate) async fn agent(&self, agent: AgentId, command: AgentCommand) -> Done {
        self.desk.agent_command(agent, None, command).await.unwrap()
    }

    /// A visitor comes and asks for a chat with a first message.
    pub(crate) async fn ask(&self, department: Option<DepartmentId>) -> (Visit, ChatId) {
        let visit = self.arrive().await;
        let text = Some("hello".to_owned());
        let done = self.visitor(&visit, VisitorCommand::Chat { department, introduction: Introduction::default(), text }).await;
        (visit, done.chat.unwrap())
    }

    pub(crate) async fn say(&self, visit: &Visit, text: &str) {
        self.visitor(visit, VisitorCommand::Send { text: text.to_owned(), file: None }).await;
    }

    pub(crate) async fn rate(&self, visit: &Visit, rating: Option<Rating>, comment: Option<&str>) {
        self.visitor(visit, VisitorCommand::Rate { rating, comment: comment.map(str::to_owned) }).await;
    }

    /// Waits until the figures know all that is written.
    pub(crate) async fn settle(&self) {
        let head = self.desk.read(|tx| Ok(tx.head()?)).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
        while self.desk.figures_number() < head {
            assert!(Instant::now() < deadline, "the figures do not follow");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Renders all documents that are due.
    pub(crate) async fn render(&self) {
        let reader = self.desk.document_reader(Arc::new(ChatDocuments));
        tokio::task::spawn_blocking(move || reader.catch_up()).await.unwrap().unwrap();
    }

    /// Gives the desk its search over chats.
    pub(crate) fn open_chat_search(&self) {
        deskbell_search::ChatIndex::open(&self.desk, &self.directory.path().join("chat-search")).unwrap();
    }

    /// Brings the timelines up to date.
    pub(crate) async fn fold(&self) {
        let mut reader = self.desk.timeline_reader();
        tokio::task::spawn_blocking(move || reader.catch_up()).await.unwrap().unwrap();
    }

    /// Figures with the owner's token, once they are settled.
    pub(crate) async fn figures(&self, path: &str) -> Value {
        self.settle().await;
        let reply = call(&self.stream, "GET", &format!("/stream/{path}"), Some(self.token())).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    /// An agent with a token that may read and write.
    pub(crate) async fn add_writer(&self, email: &str, role: Role) -> (AgentId, String) {
        let agent = self.add_agent(email, role, 3).await;
        let scopes = Scopes { read: true, write: true, chat: false };
        (agent, self.add_token(agent, CredentialKind::Token, scopes).await.secret)
    }

    /// A write through the REST API with the owner's token.
    pub(crate) async fn write(&self, verb: &str, uri: &str, body: Value) -> Reply {
        send_json(&self.rest, verb, uri, self.token(), &body).await
    }

    /// A page of the export with the owner's token.
    pub(crate) async fn page(&self, uri: &str) -> Value {
        let reply = call(&self.rest, "GET", uri, Some(self.token())).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }
}
