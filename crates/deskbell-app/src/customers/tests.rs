use std::sync::Arc;

use deskbell_domain::customer::{CustomerRole, Gender};
use deskbell_domain::event::Recorded;
use deskbell_domain::ids::{CompanyId, ConversationId, CustomerGroupId, VisitId};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Location, Options, journal};

use super::listing::Query;
use super::*;
use crate::clock::FakeClock;
use crate::commands::VisitorCommand;
use crate::companies::{self, CompanyDraft};
use crate::credentials;
use crate::desk::{Desk, DeskOptions};
use crate::error::Kind;
use crate::fields::Kept;
use crate::groups::{self, GroupDraft};
use crate::rights::Principal;
use crate::visits::{self, Arrival};

pub(crate) struct Stage {
    _directory: tempfile::TempDir,
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<FakeClock>,
}

pub(crate) fn stage() -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: clock.clone(),
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    Stage { _directory: directory, desk: Desk::open(&options).unwrap(), clock }
}

impl Stage {
    /// A write that may be refused.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.desk.write_blocking(work)
    }

    /// A read that is not.
    pub(crate) fn see<T: Send + 'static>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static) -> T {
        self.desk.snapshot_blocking(work).unwrap()
    }

    pub(crate) fn customer(&self, email: &str, changes: Changes) -> Customer {
        let new = NewCustomer { email: email.to_owned(), changes };
        self.write(move |tx, cx| register(tx, cx, &new)).unwrap()
    }

    pub(crate) fn group(&self, name: &str) -> CustomerGroupId {
        let draft = GroupDraft { name: Some(name.to_owned()), ..GroupDraft::default() };
        self.write(move |tx, cx| groups::create(tx, cx, &draft)).unwrap().id
    }

    pub(crate) fn company(&self, name: &str) -> CompanyId {
        let draft = CompanyDraft { name: Some(name.to_owned()), ..CompanyDraft::default() };
        self.write(move |tx, cx| companies::create(tx, cx, &draft)).unwrap().company.id
    }

    fn find(&self, identifier: &str) -> Option<CustomerId> {
        let identifier = identifier.to_owned();
        self.see(move |tx| by_identifier(tx, &identifier)).map(|customer| customer.id)
    }

    /// The last events of the journal.
    pub(crate) fn events(&self, count: i64) -> Vec<Event> {
        let all = self.see(move |tx| {
            let head = tx.head()?;
            Ok(journal::after(tx, head - count, count)?)
        });
        all.into_iter().map(|Recorded { event, .. }| event).collect()
    }

    pub(crate) fn head(&self) -> i64 {
        self.see(|tx| Ok(tx.head()?))
    }

    fn arrive(&self, earlier: Option<VisitId>) -> Visit {
        let arrival = Arrival {
            url: "https://shop.test/".to_owned(),
            address: "10.0.0.1".to_owned(),
            language: "de-AT,de;q=0.9,en".to_owned(),
            user_agent: "Secret browser".to_owned(),
            ..Arrival::default()
        };
        self.write(move |tx, cx| visits::arrive(tx, cx, earlier, &arrival)).unwrap()
    }

    async fn message(&self, visit: &Visit, name: &str, email: &str) -> ConversationId {
        let introduction = Introduction::new(Some(name), Some(email)).unwrap();
        let command = VisitorCommand::LeaveMessage { department: None, introduction, text: "Hello".to_owned() };
        self.desk.visitor_command(visit.visitor, visit.id, None, command).await.unwrap().conversation.unwrap()
    }

    async fn page(&self, query: Query, limit: i64, offset: i64) -> Vec<String> {
        let all = listing::page(&self.desk, &Principal::Nobody, query, limit, offset).await.unwrap();
        all.into_iter().map(|one| one.email.unwrap_or(one.name)).collect()
    }
}

pub(crate) fn field(code: &str, value: &str) -> FieldValue {
    FieldValue { code: code.to_owned(), value: value.to_owned() }
}

fn by_code(fields: &[FieldValue]) -> Option<FieldChanges> {
    Some(FieldChanges { kept: Kept::OtherCodes, fields: fields.to_vec() })
}

fn named(name: &str) -> Changes {
    Changes { name: Some(name.to_owned()), ..Changes::default() }
}

#[test]
fn addresses() {
    assert_eq!(check_email(" Ann@Example.com ").unwrap(), "ann@example.com");
    for wrong in ["", "ann", "@example.com", "ann@", "ann@host", "a b@c.d", "a@b@c.d", "a@.d", "a@d.", "a\0@b.c"] {
        assert!(check_email(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn registering_and_finding() {
    let stage = stage();
    let ann = stage.customer(
        " Ann@Shop.test ",
        Changes {
            phone: Some(" 12 ".to_owned()),
            gender: Some(Some(Gender::Female)),
            custom_fields: by_code(&[field("plan", "gold"), field("plan", "old"), field("x", "1")]),
            unique_fields: by_code(&[
                field("email", "ANN@home.test"),
                field("email", "ann@shop.test"),
                field("phone", "12"),
                field("twitter", "ann"),
                field("empty", ""),
            ]),
            ..named("Ann van Buren")
        },
    );
    assert_eq!((ann.email.as_deref(), ann.phone.as_str(), ann.role), (Some("ann@shop.test"), "12", CustomerRole::Visitor));
    assert!(
        matches!(&stage.events(1)[..], [Event::CustomerChanged { customer, name, .. }] if *customer == ann.id && name == "Ann van Buren")
    );
    for identifier in ["ann@shop.test", "ANN@Shop.test", " ann@home.test", &ann.id.to_string()] {
        assert_eq!(stage.find(identifier), Some(ann.id), "{identifier}");
    }
    for identifier in ["", "ann", "zzzzzzzz", "ann@shop.tes", "\0", "ann@shop.test\0", "twitter", "owner@desk.test"] {
        assert_eq!(stage.find(identifier), None, "{identifier}");
    }
    let contact = stage.see(|tx| Ok(tables::agents::all(tx)?))[0].contact;
    assert_eq!(stage.find(&contact.to_string()), None, "what stands for an agent is no customer");

    let known = ann.clone();
    let first = stage.see(move |tx| profile(tx, known));
    assert_eq!(first.custom_fields, [field("plan", "gold"), field("plan", "old"), field("x", "1")]);
    let unique = [field("email", "ann@shop.test"), field("phone", "12"), field("email", "ann@home.test"), field("twitter", "ann")];
    assert_eq!(first.unique_fields, unique);

    let before = stage.head();
    let again = stage.customer("ann@home.test", Changes::default());
    assert_eq!((again, stage.head()), (ann.clone(), before), "nothing was given, nothing is told");
    let fields = by_code(&[field("plan", "silver")]);
    let again = stage.customer("ann@shop.test", Changes { note: Some("n".to_owned()), custom_fields: fields, ..Changes::default() });
    assert_eq!((again.id, again.name.as_str(), again.note.as_str()), (ann.id, "Ann van Buren", "n"));
    let second = stage.see(move |tx| profile(tx, again));
    assert_eq!(second.custom_fields, [field("x", "1"), field("plan", "silver")]);
    assert_eq!(second.unique_fields, unique);
}

#[test]
fn changing() {
    let stage = stage();
    let ann = stage.customer("ann@shop.test", named("Ann")).id;
    let bob = stage
        .customer(
            "bob@shop.test",
            Changes { unique_fields: by_code(&[field("email", "rob@shop.test"), field("vat", "1")]), ..named("Bob") },
        )
        .id;
    let change = |changes: Changes| stage.write(move |tx, cx| change(tx, cx, ann, &changes));
    let email = |email: &str| Changes { email: Some(email.to_owned()), ..Changes::default() };
    let unique = |code: &str, value: &str| Changes { unique_fields: by_code(&[field(code, value)]), ..Changes::default() };
    let long = "x".repeat(255);
    for (changes, kind) in [
        (email("nonsense"), Kind::Invalid),
        (email("BOB@shop.test"), Kind::Conflict),
        (email("rob@shop.test"), Kind::Conflict),
        (unique("email", "bob@shop.test"), Kind::Conflict),
        (unique("email", "rob@shop.test"), Kind::Conflict),
        (unique("email", "nonsense"), Kind::Invalid),
        (unique("vat", " 1 "), Kind::Conflict),
        (unique("vat", &long), Kind::Invalid),
        (unique("vat", "a\0"), Kind::Invalid),
        (unique(" ", "1"), Kind::Invalid),
        (named(&long), Kind::Invalid),
        (named("a\0"), Kind::Invalid),
        (Changes { phone: Some("a\nb".to_owned()), ..Changes::default() }, Kind::Invalid),
        (Changes { note: Some("x".repeat(10_001)), ..Changes::default() }, Kind::TooLarge),
        (Changes { note: Some("\0".to_owned()), ..Changes::default() }, Kind::Invalid),
        (Changes { company: Some(CompanyId::parse("zzzzzzzz")), ..Changes::default() }, Kind::NotFound),
        (Changes { groups: Some(vec![CustomerGroupId::from_i64(50_000)]), ..Changes::default() }, Kind::NotFound),
        (Changes { custom_fields: by_code(&vec![field("a", "b"); 101]), ..Changes::default() }, Kind::TooLarge),
        (Changes { custom_fields: by_code(&[field("a", &"x".repeat(10_001))]), ..Changes::default() }, Kind::Invalid),
    ] {
        assert_eq!(change(changes.clone()).unwrap_err().kind, kind, "{changes:?}");
    }
    assert_eq!(change(Changes::default()).unwrap().name, "Ann");

    change(unique("email", "second@shop.test")).unwrap();
    assert_eq!(
        change(email("second@shop.test")).unwrap().email.as_deref(),
        Some("second@shop.test"),
        "his second address becomes the first"
    );
    let customer = stage.see(move |tx| get(tx, ann));
    assert_eq!(stage.see(move |tx| profile(tx, customer)).unique_fields, [field("email", "second@shop.test")]);
    assert_eq!(stage.find("ann@shop.test"), None, "the first one is free");
    change(unique("email", "")).unwrap();

    let registered = change(Changes { password_hash: Some("a hash".to_owned()), ..Changes::default() }).unwrap();
    assert_eq!(registered.role, CustomerRole::Registered);
    let token = stage.see(move |tx| credentials::customer_token(tx, ann));
    let visitor = Changes { password_hash: Some("b".to_owned()), role: Some(CustomerRole::Visitor), ..Changes::default() };
    assert_eq!(change(visitor).unwrap().role, CustomerRole::Visitor, "the role that is given counts");
    assert_ne!(stage.see(move |tx| credentials::customer_token(tx, ann)), token, "a new password makes a new token");
    assert_eq!(change(email("")).unwrap().email, None);
    assert_eq!(stage.find("bob@shop.test"), Some(bob));
}

#[tokio::test]
async fn a_removed_customer_leaves_nothing() {
    let stage = stage();
    let visit = stage.arrive(None);
    let conversation = stage.message(&visit, "Cleo", "cleo@shop.test").await;
    let cleo = visit.customer;
    let group = stage.group("VIP");
    let changes = Changes {
        phone: Some("12".to_owned()),
        note: Some("secret".to_owned()),
        password_hash: Some("hash".to_owned()),
        custom_fields: by_code(&[field("plan", "gold")]),
        unique_fields: by_code(&[field("email", "cleo@home.test"), field("vat", "1")]),
        groups: Some(vec![group]),
        company: Some(Some(stage.company("Acme"))),
        system_name: Some("erp".to_owned()),
        ..Changes::default()
    };
    stage.write(move |tx, cx| change(tx, cx, cleo, &changes)).unwrap();
    let token = stage.see(move |tx| credentials::customer_token(tx, cleo));
    let known = stage.see(move |tx| get(tx, cleo));
    assert_eq!((known.address.as_str(), known.language.as_str()), ("10.0.0.1", "de-AT"), "as his browser was seen");

    stage.write(move |tx, cx| remove(tx, cx, cleo)).unwrap();
    assert_eq!(stage.events(1), [Event::CustomerRemoved { customer: cleo }]);
    let left = stage.see(move |tx| get(tx, cleo));
    assert_eq!(left, Customer { removed: left.removed, ..Customer::anonymous(cleo, known.created) });
    assert!(left.removed.is_some());
    let nothing = stage.see(move |tx| profile(tx, left));
    assert!(nothing.custom_fields.is_empty() && nothing.unique_fields.is_empty() && nothing.groups.is_empty());
    for identifier in ["cleo@shop.test", "cleo@home.test", &cleo.to_string()] {
        assert_eq!(stage.find(identifier), None, "{identifier}");
    }
    assert_eq!(stage.see(move |tx| credentials::resolve_auth_token(tx, &token)), None);
    assert_eq!(stage.page(Query::default(), 10, 0).await, Vec::<String>::new());

    let id = visit.id;
    assert_eq!(stage.desk.snapshot_blocking(move |tx| visits::present(tx, id)).unwrap_err().kind, Kind::BadCredential);
    let next = stage.arrive(Some(visit.id));
    assert!(next.visitor != visit.visitor && next.customer != cleo, "his browser is a stranger");
    let turns = stage.see(move |tx| crate::views::listing::exchange(tx, &conversation.to_string(), None, None)).unwrap();
    let said = format!("{turns:?}");
    assert!(said.contains("Hello") && !said.contains("Cleo") && !said.contains("Secret browser") && !said.contains("10.0.0.1"), "{said}");

    let again = |work: fn(&mut Tx<'_>, &mut Context, CustomerId) -> Result<(), AppError>| {
        stage.write(move |tx, cx| work(tx, cx, cleo)).unwrap_err().kind
    };
    assert_eq!(again(|tx, cx, id| remove(tx, cx, id)), Kind::NotFound);
    assert_eq!(again(|tx, cx, id| change(tx, cx, id, &named("Cleo")).map(drop)), Kind::NotFound);
    let heir = stage.customer("cleo@shop.test", Changes { unique_fields: by_code(&[field("vat", "1")]), ..Changes::default() });
    assert_ne!(heir.id, cleo, "address and unique fields are free");
}

#[tokio::test]
async fn who_is_in_a_chat_is_not_removed() {
    let stage = stage();
    let owner = stage.see(|tx| Ok(tables::agents::all(tx)?))[0].id;
    stage.desk.agent_came(owner).await.unwrap();
    let visit = stage.arrive(None);
    let command = VisitorCommand::Chat { department: None, introduction: Introduction::default(), text: Some("Hi".to_owned()) };
    stage.desk.visitor_command(visit.visitor, visit.id, None, command).await.unwrap();
    let customer = visit.customer;
    assert_eq!(stage.write(move |tx, cx| remove(tx, cx, customer)).unwrap_err().kind, Kind::Conflict);
    stage.desk.visitor_command(visit.visitor, visit.id, None, VisitorCommand::End).await.unwrap();
    stage.write(move |tx, cx| remove(tx, cx, customer)).unwrap();
}

#[tokio::test]
async fn a_browser_in_anothers_chat_outlives_whom_it_once_spoke_for() {
    let stage = stage();
    let ann = stage.customer("ann@shop.test", Changes::default()).id;
    let owner = stage.see(|tx| Ok(tables::agents::all(tx)?))[0].id;
    let visit = stage.arrive(None);
    stage.message(&visit, "Ann", "ann@shop.test").await;
    stage.desk.agent_came(owner).await.unwrap();
    let command = VisitorCommand::Chat { department: None, introduction: Introduction::default(), text: Some("Hi".to_owned()) };
    stage.desk.visitor_command(visit.visitor, visit.id, None, command).await.unwrap();
    stage.write(move |tx, cx| remove(tx, cx, ann)).unwrap();
    let id = visit.id;
    assert_eq!(stage.see(move |tx| visits::present(tx, id)).customer, visit.customer);
}

#[tokio::test]
async fn who_types_anothers_address_learns_nothing() {
    let stage = stage();
    let ann =
        stage.customer("ann@shop.test", Changes { unique_fields: by_code(&[field("email", "ann@home.test")]), ..named("Ann Secret") });
    for email in ["ann@shop.test", "ann@home.test"] {
        let visit = stage.arrive(None);
        let introduction = Introduction::new(None, Some(email)).unwrap();
        let asked = visit.clone();
        let introduced = stage.write(move |tx, cx| introduce(tx, cx, &asked, &introduction)).unwrap();
        assert_eq!((introduced.customer.id, introduced.shown_name.as_str()), (ann.id, email));
        let (own, conversation) = (visit.customer, stage.message(&visit, "Mallory", email).await);
        assert_ne!(own, ann.id, "the browser stays what it was");
        let talk = stage.see(move |tx| crate::conversations::get(tx, conversation));
        assert_eq!(talk.customer, ann.id);
        let untouched = stage.see(move |tx| get(tx, ann.id));
        assert_eq!((untouched.name.as_str(), untouched.address.as_str()), ("Ann Secret", ""), "neither name nor address changed");
    }
    let visit = stage.arrive(None);
    stage.message(&visit, "Cleo", "cleo@shop.test").await;
    let cleo = visit.customer;
    stage
        .write(move |tx, cx| {
            change(tx, cx, cleo, &Changes { unique_fields: by_code(&[field("email", "cleo@home.test")]), ..Changes::default() })
        })
        .unwrap();
    let introduction = Introduction::new(None, Some("cleo@home.test")).unwrap();
    let introduced = stage.write(move |tx, cx| introduce(tx, cx, &visit, &introduction)).unwrap();
    assert_eq!((introduced.customer.id, introduced.shown_name.as_str()), (cleo, "Cleo"), "a second address of one's own");
}

#[tokio::test]
async fn lists() {
    let stage = stage();
    for (email, name, twitter) in [
        ("a@even.test", "Ölga Örn", ""),
        ("b@odd.test", "Bob Van Dyk", "BOB"),
        ("c@even.test", "Örn Bobson", "Bobby"),
        ("joa@even.test", "", ""),
    ] {
        stage.clock.advance_seconds(60);
        stage.customer(
            email,
            Changes { unique_fields: by_code(&[field("twitter", twitter), field("email", &format!("2{email}"))]), ..named(name) },
        );
    }
    stage.arrive(None);
    let company = stage.company("Acme");
    let bob = stage.find("b@odd.test").unwrap();
    stage
        .write(move |tx, cx| {
            change(tx, cx, bob, &Changes { company: Some(Some(company)), phone: Some("+1 (2)".to_owned()), ..Changes::default() })
        })
        .unwrap();

    let query = Query::default;
    let text = |text: &str| text.to_owned();
    let from = Timestamp::from_seconds(1_790_000_000 + 120);
    for (query, wanted) in [
        (query(), vec!["a@even.test", "b@odd.test", "c@even.test", "joa@even.test"]),
        (Query { email: text("EVEN"), ..query() }, vec!["a@even.test", "c@even.test", "joa@even.test"]),
        (Query { email: text(" A@Even.test "), ..query() }, vec!["a@even.test"]),
        (Query { email: text("2c@even.test"), ..query() }, vec!["c@even.test"]),
        (Query { email: text("x@even.test"), ..query() }, vec![]),
        (Query { email: text("2a@"), ..query() }, vec!["a@even.test"]),
        (Query { first_name: text("öL"), ..query() }, vec!["a@even.test"]),
        (Query { first_name: text("örn"), ..query() }, vec!["c@even.test"]),
        (Query { last_name: text("ÖRN"), ..query() }, vec!["a@even.test"]),
        (Query { last_name: text("van d"), ..query() }, vec!["b@odd.test"]),
        (Query { last_name: text("bob"), ..query() }, vec!["c@even.test"]),
        (Query { phone: text("1 (2"), ..query() }, vec!["b@odd.test"]),
        (Query { unique: vec![("twitter", text("bob"))], ..query() }, vec!["b@odd.test", "c@even.test"]),
        (Query { unique: vec![("twitter", text("bob")), ("facebook", text("bob"))], ..query() }, vec![]),
        (Query { company: Some(company), ..query() }, vec!["b@odd.test"]),
        (Query { company: Some(company), email: text("even"), ..query() }, vec![]),
        (Query { created_from: Some(from), ..query() }, vec!["b@odd.test", "c@even.test", "joa@even.test"]),
        (Query { created_before: Some(from), ..query() }, vec!["a@even.test"]),
        (Query { first_name: text("%"), ..query() }, vec![]),
        (Query { first_name: text("\0"), ..query() }, vec![]),
        (Query { email: text(&"x".repeat(100_000)), ..query() }, vec![]),
    ] {
        assert_eq!(stage.page(query.clone(), 100, 0).await, wanted, "{query:?}");
        assert_eq!(stage.page(query.clone(), 0, 0).await, Vec::<String>::new());
        let mut pages = Vec::new();
        for offset in 0..wanted.len() {
            pages.extend(stage.page(query.clone(), 1, offset as i64).await);
        }
        assert_eq!(pages, wanted, "one by one: {query:?}");
        assert_eq!(stage.page(query, 100, wanted.len() as i64).await, Vec::<String>::new());
    }
    let far = listing::page(&stage.desk, &Principal::Nobody, query(), 1, 20_000).await;
    assert_eq!(far.unwrap_err().kind, Kind::Invalid);
}

/// Customers come and go while somebody pages: everybody who is there all the time is seen once.
#[tokio::test]
async fn pages_do_not_shift() {
    let stage = stage();
    for number in 0..30 {
        stage.clock.advance_seconds(1);
        stage.customer(&format!("c{number:02}@x.test"), Changes::default());
    }
    let mut seen = Vec::new();
    for page in 0..6 {
        seen.extend(stage.page(Query { email: "@x".to_owned(), ..Query::default() }, 5, page * 5).await);
        let gone = stage.find(&format!("c{:02}@x.test", page * 2)).unwrap();
        stage.write(move |tx, cx| remove(tx, cx, gone)).unwrap();
    }
    let wanted: Vec<String> = (0..30).map(|number| format!("c{number:02}@x.test")).collect();
    assert_eq!(seen, wanted);
}

/// More customers than one bite looks through.
#[tokio::test]
async fn bites_go_on_to_the_end() {
    let stage = stage();
    stage
        .write(|tx, cx| {
            for number in 0..20_500 {
                let email = Some(format!("c{number}@x.test"));
                let name = if number % 10_240 == 10_239 { "Needle" } else { "Hay" }.to_owned();
                let customer =
                    Customer { email, name, ..Customer::anonymous(CustomerId::from_i64(tx.next_id()?), cx.now.plus_micros(number)) };
                tables::customers::insert(tx, &customer)?;
            }
            Ok(())
        })
        .unwrap();
    let needles = Query { first_name: "NEEDLE".to_owned(), ..Query::default() };
    assert_eq!(stage.page(needles.clone(), 100, 0).await, ["c10239@x.test", "c20479@x.test"]);
    assert_eq!(stage.page(needles.clone(), 1, 1).await, ["c20479@x.test"]);
    assert_eq!(stage.page(needles, 1, 2).await, Vec::<String>::new());
    assert_eq!(stage.page(Query::default(), 1, 10_000).await, ["c10000@x.test"], "skipped one by one");
    assert_eq!(stage.page(Query::default(), 1_000, 10_001).await.len(), 1_000);
}
