//! Random schedules of all that happens to calls, against a real store: no leg and no ring goes on in an ended call, an agent has one phone,
//! a conversation is in status Calling exactly while its call goes on, and what the journal tells adds up to what the rows say.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::ids::DepartmentId;
use deskbell_store::journal;
use proptest::prelude::{Strategy as _, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use proptest::test_runner::{Config, TestCaseError};

use super::*;
use crate::figures::Figures;
use crate::timers::PassedOver;

/// A step of a schedule; numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
enum Act {
    Begin { direction: usize, agent: usize, other: usize, within: bool },
    Step { call: usize, agent: Option<usize>, step: usize, other: usize, as_session: bool },
    Status { agent: usize, status: usize },
    Switch { agent: usize, on: bool },
    Wait { seconds: i64 },
}

fn act() -> impl proptest::strategy::Strategy<Value = Act> {
    let n = || 0usize..6;
    prop_oneof![
        5 => (n(), n(), n(), any::<bool>()).prop_map(|(direction, agent, other, within)| Act::Begin { direction, agent, other, within }),
        20 => (n(), prop::option::weighted(0.8, n()), 0usize..12, n(), any::<bool>())
            .prop_map(|(call, agent, step, other, as_session)| Act::Step { call, agent, step, other, as_session }),
        2 => (n(), 0usize..4).prop_map(|(agent, status)| Act::Status { agent, status }),
        1 => (n(), any::<bool>()).prop_map(|(agent, on)| Act::Switch { agent, on }),
        3 => prop_oneof![Just(1i64), Just(9), Just(31), Just(90_000)].prop_map(|seconds| Act::Wait { seconds }),
    ]
}

const NAMES: [&str; 3] = ["Ann", "Ben", "Cleo"];

fn play(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    key: CredentialId,
    agents: [AgentId; 3],
    sales: DepartmentId,
    act: &Act,
) -> Result<(), AppError> {
    let agent = |n: usize| agents[n % agents.len()];
    let exchange = |named: Option<AgentId>| Telling { teller: Teller::Key(key), agent: named.map(|agent| agent.to_string()), key: None };
    match *act {
        Act::Begin { direction, agent: who, other, within } => {
            let direction = Direction::ALL[direction % Direction::ALL.len()];
            let newest = tables::calls::live(tx)?.pop().map(|call| call.conversation);
            let conversation = newest.filter(|_| within);
            let number = Some(format!("+44 1632 96{other:04}")).filter(|_| direction != Direction::Internal && conversation.is_none());
            let to = (direction == Direction::Internal).then(|| agent(other).to_string());
            let new = NewCall { number, to, conversation, department: Some(sales), ..NewCall::new(direction) };
            start(tx, cx, &exchange(Some(agent(who))), &new).map(drop)
        }
        Act::Step { call, agent: who, step, other, as_session } => {
            let live = tables::calls::live(tx)?;
            let Some(call) = live.get(call % live.len().max(1)) else { return Ok(()) };
            let telling = match who {
                Some(who) if as_session => Telling { teller: Teller::Agent(agent(who)), agent: None, key: None },
                _ => exchange(who.map(agent)),
            };
            let step = match step {
                0 | 1 => ring(agent(other)),
                2..=4 => Step::Answer,
                5 => Step::Decline,
                6 => Step::Hold,
                7 => Step::Resume,
                8 if other % 2 == 0 => Step::Transfer(Target::Department(sales)),
                8 => to_agent(agent(other)),
                9 => Step::Leave,
                10 => Step::End(if other % 2 == 0 { HungUp::Customer } else { HungUp::Desk }),
                _ => Step::Voicemail(Voicemail::default()),
            };
            take(tx, cx, &telling, call.id, &step).map(drop)
        }
        Act::Status { agent: who, status } => {
            let phone = AgentStatus::PHONE;
            let preset =
                [AgentStatus::ONLINE.with(phone), AgentStatus::AWAY.with(phone), AgentStatus::INVISIBLE.with(phone), AgentStatus::OFFLINE];
            accounts::choose_status(tx, cx, agent(who), preset[status], true).map(drop)
        }
        Act::Switch { agent: who, on } => accounts::change_agent(tx, cx, agent(who), &draft(NAMES[who % NAMES.len()], on)).map(drop),
        Act::Wait { .. } => {
            expire_rings(tx, cx)?;
            end_forgotten(tx, cx)
        }
    }
}

/// What must hold between any two steps.
fn check(tx: &mut Tx<'_>) -> Result<(), AppError> {
    let unsound = tables::calls::unsound(tx)?;
    if !unsound.is_empty() {
        return Err(AppError::internal(unsound.join("; ")));
    }
    for call in tables::calls::live(tx)? {
        let (rings, legs) = (tables::call_rings::ringing(tx, call.id)?.len(), tables::call_legs::open(tx, call.id)?.len());
        if call.state != call.standing(rings, legs) {
            return Err(AppError::internal(format!("{call:?} with {rings} rings and {legs} legs")));
        }
        let sides = if call.direction == Direction::Internal { 2 } else { 1 };
        if call.state == CallState::Talking && legs < sides {
            return Err(AppError::internal(format!("{legs} legs in {call:?}")));
        }
    }
    let calling = tables::conversations::list(
        tx,
        &tables::conversations::Filter { statuses: vec![Status::Calling], ..Default::default() },
        tables::conversations::Order::CreatedAscending,
        10_000,
        0,
    )?;
    let called: BTreeSet<ConversationId> = tables::calls::live(tx)?.iter().map(|call| call.conversation).collect();
    let calling: BTreeSet<ConversationId> = calling.iter().map(|listed| listed.conversation.id).collect();
    if called != calling {
        return Err(AppError::internal(format!("{calling:?} are in status Calling, {called:?} in a call")));
    }
    Ok(())
}

/// Calls as a reader of the journal knows them: state, rings and legs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    state: CallState,
    rings: BTreeSet<AgentId>,
    legs: BTreeSet<AgentId>,
}

/// Folds the journal; what does not follow from what was told before is an error.
fn fold(events: Vec<Event>) -> Result<BTreeMap<CallId, Known>, String> {
    let mut calls: BTreeMap<CallId, Known> = BTreeMap::new();
    for event in events {
        let Event::Call(event) = event else { continue };
        if let CallEvent::Started { call, direction, .. } = event {
            calls.insert(call, Known { state: direction.first_state(), rings: BTreeSet::new(), legs: BTreeSet::new() });
            continue;
        }
        let call = event.call();
        let known = calls.get_mut(&call).ok_or(format!("{event:?} of no call"))?;
        let follows = match &event {
            CallEvent::Started { .. } => true,
            CallEvent::Rang { agent, state, .. } => {
                known.state = *state;
                known.rings.insert(*agent)
            }
            CallEvent::RingClosed { agent, state, .. } => {
                known.state = *state;
                known.rings.remove(agent)
            }
            CallEvent::Answered { agent, state, .. } => {
                known.state = *state;
                known.legs.insert(*agent)
            }
            CallEvent::Held { agent, .. } => known.legs.contains(agent),
            CallEvent::Left { agent, state, .. } => {
                known.state = *state;
                known.legs.remove(agent)
            }
            CallEvent::Transferred { state, .. } => {
                known.state = *state;
                true
            }
            CallEvent::Ended { .. } => {
                let closed = known.rings.is_empty() && known.legs.is_empty();
                calls.remove(&call);
                closed
            }
        };
        if !follows {
            return Err(format!("{event:?} does not follow"));
        }
    }
    Ok(calls)
}

proptest! {
    #![proptest_config(Config { cases: 48, max_shrink_iters: 200, ..Config::default() })]

    #[test]
    fn every_schedule_keeps_the_rules(acts in prop::collection::vec(act(), 1..60)) {
        let desk = phones();
        let Principal::ApiKey { key, .. } = desk.stage.key else { panic!("the stage has a key") };
        let (agents, sales) = ([desk.ann, desk.ben, desk.cleo], desk.stage.sales);
        for act in acts {
            desk.stage.clock.advance_seconds(match act { Act::Wait { seconds } => seconds, _ => 1 });
            let played = desk.stage.try_write(move |tx, cx| play(tx, cx, key, agents, sales, &act));
            let refused = |kind| matches!(kind, Kind::Conflict | Kind::Forbidden | Kind::Missing | Kind::Invalid | Kind::NotFound);
            let played = played.or_else(|error| if refused(error.kind) { Ok(()) } else { Err(error) });
            if let Err(error) = played.and_then(|()| desk.stage.desk.snapshot_blocking(check)) {
                return Err(TestCaseError::fail(error.to_string()));
            }
        }
        let told = fold(desk.stage.events(0)).map_err(TestCaseError::fail)?;
        let stored = desk.stage.see(crate::views::calls::running);
        let stored: BTreeMap<CallId, Known> = stored.into_iter().map(|seen| {
            let rings = seen.rings.iter().map(|ring| ring.agent).collect();
            (seen.call.id, Known { state: seen.call.state, rings, legs: seen.legs.iter().map(|leg| leg.agent).collect() })
        }).collect();
        prop_assert_eq!(told, stored);
        let now = desk.stage.desk.now();
        let (loaded, events) = desk.stage.see(move |tx| Ok((Figures::load(tx, now)?, journal::after(tx, 0, 1_000_000)?)));
        let mut figures = Figures::default();
        events.iter().for_each(|recorded| figures.fold(recorded));
        let nothing = PassedOver::default();
        for at in [0, 30, 100_000].map(|seconds| now.plus_seconds(seconds)) {
            prop_assert_eq!(figures.has_expired_ring(at, &nothing), loaded.has_expired_ring(at, &nothing));
        }
        prop_assert!(desk.stage.see(|tx| Ok(journal::check_gapless(tx)?)).is_none());
    }
}
