//! What may happen on the phone and to levels of service, at random.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::calendar::Calendar;
use deskbell_domain::call::Direction;
use deskbell_domain::ids::{AgentId, ConversationId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_domain::sla::Goal;
use deskbell_store::Tx;
use deskbell_store::tables;
use deskbell_store::tables::conversations::{Filter, Order, list};
use proptest::prelude::{Strategy, prop, prop_oneof};

use crate::accounts;
use crate::calls::{self, HungUp, NewCall, Step, Target, Teller, Telling, Voicemail};
use crate::context::Context;
use crate::error::AppError;
use crate::sla::clocks;
use crate::sla::levels::{self, LevelDraft};
use crate::sla::rules::{self, RuleDraft};

/// A deed; numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Begin {
        direction: usize,
        agent: usize,
        other: usize,
        department: usize,
        within: Option<usize>,
    },
    /// A step of a call, as the exchange tells it in somebody's name or in none.
    Take {
        call: usize,
        agent: Option<usize>,
        step: usize,
        other: usize,
    },
    /// The call takes its usual way: it rings at somebody, who answers; or, as `agent` says, lets it ring.
    Answer {
        call: usize,
        agent: usize,
    },
    /// An agent calls outside or a colleague, who answers.
    Dial {
        direction: usize,
        agent: usize,
        other: usize,
    },
    End {
        call: usize,
        seconds: i64,
    },
    Phone {
        agent: usize,
        status: usize,
    },
    /// Rings run out, and calls whose end was lost end.
    Expire,
    /// A level is made, or gets other hours.
    Hours {
        level: usize,
        hours: usize,
    },
    RemoveLevel {
        level: usize,
    },
    /// New conversations get a level from now on.
    Rule {
        level: usize,
    },
    Level {
        conversation: usize,
        level: usize,
    },
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    let n = || 0usize..16;
    prop_oneof![
        6 => (n(), n(), n(), n(), prop::option::weighted(0.3, n()))
            .prop_map(|(direction, agent, other, department, within)| Deed::Begin { direction, agent, other, department, within }),
        10 => (n(), prop::option::weighted(0.8, n()), 0usize..12, n()).prop_map(|(call, agent, step, other)| Deed::Take { call, agent, step, other }),
        5 => (n(), n()).prop_map(|(call, agent)| Deed::Answer { call, agent }),
        4 => (n(), n(), n()).prop_map(|(direction, agent, other)| Deed::Dial { direction, agent, other }),
        4 => (n(), 1i64..2_000).prop_map(|(call, seconds)| Deed::End { call, seconds }),
        4 => (n(), 0usize..5).prop_map(|(agent, status)| Deed::Phone { agent, status }),
        3 => proptest::strategy::Just(Deed::Expire),
        5 => (n(), n()).prop_map(|(level, hours)| Deed::Hours { level, hours }),
        1 => n().prop_map(|level| Deed::RemoveLevel { level }),
        2 => n().prop_map(|level| Deed::Rule { level }),
        3 => (n(), n()).prop_map(|(conversation, level)| Deed::Level { conversation, level }),
    ]
}

/// Office hours of two zones, nights, and day and night.
const HOURS: [&str; 4] = [
    "Asia/Kathmandu; mon 09:00-12:00 13:00-17:00; tue 09:00-17:00; wed 09:00-17:00; thu 09:00-17:00; fri 09:00-17:00; off 2026-09-23",
    "Europe/Berlin; mon 00:00-06:00 22:00-24:00; wed 00:10-06:00 20:30-24:00; sun 08:00-09:00",
    "UTC; tue 10:05-10:20 11:00-12:00; thu 00:00-24:00; sat 12:00-18:00",
    "Pacific/Auckland; mon 08:00-20:00; tue 08:00-20:00; wed 08:00-20:00; thu 08:00-20:00; fri 08:00-20:00; sat 08:00-20:00; sun 08:00-20:00",
];
const LEVELS_MAX: usize = 3;

pub(super) fn do_it(tx: &mut Tx<'_>, cx: &mut Context, cast: &(Vec<AgentId>, Vec<DepartmentId>), deed: &Deed) -> Result<(), AppError> {
    let (agents, departments) = cast;
    let agent = |n: usize| agents[n % agents.len()];
    let known = list(tx, &Filter::default(), Order::CreatedAscending, 1_000, 0)?;
    let conversation = |n: usize| -> Option<ConversationId> { known.get(n % known.len().max(1)).map(|listed| listed.conversation.id) };
    let live = tables::calls::live(tx)?;
    let call = |n: usize| live.get(n % live.len().max(1)).map(|call| call.id);
    let all = levels::list(tx)?;
    let level = |n: usize| all.get(n % all.len().max(1)).map(|level| level.id);
    match *deed {
        Deed::Begin { direction, agent: who, other, department, within } => {
            let mostly = [Direction::Incoming, Direction::Incoming, Direction::Incoming, Direction::Outgoing, Direction::Internal];
            let direction = mostly[direction % mostly.len()];
            let conversation = within.and_then(conversation);
            let number = Some(format!("+44 1632 96{other:04}")).filter(|_| direction != Direction::Internal && conversation.is_none());
            let to = (direction == Direction::Internal).then(|| agent(other).to_string());
            let department = Some(departments[department % departments.len()]);
            let new = NewCall { number, to, conversation, department, seconds: Some(20), ..NewCall::new(direction) };
            calls::start(tx, cx, &told_of(Some(agent(who))), &new).map(drop)
        }
        Deed::Take { call: n, agent: who, step, other } => {
            let Some(call) = call(n) else { return Ok(()) };
            let ring = Step::Ring { agent: agent(other).to_string(), seconds: Some(30) };
            let step = match step {
                0..=2 => ring,
                3 => Step::Answer,
                4 => Step::Decline,
                5 => Step::Hold,
                6 => Step::Resume,
                7 => Step::Transfer(Target::Department(departments[other % departments.len()])),
                8 => Step::Transfer(Target::Agent { agent: agent(other).to_string(), seconds: Some(40) }),
                9 => Step::Leave,
                10 => Step::End(if other.is_multiple_of(2) { HungUp::Customer } else { HungUp::Desk }),
                _ => Step::Voicemail(Voicemail::default()),
            };
            calls::take(tx, cx, &told_of(who.map(agent)), call, &step).map(drop)
        }
        Deed::Answer { call: n, agent: who } => {
            let Some(call) = call(n) else { return Ok(()) };
            let (answers, who) = (!who.is_multiple_of(3), agent(who));
            picks_up(tx, cx, who)?;
            let ring = Step::Ring { agent: who.to_string(), seconds: Some(30) };
            calls::take(tx, cx, &told_of(None), call, &ring)?;
            if !answers {
                cx.now = cx.now.plus_seconds(31);
                return calls::expire_rings(tx, cx);
            }
            cx.now = cx.now.plus_seconds(3);
            calls::take(tx, cx, &told_of(Some(who)), call, &Step::Answer).map(drop)
        }
        Deed::Dial { direction, agent: who, other } => {
            let (caller, callee) = (agent(who), agent(other));
            picks_up(tx, cx, caller)?;
            picks_up(tx, cx, callee)?;
            let within = if direction.is_multiple_of(3) { conversation(other) } else { None };
            let (new, answers) = if direction.is_multiple_of(2) {
                let number = Some(format!("+44 1632 96{other:04}")).filter(|_| within.is_none());
                (NewCall { number, ..NewCall::new(Direction::Outgoing) }, caller)
            } else {
                (NewCall { to: Some(callee.to_string()), ..NewCall::new(Direction::Internal) }, callee)
            };
            let begun = calls::start(tx, cx, &told_of(Some(caller)), &NewCall { conversation: within, ..new })?;
            cx.now = cx.now.plus_seconds(5);
            let call = begun.call.expect("a call began");
            calls::take(tx, cx, &told_of(Some(answers)), call, &Step::Answer).map(drop)
        }
        Deed::End { call: n, seconds } => {
            cx.now = cx.now.plus_seconds(seconds);
            call(n).map_or(Ok(()), |call| calls::take(tx, cx, &told_of(None), call, &Step::End(HungUp::Desk)).map(drop))
        }
        Deed::Phone { agent: who, status } => {
            let phone = AgentStatus::PHONE;
            let preset = [
                AgentStatus::ONLINE.with(phone),
                AgentStatus::ONLINE.with(phone),
                AgentStatus::AWAY.with(phone),
                AgentStatus::INVISIBLE.with(phone),
                AgentStatus::OFFLINE,
            ];
            accounts::choose_status(tx, cx, agent(who), preset[status % preset.len()], true).map(drop)
        }
        Deed::Expire => {
            calls::expire_rings(tx, cx)?;
            calls::end_forgotten(tx, cx)
        }
        Deed::Hours { level: n, hours } => {
            let calendar = Some(Calendar::parse(HOURS[hours % HOURS.len()]).expect("it is a calendar"));
            match level(n).filter(|_| all.len() >= LEVELS_MAX || n.is_multiple_of(2)) {
                Some(level) => levels::change(tx, cx, level, &LevelDraft { calendar, ..LevelDraft::default() }).map(drop),
                None => {
                    let times = Goal::ALL.iter().map(|goal| (*goal, Some(3_600))).collect();
                    levels::create(tx, cx, &LevelDraft { name: Some(format!("Level {n}")), times, calendar }).map(drop)
                }
            }
        }
        Deed::RemoveLevel { level: n } => level(n).map_or(Ok(()), |level| levels::remove(tx, cx, level)),
        Deed::Rule { level: n } => {
            let Some(level) = level(n) else { return Ok(()) };
            let known = rules::list(tx)?;
            let draft = RuleDraft { name: Some("All".to_owned()), level: Some(level), ..RuleDraft::default() };
            match known.first() {
                Some(rule) => rules::change(tx, cx, rule.id, &draft).map(drop),
                None => rules::create(tx, cx, &draft).map(drop),
            }
        }
        Deed::Level { conversation: n, level: place } => {
            let Some(conversation) = conversation(n) else { return Ok(()) };
            let wanted = level(place).filter(|_| !place.is_multiple_of(4));
            clocks::set_level(tx, cx, Actor::System, conversation, wanted).map(drop)
        }
    }
}

/// An agent has his phone on.
fn picks_up(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId) -> Result<(), AppError> {
    accounts::choose_status(tx, cx, agent, AgentStatus::ONLINE.with(AgentStatus::PHONE), true).map(drop)
}

/// What the exchange tells, in an agent's name or in none.
fn told_of(agent: Option<AgentId>) -> Telling {
    Telling { teller: Teller::Desk, agent: agent.map(|agent| agent.to_string()), key: None }
}
