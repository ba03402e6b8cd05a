//! Calls, and times in business hours, counted again from rows; and what is remembered of calls and levels before a number of the journal.

use super::{Place, TestDb, at, rows};
use crate::Tx;
use crate::error::StoreError;
use crate::recount::reports::{Sums, reports, untold};
use crate::tables::changes::{self, Place as Number};
use crate::tables::{call_legs, call_rings, calls, conversations, customers, departments, sla};
use deskbell_domain::call::{Call, CallOutcome, CallState, Direction, Leg, Ring};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CallId, CallLegId, ConversationId, CustomerId, DepartmentId, GroupId, RingId, SlaLevelId, TagId};
use deskbell_domain::measure::{Dimension, Measure};
use deskbell_domain::message::Actor;

const ANN: AgentId = AgentId::from_i64(71);
const BEN: AgentId = AgentId::from_i64(72);
const CUSTOMER: CustomerId = CustomerId::from_i64(1);
const SALES: DepartmentId = DepartmentId::from_i64(7);
const LEVEL: SlaLevelId = SlaLevelId::from_i64(9);
const TAG: TagId = TagId::from_i64(5);
const MINUTE: i64 = 60_000_000;

/// A desk whose journal has an entry for every row that is written: entry `n` is of the row that was written before it.
struct Scene(TestDb);

impl Scene {
    fn begin(place: &Place) -> Scene {
        let test = place.open();
        test.put(|tx| {
            for id in [DepartmentId::DEFAULT, SALES] {
                departments::put(tx, &rows::department(id), at(0))?;
            }
            customers::insert(tx, &Customer::anonymous(CUSTOMER, at(0)))
        });
        Scene(test)
    }

    /// Writes a row in a minute, and the entry it is of; returns the entry's number.
    fn write(&self, minute: i64, row: impl FnOnce(&mut Tx<'_>, Number) -> Result<(), StoreError> + Send + 'static) -> i64 {
        let moment = at(minute * 60);
        self.0.put(move |tx| {
            let number = tx.head()? + 1;
            row(tx, Number { number, at: moment })?;
            tx.append(moment, Event::SettingsChanged { slots_for_all: None })
        })
    }

    fn conversation(&self, minute: i64, number: i64, status: Status) -> Conversation {
        let conversation = Conversation {
            status,
            channel: Channel::Call,
            created: at(minute * 60),
            changed: at(minute * 60),
            ..rows::conversation(number)
        };
        let row = conversation.clone();
        self.write(minute, move |tx, place| {
            conversations::insert(tx, &row)?;
            changes::started(tx, place, &row)
        });
        conversation
    }

    /// A call that begins in a conversation of its own, of the same number.
    fn call(&self, minute: i64, number: i64, direction: Direction, caller: Option<AgentId>) -> Call {
        self.conversation(minute, number, Status::Calling);
        let call = Call {
            id: CallId::from_i64(100 + number),
            conversation: ConversationId::from_i64(number),
            group: GroupId::from_i64(200 + number),
            direction,
            customer: CUSTOMER,
            caller,
            department: DepartmentId::DEFAULT,
            number: String::new(),
            state: CallState::Queued,
            started: at(minute * 60),
            waiting_since: at(minute * 60),
            answered: None,
            ended: None,
            outcome: None,
            before: None,
            assigned_before: None,
        };
        let row = call.clone();
        self.write(minute, move |tx, _| calls::insert(tx, &row));
        call
    }

    fn rings(&self, minute: i64, call: &Call, agent: AgentId, id: i64) -> i64 {
        let (rang, expires) = (at(minute * 60), at(minute * 60 + 30));
        let ring = Ring { id: RingId::from_i64(id), call: call.id, agent, rang, expires, outcome: None };
        self.write(minute, move |tx, _| call_rings::insert(tx, &ring))
    }

    fn rang(&self, minute: i64, id: i64, outcome: OfferOutcome) {
        self.write(minute, move |tx, place| call_rings::close(tx, RingId::from_i64(id), outcome, place.at));
    }

    fn talks(&self, minute: i64, call: &Call, agent: AgentId, id: i64) -> Leg {
        let leg = Leg {
            id: CallLegId::from_i64(id),
            call: call.id,
            agent,
            department: call.department,
            began: at(minute * 60),
            ended: None,
            held_since: None,
            held_micros: 0,
        };
        let row = leg.clone();
        self.write(minute, move |tx, _| call_legs::insert(tx, &row));
        leg
    }

    fn leaves(&self, minute: i64, leg: &Leg) -> i64 {
        let mut leg = leg.clone();
        leg.end(at(minute * 60));
        self.write(minute, move |tx, _| call_legs::update(tx, &leg))
    }

    fn ends(&self, minute: i64, call: &Call, outcome: CallOutcome) -> i64 {
        let mut call = call.clone();
        (call.state, call.ended, call.outcome) = (CallState::Ended, Some(at(minute * 60)), Some(outcome));
        self.write(minute, move |tx, _| calls::update(tx, &call))
    }

    fn counted(&self) -> Sums {
        self.0.see(|tx| reports(tx, at(0), at(86_400)))
    }

    fn untold(&self) -> i64 {
        self.0.see(untold)
    }
}

/// A number of the whole day.
fn number(sums: &Sums, dimension: Dimension, member: i64, measure: Measure) -> i64 {
    sums.iter().filter(|(key, _)| (key.0, key.1, key.3) == (dimension, member, measure)).map(|(_, number)| number).sum()
}

/// A call that rings in vain at Ann, is answered by Ben, tagged, and handed on to sales, where Ann answers it.
fn handed_on(scene: &Scene) -> Call {
    let mut call = scene.call(1, 10, Direction::Incoming, None);
    scene.rings(2, &call, ANN, 1);
    scene.rang(3, 1, OfferOutcome::Expired);
    scene.rings(4, &call, BEN, 2);
    scene.rang(5, 2, OfferOutcome::Accepted);
    let ben = scene.talks(5, &call, BEN, 1);
    scene.write(6, |tx, place| changes::tags(tx, place, ConversationId::from_i64(10), &[TAG]));
    scene.leaves(7, &ben);
    call.department = SALES;
    let row = call.clone();
    scene.write(8, move |tx, place| {
        calls::update(tx, &row)?;
        calls::transferred(tx, row.id, (place.number, place.at), DepartmentId::DEFAULT, SALES)
    });
    scene.rings(9, &call, ANN, 3);
    scene.rang(10, 3, OfferOutcome::Accepted);
    let ann = scene.talks(10, &call, ANN, 2);
    scene.leaves(13, &ann);
    scene.ends(13, &call, CallOutcome::Finished);
    call
}

pub(super) fn calls_are_counted_from_rows(place: &Place) {
    let scene = Scene::begin(place);
    let moved = handed_on(&scene).id;
    let out = scene.call(14, 20, Direction::Outgoing, Some(ANN));
    let changed = |call| scene.0.see(move |tx| calls::changed_department(tx, call));
    assert_eq!((changed(moved), changed(out.id)), (true, false));
    let leg = scene.talks(15, &out, ANN, 3);
    scene.leaves(19, &leg);
    scene.ends(19, &out, CallOutcome::Finished);
    let vain = scene.call(20, 30, Direction::Outgoing, Some(BEN));
    scene.ends(21, &vain, CallOutcome::Abandoned);
    let inner = scene.call(22, 40, Direction::Internal, Some(ANN));
    scene.rings(22, &inner, BEN, 4);
    scene.rang(23, 4, OfferOutcome::Accepted);
    let legs = [scene.talks(23, &inner, ANN, 4), scene.talks(23, &inner, BEN, 5)];
    for leg in &legs {
        scene.leaves(25, leg);
    }
    scene.ends(25, &inner, CallOutcome::Finished);
    let spoken = scene.call(26, 50, Direction::Incoming, None);
    scene.rings(26, &spoken, BEN, 5);
    scene.rang(27, 5, OfferOutcome::Declined);
    scene.ends(28, &spoken, CallOutcome::Voicemail);
    let given_up = scene.call(29, 60, Direction::Incoming, None);
    scene.ends(29, &given_up, CallOutcome::Abandoned);

    let sums = scene.counted();
    let of = |dimension, member: i64, measure| number(&sums, dimension, member, measure);
    // Of the desk, Ann, Ben, the default department, and sales.
    for (measure, wanted) in [
        (Measure::IncomingCalls, [3, 0, 0, 3, 0]),
        (Measure::MissedCalls, [1, 1, 0, 1, 0]),
        (Measure::Calls, [1, 0, 1, 1, 0]),
        (Measure::CallPickupTimes, [1, 0, 1, 1, 0]),
        (Measure::CallPickupTime, [3 * MINUTE, 0, 3 * MINUTE, 3 * MINUTE, 0]),
        (Measure::CallTimes, [2, 1, 1, 1, 1]),
        (Measure::CallTime, [5 * MINUTE, 3 * MINUTE, 2 * MINUTE, 2 * MINUTE, 3 * MINUTE]),
        (Measure::FinishedCalls, [1, 1, 0, 0, 1]),
        (Measure::Voicemails, [1, 0, 1, 1, 0]),
        (Measure::UnansweredCalls, [1, 0, 0, 1, 0]),
        (Measure::OutgoingCalls, [2, 1, 1, 2, 0]),
        (Measure::OutgoingCallTimes, [1, 1, 0, 1, 0]),
        (Measure::OutgoingCallTime, [4 * MINUTE, 4 * MINUTE, 0, 4 * MINUTE, 0]),
        (Measure::InternalCalls, [1, 1, 0, 1, 0]),
        (Measure::InternalCallTimes, [1, 1, 1, 1, 0]),
        (Measure::InternalCallTime, [2 * MINUTE, 2 * MINUTE, 2 * MINUTE, 2 * MINUTE, 0]),
    ] {
        let found = [
            of(Dimension::Account, 0, measure),
            of(Dimension::Agent, ANN.get(), measure),
            of(Dimension::Agent, BEN.get(), measure),
            of(Dimension::Department, DepartmentId::DEFAULT.get(), measure),
            of(Dimension::Department, SALES.get(), measure),
        ];
        assert_eq!(found, wanted, "{measure:?}");
    }
    let tagged = |measure| of(Dimension::Tag, TAG.get(), measure);
    assert_eq!((tagged(Measure::Calls), tagged(Measure::CallTime), tagged(Measure::FinishedCalls)), (0, 5 * MINUTE, 1), "from then on");
    assert_eq!(of(Dimension::Channel, i64::from(b'C'), Measure::IncomingCalls), 3);
    assert_eq!(scene.untold(), 0);

    // A conversation with a call goes into another one: the call counts where it was.
    scene.conversation(30, 70, Status::New);
    let before = scene.counted();
    scene.write(31, |tx, place| {
        let (from, into) = (ConversationId::from_i64(10), ConversationId::from_i64(70));
        changes::moved(tx, from, place.number)?;
        crate::tables::merging::move_all(tx, from, into, crate::tables::merging::Browsers::Same)
    });
    assert_eq!(scene.counted(), before);
    // An older program did not tell where a call lies in the journal.
    scene.0.put(|tx| tx.exec("UPDATE calls SET started_number = NULL WHERE id = 120", &[]));
    assert_eq!(scene.untold(), 1);
}

pub(super) fn what_a_call_was_before_a_number(place: &Place) {
    let scene = Scene::begin(place);
    let call = handed_on(&scene).id;
    // Two entries for its beginning, then one for each row.
    let seen = |number: i64| {
        scene.0.see(move |tx| {
            let rings: Vec<i64> = call_rings::before(tx, call, number)?.into_iter().map(|(agent, _)| agent.get()).collect();
            let legs: Vec<(i64, bool)> =
                call_legs::before(tx, call, number)?.into_iter().map(|(leg, goes_on)| (leg.agent.get(), goes_on)).collect();
            Ok((calls::department_before(tx, call, number)?, rings, legs))
        })
    };
    let (ann, ben) = (ANN.get(), BEN.get());
    let default = Some(DepartmentId::DEFAULT);
    assert_eq!(seen(2), (None, vec![], vec![]), "it has not begun");
    assert_eq!(seen(3), (default, vec![], vec![]));
    assert_eq!(seen(4), (default, vec![ann], vec![]));
    assert_eq!(seen(8), (default, vec![ann, ben], vec![(ben, true)]));
    assert_eq!(seen(9), (default, vec![ann, ben], vec![(ben, true)]), "the tag is nothing to it");
    assert_eq!(seen(10), (default, vec![ann, ben], vec![(ben, false)]));
    assert_eq!(seen(11), (Some(SALES), vec![ann, ben], vec![(ben, false)]));
    assert_eq!(seen(14), (Some(SALES), vec![ann, ben, ann], vec![(ben, false), (ann, true)]));
    assert_eq!(seen(15), (Some(SALES), vec![ann, ben, ann], vec![(ben, false), (ann, false)]));
    assert_eq!(seen(16).0, None, "it is over");
}

pub(super) fn business_hours_are_those_of_the_level_then(place: &Place) {
    let scene = Scene::begin(place);
    let mut ticket = scene.conversation(0, 10, Status::New);
    let hours = |minute, text: &'static str| scene.write(minute, move |tx, place| changes::calendar(tx, place.number, LEVEL, text));
    let level = |minute, level| {
        scene.write(minute, move |tx, place| {
            sla::set_level(tx, ConversationId::from_i64(10), level)?;
            changes::level(tx, place, ConversationId::from_i64(10), level)
        })
    };
    // The first of January 1970 was a Thursday.
    hours(1, "UTC; thu 00:00-00:05");
    let levelled = level(1, Some(LEVEL));
    let mut turn = |minute: i64, to: Status| {
        let before = std::mem::replace(&mut ticket.status, to);
        let row = ticket.clone();
        scene.write(minute, move |tx, place| changes::status(tx, place, &row, before, Actor::Agent(ANN)))
    };
    turn(7, Status::Answered);
    turn(8, Status::Open);
    let changed = hours(9, "UTC; thu 00:00-00:10");
    turn(12, Status::Answered);
    turn(13, Status::Open);
    level(14, None);
    turn(16, Status::Answered);
    turn(20, Status::Resolved);
    // Neither counts for what is over.
    hours(21, "UTC; fri 00:00-24:00");
    level(21, Some(LEVEL));
    let sums = scene.counted();
    for (measure, minutes) in [
        (Measure::NewAnswerTime, 7),
        (Measure::NewAnswerTimeSla, 5),
        (Measure::NextAnswerTime, 4 + 3),
        (Measure::NextAnswerTimeSla, 2 + 3),
        (Measure::FirstResolveTime, 20),
        (Measure::FirstResolveTimeSla, 20),
    ] {
        for (dimension, member) in [(Dimension::Account, 0), (Dimension::Agent, ANN.get()), (Dimension::Channel, i64::from(b'C'))] {
            assert_eq!(number(&sums, dimension, member, measure), minutes * MINUTE, "{measure:?} {dimension:?}");
        }
    }
    let calendars = |number| scene.0.see(move |tx| changes::calendars_before(tx, number));
    assert_eq!(calendars(2), []);
    assert_eq!(calendars(changed), [(LEVEL, "UTC; thu 00:00-00:05".to_owned())]);
    assert_eq!(calendars(changed + 1), [(LEVEL, "UTC; thu 00:00-00:10".to_owned())]);
    let levels = |number| {
        let before = scene.0.see(move |tx| changes::before(tx, ConversationId::from_i64(10), number));
        before.into_iter().filter_map(|change| change.level).collect::<Vec<_>>()
    };
    assert_eq!((levels(levelled), levels(levelled + 1)), (vec![], vec![Some(LEVEL)]));
    assert_eq!(levels(i64::MAX), [Some(LEVEL), None, Some(LEVEL)]);
    // An older program gave it a level and did not tell when.
    assert_eq!(scene.untold(), 0);
    scene.0.put(|tx| tx.exec("DELETE FROM conversation_changes WHERE what = 'level'", &[]));
    assert_eq!(scene.untold(), 1);
}
