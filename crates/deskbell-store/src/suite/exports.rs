//! What the export keeps: documents with their seconds, the promise, sweeps, offline messages, transfers, marks.

use super::{Place, TestDb, at, rows};
use crate::tables::documents::{self, Seconds, Subject};
use crate::tables::sweeps::{self, Sweep, Swept};
use crate::tables::{agents, chats, conversations, customers, departments, engagements, merging, messages, offline_messages, transfers};
use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::chat::{Chat, EndReason, Engagement, EngagementStart, NewChat, Responses, StartedBy, Transfer};
use deskbell_domain::conversation::{Channel, Conversation};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::ids::{
    AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId, MessageId, VisitId, VisitorId,
};
use deskbell_domain::message::{Actor, GroupKind, GroupStatus, Message, MessageGroup, MessageKind};
use deskbell_domain::offline::OfflineMessage;
use deskbell_domain::visit::Visit;

const CUSTOMER: CustomerId = CustomerId::from_i64(50);
const AGENT: AgentId = AgentId::from_i64(60);
const OTHER: DepartmentId = DepartmentId::from_i64(2);
const VISIT: VisitId = VisitId::from_i64(70);

fn conversation(number: i64, channel: Channel, visit: Option<VisitId>) -> Conversation {
    Conversation {
        customer: CUSTOMER,
        visitor: visit.map(|_| VisitorId::from_i64(71)),
        visit,
        channel,
        created: at(number),
        changed: at(number),
        ..rows::conversation(number)
    }
}

fn chat(number: i64, department: DepartmentId) -> Chat {
    Chat::requested(NewChat {
        id: ChatId::from_i64(number),
        public_id: format!("chat{number}"),
        conversation: ConversationId::from_i64(100),
        group: GroupId::from_i64(1),
        customer: CUSTOMER,
        customer_name: String::new(),
        visit: None,
        department,
        started_by: StartedBy::Visitor,
        requested: at(1),
    })
}

/// What a visitor left, as it is noted.
fn left(conversation: i64, message: i64, department: DepartmentId) -> OfflineMessage {
    OfflineMessage {
        id: MessageId::from_i64(message),
        public_id: format!("left{message}"),
        conversation: ConversationId::from_i64(conversation),
        customer: CUSTOMER,
        visit: Some(VISIT),
        department,
        left: at(conversation),
        unread: true,
    }
}

/// A customer with a visit, an agent, two departments, and a conversation for chats.
fn furnished(place: &Place) -> TestDb {
    let test = place.open();
    test.put(|tx| {
        for (id, name) in [(DepartmentId::DEFAULT, "First"), (OTHER, "Other")] {
            let department = Department { name: name.to_owned(), strategy: Strategy::LeastBusy, ..rows::department(id) };
            departments::put(tx, &department, at(1))?;
        }
        customers::insert(tx, &Customer::anonymous(CUSTOMER, at(1)))?;
        let agent = Agent {
            id: AGENT,
            contact: CUSTOMER,
            email: "a@desk.test".to_owned(),
            first_name: "Ann".to_owned(),
            last_name: String::new(),
            role: Role::Agent,
            slots: 1,
            enabled: true,
            preset: AgentStatus::ONLINE,
            online: AgentStatus::ONLINE,
        };
        agents::insert(tx, &agent, "x", at(1))?;
        let visit = Visit {
            id: VISIT,
            visitor: VisitorId::from_i64(71),
            customer: CUSTOMER,
            started: at(1),
            seen: at(1),
            user_agent: String::new(),
            address: String::new(),
            referrer: String::new(),
            language: String::new(),
        };
        crate::tables::visits::insert(tx, &visit)?;
        conversations::insert(tx, &conversation(100, Channel::Button, None))
    });
    test
}

fn insert_message(tx: &mut crate::engine::Tx<'_>, conversation: i64, message: i64, kind: GroupKind) -> Result<(), crate::StoreError> {
    let (conversation, group) = (ConversationId::from_i64(conversation), GroupId::from_i64(message + 10_000));
    let author = Actor::Customer(CUSTOMER);
    let new = MessageGroup {
        id: group,
        conversation,
        chat: None,
        kind,
        status: GroupStatus::Visible,
        author,
        created: at(conversation.get()),
        finished: at(conversation.get()),
    };
    messages::insert_group(tx, &new, message)?;
    let message = Message {
        id: MessageId::from_i64(message),
        conversation,
        chat: None,
        group,
        group_kind: kind,
        kind: MessageKind::Message,
        author,
        author_name: String::new(),
        at: at(conversation.get()),
        text: "left".to_owned(),
        attachment: None,
        tags: None,
    };
    messages::insert(tx, &messages::StoredMessage { number: message.id.get(), message, key: None })
}

/// The line that says that a chat was handed over.
fn handed_over(tx: &mut crate::engine::Tx<'_>, chat: ChatId, message: i64) -> Result<(), crate::StoreError> {
    insert_message(tx, 100, message, GroupKind::Transfer)?;
    let stored = messages::get(tx, MessageId::from_i64(message))?.expect("it was just written");
    let message = Message { id: MessageId::from_i64(message + 5_000), chat: Some(chat), kind: MessageKind::Transfer, ..stored.message };
    messages::insert(tx, &messages::StoredMessage { message, ..stored })
}

pub(super) fn documents_in_seconds_with_room(place: &Place) {
    let test = place.open();
    let taken = test.put(|tx| {
        let mut seconds = Seconds::default();
        let mut taken = Vec::new();
        for number in 1..=5 {
            let second = seconds.take(tx, None, 10, 2)?;
            documents::put(tx, ChatId::from_i64(number), &format!("d{number}"), second, "{}")?;
            taken.push(second);
        }
        Ok(taken)
    });
    assert_eq!(taken, [10, 10, 11, 11, 12]);
    test.put(|tx| {
        let mut seconds = Seconds::default();
        assert_eq!(seconds.take(tx, Some(10), 10, 2)?, 10, "its own place is free for it");
        assert_eq!(seconds.take(tx, None, 10, 2)?, 12);
        assert_eq!(seconds.take(tx, Some(11), 13, 2)?, 13);
        assert_eq!(seconds.take(tx, None, 10, 2)?, 11, "it left");
        Ok(())
    });
    let message = MessageId::from_i64(9);
    test.put(move |tx| documents::put(tx, message, "d0", 12, "left"));
    assert_eq!(test.see(move |tx| documents::get(tx, message)), Some((12, "left".to_owned())));
    let page = |after: (i64, &'static str), until| {
        test.see(move |tx| {
            let mut all = Vec::new();
            documents::page(tx, after, until, 3, |second, id, _| all.push(format!("{second} {id}")))?;
            Ok(all)
        })
    };
    assert_eq!(page((0, ""), 12), ["10 d1", "10 d2", "11 d3"]);
    assert_eq!(page((11, "d3"), 12), ["11 d4", "12 d0", "12 d5"]);
    assert_eq!(page((10, "d2"), 11), ["11 d3", "11 d4"]);
    assert_eq!(page((12, "d5"), 99), [""; 0]);
}

pub(super) fn promises_only_grow(place: &Place) {
    let test = place.open();
    assert_eq!(test.see(documents::promised), 0);
    for (made, stands) in [(7, 7), (5, 7), (8, 8)] {
        test.put(move |tx| documents::promise(tx, made));
        assert_eq!(test.see(documents::promised), stands);
    }
}

pub(super) fn sweeps_begin_go_on_and_end(place: &Place) {
    let test = furnished(place);
    let agent = Swept::Agent(AGENT);
    assert_eq!(test.see(sweeps::first), None);
    test.put(move |tx| sweeps::add(tx, agent, "Ann", at(5)));
    let begun = Sweep { swept: agent, changed: at(5), reached: 0 };
    assert_eq!(test.see(sweeps::first), Some(begun.clone()));
    let (sweep, old) = (begun.clone(), begun.clone());
    test.put(move |tx| sweeps::advance(tx, &sweep, Some(40)));
    let reached = Sweep { reached: 40, ..begun };
    assert_eq!(test.see(sweeps::first), Some(reached.clone()));
    test.put(move |tx| sweeps::advance(tx, &old, None));
    assert_eq!(test.see(sweeps::first), Some(reached.clone()), "one that has gone on elsewhere stays");
    test.put(move |tx| sweeps::add(tx, agent, "Ann", at(6)));
    assert_eq!(test.see(sweeps::first), Some(reached.clone()), "the same name");
    test.put(move |tx| sweeps::add(tx, agent, "Anna", at(7)));
    let anew = Sweep { swept: agent, changed: at(7), reached: 0 };
    assert_eq!(test.see(sweeps::first), Some(anew.clone()));
    test.put(move |tx| sweeps::advance(tx, &anew, None));
    assert_eq!(test.see(sweeps::first), None);
    test.put(move |tx| sweeps::add(tx, agent, "Anna", at(8)));
    assert_eq!(test.see(sweeps::first), None);
    for swept in [Swept::Customer(CUSTOMER), Swept::Chats, Swept::Offline, Swept::Department(OTHER)] {
        for _ in 0..2 {
            test.put(move |tx| sweeps::add(tx, swept, if swept == Swept::Department(OTHER) { "other" } else { "" }, at(9)));
        }
        let sweep = Sweep { swept, changed: at(9), reached: 0 };
        assert_eq!(test.see(sweeps::first), Some(sweep.clone()));
        test.put(move |tx| sweeps::advance(tx, &sweep, None));
    }
}

pub(super) fn whose_documents_show_a_name(place: &Place) {
    let test = furnished(place);
    test.put(|tx| {
        for (number, department) in [(1, DepartmentId::DEFAULT), (2, OTHER), (3, DepartmentId::DEFAULT), (4, DepartmentId::DEFAULT)] {
            let mut new = chat(number, department);
            chats::insert(tx, &new)?;
            if number != 4 {
                new.end(EndReason::Visitor, at(10));
                chats::update(tx, &new)?;
            }
        }
        for (number, id, from, to) in
            [(21, 1, OTHER, DepartmentId::DEFAULT), (20, 3, DepartmentId::DEFAULT, OTHER), (22, 3, OTHER, DepartmentId::DEFAULT)]
        {
            let transfer = Transfer { number, chat: ChatId::from_i64(id), from, to, by: Actor::Agent(AGENT), at: at(number) };
            transfers::insert(tx, &transfer)?;
            transfers::insert(tx, &transfer)?;
        }
        for (place, id) in [(1, 3), (2, 1), (3, 3)] {
            let engagement = Engagement {
                id: EngagementId::from_i64(place),
                chat: ChatId::from_i64(id),
                conversation: ConversationId::from_i64(100),
                agent: AGENT,
                department: DepartmentId::DEFAULT,
                ordinal: 1,
                start: EngagementStart::Visitor,
                skills_fulfilled: false,
                assigned: false,
                joined: at(2),
                left: None,
                visitor_messages: 0,
                agent_messages: 0,
                responses: Responses::default(),
            };
            engagements::insert(tx, &engagement, 1)?;
        }
        offline_messages::insert(tx, &left(100, 5, OTHER))
    });
    let shown = |swept, after, limit| test.see(move |tx| sweeps::subjects(tx, swept, after, limit));
    let (chat, message) = (|id| Subject::Chat(ChatId::from_i64(id)), Subject::Offline(MessageId::from_i64(5)));
    assert_eq!(shown(Swept::Agent(AGENT), 0, 9), [chat(1), chat(3)]);
    assert_eq!(shown(Swept::Agent(AGENT), 1, 9), [chat(3)]);
    assert_eq!(shown(Swept::Department(OTHER), 0, 9), [chat(1), chat(2), chat(3), message]);
    assert_eq!(shown(Swept::Department(OTHER), 1, 2), [chat(2), chat(3)]);
    assert_eq!(shown(Swept::Department(OTHER), 3, 2), [message]);
    assert_eq!(shown(Swept::Customer(CUSTOMER), 2, 3), [chat(3), chat(4), message]);
    assert_eq!(shown(Swept::Chats, 0, 9), [chat(1), chat(2), chat(3)]);
    assert_eq!(shown(Swept::Offline, 0, 9), []);
    test.put(|tx| {
        for (chat, message) in [(2, 33), (2, 34), (3, 35)] {
            handed_over(tx, ChatId::from_i64(chat), message)?;
        }
        Ok(())
    });
    let unnoted = |chat| test.see(move |tx| transfers::unnoted(tx, ChatId::from_i64(chat)));
    assert_eq!([1, 2, 3].map(unnoted), [None, Some((ConversationId::from_i64(100), 32)), None]);
    let way: Vec<_> = test
        .see(|tx| transfers::of_chat(tx, ChatId::from_i64(3)))
        .iter()
        .map(|transfer| (transfer.number, transfer.from, transfer.to, transfer.by))
        .collect();
    let by = Actor::Agent(AGENT);
    assert_eq!(way, [(20, DepartmentId::DEFAULT, OTHER, by), (22, OTHER, DepartmentId::DEFAULT, by)]);
}

pub(super) fn marks_and_what_was_left(place: &Place) {
    let test = furnished(place);
    test.put(|tx| {
        let mut missed = chat(1, OTHER);
        chats::insert(tx, &missed)?;
        missed.end(EndReason::Visitor, at(10));
        chats::update(tx, &missed)?;
        // Left by a visitor; noted; begun by mail; begun by a form without a browser.
        for (number, channel, visit) in [
            (200, Channel::Form, Some(VISIT)),
            (300, Channel::Form, Some(VISIT)),
            (400, Channel::Email, Some(VISIT)),
            (500, Channel::Form, None),
        ] {
            conversations::insert(tx, &conversation(number, channel, visit))?;
            insert_message(tx, number, number + 1, GroupKind::Offline)?;
            insert_message(tx, number, number + 2, GroupKind::Offline)?;
        }
        offline_messages::insert(tx, &left(300, 301, OTHER))
    });
    let known = |id| test.see(move |tx| chats::get(tx, ChatId::from_i64(id))).map(|chat| chat.unread);
    assert_eq!(known(1), Some(true), "it was missed");
    let looked = test.see(|tx| offline_messages::look(tx, 0, 3));
    let unnoted = OfflineMessage { public_id: String::new(), ..left(200, 201, DepartmentId::DEFAULT) };
    assert_eq!(looked, offline_messages::Bite { last: Some(300), left: vec![unnoted, left(300, 301, OTHER)] });
    let rest = test.see(|tx| offline_messages::look(tx, 300, 9));
    assert_eq!(rest, offline_messages::Bite { last: Some(500), left: Vec::new() });
    assert_eq!(test.see(|tx| offline_messages::look(tx, 500, 9)).last, None);

    let (from, into) = (ConversationId::from_i64(200), ConversationId::from_i64(300));
    test.put(move |tx| {
        offline_messages::insert(tx, &left(200, 201, DepartmentId::DEFAULT))?;
        offline_messages::mark(tx, MessageId::from_i64(201), false)?;
        merging::move_all(tx, from, into, merging::Browsers::Same)
    });
    let moved = OfflineMessage { conversation: into, left: at(200), unread: false, ..left(200, 201, DepartmentId::DEFAULT) };
    assert_eq!(test.see(|tx| offline_messages::get(tx, MessageId::from_i64(201))), Some(moved.clone()));
    assert_eq!(test.see(|tx| offline_messages::by_public_id(tx, "left201")), Some(moved.clone()));
    assert_eq!(test.see(|tx| offline_messages::by_public_id(tx, "left202")), None);
    assert_eq!(test.see(move |tx| offline_messages::of_conversation(tx, into)), [201, 301].map(MessageId::from_i64));
    assert_eq!(test.see(move |tx| offline_messages::of_conversation(tx, from)), []);
    // What was left in a conversation that went into another one is found there.
    let looked = test.see(|tx| offline_messages::look(tx, 100, 1));
    assert_eq!(looked.left, [moved]);
    assert_eq!(test.see(|tx| messages::get(tx, MessageId::from_i64(201))).map(|stored| stored.message.text), Some("left".to_owned()));
    assert_eq!(test.see(|tx| messages::get(tx, MessageId::from_i64(9))), None);
}
