//! Small histories, their figures stated by hand.

mod histories;
mod keeping;
mod scene;

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::call::{CallState, Direction};
use deskbell_domain::chat::{ChatState, OfferOutcome};
use deskbell_domain::conversation::Status;
use deskbell_domain::ids::DepartmentId;

use super::*;
use crate::error::Kind;
use scene::*;

#[test]
fn tickets_wait_while_they_are_new_or_open() {
    let scene = Scene::begin();
    // Minutes after eight.
    scene.tell([
        (0, started(1, SALES, Status::New)),
        (15, started(2, SUPPORT, Status::Init)),
        (20, status(2, Status::New)),
        (30, assigned(1, SALES, Some(ANN))),
        (45, status(1, Status::Answered)),
        (75, status(1, Status::Open)),
        (90, assigned(1, SUPPORT, Some(BEN))),
        (100, status(2, Status::Spam)),
        (120, status(1, Status::Chatting)),
    ]);
    // The desk: one from 0, two from 20 to 45, one to 75, two to 100, one to 120.
    let all = scene.load(Medium::Tickets, EVERYONE, &[0, 60, 120, 180]);
    assert_eq!(all[0].queue, level((20 + 2 * 25 + 15) as f64 / 60.0, 2, 1));
    assert_eq!(all[1].queue, level((15 + 2 * 25 + 20) as f64 / 60.0, 2, 1));
    assert_eq!(all[2].queue, level(0.0, 0, 0));
    // Somebody works on the first one from 30 to 45 and from 75 on.
    assert_eq!(all[0].service, level(0.25, 1, 0));
    assert_eq!(all[1].service, level(0.75, 1, 0));
    assert_eq!(all[0].slots, level(0.0, 0, 0), "nobody was there");
    let sales = scene.load(Medium::Tickets, of(SALES), &[0, 60, 120]);
    assert_eq!((sales[0].queue, sales[1].queue), (level(0.75, 1, 0), level(0.25, 1, 0)));
    let support = scene.load(Medium::Tickets, of(SUPPORT), &[0, 60, 120]);
    assert_eq!((support[0].queue, support[1].queue), (level(40.0 / 60.0, 1, 0), level((30 + 2 * 10 + 20) as f64 / 60.0, 2, 1)));
    for (scope, wanted) in [
        (by(ANN), [level(0.25, 1, 0), level(0.25, 1, 0)]),
        (by(BEN), [level(0.0, 0, 0), level(0.5, 1, 0)]),
        (both(SALES, ANN), [level(0.25, 1, 0), level(0.25, 1, 0)]),
        (both(SUPPORT, BEN), [level(0.0, 0, 0), level(0.5, 1, 0)]),
        (both(SUPPORT, ANN), [level(0.0, 0, 0), level(0.0, 0, 0)]),
    ] {
        let loads = scene.load(Medium::Tickets, scope, &[0, 60, 120]);
        assert_eq!([loads[0].queue, loads[1].queue], wanted, "{scope:?}");
        assert_eq!([loads[0].service, loads[1].service], wanted, "{scope:?}");
    }
    scene.is_verified();
}

#[test]
fn a_ticket_that_went_into_another_waits_no_more() {
    let scene = Scene::begin();
    scene.tell([(0, started(1, SALES, Status::New)), (0, started(2, SALES, Status::Open)), (30, merged(1, 2)), (45, merged(2, 1))]);
    let loads = scene.load(Medium::Tickets, of(SALES), &[0, 60]);
    assert_eq!(loads[0].queue, level((2 * 30 + 15) as f64 / 60.0, 2, 0));
    assert_eq!(scene.standing(Medium::Tickets, EVERYONE).queue, 0);
    scene.is_verified();
}

#[test]
fn chats_wait_until_they_ring_and_are_served_until_all_have_left() {
    let scene = Scene::begin();
    scene.tell([
        (6, requested(1, SALES)),
        // Two of one moment: neither was alone.
        (12, requested(2, SALES)),
        (12, requested(3, SUPPORT)),
        (18, offered(1, ANN)),
        (21, closed(1, ANN, OfferOutcome::Expired, ChatState::Queued)),
        (24, offered(1, ANN)),
        (24, closed(1, ANN, OfferOutcome::Accepted, ChatState::Offered)),
        (24, joined(1, ANN)),
        (30, joined(1, BEN)),
        (36, left(1, ANN, ChatState::Served)),
        (42, ended(3, SUPPORT)),
        (48, handed(1, SUPPORT, None, ChatState::Queued)),
        (48, left(1, BEN, ChatState::Queued)),
        (54, ended(1, SUPPORT)),
        (54, ended(2, SALES)),
    ]);
    // Queue: none until 6, one to 12, three to 18, two to 21, three to 24, two to 42, one to 48, two to 54, none.
    let all = scene.load(Medium::Chats, EVERYONE, &[0, 60]);
    assert_eq!(all[0].queue, level((6 + 3 * 6 + 2 * 3 + 3 * 3 + 2 * 18 + 6 + 2 * 6) as f64 / 60.0, 3, 0));
    assert_eq!(all[0].service, level(24.0 / 60.0, 1, 0));
    let sales = scene.load(Medium::Chats, of(SALES), &[0, 60]);
    assert_eq!(sales[0].queue, level((6 + 12 + 3 + 6 + 30) as f64 / 60.0, 2, 0));
    let support = scene.load(Medium::Chats, of(SUPPORT), &[0, 60]);
    assert_eq!(support[0].queue, level((30 + 6) as f64 / 60.0, 1, 0));
    assert_eq!(support[0].service, level(0.0, 0, 0), "it was handed over and left within one moment");
    for (scope, minutes) in [(by(ANN), 12.0), (by(BEN), 18.0), (both(SALES, BEN), 18.0), (both(SUPPORT, BEN), 0.0)] {
        let load = scene.load(Medium::Chats, scope, &[0, 60])[0];
        assert_eq!(load.service, level(minutes / 60.0, i64::from(minutes > 0.0), 0), "{scope:?}");
        assert_eq!(load.queue, level(0.0, 0, 0), "a chat that waits is nobody's");
    }
    scene.is_verified();
}

#[test]
fn a_chat_that_was_handed_to_an_agent_waits_for_him() {
    let scene = Scene::begin();
    scene.tell([
        (0, requested(1, SALES)),
        (15, handed(1, SALES, Some(ANN), ChatState::Queued)),
        (30, offered(1, ANN)),
        (33, closed(1, ANN, OfferOutcome::Declined, ChatState::Queued)),
        (45, handed(1, SUPPORT, Some(BEN), ChatState::Queued)),
        (60, joined(1, ANN)),
        (75, left(1, ANN, ChatState::Queued)),
    ]);
    let queue = |scope| scene.load(Medium::Chats, scope, &[0, 60, 90]).into_iter().map(|load| load.queue).collect::<Vec<_>>();
    assert_eq!(queue(both(SALES, ANN)), [level(0.25, 1, 0), level(0.0, 0, 0)]);
    assert_eq!(queue(by(BEN)), [level(0.25, 1, 0), level(0.0, 0, 0)]);
    assert_eq!(queue(EVERYONE), [level(57.0 / 60.0, 1, 0), level(0.5, 1, 0)]);
    scene.is_verified();
}

#[test]
fn calls_wait_ring_and_talk() {
    let scene = Scene::begin();
    scene.tell([
        (0, called(1, SALES, Direction::Incoming)),
        (10, rang(1, ANN, CallState::Ringing)),
        (20, ring_closed(1, ANN, OfferOutcome::Expired, CallState::Queued)),
        (30, answered(1, BEN, CallState::Talking)),
        (35, held(1, BEN, true)),
        (40, rang(1, ANN, CallState::Talking)),
        (45, answered(1, ANN, CallState::Talking)),
        (50, leg_left(1, BEN, CallState::Talking)),
        (60, leg_left(1, ANN, CallState::Ended)),
        (60, call_ended(1, SALES)),
        // It rings outside, and nobody of the desk is waited for.
        (60, called(2, SUPPORT, Direction::Outgoing)),
        (75, answered(2, BEN, CallState::Talking)),
        (90, call_transferred(2, SALES, Some(ANN), CallState::Queued)),
        (90, leg_left(2, BEN, CallState::Queued)),
        (105, leg_left(2, ANN, CallState::Ended)),
        (105, call_ended(2, SALES)),
    ]);
    let all = scene.load(Medium::Calls, EVERYONE, &[0, 60, 120]);
    assert_eq!((all[0].queue, all[0].service), (level(20.0 / 60.0, 1, 0), level(0.5, 1, 0)));
    assert_eq!((all[1].queue, all[1].service), (level(0.25, 1, 0), level(0.25, 1, 0)));
    let sales = scene.load(Medium::Calls, of(SALES), &[0, 60, 120]);
    assert_eq!((sales[1].queue, sales[1].service), (level(0.25, 1, 0), level(0.0, 0, 0)));
    let ann = scene.load(Medium::Calls, by(ANN), &[0, 60, 120]);
    assert_eq!((ann[0].service, ann[1].queue), (level(0.25, 1, 0), level(0.25, 1, 0)));
    let ben = scene.load(Medium::Calls, both(SUPPORT, BEN), &[0, 60, 120]);
    assert_eq!((ben[0].service, ben[1].service), (level(0.0, 0, 0), level(0.25, 1, 0)));
    scene.is_verified();
}

#[test]
fn who_is_there_and_how_much_he_can_take() {
    let scene = Scene::begin();
    let all = AgentStatus::ONLINE.with(AgentStatus::PHONE);
    scene.tell([
        (0, agent(ANN, 3, true)),
        (0, agent(BEN, 2, true)),
        (0, member(SALES, ANN, true)),
        (0, member(SUPPORT, BEN, true)),
        (10, online(ANN, all)),
        (20, online(BEN, AgentStatus::ONLINE)),
        (30, agent(ANN, 5, true)),
        (40, online(ANN, AgentStatus::AWAY)),
        (50, agent(BEN, 2, false)),
        (60, member(SUPPORT, ANN, true)),
        (70, online(ANN, all)),
        (80, department(SUPPORT, false)),
        (90, member(SALES, ANN, false)),
        (100, department(SUPPORT, true)),
        (110, online(ANN, AgentStatus::OFFLINE)),
    ]);
    let edges = [0, 60, 120];
    let slots = |medium, scope| scene.load(medium, scope, &edges).into_iter().map(|load| load.slots).collect::<Vec<_>>();
    // Chats: Ann's 3 from 10, 5 from 30 to 40; Ben's 2 from 20 to 50.
    assert_eq!(slots(Medium::Chats, EVERYONE), [level((3 * 20 + 5 * 10 + 2 * 30) as f64 / 60.0, 7, 0), level(5.0 * 40.0 / 60.0, 5, 0)]);
    assert_eq!(slots(Medium::Chats, of(SALES)), [level(110.0 / 60.0, 5, 0), level(5.0 * 20.0 / 60.0, 5, 0)]);
    // Switched off from 80 to 100.
    assert_eq!(slots(Medium::Chats, of(SUPPORT)), [level(1.0, 2, 0), level(5.0 * 20.0 / 60.0, 5, 0)]);
    assert_eq!(slots(Medium::Tickets, EVERYONE), [level((50 + 30) as f64 / 60.0, 2, 0), level(50.0 / 60.0, 1, 0)]);
    assert_eq!(slots(Medium::Calls, EVERYONE), [level(0.5, 1, 0), level(40.0 / 60.0, 1, 0)]);
    assert_eq!(slots(Medium::Calls, both(SALES, ANN)), [level(0.5, 1, 0), level(20.0 / 60.0, 1, 0)]);
    assert_eq!(slots(Medium::Tickets, by(BEN)), [level(0.5, 1, 0), level(0.0, 0, 0)]);

    let available = |medium, scope| scene.availability(medium, scope, &edges);
    assert_eq!(available(Medium::Chats, EVERYONE), [40 * MINUTE, 40 * MINUTE]);
    assert_eq!(available(Medium::Tickets, EVERYONE), [50 * MINUTE, 50 * MINUTE]);
    assert_eq!(available(Medium::Calls, EVERYONE), [30 * MINUTE, 40 * MINUTE]);
    assert_eq!(available(Medium::Chats, of(SUPPORT)), [30 * MINUTE, 20 * MINUTE]);
    assert_eq!(available(Medium::Chats, both(SUPPORT, ANN)), [0, 20 * MINUTE]);

    let presences = |medium, scope| scene.presences(medium, scope, (0, 120));
    let was = |agent, department, from, until| Presence { agent, department, from: at(from), until: Some(at(until)) };
    assert_eq!(
        presences(Medium::Calls, EVERYONE),
        [was(ANN, SALES, 10, 40), was(ANN, SUPPORT, 70, 80), was(ANN, SALES, 70, 90), was(ANN, SUPPORT, 100, 110)]
    );
    assert_eq!(presences(Medium::Chats, of(SUPPORT)), [was(BEN, SUPPORT, 20, 50), was(ANN, SUPPORT, 70, 80), was(ANN, SUPPORT, 100, 110)]);
    assert_eq!(presences(Medium::Tickets, both(SALES, ANN)), [was(ANN, SALES, 10, 90)], "away is there for tickets");
    assert_eq!(presences(Medium::Chats, both(SALES, BEN)), []);
    scene.is_verified();
}

#[test]
fn slots_are_those_that_routing_goes_by() {
    let scene = Scene::begin();
    let settings = |slots_for_all| deskbell_domain::event::Event::SettingsChanged { slots_for_all };
    scene.tell([
        (0, agent(ANN, 3, true)),
        (0, agent(BEN, 2, true)),
        (0, member(SALES, ANN, true)),
        (0, online(ANN, AgentStatus::ONLINE)),
        (0, online(BEN, AgentStatus::ONLINE)),
        // An agent's own number counts from the moment it changes.
        (15, agent(ANN, 5, true)),
        // One number for all, whatever each one's own is, also one that changes meanwhile; then each his own again.
        (60, settings(Some(7))),
        (75, agent(BEN, 1, true)),
        (90, settings(Some(7))),
        (120, settings(None)),
    ]);
    let slots = |scope| scene.load(Medium::Chats, scope, &[0, 15, 60, 120, 180]).into_iter().map(|load| load.slots).collect::<Vec<_>>();
    let steady = |slots: i64| level(slots as f64, slots, slots);
    assert_eq!(slots(EVERYONE)[1..], [steady(7), steady(14), steady(6)]);
    assert_eq!(slots(of(SALES))[1..], [steady(5), steady(7), steady(5)]);
    assert_eq!(slots(by(BEN))[1..], [steady(2), steady(7), steady(1)]);
    assert_eq!(scene.load(Medium::Calls, EVERYONE, &[15, 60])[0].slots, scene.load(Medium::Calls, EVERYONE, &[60, 120])[0].slots);
    scene.is_verified();
}

#[test]
fn one_without_slots_is_there_and_takes_nothing() {
    let scene = Scene::begin();
    scene.tell([(0, agent(ANN, 0, true)), (0, member(SALES, ANN, true)), (0, online(ANN, AgentStatus::ONLINE))]);
    assert_eq!(scene.load(Medium::Chats, of(SALES), &[0, 60])[0].slots, level(0.0, 0, 0));
    assert_eq!(scene.availability(Medium::Chats, of(SALES), &[0, 60]), [60 * MINUTE]);
    let open = Presence { agent: ANN, department: SALES, from: at(0), until: None };
    assert_eq!(scene.presences(Medium::Chats, EVERYONE, (60, 120)), [open], "while it lasts it has no end");
    assert_eq!(scene.presences(Medium::Chats, EVERYONE, (-60, 0)), []);
    scene.is_verified();
}

#[test]
fn presences_come_in_pages() {
    let scene = Scene::begin();
    let mut events = vec![(0, member(SALES, ANN, true)), (0, member(SALES, BEN, true)), (0, member(SUPPORT, BEN, true))];
    for minute in (0..60).step_by(10) {
        events.push((minute, online(ANN, AgentStatus::ONLINE)));
        events.push((minute + 1, online(BEN, AgentStatus::ONLINE)));
        events.push((minute + 5, online(ANN, AgentStatus::OFFLINE)));
        events.push((minute + 6, online(BEN, AgentStatus::OFFLINE)));
    }
    scene.tell(events);
    for scope in [EVERYONE, of(SALES), by(BEN), both(SALES, BEN)] {
        let whole = scene.presences(Medium::Chats, scope, (13, 52));
        assert!(whole.is_sorted_by_key(|presence| (presence.from, presence.agent, presence.department)));
        assert!(whole.iter().all(|presence| presence.from < at(52) && presence.until.is_some_and(|until| until > at(13))));
        for rows in [1, 2, 5, 100] {
            let mut paged = Vec::new();
            loop {
                let skip = paged.len() as i64;
                let page = scene.see(move |tx| presences(tx, Medium::Chats, scope, at(13), at(52), skip, rows));
                if page.is_empty() {
                    break;
                }
                paged.extend(page);
            }
            assert_eq!(paged, whole, "{scope:?} by {rows}");
        }
    }
    // Five times each, in one and in two departments; of those of minutes 10 and 11, all still last at 13.
    assert_eq!(scene.presences(Medium::Chats, EVERYONE, (13, 52)).len(), 5 * 3);
    assert_eq!(scene.presences(Medium::Chats, by(BEN), (17, 20)), []);
    assert_eq!(scene.presences(Medium::Chats, by(BEN), (20, 13)), []);
    assert_eq!(scene.see(|tx| presences(tx, Medium::Chats, EVERYONE, at(0), at(60), -5, -1)), []);
    assert_eq!(scene.see(|tx| presences(tx, Medium::Chats, EVERYONE, at(0), at(60), i64::MAX, i64::MAX)), []);
}

#[test]
fn what_is_to_come_and_what_was_before_is_zero() {
    let scene = Scene::begin();
    scene.tell([(0, started(1, SALES, Status::New)), (0, started(2, SALES, Status::New))]);
    let loads = |now| scene.see(move |tx| load(tx, Medium::Tickets, EVERYONE, &[-120, -60, 0, 60, 120].map(at), at(now)));
    let zero = level(0.0, 0, 0);
    let queues = |now| loads(now).into_iter().map(|load| load.queue).collect::<Vec<_>>();
    // An hour that is not over is what was of it.
    assert_eq!(queues(30), [zero, zero, level(2.0, 2, 2), zero]);
    assert_eq!(queues(90), [zero, zero, level(2.0, 2, 2), level(2.0, 2, 2)]);
    assert_eq!(queues(0), [zero; 4]);
    // A clock that was set back takes nothing away that was written.
    scene.tell([(75, status(2, Status::Answered))]);
    assert_eq!(queues(10), [zero, zero, level(2.0, 2, 2), level(2.0, 2, 2)]);
    let both = |now| scene.see(move |tx| load(tx, Medium::Tickets, EVERYONE, &[0, 120].map(at), at(now)))[0].queue;
    assert_eq!(both(120), level((2 * 75 + 45) as f64 / 120.0, 2, 1));
    assert_eq!(both(90), level((2 * 75 + 15) as f64 / 90.0, 2, 1));
}

#[test]
fn edges_are_bounded_and_go_forward() {
    let scene = Scene::begin();
    scene.tell([(0, started(1, SALES, Status::New)), (20, status(1, Status::Answered))]);
    let ask = |edges: Vec<Timestamp>| scene.try_see(move |tx| load(tx, Medium::Tickets, of(SALES), &edges, at(10_000)));
    assert_eq!(ask(Vec::new()).unwrap(), []);
    assert_eq!(ask(vec![at(0)]).unwrap(), []);
    assert_eq!(ask(vec![at(0), at(0)]).unwrap(), [Load::default()]);
    assert_eq!(ask(vec![at(60), at(0)]).unwrap_err().kind, Kind::Invalid);
    let hours = |count: i64| (0..count).map(|hour| at(hour * 60)).collect::<Vec<_>>();
    assert_eq!(ask(hours(EDGES_MAX as i64 + 1)).unwrap_err().kind, Kind::Invalid);
    // More than ten years by hour.
    let loads = ask(hours(EDGES_MAX as i64)).unwrap();
    assert_eq!(loads.len(), EDGES_MAX - 1);
    assert_eq!((loads[0].queue, loads[1].queue), (level(20.0 / 60.0, 1, 0), level(0.0, 0, 0)));
    // Within a quarter hour: its beginning.
    let within = ask(vec![at(7), at(14), at(16), at(31)]).unwrap();
    assert_eq!(within.iter().map(|load| load.queue).collect::<Vec<_>>(), [level(0.0, 0, 0), level(1.0, 1, 1), level(5.0 / 15.0, 1, 0)]);
    for edges in [vec![Timestamp::from_micros(i64::MIN / 2), at(60)], vec![at(0), Timestamp::from_micros(i64::MAX / 2)]] {
        assert_eq!(ask(edges).unwrap()[0].queue.max, 1);
    }
}

#[test]
fn what_held_for_no_time_is_neither_highest_nor_lowest() {
    let scene = Scene::begin();
    scene.tell([
        (0, requested(1, SALES)),
        (0, offered(1, ANN)),
        (7, requested(2, SALES)),
        (7, ended(2, SALES)),
        // At the very end of the hour, and at the beginning of the next one.
        (60, requested(3, SALES)),
        (75, ended(3, SALES)),
    ]);
    let queues: Vec<Level> = scene.load(Medium::Chats, EVERYONE, &[0, 60, 75, 120]).into_iter().map(|load| load.queue).collect();
    assert_eq!(queues, [level(0.0, 0, 0), level(1.0, 1, 1), level(0.0, 0, 0)]);
}

#[test]
fn hours_of_zones_with_quarters_add_up() {
    let scene = Scene::begin();
    scene.tell([(1, requested(1, SALES)), (50, requested(2, SALES)), (100, ended(1, SALES)), (101, ended(2, SALES))]);
    // As in Kathmandu, 5:45 ahead.
    let shifted = scene.load(Medium::Chats, EVERYONE, &[-45, 15, 75, 135]);
    assert_eq!(shifted[0].queue, level(14.0 / 60.0, 1, 0));
    assert_eq!(shifted[1].queue, level((35 + 2 * 25) as f64 / 60.0, 2, 1));
    assert_eq!(shifted[2].queue, level((2 * 25 + 1) as f64 / 60.0, 2, 0));
    assert_eq!(Grain::Quarter.micros(), 15 * MINUTE);
}

#[test]
fn what_began_before_the_journal_counts_for_nothing() {
    let scene = Scene::begin();
    scene.tell([
        (0, status(1, Status::Open)),
        (0, assigned(1, SALES, Some(ANN))),
        (1, offered(1, ANN)),
        (2, joined(1, ANN)),
        (3, ended(1, SALES)),
        (3, answered(1, ANN, CallState::Talking)),
        (4, call_ended(1, SALES)),
    ]);
    for medium in Medium::ALL {
        assert!(scene.standing(medium, EVERYONE).is_zero());
    }
    assert_eq!(scene.standing(Medium::Tickets, of(DepartmentId::DEFAULT)), Standing::default());
    scene.is_verified();
}
