//! What is written of conversations beyond their rows: tags and the sweeps of changed ones, merging, mail ids, keys carried over.

use super::{Place, TestDb, at, rows};
use crate::error::StoreError;
use crate::idempotency;
use crate::tables::merging::{self, Browsers};
use crate::tables::messages::StoredMessage;
use crate::tables::tags::{self, Carrier};
use crate::tables::{chats, conversations, customers, departments, engagements, files, mail_ids, messages, offers, visits};
use deskbell_domain::chat::{Chat, Engagement, EngagementStart, NewChat, Offer, Responses, StartedBy};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::Department;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{
    AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId, MessageId, OfferId, TagId, VisitId, VisitorId,
};
use deskbell_domain::message::{Actor, Attachment, GroupKind, GroupStatus, Message, MessageGroup, MessageKind};
use deskbell_domain::tag::Tag;
use deskbell_domain::visit::Visit;

const CUSTOMER: Actor = Actor::Customer(CustomerId::from_i64(1));
const AGENT: Actor = Actor::Agent(AgentId::from_i64(1));

fn id(number: i64) -> ConversationId {
    ConversationId::from_i64(number)
}

fn tag(number: i64, name: &str) -> Tag {
    Tag { id: TagId::from_i64(number), name: name.to_owned(), color: "000".to_owned(), background: "abcdef".to_owned() }
}

fn conversation(number: i64, visitor: Option<i64>) -> Conversation {
    Conversation {
        id: id(number),
        code: format!("ABC-{number}"),
        public_code: format!("public{number}"),
        customer: CustomerId::from_i64(1),
        visitor: visitor.map(VisitorId::from_i64),
        visit: None,
        department: DepartmentId::DEFAULT,
        assigned: None,
        status: Status::New,
        channel: Channel::Email,
        subject: String::new(),
        preview: String::new(),
        created: at(number),
        changed: at(number),
        groups_in: 0,
        groups_out: 0,
        tags: Vec::new(),
    }
}

/// Conversations `1..=count`; those with odd numbers were started from browser 1, the others from browser 2.
fn fill(test: &TestDb, count: i64) {
    test.put(move |tx| {
        let department = Department { name: "Support".to_owned(), ..rows::department(DepartmentId::DEFAULT) };
        departments::put(tx, &department, at(0))?;
        customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(1), at(0)))?;
        (1..=count).try_for_each(|number| conversations::insert(tx, &conversation(number, Some(2 - number % 2))))
    });
}

/// Writes a message as use cases do: its number is that of its event.
fn say(test: &TestDb, conversation: i64, message: i64, author: Actor, kind: MessageKind, key: Option<&str>) {
    let key = key.map(str::to_owned);
    test.put(move |tx| {
        let (group, own) = (GroupId::from_i64(message), MessageId::from_i64(message));
        let number = tx.append(
            at(message),
            Event::MessageAdded {
                conversation: id(conversation),
                chat: None,
                group,
                group_kind: GroupKind::Offline,
                message: own,
                kind,
                author,
                author_name: String::new(),
                text: format!("text {message}"),
                attachment: None,
                key: key.clone(),
            },
        )?;
        let row = MessageGroup {
            id: group,
            conversation: id(conversation),
            chat: None,
            kind: GroupKind::Offline,
            status: GroupStatus::Visible,
            author,
            created: at(message),
            finished: at(message),
        };
        messages::insert_group(tx, &row, number)?;
        let message = Message {
            id: own,
            conversation: id(conversation),
            chat: None,
            group,
            group_kind: GroupKind::Offline,
            kind,
            author,
            author_name: String::new(),
            at: at(message),
            text: format!("text {message}"),
            attachment: None,
            tags: None,
        };
        messages::insert(tx, &StoredMessage { message, number, key: key.clone() })
    });
}

/// Ids of a conversation's messages.
fn said(test: &TestDb, conversation: i64) -> Vec<i64> {
    let all = test.see(move |tx| messages::after(tx, id(conversation), 0, 1_000));
    all.into_iter().map(|stored| stored.message.id.get()).collect()
}

/// Those that its browser is shown.
fn shown(test: &TestDb, conversation: i64) -> Vec<i64> {
    let all = test.see(move |tx| messages::newest(tx, id(conversation), 1_000));
    all.into_iter().map(|stored| stored.message.id.get()).collect()
}

pub(super) fn tags_come_back_change_and_hide(place: &Place) {
    let test = place.open();
    fill(&test, 3);
    test.put(|tx| {
        for (number, name) in [(1, "b"), (2, "Ä"), (3, "a, c")] {
            tags::insert(tx, &tag(number, name), at(1))?;
        }
        tags::set(tx, id(1), &[TagId::from_i64(3), TagId::from_i64(1)])?;
        tags::set(tx, id(2), &[TagId::from_i64(1)])
    });
    let names = |list: Vec<Tag>| list.into_iter().map(|tag| tag.name).collect::<Vec<_>>();
    assert_eq!(names(test.see(tags::list)), ["a, c", "b", "Ä"]);
    assert_eq!(test.see(|tx| tags::by_name(tx, "b")), Some(tag(1, "b")));
    assert_eq!(test.see(|tx| tags::by_name(tx, "B")), None);
    test.put(|tx| tags::update(tx, &Tag { background: "fff".to_owned(), ..tag(1, "bee") }));
    assert_eq!(
        test.see(|tx| tags::get(tx, TagId::from_i64(1))).map(|tag| (tag.name, tag.background)),
        Some(("bee".to_owned(), "fff".to_owned()))
    );
    assert_eq!(test.see(|tx| tags::of_conversation(tx, id(1))), ["a, c", "bee"]);
    test.put(|tx| tags::hide(tx, TagId::from_i64(1), at(2)));
    assert_eq!((test.see(|tx| tags::get(tx, TagId::from_i64(1))), test.see(|tx| tags::by_name(tx, "bee"))), (None, None));
    assert_eq!((test.see(|tx| tags::of_conversation(tx, id(1))), test.see(tags::count)), (vec!["a, c".to_owned()], 2));
    let many = test.see(|tx| tags::of_conversations(tx, &[id(1), id(2), id(3)]));
    assert_eq!(many.into_iter().collect::<Vec<_>>(), [(id(1), vec![(TagId::from_i64(3), "a, c".to_owned())])]);
    test.put(|tx| tags::insert(tx, &tag(4, "bee"), at(3)));
    let taken = test.write(|tx| tags::insert(tx, &tag(5, "bee"), at(3)));
    assert!(taken.is_err_and(|error| error.is_conflict()), "a name is one tag's");
    let uses: Vec<(String, i64)> = test.see(tags::all).into_iter().map(|one| (one.name, one.conversations)).collect();
    assert_eq!(uses, [("a, c".to_owned(), 1), ("bee".to_owned(), 0), ("Ä".to_owned(), 0)]);
}

pub(super) fn sweeps_go_by_conversation_in_order(place: &Place) {
    let test = place.open();
    fill(&test, 7);
    let (swept, other) = (TagId::from_i64(1), TagId::from_i64(2));
    test.put(move |tx| {
        tags::insert(tx, &tag(1, "swept"), at(1))?;
        tags::insert(tx, &tag(2, "other"), at(1))?;
        for number in [7, 1, 3, 5, 2] {
            tags::set(tx, id(number), &[other, swept])?;
        }
        tags::set(tx, id(4), &[other])?;
        tags::add_sweep(tx, swept, "before", Some("swept"))?;
        tags::add_sweep(tx, swept, "swept", None)?;
        tags::hide(tx, swept, at(2))
    });
    let first = test.see(tags::first_sweep).expect("there are two");
    assert_eq!((first.old_name.as_str(), first.new_name.as_deref(), first.told), ("before", Some("swept"), 0));
    let numbers = |carriers: &[Carrier]| carriers.iter().map(|carrier| carrier.conversation.get()).collect::<Vec<_>>();
    let sweep = first.clone();
    let some = test.see(move |tx| tags::carriers(tx, &sweep, 3));
    assert_eq!(numbers(&some), [1, 2, 3]);
    assert_eq!(some[0].tags, [(other, Some("other".to_owned())), (swept, None)], "the swept one is removed by now");
    test.put(move |tx| tags::note_told(tx, first.id, id(3)));
    let first = test.see(tags::first_sweep).expect("it goes on");
    let sweep = first.clone();
    assert_eq!(numbers(&test.see(move |tx| tags::carriers(tx, &sweep, 3))), [5, 7]);
    test.put(move |tx| tags::end_sweep(tx, &first));
    let second = test.see(tags::first_sweep).expect("the second one");
    assert_eq!((second.old_name.as_str(), second.new_name.as_deref(), second.told), ("swept", None, 0));
    let early = second.clone();
    let refused = test.write(move |tx| tags::end_sweep(tx, &early));
    assert!(refused.is_err_and(|error| error.is_conflict()), "a tag that is carried keeps its row");
    test.put(move |tx| {
        tags::drop_from(tx, swept, &[1, 2, 3, 5, 7].map(id))?;
        tags::end_sweep(tx, &second)
    });
    assert_eq!((test.see(tags::first_sweep), test.see(tags::all).len()), (None, 1));
    assert_eq!(test.see(|tx| tags::of_conversation(tx, id(7))), ["other"]);
    test.put(move |tx| tags::drop_from(tx, other, &[]));
    assert_eq!(test.see(tags::all)[0].conversations, 6, "from no conversation is from none");
}

fn chat(number: i64, conversation: i64, visit: i64) -> Chat {
    Chat::requested(NewChat {
        id: ChatId::from_i64(number),
        public_id: format!("chat{number}"),
        conversation: id(conversation),
        group: GroupId::from_i64(900 + number),
        customer: CustomerId::from_i64(1),
        customer_name: String::new(),
        visit: Some(VisitId::from_i64(visit)),
        department: DepartmentId::DEFAULT,
        started_by: StartedBy::Visitor,
        requested: at(number),
    })
}

fn visit(number: i64) -> Visit {
    Visit {
        id: VisitId::from_i64(number),
        visitor: VisitorId::from_i64(number),
        customer: CustomerId::from_i64(1),
        started: at(1),
        seen: at(1),
        user_agent: String::new(),
        address: String::new(),
        referrer: String::new(),
        language: String::new(),
    }
}

pub(super) fn all_of_a_conversation_moves(place: &Place) {
    let test = place.open();
    fill(&test, 2);
    say(&test, 1, 11, CUSTOMER, MessageKind::Message, Some("k"));
    say(&test, 2, 12, CUSTOMER, MessageKind::Message, Some("k"));
    say(&test, 2, 13, AGENT, MessageKind::Note, Some("l"));
    test.put(|tx| {
        for (number, conversation) in [(1, 1), (2, 2)] {
            visits::insert(tx, &visit(number))?;
            let chat = chat(number, conversation, number);
            chats::insert(tx, &chat)?;
            let offer = Offer {
                id: OfferId::from_i64(number),
                chat: chat.id,
                conversation: chat.conversation,
                agent: AgentId::from_i64(1),
                offered: at(1),
                expires: at(2),
                outcome: None,
            };
            offers::insert(tx, &offer)?;
            let engagement = Engagement {
                id: EngagementId::from_i64(number),
                chat: chat.id,
                conversation: chat.conversation,
                agent: AgentId::from_i64(1),
                department: DepartmentId::DEFAULT,
                ordinal: 1,
                start: EngagementStart::Visitor,
                assigned: false,
                joined: at(1),
                left: None,
                visitor_messages: 0,
                agent_messages: 0,
                responses: Responses::default(),
                skills_fulfilled: false,
            };
            engagements::insert(tx, &engagement, 1)?;
            mail_ids::tie(tx, &format!("mail{number}"), id(conversation))?;
        }
        let attachment = Attachment { file: "f".to_owned(), name: "f".to_owned(), content_type: "x/y".to_owned(), bytes: 1 };
        let file = files::File {
            attachment,
            blob: "f".to_owned(),
            conversation: Some(id(2)),
            visitor: None,
            agent: None,
            by_key: true,
            downloads: 0,
            created: at(1),
        };
        files::insert(tx, &file)
    });
    assert_eq!(test.see(|tx| merging::count_messages(tx, id(2))), 2);
    let spoken = test.see(|tx| Ok((merging::last_spoken(tx, id(1))?, merging::last_spoken(tx, id(2))?, merging::last_spoken(tx, id(3))?)));
    assert_eq!(spoken, (Some(1), Some(2), None), "a note is not spoken");
    test.put(|tx| merging::move_all(tx, id(2), id(1), Browsers::Different));
    assert_eq!((said(&test, 1), said(&test, 2)), (vec![11, 12, 13], vec![]));
    assert_eq!((shown(&test, 1), test.see(|tx| messages::groups(tx, id(1))).len()), (vec![11], 3));
    let found = test.see(|tx| {
        let all = chats::of_conversation(tx, id(1))?;
        let latest = chats::latest_of_conversations(tx, &[id(1), id(2)])?;
        let own = chats::latest_of_visitor(tx, id(1), VisitorId::from_i64(1))?.map(|chat| chat.id.get());
        Ok((all.len(), latest.into_iter().collect::<Vec<_>>(), own))
    });
    assert_eq!(found, (2, vec![(id(1), ChatId::from_i64(2))], Some(1)));
    let places = test.see(|tx| {
        let offered = offers::all_ringing(tx)?.into_iter().map(|offer| offer.conversation).collect::<Vec<_>>();
        let engaged = engagements::open(tx, ChatId::from_i64(2))?.into_iter().map(|one| one.conversation).collect::<Vec<_>>();
        Ok((offered, engaged, files::get(tx, "f")?.and_then(|file| file.conversation), mail_ids::conversation(tx, "mail2")?))
    });
    assert_eq!(places, (vec![id(1), id(1)], vec![id(1)], Some(id(1)), Some(id(1))));
    assert_eq!(test.see(messages::repeated_keys), [""; 0], "one sender's keys in two conversations are no repetition");
    assert_eq!(test.see(messages::without_event), 0, "a moved message keeps its event");
    test.put(|tx| tx.exec("UPDATE messages SET number = 2 WHERE id = 11", &[]));
    assert_eq!(test.see(messages::without_event), 0, "two of the same conversation");
    test.put(|tx| tx.exec("UPDATE messages SET number = 3, conversation_id = 2 WHERE id = 11", &[]));
    assert_eq!(test.see(messages::without_event), 0);
    test.put(|tx| tx.exec("UPDATE messages SET number = 1 WHERE id = 11", &[]));
    assert_eq!(test.see(messages::without_event), 1, "an event of the other one is none of its own");
}

pub(super) fn merged_conversations_lead_on(place: &Place) {
    let test = place.open();
    fill(&test, 5);
    for number in 1..=5 {
        say(&test, number, 10 + number, CUSTOMER, MessageKind::Message, None);
    }
    // 1 into 3 and 2 into 3, all of browser 1 or 2; then 3 into 5.
    test.put(|tx| {
        merging::move_all(tx, id(1), id(3), Browsers::Same)?;
        merging::move_all(tx, id(2), id(3), Browsers::Different)?;
        merging::move_all(tx, id(3), id(5), Browsers::Same)
    });
    let raw: Vec<(i64, Option<i64>)> = test.see(|tx| tx.all("SELECT id, merged_into FROM conversations ORDER BY id", &[]));
    assert_eq!(raw, [(1, Some(5)), (2, Some(5)), (3, Some(5)), (4, None), (5, None)], "nothing has to be followed more than a step");
    for (spelling, wanted) in [("ABC-1", 5), ("abc-2", 5), ("public3", 5), ("ABC-5", 5), ("public4", 4)] {
        assert_eq!(test.see(move |tx| conversations::resolve(tx, spelling)), Some(id(wanted)), "{spelling}");
    }
    assert_eq!(test.see(|tx| conversations::current(tx, id(2))), Some(id(5)));
    assert_eq!(test.see(|tx| conversations::current(tx, id(99))), None);
    assert_eq!((said(&test, 5), shown(&test, 5)), (vec![11, 12, 13, 15], vec![11, 13, 15]));
    let latest = |visitor| test.see(move |tx| conversations::latest_of_visitor(tx, VisitorId::from_i64(visitor))).map(|one| one.id.get());
    assert_eq!((latest(1), latest(2), latest(3)), (Some(5), Some(4), None));
    test.put(|tx| merging::move_all(tx, id(4), id(5), Browsers::Different));
    assert_eq!((latest(1), latest(2)), (Some(5), None), "a browser is not led to what others wrote");
}

pub(super) fn read_marks_unite(place: &Place) {
    let test = place.open();
    fill(&test, 8);
    // Turn by turn: the customer writes in one conversation, then in the other; numbers are 1, 2, 3, 4 and so on.
    for (pair, first) in [(1, 10), (3, 20), (5, 30), (7, 40)] {
        for step in 0..4 {
            say(&test, pair + step % 2, first + step, CUSTOMER, MessageKind::Message, None);
        }
    }
    let mark = |conversation: i64, side: &'static str, message: i64| {
        test.put(move |tx| {
            let (_, number) = messages::place(tx, MessageId::from_i64(message))?.expect("it is there");
            conversations::mark_read(tx, id(conversation), side, MessageId::from_i64(message), number)
        });
    };
    let merge = |from: i64, into: i64| {
        test.put(move |tx| merging::move_all(tx, id(from), id(into), Browsers::Different));
        let marks = ["agent", "customer"].map(|side| test.see(move |tx| conversations::read_mark(tx, id(into), side)));
        assert_eq!(test.see(move |tx| conversations::read_mark(tx, id(from), "agent")), None);
        marks.map(|mark| mark.map(MessageId::get))
    };
    mark(1, "agent", 12);
    mark(2, "agent", 11);
    assert_eq!(merge(2, 1), [Some(12), None], "all but the last one was read");
    mark(3, "agent", 22);
    assert_eq!(merge(4, 3), [Some(20), None], "the second one was not");
    mark(6, "agent", 33);
    assert_eq!(merge(6, 5), [None, None], "not even the first one was");
    mark(7, "agent", 42);
    mark(8, "agent", 43);
    mark(7, "customer", 40);
    assert_eq!(merge(8, 7), [Some(43), Some(43)], "no agent wrote anything that the customer could have missed");
}

pub(super) fn mails_and_keys_lead_on(place: &Place) {
    let test = place.open();
    fill(&test, 2);
    test.put(|tx| {
        mail_ids::tie(tx, "a@mail", id(1))?;
        mail_ids::tie(tx, "b@mail", id(1))?;
        mail_ids::tie(tx, "b@mail", id(2))?;
        for (scope, key, outcome) in [("from", "one", "1"), ("from", "both", "2"), ("into", "both", "3")] {
            idempotency::remember(tx, scope, key, at(1), outcome)?;
        }
        idempotency::carry_over(tx, "from", "into")?;
        idempotency::carry_over(tx, "nothing", "into")
    });
    let mails = ["a@mail", "b@mail", "c@mail"].map(|mail| test.see(move |tx| mail_ids::conversation(tx, mail)));
    assert_eq!(mails, [Some(id(1)), Some(id(2)), None]);
    let outcome = |scope: &'static str, key: &'static str| test.see(move |tx| idempotency::find(tx, scope, key));
    assert_eq!(["one", "both", "none"].map(|key| outcome("into", key)), [Some("1".to_owned()), Some("3".to_owned()), None]);
    assert_eq!(outcome("from", "one"), Some("1".to_owned()), "where it was it stays");
    test.put(|tx| -> Result<(), StoreError> {
        conversations::set_cc(tx, id(1), "a@x.test,b@x.test")?;
        Ok(())
    });
    let copies = [1, 2, 3].map(|number| test.see(move |tx| conversations::cc(tx, id(number))));
    assert_eq!(copies, ["a@x.test,b@x.test", "", ""]);
}
