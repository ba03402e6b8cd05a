//! Ratings as lists show them.

use super::{Place, TestDb, at, rows};
use crate::tables::ratings::{self, Filter, Rated};
use crate::tables::{chats, conversations, customers, departments, engagements};
use deskbell_domain::chat::{Chat, EndReason, Engagement, EngagementStart, NewChat, Rating, Responses, StartedBy};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::Department;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId};

const ANN: CustomerId = CustomerId::from_i64(1);
const BOB: CustomerId = CustomerId::from_i64(2);

fn conversation(number: i64, customer: CustomerId, status: Status) -> Conversation {
    Conversation {
        customer,
        status,
        channel: Channel::Button,
        created: at(number),
        changed: at(number),
        groups_in: 1,
        ..rows::conversation(100 + number)
    }
}

fn rated(number: i64, customer: CustomerId, rating: Option<(Rating, i64)>) -> Chat {
    let mut chat = Chat::requested(NewChat {
        id: ChatId::from_i64(number),
        public_id: format!("C{number}"),
        conversation: ConversationId::from_i64(100 + number),
        group: GroupId::from_i64(number),
        customer,
        customer_name: String::new(),
        visit: None,
        department: DepartmentId::DEFAULT,
        started_by: StartedBy::Visitor,
        requested: at(number),
    });
    chat.end(EndReason::Visitor, at(50));
    (chat.rating, chat.rated) = (rating.map(|(rating, _)| rating), rating.map(|(_, second)| at(second)));
    chat.rating_comment = Some(format!("comment {number}"));
    chat
}

fn engagement(number: i64, chat: i64, ordinal: u16, agent: i64) -> Engagement {
    Engagement {
        id: EngagementId::from_i64(number),
        chat: ChatId::from_i64(chat),
        conversation: ConversationId::from_i64(100 + chat),
        agent: AgentId::from_i64(agent),
        department: DepartmentId::DEFAULT,
        ordinal,
        start: EngagementStart::Agent,
        assigned: false,
        joined: at(20),
        left: None,
        visitor_messages: 0,
        agent_messages: 0,
        responses: Responses::default(),
        skills_fulfilled: false,
    }
}

/// Chats 1 to 6, of which 4 is not rated, 5 is deleted, and 6 nobody has joined.
fn filled(place: &Place) -> TestDb {
    let test = place.open();
    test.put(|tx| {
        let department = Department { name: "Support".to_owned(), ..rows::department(DepartmentId::DEFAULT) };
        departments::put(tx, &department, at(0))?;
        let named = |id, name: &str, email: Option<&str>| Customer {
            name: name.to_owned(),
            email: email.map(str::to_owned),
            ..Customer::anonymous(id, at(0))
        };
        customers::insert(tx, &named(ANN, "Ann", Some("ann@x.test")))?;
        customers::insert(tx, &named(BOB, "Bob", None))?;
        for (number, customer, rating) in [
            (1, ANN, Some((Rating::Good, 300))),
            (2, BOB, Some((Rating::Bad, 200))),
            (3, ANN, Some((Rating::Bad, 300))),
            (4, ANN, None),
            (5, BOB, Some((Rating::Good, 400))),
            (6, ANN, Some((Rating::Good, 500))),
        ] {
            let status = if number == 5 { Status::Deleted } else { Status::Answered };
            conversations::insert(tx, &conversation(number, customer, status))?;
            chats::insert(tx, &rated(number, customer, rating))?;
        }
        for (number, chat, ordinal, agent) in [(11, 1, 1, 61), (12, 1, 2, 62), (13, 2, 1, 61), (14, 3, 1, 61), (15, 5, 1, 62)] {
            engagements::insert(tx, &engagement(number, chat, ordinal, agent), number)?;
        }
        // After chat 3 was rated.
        let late = Engagement { joined: at(350), ..engagement(16, 3, 2, 62) };
        engagements::insert(tx, &late, 16)?;
        (1..=6).try_for_each(|chat| ratings::attribute(tx, ChatId::from_i64(chat)))
    });
    test
}

pub(super) fn ratings_by_every_filter(place: &Place) {
    let test = filled(place);
    let list = |filter: Filter, limit: i64, skip: i64| -> Vec<Rated> { test.see(move |tx| ratings::list(tx, &filter, limit, skip)) };
    let whole = Filter { from: at(0), until: at(1_000), ..Filter::default() };
    let numbers = |filter: Filter| list(filter, 10, 0).iter().map(|rated| rated.chat.get()).collect::<Vec<_>>();
    assert_eq!(numbers(whole.clone()), [2, 1, 3, 5, 6]);
    assert_eq!(numbers(Filter { from: at(300), until: at(500), ..whole.clone() }), [1, 3, 5]);
    assert_eq!(numbers(Filter { agent: Some(AgentId::from_i64(61)), ..whole.clone() }), [2, 3]);
    assert_eq!(numbers(Filter { agent: Some(AgentId::from_i64(62)), ..whole.clone() }), [1, 5]);
    assert_eq!(numbers(Filter { customer: Some(BOB), ..whole.clone() }), [2, 5]);
    assert_eq!(numbers(Filter { rating: Some(Rating::Bad), ..whole.clone() }), [2, 3]);
    let all = Filter { customer: Some(ANN), agent: Some(AgentId::from_i64(61)), rating: Some(Rating::Bad), ..whole.clone() };
    assert_eq!(numbers(all), [3]);
    // By key, and by what is left out.
    assert_eq!(numbers(Filter { beyond: Some((at(300), ChatId::from_i64(1))), ..whole.clone() }), [3, 5, 6]);
    assert_eq!(numbers(Filter { from: at(350), beyond: Some((at(300), ChatId::from_i64(1))), ..whole.clone() }), [5, 6]);
    assert_eq!(list(whole.clone(), 2, 1).iter().map(|rated| rated.chat.get()).collect::<Vec<_>>(), [1, 3]);
    let rows = list(whole, 10, 0);
    assert_eq!(
        rows[1],
        Rated {
            chat: ChatId::from_i64(1),
            rating: Rating::Good,
            at: at(300),
            conversation: ConversationId::from_i64(101),
            agent: Some(AgentId::from_i64(62)),
            customer: ANN,
            customer_name: "Ann".to_owned(),
            customer_email: Some("ann@x.test".to_owned()),
            comment: "comment 1".to_owned(),
        }
    );
    assert_eq!((rows[3].comment.as_str(), rows[3].customer_email.as_deref()), ("", None), "a deleted conversation's words are not shown");
    assert_eq!(rows[4].agent, None);
    test.db.close();
}
