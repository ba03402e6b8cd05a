//! Random schedules of everything that happens to chats, against a real store: slots are never exceeded, nobody is overtaken, nobody waits
//! while somebody he is for is free, and figures folded from the journal equal figures loaded from rows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::{ChatState, Rating};
use deskbell_domain::department::{Department, Membership, Strategy as Routing};
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId};
use deskbell_domain::routing_rules::{AutoIdle, ChatLimit, IdleStatus, LimitScope, RoutingMode, RoutingRules};
use deskbell_domain::skill::SkillRule;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use deskbell_store::{Location, Options, Tx, journal, tables};
use proptest::prelude::{Strategy as _, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use proptest::test_runner::{Config, TestCaseError};

use super::transfer::Target;
use super::{Request, accept, agent_ends, decline, leave, rate, request, transfer, visitor_ends, visitor_says};
use crate::accounts::{self, AgentDraft};
use crate::clock::FakeClock;
use crate::context::Context;
use crate::customers::Introduction;
use crate::desk::{Desk, DeskOptions};
use crate::error::{AppError, Kind};
use crate::figures::Figures;
use crate::routing;
use crate::settings::{self, Settings};
use crate::skills::{self, SkillDraft};
use crate::timers::{end_idle, expire_offers};
use crate::visits::{self, Arrival};

/// A step of a schedule; numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// `skills` by their bits.
    Ask {
        visitor: usize,
        department: usize,
        skills: u8,
    },
    Say {
        visitor: usize,
    },
    Accept {
        agent: usize,
        chat: usize,
    },
    Decline {
        agent: usize,
        chat: usize,
    },
    Leave {
        agent: usize,
        chat: usize,
    },
    TransferAgent {
        agent: usize,
        chat: usize,
        to: usize,
    },
    TransferDepartment {
        agent: usize,
        chat: usize,
        to: usize,
    },
    Invite {
        agent: usize,
        chat: usize,
        to: usize,
    },
    AgentEnds {
        agent: usize,
        chat: usize,
    },
    VisitorEnds {
        visitor: usize,
    },
    Rate {
        visitor: usize,
        good: bool,
    },
    Status {
        agent: usize,
        status: usize,
    },
    Gone {
        agent: usize,
    },
    Slots {
        agent: usize,
        slots: u16,
    },
    Skills {
        agent: usize,
        chat: usize,
        skills: u8,
    },
    Members {
        skill: usize,
        agents: u8,
        enabled: bool,
    },
    Rules {
        rules: RoutingRules,
    },
    Wait {
        seconds: i64,
    },
}

pub(crate) fn act() -> impl proptest::strategy::Strategy<Value = Act> {
    let n = || 0usize..8;
    prop_oneof![
        6 => (n(), n(), 0u8..8).prop_map(|(visitor, department, skills)| Act::Ask { visitor, department, skills }),
        3 => n().prop_map(|visitor| Act::Say { visitor }),
        6 => (n(), n()).prop_map(|(agent, chat)| Act::Accept { agent, chat }),
        2 => (n(), n()).prop_map(|(agent, chat)| Act::Decline { agent, chat }),
        2 => (n(), n()).prop_map(|(agent, chat)| Act::Leave { agent, chat }),
        2 => (n(), n(), n()).prop_map(|(agent, chat, to)| Act::TransferAgent { agent, chat, to }),
        2 => (n(), n(), n()).prop_map(|(agent, chat, to)| Act::TransferDepartment { agent, chat, to }),
        2 => (n(), n(), n()).prop_map(|(agent, chat, to)| Act::Invite { agent, chat, to }),
        1 => (n(), n()).prop_map(|(agent, chat)| Act::AgentEnds { agent, chat }),
        2 => n().prop_map(|visitor| Act::VisitorEnds { visitor }),
        1 => (n(), any::<bool>()).prop_map(|(visitor, good)| Act::Rate { visitor, good }),
        2 => (n(), 0usize..4).prop_map(|(agent, status)| Act::Status { agent, status }),
        1 => n().prop_map(|agent| Act::Gone { agent }),
        1 => (n(), 0u16..4).prop_map(|(agent, slots)| Act::Slots { agent, slots }),
        1 => rules().prop_map(|rules| Act::Rules { rules }),
        2 => (n(), n(), 0u8..8).prop_map(|(agent, chat, skills)| Act::Skills { agent, chat, skills }),
        1 => (n(), 0u8..16, any::<bool>()).prop_map(|(skill, agents, enabled)| Act::Members { skill, agents, enabled }),
        3 => prop_oneof![Just(1i64), Just(9), Just(31), Just(1_000)].prop_map(|seconds| Act::Wait { seconds }),
    ]
}

/// Any rules that a desk may have.
fn rules() -> impl proptest::strategy::Strategy<Value = RoutingRules> {
    let limit = (any::<bool>(), 0u16..4, prop::sample::select(LimitScope::ALL));
    let idle = (any::<bool>(), 1u16..3, prop::sample::select(IdleStatus::ALL));
    let offers = (any::<bool>(), prop_oneof![Just(None), Just(Some(10)), Just(Some(120))]);
    (prop::sample::select(RoutingMode::ALL), limit, idle, offers, any::<bool>()).prop_map(|(mode, limit, idle, offers, auto_accept)| {
        RoutingRules {
            mode,
            limit: ChatLimit { enabled: limit.0, chats: limit.1, scope: limit.2, agents_choose: false },
            reassignment: offers.0,
            offer_seconds: offers.1,
            idle: AutoIdle { enabled: idle.0, after: idle.1, status: idle.2 },
            auto_accept,
        }
    })
}

/// Skills of the desk, each of some agents.
const SKILLS: usize = 3;
/// Long enough that offers run out before, and short enough that some schedules see its end.
const SKILL_WAIT_SECONDS: u32 = 40;

/// Names of the skills whose bits are set.
fn names(bits: u8) -> Vec<String> {
    (0..SKILLS).filter(|skill| bits & (1 << skill) != 0).map(|skill| format!("Skill {skill}")).collect()
}

pub(crate) struct Stage {
    _directory: tempfile::TempDir,
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) agents: Vec<AgentId>,
    pub(crate) departments: Vec<DepartmentId>,
    pub(crate) visits: Vec<Visit>,
}

/// Without seconds that a chat waits for them, skills are only written.
pub(crate) fn stage(strategy: Routing, skill_wait_seconds: Option<u32>) -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn crate::clock::Clock>,
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options, "owner@example.com", "correct horse").unwrap();
    let desk = Desk::open(&options).unwrap();
    let (agents, departments, visits) = desk
        .write_blocking(move |tx, cx| {
            let mut agents = Vec::new();
            for n in 0..4u16 {
                let draft = AgentDraft {
                    email: format!("agent{n}@example.com"),
                    first_name: format!("Agent {n}"),
                    last_name: String::new(),
                    role: Role::Agent,
                    slots: n % 3 + 1,
                    enabled: true,
                    password_hash: Some("none".to_owned()),
                };
                agents.push(accounts::create_agent(tx, cx, &draft)?.id);
            }
            let sales = DepartmentId::from_i64(tx.next_id()?);
            for (id, members) in [(DepartmentId::DEFAULT, &agents[..]), (sales, &agents[2..])] {
                let department = Department {
                    id,
                    name: "Department".to_owned(),
                    description: String::new(),
                    strategy,
                    offer_seconds: 30,
                    queue_chats_max: 5,
                    enabled: true,
                };
                let members: Vec<Membership> =
                    members.iter().map(|agent| Membership { department: id, agent: *agent, priority: 50 }).collect();
                accounts::put_department(tx, cx, &department, Some(&members))?;
            }
            for skill in 0..SKILLS {
                let members = agents.iter().enumerate().filter(|(place, _)| (place + skill) % 3 == 0).map(|(_, agent)| *agent).collect();
                let name = Some(format!("Skill {skill}"));
                skills::create(tx, cx, &SkillDraft { name, members: Some(members), ..SkillDraft::default() })?;
            }
            if let Some(seconds) = skill_wait_seconds {
                let routed = Settings { skill_routing_enabled: true, skill_wait_seconds: seconds, ..Settings::default() };
                settings::put(tx, cx, &routed)?;
            }
            for agent in &agents {
                accounts::here(tx, cx, *agent)?;
            }
            let visits = (0..6).map(|_| visits::arrive(tx, cx, None, &Arrival::default())).collect::<Result<Vec<_>, _>>()?;
            Ok((agents, vec![DepartmentId::DEFAULT, sales], visits))
        })
        .unwrap();
    // The settings in memory follow a moment later.
    let began = std::time::Instant::now();
    while desk.settings().skill_routing_enabled != skill_wait_seconds.is_some() {
        assert!(began.elapsed().as_secs() < 10, "the settings never follow");
        std::thread::yield_now();
    }
    Stage { _directory: directory, desk, clock, agents, departments, visits }
}

/// What a refusal may be; anything else is a defect.
pub(crate) fn allowed<T>(done: Result<T, AppError>) -> Result<(), AppError> {
    match done {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind, Kind::Conflict | Kind::Forbidden | Kind::Offline) => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) fn play(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    stage: &(Vec<AgentId>, Vec<DepartmentId>, Vec<Visit>),
    act: &Act,
) -> Result<(), AppError> {
    let (agents, departments, visits) = stage;
    let visit = |n: usize| visits[n % visits.len()].clone();
    let agent = |n: usize| agents[n % agents.len()];
    let department = |n: usize| departments[n % departments.len()];
    let live: Vec<ChatId> = tables::chats::live(tx)?.iter().map(|chat| chat.id).collect();
    let chat = |n: usize| live.get(n % live.len().max(1)).copied();
    match *act {
        Act::Ask { visitor, department: place, skills } => {
            let introduction = Introduction { skills: names(skills), ..Introduction::default() };
            let wanted = Request { department: Some(department(place)), introduction, text: Some("hello".to_owned()), key: None };
            request(tx, cx, &visit(visitor), &wanted).map(drop)
        }
        Act::Say { visitor } => visitor_says(tx, cx, &visit(visitor), "and?", None, None).map(drop),
        Act::VisitorEnds { visitor } => visitor_ends(tx, cx, &visit(visitor)).map(drop),
        Act::Rate { visitor, good } => {
            let rating = if good { Rating::Good } else { Rating::Bad };
            rate(tx, cx, &visit(visitor), Some(rating), None).map(drop)
        }
        Act::Status { agent: who, status } => {
            let preset = [AgentStatus::ONLINE, AgentStatus::AWAY, AgentStatus::INVISIBLE, AgentStatus::OFFLINE][status];
            accounts::choose_status(tx, cx, agent(who), preset, true).map(drop)
        }
        Act::Gone { agent: who } => accounts::gone(tx, cx, agent(who)).map(drop),
        Act::Slots { agent: who, slots } => {
            let (engaged, ringing) = tables::agents::load(tx, agent(who))?;
            let Some(known) = tables::agents::get(tx, agent(who))? else { return Ok(()) };
            // Lowering below what is in use is allowed; then the invariant does not speak of him.
            let slots = slots.max(u16::try_from(engaged + ringing).unwrap_or(u16::MAX));
            let draft = AgentDraft {
                email: known.email,
                first_name: known.first_name,
                last_name: known.last_name,
                role: known.role,
                slots,
                enabled: true,
                password_hash: None,
            };
            accounts::change_agent(tx, cx, agent(who), &draft).map(drop)
        }
        Act::Rules { mut rules } => {
            // A limit below what is in use is allowed; then the invariant does not speak of it.
            let loads = tables::agents::loads(tx)?;
            let most = loads.iter().map(|(_, _, load)| u16::try_from(*load).unwrap_or(u16::MAX)).max().unwrap_or(0);
            rules.limit.chats = rules.limit.chats.max(most);
            if loads.iter().any(|(_, slots, load)| *load > u32::from(*slots)) {
                rules.limit.scope = LimitScope::Account;
            }
            let settings = Settings { routing: rules, ..Settings::load(tx)? };
            settings::put(tx, cx, &settings)
        }
        Act::Skills { agent: who, chat: n, skills } => {
            chat(n).map_or(Ok(()), |chat| skills::agent_requests(tx, cx, agent(who), chat, &names(skills)).map(drop))
        }
        Act::Members { skill, agents: bits, enabled } => {
            let known = skills::list(tx)?;
            let members = agents.iter().enumerate().filter(|(place, _)| bits & (1 << place) != 0).map(|(_, agent)| *agent).collect();
            let draft = SkillDraft { enabled: Some(enabled), members: Some(members), ..SkillDraft::default() };
            skills::change(tx, cx, known[skill % known.len()].id, &draft).map(drop)
        }
        Act::Wait { .. } => {
            expire_offers(tx, cx)?;
            end_idle(tx, cx)
        }
        Act::Accept { agent: who, chat: n } => chat(n).map_or(Ok(()), |chat| accept(tx, cx, agent(who), chat).map(drop)),
        Act::Decline { agent: who, chat: n } => chat(n).map_or(Ok(()), |chat| decline(tx, cx, agent(who), chat).map(drop)),
        Act::Leave { agent: who, chat: n } => chat(n).map_or(Ok(()), |chat| leave(tx, cx, agent(who), chat).map(drop)),
        Act::AgentEnds { agent: who, chat: n } => chat(n).map_or(Ok(()), |chat| agent_ends(tx, cx, agent(who), chat).map(drop)),
        Act::TransferAgent { agent: who, chat: n, to } => {
            chat(n).map_or(Ok(()), |chat| allowed(transfer::transfer(tx, cx, agent(who), chat, Target::Agent(agent(to)))))
        }
        Act::TransferDepartment { agent: who, chat: n, to } => {
            chat(n).map_or(Ok(()), |chat| allowed(transfer::transfer(tx, cx, agent(who), chat, Target::Department(department(to)))))
        }
        Act::Invite { agent: who, chat: n, to } => {
            chat(n).map_or(Ok(()), |chat| transfer::invite(tx, cx, agent(who), chat, agent(to)).map(drop))
        }
    }
}

/// Waits until the desk goes by the settings that are stored.
fn follow_settings(desk: &Desk) {
    let stored = desk.snapshot_blocking(|tx| Ok(Settings::load(tx)?)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while *desk.settings() != stored {
        assert!(Instant::now() < deadline, "the desk does not take its settings in");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What the timers do about chats whose wait for skills ended since the last step.
fn end_waits(tx: &mut Tx<'_>, cx: &mut Context, since: Timestamp) -> Result<(), AppError> {
    let Some(rule) = cx.settings.skill_rule() else { return Ok(()) };
    for chat in tables::chats::live(tx)? {
        let over = chat.waiting_since.plus_seconds(i64::from(rule.wait_seconds));
        if chat.state == ChatState::Queued && over > since && over <= cx.now {
            routing::route(tx, cx, chat.department)?;
        }
    }
    Ok(())
}

/// What must hold between any two steps; says what does not.
fn check(tx: &mut Tx<'_>, departments: &[DepartmentId], rule: Option<SkillRule>, now: Timestamp) -> Result<(), AppError> {
    let fail = |text: String| Err(AppError::internal(text));
    let rules = Settings::load(tx)?.routing;
    let over = routing::over_capacity(tx, &rules)?;
    if !over.is_empty() {
        return fail(format!("over capacity: {over:?}"));
    }
    for chat in tables::chats::live(tx)? {
        let ringing = tables::offers::ringing(tx, chat.id)?.len();
        let engaged = tables::engagements::open(tx, chat.id)?.len();
        let fits = match chat.state {
            ChatState::Queued => ringing == 0 && engaged == 0,
            ChatState::Offered => ringing > 0 && engaged == 0,
            ChatState::Served => engaged > 0,
            ChatState::Ended => false,
        };
        if !fits {
            return fail(format!("{:?} with {ringing} offers and {engaged} engagements", chat.state));
        }
    }
    for department in departments {
        let queue = tables::chats::waiting(tx, *department, None, 100)?;
        let mut candidates = routing::candidates(tx, &rules, *department)?;
        let staff = tables::skills::of_department(tx, *department)?;
        for candidate in &mut candidates {
            candidate.skills = staff.get(&candidate.agent).cloned().unwrap_or_default();
        }
        if !queue.is_empty() && candidates.is_empty() {
            return fail("a chat waits where nobody is".to_owned());
        }
        for waiting in queue {
            let mut chat = tables::chats::queued_chat(tx, &waiting)?;
            chat.pinned = chat.pinned.filter(|agent| candidates.iter().any(|candidate| candidate.agent == *agent));
            let asked = tables::skills::asked(tx, &[chat.chat])?.remove(&chat.chat).unwrap_or_default();
            if rule.is_some_and(|rule| rule.holds(&asked, staff.values().map(Vec::as_slice), waiting.since, now)) {
                chat.skills = asked;
            }
            if candidates.iter().any(|candidate| candidate.has_room() && chat.is_for(candidate)) {
                return fail(format!("a chat waits while somebody is free: {chat:?} {candidates:?}"));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 48, max_shrink_iters: 200, ..Config::default() })]

    #[test]
    fn every_schedule_keeps_the_rules(
        strategy in prop::sample::select(Routing::ALL),
        skilled in any::<bool>(),
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let stage = stage(strategy, skilled.then_some(SKILL_WAIT_SECONDS));
        let rule = skilled.then_some(SkillRule { wait_seconds: SKILL_WAIT_SECONDS });
        let mut figures = stage.desk.snapshot_blocking({
            let now = stage.desk.now();
            move |tx| Ok(Figures::load(tx, now)?)
        }).unwrap();
        let cast = (stage.agents.clone(), stage.departments.clone(), stage.visits.clone());
        for act in &acts {
            let before = stage.desk.now();
            stage.clock.advance_seconds(match act { Act::Wait { seconds } => *seconds, _ => 1 });
            stage.desk.write_blocking(move |tx, cx| end_waits(tx, cx, before)).unwrap();
            let (cast, act, departments) = (cast.clone(), act.clone(), stage.departments.clone());
            // A refused step is rolled back as a job of its own.
            let is_rules = matches!(act, Act::Rules { .. });
            let played = stage.desk.write_blocking(move |tx, cx| play(tx, cx, &cast, &act));
            if is_rules {
                follow_settings(&stage.desk);
            }
            let now = stage.desk.now();
            let checked = stage.desk.snapshot_blocking(move |tx| check(tx, &departments, rule, now));
            if let Err(error) = allowed(played).and(checked) {
                return Err(TestCaseError::fail(error.to_string()));
            }
        }
        let now = stage.desk.now();
        let after = figures.number();
        let (events, loaded) = stage.desk.snapshot_blocking(move |tx| {
            Ok((journal::after(tx, after, 1_000_000)?, Figures::load(tx, now)?))
        }).unwrap();
        for recorded in &events {
            figures.fold(recorded);
            // Twice does no harm.
            figures.fold(recorded);
        }
        figures.set_limit(stage.desk.settings().routing.limit);
        for department in std::iter::once(None).chain(stage.departments.iter().map(|department| Some(*department))) {
            prop_assert_eq!(figures.chats(department, now), loaded.chats(department, now));
            prop_assert_eq!(figures.agents(department), loaded.agents(department));
        }
        let gap = stage.desk.snapshot_blocking(|tx| Ok(journal::check_gapless(tx)?)).unwrap();
        prop_assert!(gap.is_none());
        stage.desk.close();
    }
}

#[test]
fn a_chat_that_waited_long_does_not_end_when_it_is_joined() {
    let stage = stage(Routing::Random, None);
    let (visit, agents) = (stage.visits[0].clone(), stage.agents.clone());
    let chat = stage
        .desk
        .write_blocking(move |tx, cx| {
            let wanted = Request { text: Some("hello".to_owned()), ..Request::default() };
            Ok(request(tx, cx, &visit, &wanted)?.chat.unwrap())
        })
        .unwrap();
    stage.clock.advance_seconds(2_000);
    let state = move |tx: &mut Tx<'_>| tables::chats::get(tx, chat).map(|chat| chat.unwrap().state).map_err(AppError::from);
    let joined = stage
        .desk
        .write_blocking(move |tx, cx| {
            let ringing = tables::offers::ringing(tx, chat)?;
            let agent = ringing.first().map_or(agents[0], |offer| offer.agent);
            accept(tx, cx, agent, chat)?;
            end_idle(tx, cx)?;
            state(tx)
        })
        .unwrap();
    assert_eq!(joined, ChatState::Served);
    stage.clock.advance_seconds(2_000);
    let later = stage.desk.write_blocking(move |tx, cx| end_idle(tx, cx).and_then(|()| state(tx))).unwrap();
    assert_eq!(later, ChatState::Ended);
    stage.desk.close();
}
