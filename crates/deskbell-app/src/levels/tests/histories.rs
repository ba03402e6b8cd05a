//! Random histories: what is kept equals what is counted again from rows and from the journal's own words, whatever readers, restarts and
//! rebuilds there were.

mod recount;

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::call::{CallState, Direction};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::department::Strategy as Routing;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, ConversationId};
use deskbell_domain::message::Actor;
use deskbell_store::recount::levels as rows;
use deskbell_store::suite::damage;
use deskbell_store::tables::conversations::{Filter, Order, list};
use deskbell_store::{Tx, journal, tables};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use proptest::test_runner::{Config, TestCaseError};

use super::super::filling::Filling;
use super::scene::{EVERYONE, MINUTE, answered, both, by, call_ended, call_transferred, called, held, leg_left, of, rang, ring_closed};
use super::*;
use crate::accounts::{self, AgentDraft};
use crate::chats::schedules::{Act, Stage, act, allowed, play, stage};
use crate::context::Context;
use crate::conversations::{self, Change};
use crate::customers::Introduction;
use crate::error::AppError;
use recount::Recount;

/// When the clock of a stage begins.
const BEGAN: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// What happens between two looks; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Chats(Act),
    Switch {
        agent: usize,
        enabled: bool,
        slots: u16,
    },
    /// Any letters, the phone's and the hidden ones included.
    Letters {
        agent: usize,
        bits: u8,
    },
    Members {
        department: usize,
        agents: u8,
        enabled: bool,
    },
    Ticket {
        visit: usize,
    },
    Status {
        ticket: usize,
        change: usize,
    },
    HandOver {
        ticket: usize,
        department: usize,
        agent: Option<usize>,
    },
    Merge {
        from: usize,
        into: usize,
    },
    Call {
        call: usize,
        what: usize,
        agent: usize,
        department: usize,
    },
    Pause {
        seconds: i64,
    },
    /// To the very beginning of the next quarter hour.
    Align,
    /// One of two readers, as two nodes have them, takes so many bites.
    Bites {
        reader: usize,
        count: usize,
    },
    /// It is killed; what it had in memory is gone.
    Restart {
        reader: usize,
        bite_events: i64,
    },
    /// One of two, as two nodes have them, makes so many bites of the hours that an older program has not kept, …
    Fill {
        node: usize,
        count: usize,
    },
    /// … which served here until now.
    Older,
    Rebuild,
    /// The journal forgets what is older than a part of the time that went by, of what the reader has taken in.
    Shorten {
        percent: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let n = || 0usize..8;
    prop_oneof![
        12 => act().prop_map(Step::Chats),
        1 => (n(), any::<bool>(), 0u16..4).prop_map(|(agent, enabled, slots)| Step::Switch { agent, enabled, slots }),
        2 => (n(), 0u8..32).prop_map(|(agent, bits)| Step::Letters { agent, bits }),
        1 => (n(), 0u8..16, any::<bool>()).prop_map(|(department, agents, enabled)| Step::Members { department, agents, enabled }),
        2 => n().prop_map(|visit| Step::Ticket { visit }),
        3 => (n(), n()).prop_map(|(ticket, change)| Step::Status { ticket, change }),
        2 => (n(), n(), prop::option::of(n())).prop_map(|(ticket, department, agent)| Step::HandOver { ticket, department, agent }),
        1 => (n(), n()).prop_map(|(from, into)| Step::Merge { from, into }),
        6 => (0usize..4, 0usize..9, n(), n()).prop_map(|(call, what, agent, department)| Step::Call { call, what, agent, department }),
        4 => prop_oneof![Just(0i64), Just(59), 100i64..3_000, Just(20_000)].prop_map(|seconds| Step::Pause { seconds }),
        1 => Just(Step::Align),
        3 => (0usize..2, 1usize..4).prop_map(|(reader, count)| Step::Bites { reader, count }),
        1 => (0usize..2, 1i64..8).prop_map(|(reader, bite_events)| Step::Restart { reader, bite_events }),
        2 => (0usize..2, 1usize..12).prop_map(|(node, count)| Step::Fill { node, count }),
        1 => Just(Step::Older),
        1 => Just(Step::Rebuild),
        2 => (0i64..=100).prop_map(|percent| Step::Shorten { percent }),
    ]
}

fn reader(stage: &Stage, bite_events: i64) -> Reader {
    let mut reader = stage.desk.level_reader();
    reader.bite_events = bite_events;
    reader
}

fn filling(stage: &Stage, bite_quarters: i64) -> Filling {
    let mut filling = Filling::of_kept(stage.desk.db().clone());
    filling.bite_quarters = bite_quarters;
    filling
}

/// Calls as the test makes them: how each stands, and who talks.
#[derive(Debug, Default)]
struct Calls(Vec<Option<(i64, CallState, Vec<AgentId>)>>, i64);

impl Calls {
    /// What a step does to a call, as events of one moment.
    fn play(&mut self, place: usize, what: usize, agent: AgentId, department: DepartmentId) -> Vec<Event> {
        self.0.resize(self.0.len().max(place + 1), None);
        let Some((number, state, talking)) = &mut self.0[place] else {
            self.1 += 1;
            let direction = [Direction::Incoming, Direction::Outgoing, Direction::Internal][what % 3];
            let first = if direction == Direction::Outgoing { CallState::Ringing } else { CallState::Queued };
            self.0[place] = Some((self.1, first, Vec::new()));
            return vec![called(self.1, department, direction)];
        };
        let number = *number;
        let waits = talking.is_empty();
        match what {
            0 if waits => {
                *state = CallState::Ringing;
                vec![rang(number, agent, CallState::Ringing)]
            }
            1 if waits => {
                *state = CallState::Queued;
                vec![ring_closed(number, agent, OfferOutcome::Expired, CallState::Queued)]
            }
            0 | 1 => vec![rang(number, agent, CallState::Talking), ring_closed(number, agent, OfferOutcome::Declined, CallState::Talking)],
            2 | 3 if talking.contains(&agent) => vec![held(number, agent, what == 2)],
            2 | 3 => {
                *state = CallState::Talking;
                talking.push(agent);
                let closed = ring_closed(number, agent, OfferOutcome::Accepted, CallState::Ringing);
                vec![closed, answered(number, agent, CallState::Talking)]
            }
            4 | 5 if talking.contains(&agent) => {
                talking.retain(|other| *other != agent);
                *state = if talking.is_empty() { CallState::Queued } else { CallState::Talking };
                vec![leg_left(number, agent, *state)]
            }
            4..=6 => {
                let leavers = std::mem::take(talking);
                *state = CallState::Queued;
                let mut events: Vec<Event> = leavers.into_iter().map(|agent| leg_left(number, agent, CallState::Queued)).collect();
                events.push(call_transferred(number, department, (what == 6).then_some(agent), CallState::Queued));
                events
            }
            _ => {
                let mut events: Vec<Event> = talking.iter().map(|agent| leg_left(number, *agent, CallState::Ended)).collect();
                events.push(call_ended(number, department));
                self.0[place] = None;
                events
            }
        }
    }
}

/// Latest conversations first.
fn ticket(tx: &mut Tx<'_>, place: usize) -> Result<Option<ConversationId>, AppError> {
    let all = list(tx, &Filter::default(), Order::CreatedAscending, 1_000, 0)?;
    Ok(all.into_iter().rev().nth(place).map(|listed| listed.conversation.id))
}

fn desk_acts(tx: &mut Tx<'_>, cx: &mut Context, stage: &(Vec<AgentId>, Vec<DepartmentId>), step: &Step) -> Result<(), AppError> {
    let (agents, departments) = stage;
    let agent = |place: usize| agents[place % agents.len()];
    let department = |place: usize| departments[place % departments.len()];
    match step {
        Step::Switch { agent: place, enabled, slots } => {
            let known = tables::agents::get(tx, agent(*place))?.expect("the stage has him");
            let draft = AgentDraft {
                email: known.email,
                first_name: known.first_name,
                last_name: known.last_name,
                role: known.role,
                slots: *slots,
                enabled: *enabled,
                password_hash: None,
            };
            accounts::change_agent(tx, cx, agent(*place), &draft).map(drop)
        }
        Step::Letters { agent: place, bits } => {
            accounts::choose_status(tx, cx, agent(*place), AgentStatus::from_bits(*bits), true).map(drop)
        }
        Step::Members { department: place, agents: bits, enabled } => {
            let id = department(*place);
            let mut found = tables::departments::get(tx, id)?.expect("the stage has it");
            found.enabled = *enabled || id == DepartmentId::DEFAULT;
            let members: Vec<_> = agents.iter().enumerate().filter(|(place, _)| bits & (1 << place) != 0).collect();
            let members: Vec<_> = members
                .into_iter()
                .map(|(_, agent)| deskbell_domain::department::Membership { department: id, agent: *agent, priority: 50 })
                .collect();
            accounts::put_department(tx, cx, &found, Some(&members))
        }
        Step::Status { ticket: place, change } => {
            let change = [Change::Answered, Change::Open, Change::Open, Change::Resolve, Change::Delete, Change::Spam][change % 6];
            match ticket(tx, *place)? {
                Some(ticket) => conversations::change_status(tx, cx, Actor::System, ticket, change).map(drop),
                None => Ok(()),
            }
        }
        Step::HandOver { ticket: place, department: to, agent: whom } => match ticket(tx, *place)? {
            Some(ticket) => conversations::hand_over(tx, cx, Actor::System, ticket, Some(department(*to)), whom.map(agent)).map(drop),
            None => Ok(()),
        },
        Step::Merge { from, into } => match (ticket(tx, *from)?, ticket(tx, *into)?) {
            (Some(from), Some(into)) => conversations::merge::merge(tx, cx, Actor::System, from, into).map(drop),
            _ => Ok(()),
        },
        other => panic!("{other:?} is done elsewhere"),
    }
}

/// What the journal had before it forgot it.
type Past = Vec<Recorded>;

/// Shortens the journal; what it forgets is remembered here.
fn shorten(stage: &Stage, past: &mut Past, percent: i64) {
    let before = BEGAN.plus_micros(stage.desk.now().micros_since(BEGAN) / 100 * percent);
    let told = stage.desk.snapshot_blocking(|tx| Ok(journal::after(tx, 0, i64::MAX)?)).unwrap();
    stage.desk.write_blocking(move |tx, _| trim(tx, before)).unwrap();
    let first = stage.desk.snapshot_blocking(|tx| Ok(journal::first_number(tx)?)).unwrap();
    past.extend(told.into_iter().filter(|recorded| first.is_some_and(|first| recorded.number < first)));
}

/// What goes on from step to step.
struct Life {
    past: Past,
    calls: Calls,
    readers: [Reader; 2],
    fillings: [Filling; 2],
}

fn live(stage: &Stage, life: &mut Life, step: Step) -> Result<(), TestCaseError> {
    let Life { past, calls, readers, fillings } = life;
    let cast = (stage.agents.clone(), stage.departments.clone());
    match step {
        Step::Chats(act) => {
            stage.clock.advance_seconds(match &act {
                Act::Wait { seconds } => *seconds,
                _ => 1,
            });
            let cast = (cast.0, cast.1, stage.visits.clone());
            let played = stage.desk.write_blocking(move |tx, cx| play(tx, cx, &cast, &act));
            prop_assert!(is_allowed(played));
        }
        Step::Ticket { visit } => {
            let visit = stage.visits[visit % stage.visits.len()].clone();
            let introduction = Introduction::new(None, Some("visitor@example.com")).unwrap();
            let done = stage.desk.write_blocking(move |tx, cx| {
                conversations::leave_message(tx, cx, &visit, None, &introduction, "a question", None).map(drop)
            });
            prop_assert!(is_allowed(done));
        }
        Step::Call { call, what, agent, department } => {
            let (agent, department) = (cast.0[agent % cast.0.len()], cast.1[department % cast.1.len()]);
            let events = calls.play(call, what, agent, department);
            let tell = move |tx: &mut Tx<'_>, cx: &mut Context| events.into_iter().try_for_each(|event| tx.append(cx.now, event).map(drop));
            stage.desk.write_blocking(move |tx, cx| Ok(tell(tx, cx)?)).unwrap();
        }
        Step::Pause { seconds } => stage.clock.advance_seconds(seconds),
        Step::Align => {
            use crate::clock::Clock;
            stage.clock.set(Slot::of(Grain::Quarter, stage.clock.now()).next().start());
        }
        Step::Bites { reader, count } => {
            for _ in 0..count {
                readers[reader].bite().unwrap();
            }
        }
        Step::Restart { reader: which, bite_events } => readers[which] = reader(stage, bite_events),
        Step::Fill { node, count } => {
            for _ in 0..count {
                fillings[node].bite().unwrap();
            }
        }
        Step::Older => {
            stage.desk.write_blocking(|tx, _| Ok(damage::lose_level_hours(tx)?)).unwrap();
            *readers = [reader(stage, 3), reader(stage, 5)];
            *fillings = [filling(stage, 5), filling(stage, 8)];
        }
        Step::Rebuild => drop(rebuild(&stage.desk, &mut |_| {}).unwrap()),
        Step::Shorten { percent } => shorten(stage, past, percent),
        Step::Switch { .. }
        | Step::Letters { .. }
        | Step::Members { .. }
        | Step::Status { .. }
        | Step::HandOver { .. }
        | Step::Merge { .. } => {
            prop_assert!(is_allowed(stage.desk.write_blocking(move |tx, cx| desk_acts(tx, cx, &cast, &step))));
        }
    }
    Ok(())
}

/// One who is switched off, or what is gone, is nobody and nothing to the others.
fn is_allowed(done: Result<(), AppError>) -> bool {
    done.as_ref().is_err_and(|error| error.kind == Kind::NotFound) || allowed(done).is_ok()
}

fn scopes(stage: &Stage) -> Vec<Scope> {
    let mut scopes = vec![EVERYONE];
    scopes.extend(stage.departments.iter().map(|department| of(*department)));
    for agent in &stage.agents {
        scopes.push(by(*agent));
        scopes.extend(stage.departments.iter().map(|department| both(*department, *agent)));
    }
    scopes
}

/// What the live figures and the rows say now.
fn check_now(stage: &Stage) -> Result<(), TestCaseError> {
    let figures = stage.desk.snapshot_blocking(|tx| Ok(crate::figures::Figures::load(tx, Timestamp::EPOCH)?)).unwrap();
    for scope in scopes(stage) {
        let department = scope.department.map(DepartmentId::get);
        let agent = scope.agent.map(AgentId::get);
        let (chats, tickets, handed, open) = stage
            .desk
            .snapshot_blocking(move |tx| {
                let handed = agent.map(|agent| rows::handed_to(tx, department, agent)).transpose()?.unwrap_or(0);
                Ok((
                    standing(tx, Medium::Chats, scope)?,
                    standing(tx, Medium::Tickets, scope)?,
                    handed,
                    rows::tickets(tx, department, agent)?,
                ))
            })
            .unwrap();
        prop_assert_eq!((tickets.queue, tickets.service), (open.queue, open.service), "{:?}", scope);
        if agent.is_none() {
            let live = figures.chats(scope.department, stage.desk.now());
            prop_assert_eq!((chats.queue, chats.service), (live.incoming, live.active), "{:?}", scope);
        } else {
            prop_assert_eq!(chats.queue, handed, "{:?}", scope);
        }
    }
    Ok(())
}

/// All that is kept of a stage's past, against the recount.
fn check_all(stage: &Stage, past: &Past, shift: i64) -> Result<(), TestCaseError> {
    let now = stage.desk.now();
    let mut events = past.clone();
    events.extend(stage.desk.snapshot_blocking(|tx| Ok(journal::after(tx, 0, i64::MAX)?)).unwrap());
    let begun = Slot::of(Grain::Quarter, events[0].at).start().plus_micros(-shift * 15 * MINUTE);
    let edges: Vec<Timestamp> =
        (0..).map(|hour| begun.plus_micros(hour * 60 * MINUTE)).take_while(|edge| *edge < now.plus_seconds(7_200)).collect();
    let recount = Recount::new(&stage.desk, events);
    for medium in Medium::ALL {
        for scope in scopes(stage) {
            let asked = edges.clone();
            let (loads, available, present) = stage
                .desk
                .snapshot_blocking(move |tx| {
                    let present = presences(tx, medium, scope, Timestamp::EPOCH, Timestamp::from_micros(i64::MAX), 0, PRESENCES_MAX)?;
                    Ok((load(tx, medium, scope, &asked, now)?, availability(tx, medium, scope, &asked, now)?, present))
                })
                .unwrap();
            let wanted = recount.courses(medium, scope, &edges, now);
            let (wanted_loads, wanted_available): (Vec<Load>, Vec<i64>) = wanted.into_iter().unzip();
            prop_assert_eq!(loads, wanted_loads, "{:?} {:?}", medium, scope);
            prop_assert_eq!(available, wanted_available, "{:?} {:?}", medium, scope);
            prop_assert_eq!(recount::whole(present), recount.presences(medium, scope), "{:?} {:?}", medium, scope);
        }
    }
    Ok(())
}

/// What is read of all scopes between edges.
fn read(stage: &Stage, edges: &[Timestamp]) -> Vec<(Vec<Load>, Vec<i64>)> {
    let (edges, now) = (edges.to_vec(), stage.desk.now());
    let scopes = scopes(stage);
    let each = Medium::ALL.into_iter().flat_map(move |medium| scopes.clone().into_iter().map(move |scope| (medium, scope)));
    let look = move |tx: &mut Tx<'_>| {
        each.map(|(medium, scope)| Ok((load(tx, medium, scope, &edges, now)?, availability(tx, medium, scope, &edges, now)?))).collect()
    };
    stage.desk.snapshot_blocking(look).unwrap()
}

/// Whole hours, some together: by hours, by quarters and by hours made out of these it is the same.
fn check_hours(stage: &Stage, hours: &[i64]) -> Result<(), TestCaseError> {
    let mut edge = Slot::of(Grain::Hour, BEGAN).start();
    let mut edges = vec![edge];
    for count in hours {
        edge = edge.plus_micros(count * Grain::Hour.micros());
        edges.push(edge);
    }
    let by_hours = read(stage, &edges);
    stage.desk.write_blocking(|tx, _| Ok(damage::lose_level_hours(tx)?)).unwrap();
    prop_assert_eq!(&read(stage, &edges), &by_hours);
    prop_assert_eq!(verify(&stage.desk, &mut |_| {}).unwrap().differences, [], "what is not kept is not compared");
    fill_hours(&stage.desk).unwrap();
    prop_assert_eq!(&read(stage, &edges), &by_hours);
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 16, max_shrink_iters: 100, ..Config::default() })]

    #[test]
    fn any_history_is_kept_as_it_was(
        strategy in prop::sample::select(Routing::ALL),
        steps in prop::collection::vec(step(), 1..110),
        shift in 0i64..4,
        shortened in prop::option::of(0i64..=100),
        hours in prop::collection::vec(0i64..4, 1..12),
    ) {
        let stage = stage(strategy, None);
        let mut life = Life {
            past: Past::new(),
            calls: Calls::default(),
            readers: [reader(&stage, 3), reader(&stage, 5)],
            fillings: [filling(&stage, 5), filling(&stage, 8)],
        };
        for (place, step) in steps.into_iter().enumerate() {
            live(&stage, &mut life, step)?;
            if place % 16 == 0 {
                life.readers[place / 16 % 2].catch_up().unwrap();
                check_now(&stage)?;
            }
        }
        life.readers.iter_mut().for_each(|reader| reader.catch_up().unwrap());
        check_now(&stage)?;
        prop_assert_eq!(verify(&stage.desk, &mut |_| {}).unwrap().differences, []);
        fill_hours(&stage.desk).unwrap();
        check_all(&stage, &life.past, shift)?;
        prop_assert_eq!(verify(&stage.desk, &mut |_| {}).unwrap().differences, []);
        check_hours(&stage, &hours)?;
        if let Some(percent) = shortened {
            shorten(&stage, &mut life.past, percent);
            prop_assert_eq!(verify(&stage.desk, &mut |_| {}).unwrap().differences, []);
            rebuild(&stage.desk, &mut |_| {}).unwrap();
            check_all(&stage, &life.past, shift)?;
            prop_assert_eq!(verify(&stage.desk, &mut |_| {}).unwrap().differences, []);
        }
        stage.desk.close();
    }
}
