use deskbell_domain::customer::{Ban, BanTarget};
use deskbell_domain::event::Event;
use deskbell_domain::ids::BanId;

use super::*;
use crate::conversations::by_mail_id;
use crate::conversations::stage::{Stage, stage};
use crate::error::Kind;

fn by(creator: &str, recipient: &str) -> Opening {
    Opening {
        creator: creator.to_owned(),
        department: "default".to_owned(),
        subject: "Order 7".to_owned(),
        recipient: recipient.to_owned(),
        text: "Where is it?".to_owned(),
        ..Opening::default()
    }
}

impl Stage {
    fn open(&self, opening: Opening) -> Result<Conversation, AppError> {
        self.open_by(None, opening)
    }

    fn open_by(&self, key: Option<&'static str>, opening: Opening) -> Result<Conversation, AppError> {
        self.clock.advance_seconds(1);
        self.try_write(move |tx, cx| open(tx, cx, key, &opening))
    }

    fn customer(&self, identifier: &str) -> Option<Customer> {
        let identifier = identifier.to_owned();
        self.see(move |tx| customers::by_identifier(tx, &identifier))
    }
}

#[test]
fn a_customer_writes() {
    let stage = stage();
    let opening = Opening { status: Some(Status::Resolved), ..by(" Cleo@Shop.test ", "help@desk.test") };
    let started = stage.open(opening).unwrap();
    let cleo = stage.customer("cleo@shop.test").expect("she was made");
    assert_eq!(
        (started.customer, started.status, started.channel, started.assigned, started.groups_in, started.groups_out),
        (cleo.id, Status::New, Channel::Email, None, 1, 0)
    );
    assert_eq!((started.subject.as_str(), started.preview.as_str()), ("Order 7", "Where is it?"));
    assert_eq!(stage.exchange(started.id), ["3:M Where is it?"]);
    let again = stage.open(by(&cleo.id.to_string(), "anything goes")).unwrap();
    assert_eq!((again.customer, again.id == started.id), (cleo.id, false));
    let unnamed = stage.open(Opening { subject: "  ".to_owned(), ..by("cleo@shop.test", "help@desk.test") }).unwrap();
    assert_eq!(unnamed.subject, "Where is it?");
}

#[test]
fn whoever_types_an_address_is_called_by_it() {
    let stage = stage();
    let cleo = stage.try_write(|tx, cx| register(tx, cx, "cleo@shop.test", Some("Cleo Secret"))).unwrap();
    let name = |conversation: &Conversation| {
        let (id, customer) = (conversation.id, conversation.customer);
        stage.see(move |tx| Ok(tables::messages::latest_name_of_customer(tx, id, customer)?)).unwrap()
    };
    let typed = stage.open(by(" Cleo@Shop.test", "help@desk.test")).unwrap();
    assert_eq!((typed.customer, name(&typed)), (cleo.id, "cleo@shop.test".to_owned()));
    let vouched = stage.open(by(&cleo.id.to_string(), "help@desk.test")).unwrap();
    assert_eq!(name(&vouched), "Cleo Secret", "nobody types an id");
}

#[test]
fn an_agent_writes() {
    let stage = stage();
    let opening = Opening {
        department: stage.sales.to_string(),
        recipient_name: Some(" Dora Doe ".to_owned()),
        copies: vec![" Boss@Shop.test".to_owned(), "The Boss <boss@shop.test>".to_owned(), "b@shop.test".to_owned()],
        mail_id: Some(" <abc@mail.test> ".to_owned()),
        status: Some(Status::Calling),
        ..by("ann@desk.test", "dora@shop.test")
    };
    let started = stage.open(opening).unwrap();
    let dora = stage.customer("dora@shop.test").expect("she was made");
    assert_eq!((dora.name.as_str(), started.customer), ("Dora Doe", dora.id));
    assert_eq!(
        (started.department, started.status, started.assigned, started.groups_in, started.groups_out),
        (stage.sales, Status::Answered, Some(stage.ann), 0, 1)
    );
    assert_eq!(stage.exchange(started.id), ["4:M Where is it?"]);
    let id = started.id;
    assert_eq!(stage.see(move |tx| Ok(tables::conversations::cc(tx, id)?)), "boss@shop.test,b@shop.test");
    for spelling in ["abc@mail.test", "<abc@mail.test>"] {
        assert_eq!(stage.see(move |tx| by_mail_id(tx, spelling)), Some(id));
    }
    assert_eq!(stage.see(|tx| by_mail_id(tx, "<>")), None);
    let known = Opening { recipient_name: Some("Somebody".to_owned()), ..by(&stage.owner.to_string(), &dora.id.to_string()) };
    assert_eq!(stage.open(known).unwrap().customer, dora.id);
    assert_eq!(stage.customer("dora@shop.test").expect("she stays").name, "Dora Doe");
}

#[test]
fn statuses_an_agent_gives() {
    let stage = stage();
    for (given, wanted) in [
        (None, Status::New),
        (Some(Status::New), Status::New),
        (Some(Status::Init), Status::New),
        (Some(Status::Open), Status::Open),
        (Some(Status::Chatting), Status::Answered),
        (Some(Status::Resolved), Status::Resolved),
        (Some(Status::Postponed), Status::New),
        (Some(Status::Deleted), Status::Deleted),
        (Some(Status::Spam), Status::Spam),
    ] {
        let started = stage.open(Opening { status: given, ..by("owner@desk.test", "dora@shop.test") }).unwrap();
        assert_eq!(started.status, wanted, "{given:?}");
        let events = stage.events(0);
        let last =
            events.iter().rev().find_map(|event| if let Event::ConversationStarted { status, .. } = event { Some(*status) } else { None });
        assert_eq!(last, Some(wanted));
    }
}

#[test]
fn addresses_of_the_desk() {
    let stage = stage();
    stage.settings(|settings| settings.mail_addresses = vec!["help@desk.test".to_owned(), "sales@desk.test".to_owned()]);
    let sentence = "Visitor user can only create conversation addressed to application mail account.";
    let refused = stage.open(by("cleo@shop.test", "other@desk.test")).unwrap_err();
    assert_eq!((refused.kind, refused.public.as_ref()), (Kind::Invalid, sentence));
    assert_eq!(stage.customer("cleo@shop.test"), None, "a refused one makes nobody");
    stage.open(by("cleo@shop.test", " Sales@Desk.test ")).unwrap();
    stage.open(by("owner@desk.test", "cleo@shop.test")).unwrap();
    assert_eq!(stage.open(by("HELP@desk.test", "sales@desk.test")).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn once_for_each_key() {
    let stage = stage();
    let first = stage.open_by(Some("k"), by("cleo@shop.test", "help@desk.test")).unwrap();
    assert_eq!(stage.open_by(Some("k"), by("other@shop.test", "help@desk.test")).unwrap(), first);
    assert_ne!(stage.open_by(Some("l"), by("cleo@shop.test", "help@desk.test")).unwrap().id, first.id);
    assert_eq!(stage.customer("other@shop.test"), None);
}

#[test]
fn refusals() {
    let stage = stage();
    let owner = || by("owner@desk.test", "dora@shop.test");
    for (opening, kind) in [
        (Opening { text: " ".to_owned(), ..owner() }, Kind::Missing),
        (Opening { text: "a\0".to_owned(), ..owner() }, Kind::Invalid),
        (Opening { text: "a".repeat(33_000), ..owner() }, Kind::TooLarge),
        (Opening { subject: "s".repeat(256), ..owner() }, Kind::Invalid),
        (Opening { subject: "a\0".to_owned(), ..owner() }, Kind::Invalid),
        (Opening { department: "zzzzzzzz".to_owned(), ..owner() }, Kind::NotFound),
        (Opening { department: "\0".to_owned(), ..owner() }, Kind::NotFound),
        (Opening { recipient: "nobody".to_owned(), ..owner() }, Kind::Invalid),
        (Opening { recipient: "\0@x.test".to_owned(), ..owner() }, Kind::Invalid),
        (Opening { recipient_name: Some("n".repeat(300)), ..owner() }, Kind::Invalid),
        (Opening { copies: vec!["nobody".to_owned()], ..owner() }, Kind::Invalid),
        (Opening { copies: vec!["a,b@shop.test".to_owned()], ..owner() }, Kind::Invalid),
        (Opening { copies: vec!["a@shop.test".to_owned(); COPIES_MAX + 1], ..owner() }, Kind::TooLarge),
        (Opening { mail_id: Some("m".repeat(999)), ..owner() }, Kind::Invalid),
        (Opening { mail_id: Some("a\0".to_owned()), ..owner() }, Kind::Invalid),
        (Opening { files: vec!["nothing".to_owned()], ..owner() }, Kind::NotFound),
        (Opening { creator: "zzzzzzzz".to_owned(), ..owner() }, Kind::NotFound),
        (Opening { creator: "\0".to_owned(), ..owner() }, Kind::NotFound),
        (Opening { creator: "\0@x.test".to_owned(), ..owner() }, Kind::Invalid),
    ] {
        let before = stage.head();
        assert_eq!(stage.open(opening.clone()).unwrap_err().kind, kind, "{opening:?}");
        assert_eq!(stage.head(), before);
    }
    let subject = "é".repeat(255);
    assert_eq!(stage.open(Opening { subject: format!(" {subject}\n"), ..owner() }).unwrap().subject, subject);
    assert_eq!(stage.open(Opening { subject: "a\tb".to_owned(), ..owner() }).unwrap().subject, "a b");
}

#[test]
fn who_is_kept_out() {
    let stage = stage();
    let cleo = stage.open(by("cleo@shop.test", "help@desk.test")).unwrap().customer;
    stage.write(move |tx, cx| {
        let ban = Ban { id: BanId::from_i64(tx.next_id()?), target: BanTarget::Customer(cleo), reason: String::new(), created: cx.now };
        Ok(tables::bans::insert(tx, &ban)?)
    });
    assert_eq!(stage.open(by("cleo@shop.test", "help@desk.test")).unwrap_err().kind, Kind::Forbidden);
    stage.open(by("owner@desk.test", "cleo@shop.test")).unwrap();
    let ann = stage.ann;
    stage.write(move |tx, cx| {
        let agent = crate::accounts::enabled_agent(tx, ann)?;
        let draft = crate::accounts::AgentDraft {
            email: agent.email.clone(),
            first_name: agent.first_name.clone(),
            last_name: agent.last_name.clone(),
            role: agent.role,
            slots: agent.slots,
            enabled: false,
            password_hash: None,
        };
        crate::accounts::change_agent(tx, cx, ann, &draft)
    });
    assert_eq!(stage.open(by("ann@desk.test", "cleo@shop.test")).unwrap_err().kind, Kind::NotFound);
}
