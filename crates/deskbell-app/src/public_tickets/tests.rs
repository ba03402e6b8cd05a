use std::sync::Arc;

use deskbell_domain::agent::Role;
use deskbell_domain::conversation::{Channel, Reopening};
use deskbell_domain::customer::{BanTarget, Customer};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_store::{Location, Options};

use super::*;
use crate::accounts::{self, AgentDraft};
use crate::clock::FakeClock;
use crate::commands::Done;
use crate::conversations::by_customer::{Reply, reply_by_customer};
use crate::conversations::{self, Authority, Change, Start, Writing, Written};
use crate::customers;
use crate::desk::{Desk, DeskOptions};
use crate::error::Kind;
use crate::messages::{self, Into, NewMessage};
use crate::settings::{self, Settings};
use crate::visits::{self, Arrival};
use crate::{bans, chats};

struct Stage {
    _directory: tempfile::TempDir,
    desk: Desk,
    clock: Arc<FakeClock>,
    agent: AgentId,
    ann: CustomerId,
}

fn stage() -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn crate::clock::Clock>,
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    let desk = Desk::open(&options).unwrap();
    let draft = AgentDraft {
        email: "bob@desk.test".to_owned(),
        first_name: "Bob".to_owned(),
        last_name: String::new(),
        role: Role::Agent,
        slots: 3,
        enabled: true,
        password_hash: Some("none".to_owned()),
    };
    let (agent, ann) =
        desk.write_blocking(move |tx, cx| Ok((accounts::create_agent(tx, cx, &draft)?.id, customer(tx, cx.now, "Ann")?))).unwrap();
    Stage { _directory: directory, desk, clock, agent, ann }
}

fn customer(tx: &mut Tx<'_>, now: Timestamp, name: &str) -> Result<CustomerId, AppError> {
    let customer = Customer { name: name.to_owned(), ..Customer::anonymous(CustomerId::from_i64(tx.next_id()?), now) };
    tables::customers::insert(tx, &customer)?;
    Ok(customer.id)
}

impl Stage {
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut crate::context::Context) -> Result<T, AppError> + Send + 'static,
    ) -> T {
        self.clock.advance_seconds(1);
        self.desk.write_blocking(work).unwrap()
    }

    /// A conversation of this customer's with one message.
    fn ticket(&self, customer: CustomerId, text: &'static str) -> Conversation {
        self.write(move |tx, cx| {
            let customer = customers::get(tx, customer)?;
            let start = Start {
                customer: &customer,
                shown_name: &customer.display_name(),
                visit: None,
                widget: None,
                department: DepartmentId::DEFAULT,
                channel: Channel::Form,
                status: Status::New,
                subject: "About the kettle",
            };
            let mut conversation = conversations::start(tx, cx, start)?;
            let message = NewMessage::text(MessageKind::Message, Actor::Customer(customer.id), &customer.name, text);
            messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Offline), message)?;
            Ok(conversation)
        })
    }

    fn says(&self, conversation: ConversationId, writing: Writing, text: &'static str) {
        let by = Actor::Agent(self.agent);
        self.write(move |tx, cx| {
            let written = Written { writing, text, files: &[], key: None, authority: Authority::Desk };
            conversations::write(tx, cx, by, conversation, written)
        });
    }

    fn change(&self, conversation: ConversationId, change: Change) {
        let by = Actor::Agent(self.agent);
        self.write(move |tx, cx| conversations::change_status(tx, cx, by, conversation, change));
    }

    fn reply(&self, conversation: ConversationId, text: &'static str, key: &'static str) -> Result<Done, AppError> {
        self.clock.advance_seconds(1);
        self.desk.write_blocking(move |tx, cx| {
            reply_by_customer(tx, cx, conversation, Reply { text, key: Some(key), address: "192.0.2.7", signed_in: None })
        })
    }

    fn find(&self, code: &str) -> Option<Found> {
        let code = code.to_owned();
        self.desk.snapshot_blocking(move |tx| by_public_code(tx, &code)).unwrap()
    }

    fn shown(&self, code: &str) -> Ticket {
        match self.find(code) {
            Some(Found::Ticket(ticket)) => *ticket,
            other => panic!("{code}: {other:?}"),
        }
    }

    fn texts(&self, code: &str) -> Vec<String> {
        self.shown(code).messages.into_iter().map(|message| message.text).collect()
    }

    fn status(&self, conversation: ConversationId) -> Status {
        self.desk.snapshot_blocking(move |tx| conversations::get(tx, conversation)).unwrap().status
    }
}

#[test]
fn only_what_is_public() {
    let stage = stage();
    let ticket = stage.ticket(stage.ann, "It does not boil");
    stage.says(ticket.id, Writing::Note, "Ann again");
    stage.says(ticket.id, Writing::Message, "Is it plugged in?");
    let agent = stage.agent;
    let id = ticket.id;
    stage.write(move |tx, cx| {
        let mut conversation = conversations::get(tx, id)?;
        for group in [GroupKind::Forwarded, GroupKind::ReplyToForward, GroupKind::InternalOffline, GroupKind::Internal] {
            let message = NewMessage::text(MessageKind::Message, Actor::Agent(agent), "Bob", "among ourselves");
            messages::add(tx, cx, &mut conversation, None, Into::NewGroup(group), message)?;
        }
        Ok(())
    });
    stage.change(ticket.id, Change::Resolve);
    assert_eq!(stage.texts(&ticket.public_code), ["It does not boil", "Is it plugged in?"]);
    let shown = stage.shown(&ticket.public_code);
    assert_eq!((shown.cut, shown.open), (false, true));
}

#[test]
fn only_the_public_code_leads_there() {
    let stage = stage();
    let ticket = stage.ticket(stage.ann, "It does not boil");
    let flipped: String = ticket.public_code.chars().rev().collect();
    for wrong in [ticket.id.to_string(), ticket.code.clone(), String::new(), "\0".repeat(16), "é".repeat(8), flipped] {
        assert!(stage.find(&wrong).is_none(), "{wrong}");
    }
    stage.change(ticket.id, Change::Spam);
    assert!(!stage.shown(&ticket.public_code).open);
    stage.change(stage.ticket(stage.ann, "Another").id, Change::Delete);
    let gone = stage.ticket(stage.ann, "A third");
    stage.change(gone.id, Change::Delete);
    assert!(stage.find(&gone.public_code).is_none());
}

#[test]
fn who_joined_whom() {
    let stage = stage();
    let eve = stage.write(|tx, cx| customer(tx, cx.now, "Eve"));
    let (first, second, eves) = (stage.ticket(stage.ann, "First"), stage.ticket(stage.ann, "Second"), stage.ticket(eve, "Eve's"));
    let by = Actor::Agent(stage.agent);
    for from in [first.id, eves.id] {
        let into = second.id;
        stage.write(move |tx, cx| conversations::merge::merge(tx, cx, by, from, into));
    }
    assert_eq!(stage.shown(&first.public_code).conversation.id, second.id, "her own");
    assert!(matches!(stage.find(&eves.public_code), Some(Found::Joined)), "what Ann wrote is not Eve's to read");
    assert_eq!(stage.texts(&second.public_code), ["First", "Second"], "nor is what Eve wrote Ann's");
    let code = eves.public_code;
    let refused = stage.desk.snapshot_blocking(move |tx| writable(tx, &code)).unwrap_err();
    assert_eq!(refused.kind, Kind::NotFound);
}

#[test]
fn replies_open_it_again_once() {
    let stage = stage();
    let ticket = stage.ticket(stage.ann, "It does not boil");
    stage.says(ticket.id, Writing::Message, "Is it plugged in?");
    assert_eq!(stage.status(ticket.id), Status::Answered);
    for _ in 0..2 {
        let done = stage.reply(ticket.id, "It is", "k1").unwrap();
        assert_eq!(done.conversation, Some(ticket.id));
    }
    assert_eq!(stage.texts(&ticket.public_code), ["It does not boil", "Is it plugged in?", "It is"]);
    assert_eq!(stage.status(ticket.id), Status::Open);
    stage.change(ticket.id, Change::Resolve);
    stage.reply(ticket.id, "Still cold", "k2").unwrap();
    assert_eq!(stage.status(ticket.id), Status::Open);
    let last = stage.shown(&ticket.public_code).messages.pop().unwrap();
    assert_eq!((last.author, last.author_name.as_str()), (Actor::Customer(stage.ann), "Ann"));
    assert_eq!(last.group_kind, GroupKind::Offline);
}

#[test]
fn what_the_desk_knows_is_not_told() {
    let stage = stage();
    let ann = stage.ann;
    let ticket = stage.ticket(ann, "It does not boil");
    let id = ticket.id;
    let note = |id: ConversationId, name: &'static str, text: &'static str| {
        stage.write(move |tx, cx| {
            let mut conversation = conversations::get(tx, id)?;
            let message = NewMessage::text(MessageKind::Message, Actor::Customer(ann), name, text);
            Ok(messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Offline), message)?)
        })
    };
    note(id, "annie", "Typed into a form");
    let names = |code: &str| stage.shown(code).messages.into_iter().map(|message| message.author_name).collect::<Vec<_>>();
    stage.reply(id, "By the code", "k1").unwrap();
    assert_eq!(names(&ticket.public_code), ["Ann", "annie", "annie"]);
    for (signed_in, key) in [(Some(ann), "k2"), (Some(CustomerId::from_i64(999)), "k3")] {
        stage.write(move |tx, cx| reply_by_customer(tx, cx, id, Reply { text: "Hi", key: Some(key), address: "", signed_in }));
    }
    assert_eq!(names(&ticket.public_code)[3..], ["Ann", "Ann"], "as she is signed in, and then as before");
    let agents = stage.write(move |tx, cx| {
        let customer = customers::get(tx, ann)?;
        let start = Start {
            customer: &customer,
            shown_name: "Ann",
            visit: None,
            widget: None,
            department: DepartmentId::DEFAULT,
            channel: Channel::Email,
            status: Status::New,
            subject: "Your order",
        };
        conversations::start(tx, cx, start)
    });
    stage.says(agents.id, Writing::Message, "Where do you live?");
    stage.reply(agents.id, "Who asks?", "k4").unwrap();
    let name = names(&agents.public_code).pop().unwrap();
    assert!(name.starts_with("Visitor "), "she has written nothing there before: {name}");
}

#[test]
fn a_closed_one_begins_another() {
    let stage = stage();
    stage.write(|tx, cx| settings::put(tx, cx, &Settings { reopening: Reopening::Off, ..Settings::default() }));
    let reloaded = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while stage.desk.settings().reopening == Reopening::On {
        assert!(std::time::Instant::now() < reloaded, "the settings are read again");
        std::thread::yield_now();
    }
    let ticket = stage.ticket(stage.ann, "It does not boil");
    stage.change(ticket.id, Change::Resolve);
    let another = stage.reply(ticket.id, "It is cold again", "k1").unwrap().conversation.unwrap();
    assert_ne!(another, ticket.id);
    assert_eq!(stage.status(ticket.id), Status::Resolved);
    assert_eq!(stage.status(another), Status::New);
    let code = stage.desk.snapshot_blocking(move |tx| public_code(tx, another)).unwrap();
    assert_eq!(stage.texts(&code), ["It is cold again"]);
    assert_eq!(stage.shown(&code).conversation.subject, "About the kettle");
}

#[test]
fn what_may_not_be_written() {
    let stage = stage();
    let ticket = stage.ticket(stage.ann, "It does not boil");
    assert_eq!(stage.reply(ticket.id, " \n", "k1").unwrap_err().kind, Kind::Missing);
    assert_eq!(stage.reply(ticket.id, "a\0b", "k2").unwrap_err().kind, Kind::Invalid);
    let long: &'static str = "x".repeat(32 * 1024 + 1).leak();
    assert_eq!(stage.reply(ticket.id, long, "k3").unwrap_err().kind, Kind::TooLarge);
    let spam = stage.ticket(stage.ann, "Buy this");
    stage.change(spam.id, Change::Spam);
    assert_eq!(stage.reply(spam.id, "Buy it!", "k4").unwrap_err().kind, Kind::Conflict);
    let by = stage.agent;
    stage.write(move |tx, cx| bans::ban(tx, cx, by, BanTarget::Address("192.0.2.7".to_owned()), "spam"));
    assert_eq!(stage.reply(ticket.id, "Hello?", "k5").unwrap_err().kind, Kind::Forbidden);
    assert_eq!(stage.texts(&ticket.public_code), ["It does not boil"]);
}

#[test]
fn into_a_live_chat() {
    let stage = stage();
    let agent = stage.agent;
    let conversation = stage.write(move |tx, cx| {
        accounts::here(tx, cx, agent)?;
        let visit = visits::arrive(tx, cx, None, &Arrival::default())?;
        let request = chats::Request { text: Some("Anybody there?".to_owned()), ..chats::Request::default() };
        let done = chats::request(tx, cx, &visit, &request)?;
        chats::accept(tx, cx, agent, done.chat.expect("a chat"))?;
        conversations::get(tx, done.conversation.expect("a conversation"))
    });
    let done = stage.reply(conversation.id, "From the page", "k1").unwrap();
    assert!(done.chat.is_some());
    let shown = stage.shown(&conversation.public_code);
    assert_eq!(shown.messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["Anybody there?", "From the page"]);
    assert_eq!(shown.messages[1].group_kind, GroupKind::Chat);
    assert_eq!(stage.status(conversation.id), Status::Chatting);
}

#[test]
fn a_customers_own() {
    let stage = stage();
    let eve = stage.write(|tx, cx| customer(tx, cx.now, "Eve"));
    stage.ticket(eve, "Eve's");
    let tickets: Vec<Conversation> = (0..PAGE_TICKETS_MAX + 2).map(|_| stage.ticket(stage.ann, "Mine")).collect();
    stage.change(tickets[0].id, Change::Delete);
    let page = |before: Option<&Conversation>| {
        let (ann, before) = (stage.ann, before.map(|last| (last.changed, last.id)));
        stage.desk.snapshot_blocking(move |tx| of_customer(tx, ann, before)).unwrap()
    };
    let first = page(None);
    assert_eq!(first.len() as i64, PAGE_TICKETS_MAX);
    assert_eq!(first[0].id, tickets.last().unwrap().id, "the latest change first");
    let second = page(first.last());
    assert_eq!(second.iter().map(|one| one.id).collect::<Vec<_>>(), [tickets[1].id], "the deleted one is not shown");
}
