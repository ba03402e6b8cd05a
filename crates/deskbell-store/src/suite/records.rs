//! What lists and searches of chats ask of documents.

use super::{Place, TestDb, at, rows};
use crate::tables::{chats, conversations, customers, departments, documents, offline_messages};
use deskbell_domain::chat::{Chat, EndReason, NewChat, StartedBy};
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::Department;
use deskbell_domain::ids::{ChatId, ConversationId, CustomerId, DepartmentId, GroupId, MessageId};
use deskbell_domain::offline::OfflineMessage;
use deskbell_domain::time::Timestamp;

const CUSTOMER: CustomerId = CustomerId::from_i64(1);

fn conversation(number: i64, status: Status) -> Conversation {
    Conversation { status, created: at(number), changed: at(number), groups_in: 1, ..rows::conversation(number) }
}

fn chat(number: i64, second: i64, ended: Option<Timestamp>) -> Chat {
    let mut chat = Chat::requested(NewChat {
        id: ChatId::from_i64(number),
        public_id: format!("C{number}"),
        conversation: ConversationId::from_i64(number),
        group: GroupId::from_i64(number),
        customer: CUSTOMER,
        customer_name: String::new(),
        visit: None,
        department: DepartmentId::DEFAULT,
        started_by: StartedBy::Visitor,
        requested: at(second),
    });
    if let Some(ended) = ended {
        chat.end(EndReason::Visitor, ended);
    }
    chat
}

fn offline(number: i64, second: i64) -> OfflineMessage {
    OfflineMessage {
        id: MessageId::from_i64(number),
        public_id: format!("O{number}"),
        conversation: ConversationId::from_i64(number),
        customer: CUSTOMER,
        visit: None,
        department: DepartmentId::DEFAULT,
        left: at(second),
        unread: true,
    }
}

/// Chats 1 to 4, of which 3 goes on and 4 is deleted; offline messages 11 to 13, of which 13 is deleted and 12 has no document yet.
fn filled(place: &Place) -> TestDb {
    let test = place.open();
    test.put(|tx| {
        let department = Department { name: "Support".to_owned(), ..rows::department(DepartmentId::DEFAULT) };
        departments::put(tx, &department, at(0))?;
        customers::insert(tx, &Customer::anonymous(CUSTOMER, at(0)))?;
        for number in [1, 2, 3, 4, 11, 12, 13] {
            let status = if matches!(number, 4 | 13) { Status::Deleted } else { Status::New };
            conversations::insert(tx, &conversation(number, status))?;
        }
        for (number, second) in [(1, 100), (2, 100), (3, 200), (4, 150)] {
            let chat = chat(number, second, (number != 3).then(|| at(300)));
            chats::insert(tx, &chat)?;
            if number != 3 {
                documents::put(tx, chat.id, &chat.public_id, 300, &format!("chat {number}"))?;
            }
        }
        for (number, second) in [(11, 100), (12, 120), (13, 130)] {
            let message = offline(number, second);
            offline_messages::insert(tx, &message)?;
            if number != 12 {
                documents::put(tx, message.id, &message.public_id, 300, &format!("message {number}"))?;
            }
        }
        Ok(())
    });
    test
}

pub(super) fn records_newest_first(place: &Place) {
    let test = filled(place);
    let of_chats = |before: (i64, &'static str), limit: i64| {
        test.see(move |tx| {
            let mut found = Vec::new();
            documents::newest_chats(tx, before, limit, |began, id, body| found.push(format!("{began} {id} {body}")))?;
            Ok(found)
        })
    };
    let start = (i64::MAX, "");
    assert_eq!(of_chats(start, 10), ["100000000 C2 chat 2", "100000000 C1 chat 1"]);
    assert_eq!(of_chats(start, 1), ["100000000 C2 chat 2"]);
    assert_eq!(of_chats((100_000_000, "C2"), 10), ["100000000 C1 chat 1"]);
    assert_eq!(of_chats((100_000_000, "C1"), 10), Vec::<String>::new());
    let messages = test.see(|tx| {
        let mut found = Vec::new();
        documents::newest_offline(tx, (i64::MAX, ""), 10, |began, id, body| found.push(format!("{began} {id} {body}")))?;
        Ok(found)
    });
    assert_eq!(messages, ["100000000 O11 message 11"]);
    assert_eq!(test.see(documents::listed), 3);
    let by_id = |id: &'static str| test.see(move |tx| documents::by_public_id(tx, id));
    assert_eq!(["C1", "C3", "C4", "O11", "O12", "O13", "x"].map(|id| by_id(id).is_some()), [true, false, false, true, false, false, false]);
    assert_eq!(test.see(|tx| chats::by_public_id(tx, "C2")).map(|chat| chat.id), Some(ChatId::from_i64(2)));
    test.db.close();
}

pub(super) fn documents_in_the_order_of_their_writing(place: &Place) {
    let test = filled(place);
    let after = |written: i64, limit: i64| {
        test.see(move |tx| {
            let mut found = Vec::new();
            documents::written_after(tx, written, limit, |written, id, body| found.push(format!("{written} {id} {body}")))?;
            Ok(found)
        })
    };
    assert_eq!(after(0, 10), ["1 C1 chat 1", "2 C2 chat 2", "3 C4 chat 4", "4 O11 message 11", "5 O13 message 13"]);
    assert_eq!(after(1, 2), ["2 C2 chat 2", "3 C4 chat 4"]);
    assert_eq!(test.see(documents::last_written), 5);
    test.put(|tx| documents::put(tx, ChatId::from_i64(2), "C2", 300, "again"));
    test.put(|tx| documents::put(tx, ChatId::from_i64(2), "C2", 300, "and again"));
    assert_eq!(after(4, 10), ["5 O13 message 13", "7 C2 and again"]);
    let all = |behind: &'static str, limit: i64| {
        test.see(move |tx| {
            let mut found = Vec::new();
            documents::all_after(tx, behind, limit, |id, body| found.push(format!("{id} {body}")))?;
            Ok(found)
        })
    };
    assert_eq!(all("", 2), ["C1 chat 1", "C2 and again"]);
    assert_eq!(all("C2", 10), ["C4 chat 4", "O11 message 11", "O13 message 13"]);
    test.db.close();
}

pub(super) fn offline_messages_come_back_and_change(place: &Place) {
    let test = filled(place);
    let message = MessageId::from_i64(11);
    assert_eq!(test.see(move |tx| offline_messages::get(tx, message)), Some(offline(11, 100)));
    test.put(move |tx| {
        offline_messages::mark(tx, message, false)?;
        offline_messages::set_left(tx, message, at(90))
    });
    let changed = OfflineMessage { unread: false, ..offline(11, 90) };
    assert_eq!(test.see(|tx| offline_messages::by_public_id(tx, "O11")), Some(changed));
    assert_eq!(test.see(|tx| offline_messages::of_conversation(tx, ConversationId::from_i64(11))), [message]);
    test.db.close();
}
