//! A real desk on a temporary database with the portal in front of it, and browsers that keep their cookies. The clock stands at
//! 2012-04-03 12:21:21 GMT until it is moved.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use deskbell_app::clock::{Clock, FakeClock};
use deskbell_app::context::Context;
use deskbell_app::desk::DeskOptions;
use deskbell_app::knowledge::{self, ArticleDraft, CategoryDraft};
use deskbell_app::settings::{self, Settings};
use deskbell_app::{AppError, Desk, auth_tokens, credentials};
use deskbell_domain::agent::Agent;
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::{Customer, CustomerRole};
use deskbell_domain::ids::{CustomerId, DepartmentId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, Entry, EntryKind};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_http::Connection;
use deskbell_http::front::Served;
use deskbell_store::{Location, Options as StoreOptions, Tx, tables};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;

use crate::{Options, Portal};

pub(crate) const START_SECONDS: i64 = 1_333_455_681;
pub(crate) const PASSWORD: &str = "correct horse";
/// What hostile texts try.
pub(crate) const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;";

pub(crate) struct Fixture {
    pub(crate) desk: Desk,
    pub(crate) owner: Agent,
    pub(crate) clock: Arc<FakeClock>,
    portal: Portal,
    directory: tempfile::TempDir,
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
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let found = self.text.split_once(&start).and_then(|(_, rest)| rest.split_once('"'));
        found.map(|(value, _)| value.to_owned()).unwrap_or_default()
    }

    /// Asserts what is true of every page.
    #[track_caller]
    pub(crate) fn page(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        let policy = self.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        let kept = self.header("cache-control");
        assert!(kept == "no-store" || kept == "private, no-cache", "{kept}");
        for tag in tags(&self.text) {
            let runs = tag.starts_with("script") || [" on", " style=", " srcdoc="].iter().any(|what| tag.contains(what));
            assert!(!runs, "<{tag}> in {}", self.text);
        }
        assert!(!self.text.contains("href=\"javascript:"), "{}", self.text);
        for landmark in ["<main id=\"content\"", "<header", "<nav aria-label=", "<h1", "<title>", "<html lang=\""] {
            assert!(self.text.contains(landmark), "{landmark} is missing in {}", self.text);
        }
        assert_eq!(self.text.matches("<h1").count(), 1);
        &self.text
    }
}

/// The tags of a page as a browser reads them, what stands in quotes left out.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut letters = html.chars();
    while letters.by_ref().any(|letter| letter == '<') {
        let (mut tag, mut quote) = (String::new(), None);
        for letter in letters.by_ref() {
            match (letter, quote) {
                ('>', None) => break,
                ('"' | '\'', None) => quote = Some(letter),
                (letter, Some(open)) if letter == open => quote = None,
                (letter, None) => tag.push(letter),
                (_, Some(_)) => {}
            }
        }
        tags.push(tag);
    }
    tags
}

/// A browser: it keeps cookies and has an address.
pub(crate) struct Browser<'f> {
    fixture: &'f Fixture,
    cookies: Mutex<BTreeMap<String, String>>,
    address: [u8; 4],
    language: &'static str,
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        Fixture::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(START_SECONDS)));
        let setup = DeskOptions {
            location: Location::Sqlite(directory.path().join("desk.sqlite")),
            files: directory.path().join("files"),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            store: StoreOptions { readers: 1, ..StoreOptions::default() },
        };
        let first = Desk::init(&setup, "owner@desk.test", PASSWORD).unwrap();
        let desk = Desk::open(&setup).unwrap();
        Fixture { portal: Portal::new(desk.clone(), options), desk, owner: first.agent, clock, directory }
    }

    /// Gives the desk its search.
    pub(crate) fn searchable(&self) {
        deskbell_search::KnowledgeIndex::open(&self.desk, &self.directory.path().join("index")).unwrap();
    }

    pub(crate) fn browser(&self, last: u8) -> Browser<'_> {
        Browser { fixture: self, cookies: Mutex::default(), address: [10, 0, 0, last], language: "en" }
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static,
    ) -> T {
        self.clock.advance_seconds(1);
        // On a thread of its own: within a task of tokio one may not wait for it a hundred times in a row.
        std::thread::scope(|scope| scope.spawn(|| self.desk.write_blocking(work)).join()).unwrap().unwrap()
    }

    pub(crate) fn read<T: Send + 'static>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static) -> T {
        std::thread::scope(|scope| scope.spawn(|| self.desk.snapshot_blocking(work)).join()).unwrap().unwrap()
    }

    /// Changes settings, and waits until they are in force.
    pub(crate) fn settings(&self, settings: Settings) {
        let wanted = settings.clone();
        self.write(move |tx, cx| settings::put(tx, cx, &settings));
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while *self.desk.settings() != wanted {
            assert!(std::time::Instant::now() < deadline, "the settings are read again");
            std::thread::yield_now();
        }
    }

    /// A registered customer with [`PASSWORD`].
    pub(crate) fn registered(&self, email: &'static str, name: &'static str) -> CustomerId {
        let hash = credentials::hash_password(PASSWORD).unwrap();
        self.write(move |tx, cx| {
            let customer = Customer {
                name: name.to_owned(),
                email: Some(email.to_owned()),
                role: CustomerRole::Registered,
                ..Customer::anonymous(CustomerId::from_i64(tx.next_id()?), cx.now)
            };
            tables::customers::insert(tx, &customer)?;
            tables::customers::set_password(tx, customer.id, &hash)?;
            Ok(customer.id)
        })
    }

    pub(crate) fn customer_token(&self, customer: CustomerId) -> String {
        self.read(move |tx| auth_tokens::customer_token(tx, customer))
    }

    pub(crate) fn agent_token(&self) -> String {
        let owner = self.owner.id;
        self.read(move |tx| auth_tokens::agent_token(tx, owner))
    }

    /// The cookie of an agent's console.
    pub(crate) fn session(&self) -> String {
        let token = self.agent_token();
        self.write(move |tx, cx| Ok(credentials::open_session_by_token(tx, cx, &token, "a test")?.secret))
    }

    /// A conversation with one message of its customer's.
    pub(crate) fn ticket(&self, customer: CustomerId, subject: &'static str, text: &'static str) -> Conversation {
        use deskbell_app::messages::{self, Into, NewMessage};
        self.write(move |tx, cx| {
            let customer = deskbell_app::customers::get(tx, customer)?;
            let start = deskbell_app::conversations::Start {
                customer: &customer,
                shown_name: &customer.display_name(),
                visit: None,
                widget: None,
                department: DepartmentId::DEFAULT,
                channel: Channel::Form,
                status: Status::New,
                subject,
            };
            let mut conversation = deskbell_app::conversations::start(tx, cx, start)?;
            let message = NewMessage::text(MessageKind::Message, Actor::Customer(customer.id), &customer.name, text);
            messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Offline), message)?;
            Ok(conversation)
        })
    }

    pub(crate) fn category(&self, kind: EntryKind, title: &'static str, parent: Option<KnowledgeEntryId>) -> Entry {
        self.write(move |tx, cx| knowledge::add_category(tx, cx, &CategoryDraft { parent, ..CategoryDraft::new(kind, title) }))
    }

    pub(crate) fn article(&self, title: &'static str, content: &'static str, parent: Option<KnowledgeEntryId>) -> Entry {
        self.write(move |tx, cx| knowledge::add_article(tx, cx, &ArticleDraft { parent, ..ArticleDraft::new(title, content) }))
    }

    pub(crate) fn internal_article(&self, title: &'static str) -> Entry {
        self.write(move |tx, cx| {
            knowledge::add_article(tx, cx, &ArticleDraft { access: Access::Internal, ..ArticleDraft::new(title, "Only for us") })
        })
    }

    pub(crate) fn entry(&self, entry: KnowledgeEntryId) -> Entry {
        self.read(move |tx| knowledge::entry(tx, entry)).unwrap()
    }
}

impl Browser<'_> {
    pub(crate) fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    pub(crate) fn with_cookie(self, name: &str, value: &str) -> Self {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) async fn call(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let cookies: Vec<String> = self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(uri).header("host", "desk.test").header("accept-language", self.language);
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(Connection { peer: self.address.into(), secure: false, host: None, prefix: None });
        assert!(self.fixture.portal.owns(request.uri().path()), "{uri} is the portal's");
        let (parts, body) = self.fixture.portal.serve(request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() };
        for line in reply.headers.get_all("set-cookie") {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    pub(crate) async fn get(&self, uri: &str) -> Reply {
        self.call("GET", uri, &[], String::new()).await
    }

    /// A form as a browser sends it from a page of the desk's own.
    pub(crate) async fn post(&self, uri: &str, fields: &[(&str, &str)]) -> Reply {
        let own = [("origin", "http://desk.test"), ("sec-fetch-site", "same-origin")];
        self.post_from(uri, &own, fields).await
    }

    pub(crate) async fn post_from(&self, uri: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Reply {
        let escape = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.call("POST", uri, &headers, body.join("&")).await
    }

    /// Loads a page and posts one of its forms with what proves it.
    pub(crate) async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let loaded = self.get(page).await;
        let (proof, key) = (loaded.field("proof"), loaded.field("key"));
        let mut all = vec![("proof", proof.as_str()), ("key", key.as_str())];
        all.extend_from_slice(fields);
        self.post(action, &all).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Reply {
        self.submit("/login", "/login", &[("email", email), ("password", password)]).await
    }
}
