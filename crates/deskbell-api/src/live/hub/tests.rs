//! Who hears what, and in which order.

use deskbell_domain::ids::{CustomerId, DepartmentId, GroupId, MessageId, TriggerId, VisitId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;

use super::*;

fn message(number: i64, conversation: ConversationId) -> Arc<Recorded> {
    let event = Event::MessageAdded {
        conversation,
        chat: None,
        group: GroupId::from_i64(1),
        group_kind: GroupKind::Chat,
        message: MessageId::from_i64(number),
        kind: MessageKind::Message,
        author: Actor::System,
        author_name: String::new(),
        text: String::new(),
        attachment: None,
        key: None,
    };
    Arc::new(Recorded { number, at: Timestamp::EPOCH, event })
}

fn membership(number: i64) -> Arc<Recorded> {
    let event = Event::MembershipChanged { department: DepartmentId::DEFAULT, agent: AgentId::from_i64(1), member: true };
    Arc::new(Recorded { number, at: Timestamp::EPOCH, event })
}

fn numbers(basket: &Basket) -> Vec<String> {
    let number = |frame: &Frame| frame.split("\"n\":").nth(1).map_or(frame.to_string(), |rest| rest.split(',').next().unwrap().to_owned());
    basket.take().0.iter().map(number).collect()
}

#[test]
fn the_browser_of_a_merged_conversation_starts_over() {
    let hub = Hub::default();
    let (from, into) = (ConversationId::from_i64(383_486_450_414), ConversationId::from_i64(383_486_450_415));
    let (own, other) = (Arc::new(Basket::default()), Arc::new(Basket::default()));
    let connected = [(1, from, &own), (2, into, &other)].map(|(visitor, conversation, basket)| {
        let visitor = VisitorId::from_i64(visitor);
        let connection = hub.add_visitor(visitor, Sink::Poll(Arc::clone(basket)));
        hub.own(visitor, conversation);
        connection.open(0);
        connection
    });
    let event = Event::ConversationMerged { conversation: from, into, by: Actor::System };
    hub.dispatch(&[Arc::new(Recorded { number: 1, at: Timestamp::EPOCH, event })]);
    assert_eq!((own.take().1, other.take().1), (Some(Close::StartOver), None));
    for connection in &connected {
        hub.remove_visitor(connection);
    }
}

#[test]
fn numbers_reach_a_console_in_order_whatever_they_belong_to() {
    let hub = Hub::default();
    let basket = Arc::new(Basket::default());
    let conversation = ConversationId::from_i64(383_486_450_414);
    let connection = hub.add_agent(AgentId::from_i64(1), Sink::Poll(Arc::clone(&basket)), None);
    hub.dispatch(&[membership(9), membership(10)]);
    connection.open(9);
    assert_eq!(numbers(&basket), ["10"], "what the state holds already is not told again");

    assert!(hub.watch(&connection, conversation));
    hub.dispatch(&[message(11, conversation)]);
    hub.dispatch(&[membership(12), message(13, conversation)]);
    assert!(numbers(&basket).is_empty(), "nothing passes while the history is read");
    connection.sink.push_asked(Frame::from("history up to 11"));
    connection.open_watch(conversation, 11);
    assert_eq!(numbers(&basket), ["history up to 11", "12", "13"]);

    hub.unwatch(&connection, conversation);
    hub.dispatch(&[message(14, conversation), membership(15)]);
    assert_eq!(numbers(&basket), ["15"]);
    hub.remove_agent(&connection);
    hub.dispatch(&[membership(16)]);
    assert!(numbers(&basket).is_empty());
}

#[test]
fn a_greeting_reaches_its_visitor_alone() {
    let hub = Hub::default();
    let (own, other) = (Arc::new(Basket::default()), Arc::new(Basket::default()));
    let connected = [(1, &own), (2, &other)].map(|(visitor, basket)| {
        let connection = hub.add_visitor(VisitorId::from_i64(visitor), Sink::Poll(Arc::clone(basket)));
        connection.open(0);
        connection
    });
    let event = Event::TriggerFired {
        trigger: TriggerId::from_i64(1),
        trigger_name: String::new(),
        visit: VisitId::from_i64(1),
        visitor: VisitorId::from_i64(1),
        customer: CustomerId::from_i64(1),
        chat: None,
        speaker: Some("Sarah".to_owned()),
        greeting: Some("hello".to_owned()),
    };
    hub.dispatch(&[Arc::new(Recorded { number: 1, at: Timestamp::EPOCH, event })]);
    assert_eq!((own.take().0.len(), other.take().0.len()), (1, 0));
    for connection in &connected {
        hub.remove_visitor(connection);
    }
}
