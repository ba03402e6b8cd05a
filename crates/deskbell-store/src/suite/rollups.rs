//! Cells of measures and what their reader keeps; and the rows from which they are counted again.

use std::collections::BTreeMap;

use super::{Place, TestDb, at, rows};
use crate::error::StoreError;
use crate::recount::reports::{Sums, reports, untold};
use crate::tables::changes::{self, Place as Number};
use crate::tables::messages::StoredMessage;
use crate::tables::rollups::{self, Head, Key, Slots};
use crate::tables::{chats, conversations, customers, departments, engagements, messages, offers};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::{Chat, EndReason, Engagement, EngagementStart, NewChat, Offer, OfferOutcome, Rating, Responses, StartedBy};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::Department;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId, MessageId, OfferId, TagId};
use deskbell_domain::measure::{Cell, Dimension, Measure, Span};
use deskbell_domain::message::{Actor, GroupKind, GroupStatus, Message, MessageGroup, MessageKind};

const ANN: AgentId = AgentId::from_i64(71);

fn key(dimension: Dimension, span: Span, slot: i64, member: i64) -> Key {
    Key { dimension, span, slot, member }
}

fn cell(entries: &[(Measure, i64)]) -> Cell {
    let mut cell = Cell::default();
    entries.iter().for_each(|(measure, by)| cell.add(*measure, *by));
    cell
}

/// Slot, member and cell of all of a span.
fn stored(test: &TestDb, generation: i64, dimension: Dimension, span: Span, slots: std::ops::Range<i64>) -> Vec<(i64, i64, Cell)> {
    test.see(move |tx| {
        let mut found = Vec::new();
        rollups::each(tx, generation, (dimension, span), Slots::Range(slots), |slot, member, body| {
            let mut cell = Cell::default();
            rollups::add_body(&mut cell, body)?;
            found.push((slot, member, cell));
            Ok(())
        })?;
        Ok(found)
    })
}

pub(super) fn cells_add_up_and_go(place: &Place) {
    let test = place.open();
    let (agent, day) = (Dimension::Agent, Span::Day);
    // More than one statement writes.
    let many: BTreeMap<Key, Cell> =
        (0..1_300).map(|member| (key(agent, day, 5, member), cell(&[(Measure::Answers, member + 1)]))).collect();
    test.put({
        let many = many.clone();
        move |tx| rollups::add(tx, 1, &many)
    });
    let more = BTreeMap::from([
        (key(Dimension::Account, day, 5, 0), cell(&[(Measure::Notes, 1)])),
        (key(agent, Span::Quarter, 5, 3), cell(&[(Measure::Notes, 2)])),
        (key(agent, day, 4, 7), cell(&[(Measure::WorkTime, i64::MAX / 2)])),
        (key(agent, day, 5, 0), cell(&[(Measure::Answers, -1)])),
        (key(agent, day, 5, 1), cell(&[(Measure::Answers, 3), (Measure::Rewards, -4)])),
        (key(agent, day, 6, 7), cell(&[])),
    ]);
    test.put(move |tx| rollups::add(tx, 1, &more));
    let found = stored(&test, 1, agent, day, 4..6);
    assert_eq!(found.len(), 1_300, "one came to nothing, one came, and an empty one is none");
    assert_eq!(found[0], (4, 7, cell(&[(Measure::WorkTime, i64::MAX / 2)])));
    assert_eq!(found[1], (5, 1, cell(&[(Measure::Answers, 5), (Measure::Rewards, -4)])));
    assert!(found.is_sorted_by_key(|(slot, member, _)| (*slot, *member)));
    assert!(stored(&test, 1, agent, day, 6..i64::MAX).is_empty() && stored(&test, 2, agent, day, 0..9).is_empty());
    assert_eq!(stored(&test, 1, agent, Span::Quarter, 0..9).len(), 1);
    let each = |wanted: Vec<i64>| {
        test.see(move |tx| {
            let (mut found, mut cell) = (Vec::new(), Cell::default());
            rollups::each(tx, 1, (agent, day), Slots::Each(&wanted), |slot, _, body| {
                found.push(slot);
                rollups::add_body(&mut cell, body)
            })?;
            Ok((found.len(), found.is_sorted(), cell.is_zero()))
        })
    };
    assert_eq!(each(vec![9, 5, 4]), (1_300, true, false));
    assert_eq!(each(vec![-3, 6]), (0, true, true));
    assert_eq!(test.see(|tx| rollups::slot_bounds(tx, 1)), Some((5, 5)), "of quarters");
    assert_eq!(test.see(|tx| rollups::slot_bounds(tx, 2)), None);
}

pub(super) fn generations_come_and_go(place: &Place) {
    let test = place.open();
    assert_eq!(test.see(rollups::head), Head { served: 1, building: None, whole_hours_from: 0 });
    assert_eq!(test.see(rollups::generations), [0; 0]);
    for generation in [1, 4, 9] {
        test.put(move |tx| {
            let cells = (0..7).map(|slot| (key(Dimension::Tag, Span::Quarter, slot, 1), cell(&[(Measure::Chats, 1)]))).collect();
            rollups::add(tx, generation, &cells)
        });
    }
    test.put(|tx| rollups::put_states(tx, 12, &[(1, 5, Some(vec![1]))]));
    test.put(|tx| rollups::set_head(tx, Head { served: 4, building: Some(9), whole_hours_from: 7 }));
    assert_eq!(test.see(rollups::head), Head { served: 4, building: Some(9), whole_hours_from: 7 });
    assert_eq!(test.see(rollups::generations), [1, 4, 9, 12]);
    let mut bites = 0;
    while test.put(|tx| rollups::drop_some(tx, 1, 3)) > 0 {
        bites += 1;
    }
    assert_eq!(bites, 3);
    assert_eq!(test.put(|tx| rollups::drop_some(tx, 12, 3)), 1);
    assert_eq!(test.see(rollups::generations), [4, 9]);
    let (early, late) = (at(1_000), at(2_000));
    assert_eq!(test.put(move |tx| rollups::begin(tx, early)), 10, "beyond all that are stored");
    assert_eq!(test.put(move |tx| rollups::begin(tx, early)), 11, "and all that were begun");
    assert_eq!(test.see(rollups::head), Head { served: 4, building: Some(11), whole_hours_from: 7 });
    test.put(move |tx| rollups::renew(tx, late));
    let lease = test.see(rollups::lease).expect("somebody builds");
    test.put(move |tx| rollups::renew(tx, late.plus_seconds(1)));
    assert!(!test.put(move |tx| rollups::give_up(tx, lease)), "its builder has written since");
    let lease = test.see(rollups::lease).expect("somebody builds");
    assert!(test.put(move |tx| rollups::give_up(tx, lease)));
    assert_eq!(test.see(rollups::head), Head { served: 4, building: None, whole_hours_from: 7 });
    assert_eq!(test.see(rollups::lease), None);
    assert!(!test.put(move |tx| rollups::give_up(tx, lease)), "nobody builds");
    assert_eq!(test.put(move |tx| rollups::begin(tx, early)), 12);
}

pub(super) fn states_come_back(place: &Place) {
    let test = place.open();
    let states: Vec<(i64, i64, Option<Vec<u8>>)> = (0..150).map(|id| (2, id, Some(vec![id as u8, 0, 255]))).collect();
    test.put(move |tx| {
        rollups::put_states(tx, 1, &states)?;
        rollups::put_states(tx, 1, &[(2, 3, Some(vec![7])), (2, 4, None), (3, 3, Some(Vec::new())), (2, 999, None)])
    });
    let ids = [3, 4, 5, 2_000].to_vec();
    let read = |kind: i64, ids: Vec<i64>| -> Vec<(i64, Vec<u8>)> {
        test.see(move |tx| {
            let mut found = Vec::new();
            rollups::states(tx, 1, kind, &ids, |id, body| {
                found.push((id, body.to_vec()));
                Ok(())
            })?;
            found.sort_unstable();
            Ok(found)
        })
    };
    assert_eq!(read(2, ids.clone()), [(3, vec![7]), (5, vec![5, 0, 255])]);
    assert_eq!((read(3, ids), read(1, vec![3])), (vec![(3, vec![])], vec![]));
    let all = test.see(|tx| {
        let mut ids = Vec::new();
        rollups::all_states(tx, 1, 2, |id, _| {
            ids.push(id);
            Ok(())
        })?;
        Ok(ids)
    });
    assert!(all.len() == 149 && all.is_sorted());
}

fn ticket(number: i64, channel: Channel) -> Conversation {
    Conversation { channel, ..rows::conversation(number) }
}

fn say(
    tx: &mut crate::Tx<'_>,
    number: i64,
    (conversation, chat): (i64, Option<i64>),
    (group_kind, kind): (GroupKind, MessageKind),
    author: Actor,
) -> Result<(), StoreError> {
    let (conversation, chat) = (ConversationId::from_i64(conversation), chat.map(ChatId::from_i64));
    let (group, status) = (GroupId::from_i64(number), GroupStatus::Visible);
    let moment = at(number * 60);
    let turn = MessageGroup { id: group, conversation, chat, kind: group_kind, status, author, created: moment, finished: moment };
    messages::insert_group(tx, &turn, number)?;
    let message = Message {
        id: MessageId::from_i64(number),
        conversation,
        chat,
        group,
        group_kind,
        kind,
        author,
        author_name: String::new(),
        at: moment,
        text: String::new(),
        attachment: None,
        tags: None,
    };
    messages::insert(tx, &StoredMessage { message, number, key: None })
}

pub(super) fn who_said_something_first(place: &Place) {
    let test = place.open();
    let customer = Actor::Customer(CustomerId::from_i64(1));
    test.put(move |tx| {
        departments::put(tx, &rows::department(DepartmentId::DEFAULT), at(0))?;
        customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(1), at(0)))?;
        (1..=3).try_for_each(|number| conversations::insert(tx, &rows::conversation(number)))?;
        say(tx, 4, (1, None), (GroupKind::Internal, MessageKind::Note), Actor::Agent(ANN))?;
        say(tx, 5, (1, None), (GroupKind::IncomingEmail, MessageKind::Message), customer)?;
        // She answers in a chat that the customer asked for: that is no beginning.
        say(tx, 7, (2, Some(30)), (GroupKind::Chat, MessageKind::Message), Actor::Agent(ANN))?;
        let chat = Chat::requested(NewChat {
            id: ChatId::from_i64(30),
            public_id: "c".to_owned(),
            conversation: ConversationId::from_i64(2),
            group: GroupId::from_i64(7),
            customer: CustomerId::from_i64(1),
            customer_name: String::new(),
            visit: None,
            department: DepartmentId::DEFAULT,
            started_by: StartedBy::Visitor,
            requested: at(420),
        });
        chats::insert(tx, &chat)?;
        say(tx, 9, (3, None), (GroupKind::OutgoingEmail, MessageKind::Message), Actor::Agent(ANN))
    });
    let first = |conversation, number| test.see(move |tx| changes::first_speaker(tx, ConversationId::from_i64(conversation), number));
    assert_eq!((first(1, 5), first(1, 6)), (None, Some(customer)));
    assert_eq!((first(2, 7), first(2, 8)), (None, Some(customer)));
    assert_eq!((first(3, 9), first(3, 10)), (None, Some(Actor::Agent(ANN))));
    test.put(|tx| {
        changes::moved(tx, ConversationId::from_i64(2), 20)?;
        tx.exec("UPDATE messages SET conversation_id = 3 WHERE conversation_id = 2", &[])?;
        tx.exec("UPDATE chats SET conversation_id = 3 WHERE conversation_id = 2", &[])
    });
    assert_eq!((first(2, 30), first(3, 30)), (Some(customer), Some(Actor::Agent(ANN))), "what was merged later was elsewhere then");
}

/// Entry `n` happens in minute `n`: a ticket that Ann answers and resolves, with a tag from the midst on; a chat that rings in vain, is joined by Ann,
/// handed on, ended and rated.
fn fill(tx: &mut crate::Tx<'_>) -> Result<(), StoreError> {
    let department = Department { name: "Support".to_owned(), ..rows::department(DepartmentId::DEFAULT) };
    departments::put(tx, &department, at(0))?;
    customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(1), at(0)))?;
    let place = |number: i64| Number { number, at: at(number * 60) };
    let customer = Actor::Customer(CustomerId::from_i64(1));
    let mut one = ticket(10, Channel::Email);
    conversations::insert(tx, &one)?;
    changes::started(tx, place(1), &one)?;
    say(tx, 2, (10, None), (GroupKind::IncomingEmail, MessageKind::Message), customer)?;
    changes::tags(tx, place(3), one.id, &[TagId::from_i64(5), TagId::from_i64(6)])?;
    one.status = Status::Answered;
    changes::status(tx, place(4), &one, Status::New, Actor::Agent(ANN))?;
    one.assigned = Some(ANN);
    changes::assigned(tx, place(5), &one, Actor::Agent(ANN))?;
    say(tx, 6, (10, None), (GroupKind::OutgoingEmail, MessageKind::File), Actor::Agent(ANN))?;
    one.status = Status::Resolved;
    changes::status(tx, place(7), &one, Status::Answered, Actor::System)?;

    let two = Conversation { status: Status::Chatting, ..ticket(20, Channel::Button) };
    conversations::insert(tx, &two)?;
    changes::started(tx, place(10), &two)?;
    say(tx, 11, (20, Some(30)), (GroupKind::Chat, MessageKind::Message), customer)?;
    let mut chat = Chat::requested(NewChat {
        id: ChatId::from_i64(30),
        public_id: "c".to_owned(),
        conversation: two.id,
        group: GroupId::from_i64(11),
        customer: CustomerId::from_i64(1),
        customer_name: String::new(),
        visit: None,
        department: DepartmentId::DEFAULT,
        started_by: StartedBy::Visitor,
        requested: at(11 * 60),
    });
    chats::insert(tx, &chat)?;
    let offer = Offer {
        id: OfferId::from_i64(1),
        chat: chat.id,
        conversation: two.id,
        agent: ANN,
        offered: at(12 * 60),
        expires: at(13 * 60),
        outcome: None,
    };
    offers::insert(tx, &offer)?;
    offers::close(tx, offer.id, OfferOutcome::Expired, at(13 * 60))?;
    let engagement = Engagement {
        id: EngagementId::from_i64(1),
        chat: chat.id,
        conversation: two.id,
        agent: ANN,
        department: DepartmentId::DEFAULT,
        ordinal: 1,
        start: EngagementStart::Visitor,
        assigned: false,
        joined: at(14 * 60),
        left: None,
        visitor_messages: 0,
        agent_messages: 0,
        responses: Responses::default(),
        skills_fulfilled: false,
    };
    engagements::insert(tx, &engagement, 14)?;
    say(tx, 15, (20, Some(30)), (GroupKind::Chat, MessageKind::Message), Actor::Agent(ANN))?;
    say(tx, 16, (20, Some(30)), (GroupKind::Internal, MessageKind::Note), Actor::Agent(ANN))?;
    say(tx, 17, (20, Some(30)), (GroupKind::Chat, MessageKind::End), customer)?;
    engagements::leave(tx, engagement.id, at(17 * 60), 17)?;
    chat.joined_ever = true;
    chat.end(EndReason::Visitor, at(17 * 60));
    chat.rating = Some(Rating::Good);
    chat.rated = Some(at(18 * 60));
    chats::update(tx, &chat)?;
    say(tx, 18, (20, Some(30)), (GroupKind::Chat, MessageKind::PositiveRating), customer)?;
    changes::agent_status(tx, place(1), ANN, AgentStatus::ONLINE)?;
    changes::agent_status(tx, place(20), ANN, AgentStatus::OFFLINE)
}

fn counted(test: &TestDb) -> Sums {
    test.see(|tx| reports(tx, at(0), at(86_400)))
}

/// A number of the whole hour.
fn number(sums: &Sums, dimension: Dimension, member: i64, measure: Measure) -> i64 {
    sums.iter().filter(|(key, _)| (key.0, key.1, key.3) == (dimension, member, measure)).map(|(_, number)| number).sum()
}

pub(super) fn rows_tell_what_reports_show(place: &Place) {
    let test = place.open();
    test.put(fill);
    let sums = counted(&test);
    const MINUTE: i64 = 60_000_000;
    for (measure, account, agent) in [
        (Measure::CreatedTickets, 2, 0),
        (Measure::IncomingMessages, 1, 0),
        (Measure::Answers, 1, 1),
        (Measure::NewAnswers, 1, 1),
        (Measure::NewAnswerTime, 3 * MINUTE, 3 * MINUTE),
        (Measure::NewAnswerTimeSla, 3 * MINUTE, 3 * MINUTE),
        (Measure::NextAnswers, 0, 0),
        (Measure::FirstAssigns, 1, 1),
        (Measure::FirstAssignTime, 4 * MINUTE, 4 * MINUTE),
        (Measure::ResolvedTickets, 1, 0),
        (Measure::FirstResolves, 1, 0),
        (Measure::FirstResolveTime, 6 * MINUTE, 0),
        (Measure::IncomingChats, 1, 0),
        (Measure::MissedChats, 1, 1),
        (Measure::Chats, 1, 1),
        (Measure::ChatPickups, 1, 1),
        (Measure::ChatPickupTimes, 1, 1),
        (Measure::ChatPickupTime, 2 * MINUTE, 2 * MINUTE),
        (Measure::ChatTimes, 1, 1),
        (Measure::ChatTime, 3 * MINUTE, 3 * MINUTE),
        (Measure::ChatAnswers, 1, 1),
        (Measure::Notes, 1, 1),
        (Measure::FinishedChats, 1, 1),
        (Measure::UnansweredChats, 0, 0),
        (Measure::Rewards, 1, 1),
        (Measure::Punishments, 0, 0),
        (Measure::NotRanked, 0, 0),
        (Measure::WorkTime, 19 * MINUTE, 19 * MINUTE),
    ] {
        let of = (number(&sums, Dimension::Account, 0, measure), number(&sums, Dimension::Agent, ANN.get(), measure));
        assert_eq!(of, (account, agent), "{measure:?}");
    }
    assert_eq!(number(&sums, Dimension::Tag, 5, Measure::Answers), 1);
    assert_eq!(number(&sums, Dimension::Tag, 6, Measure::IncomingMessages), 0, "it came before the tag");
    assert_eq!(number(&sums, Dimension::Channel, i64::from(b'B'), Measure::Rewards), 1);
    assert_eq!(number(&sums, Dimension::Department, DepartmentId::DEFAULT.get(), Measure::ChatTime), 3 * MINUTE);
    assert_eq!(sums[&(Dimension::Account, 0, 0, Measure::WorkTime)], 14 * MINUTE, "cut at the quarter");
    let part = test.see(|tx| reports(tx, at(900), at(1_800)));
    assert!(part.keys().all(|key| key.2 == 1) && number(&part, Dimension::Account, 0, Measure::Rewards) == 1, "{part:?}");
}

pub(super) fn what_was_merged_counts_where_it_was(place: &Place) {
    let test = place.open();
    test.put(fill);
    let before = counted(&test);
    test.put(|tx| {
        let (from, into) = (ConversationId::from_i64(20), ConversationId::from_i64(10));
        changes::moved(tx, from, 19)?;
        crate::tables::merging::move_all(tx, from, into, crate::tables::merging::Browsers::Same)
    });
    assert_eq!(counted(&test), before);
    assert_eq!(test.see(untold), 0);
    test.put(|tx| conversations::insert(tx, &ticket(40, Channel::Form)));
    assert_eq!(test.see(untold), 1, "of this one no row says how it began");
}
