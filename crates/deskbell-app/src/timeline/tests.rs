//! Timelines of random histories: counted again from rows, the same after any number of restarts, and read page by page while they grow.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::ChatState;
use deskbell_domain::department::Strategy as Routing;
use deskbell_domain::event::Event;
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::timeline::{AgentChange, Queue, StatusWord};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_assert_ne, prop_oneof, proptest};
use proptest::test_runner::{Config, TestCaseError};

use super::*;
use crate::accounts::{self, AgentDraft};
use crate::chats::schedules::{Act, Stage, act, allowed, play, stage};

/// Seconds that rows are old before they are read.
const AGE_SECONDS: i64 = 300;
/// Things that happen in one step share a moment; ends are moved apart by less than this. Steps are a second apart.
const MOVED_MICROS_MAX: i64 = 1_000;

/// What happens between two looks.
#[derive(Debug, Clone)]
enum Step {
    Chats(Act),
    Switch {
        agent: usize,
        on: bool,
    },
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
    /// Another client comes, who wants all since a moment of his own.
    Begin {
        seconds_ago: i64,
    },
    /// Each client asks for the next page of each list.
    Crawl {
        limit: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => act().prop_map(Step::Chats),
        1 => (0usize..4, any::<bool>()).prop_map(|(agent, on)| Step::Switch { agent, on }),
        4 => (0usize..2, 1usize..4).prop_map(|(reader, count)| Step::Bites { reader, count }),
        2 => (0usize..2, 1i64..8).prop_map(|(reader, bite_events)| Step::Restart { reader, bite_events }),
        1 => prop_oneof![0i64..40, 900i64..1_100].prop_map(|seconds_ago| Step::Begin { seconds_ago }),
        4 => (1i64..6).prop_map(|limit| Step::Crawl { limit }),
    ]
}

fn reader(stage: &Stage, bite_events: i64) -> Reader {
    Reader { bite_events, ..stage.desk.timeline_reader() }
}

fn switch(stage: &Stage, agent: AgentId, enabled: bool) -> Result<(), AppError> {
    let switched = stage.desk.write_blocking(move |tx, cx| {
        let known = tables::agents::get(tx, agent)?.expect("the stage has him");
        let draft = AgentDraft {
            email: known.email,
            first_name: known.first_name,
            last_name: known.last_name,
            role: known.role,
            slots: known.slots,
            enabled,
            password_hash: None,
        };
        accounts::change_agent(tx, cx, agent, &draft)
    });
    allowed(switched)
}

/// A time in the unit of its list, and an id.
type Place = (i64, String);

/// A client that follows the pages of all three lists.
#[derive(Debug, Default)]
struct Client {
    /// In seconds.
    start: i64,
    /// Whether he was answered once: from then on he always is.
    welcome: bool,
    /// Every place that he was told, and how many rows were behind it then.
    told: Vec<([Place; 3], [usize; 3])>,
    spans: Vec<Span>,
    agent_events: Vec<AgentEvent>,
    department_events: Vec<DepartmentEvent>,
}

impl Client {
    /// Asks for a page of each; returns how many rows came. One whose own moment is not prepared yet comes again.
    fn crawl(&mut self, desk: &Desk, limit: i64) -> Result<usize, AppError> {
        match self.ask(desk, limit) {
            Err(error) if error.kind == Kind::Unavailable && !self.welcome => Ok(0),
            other => other,
        }
    }

    fn ask(&mut self, desk: &Desk, limit: i64) -> Result<usize, AppError> {
        let horizon = desk.now().seconds() - AGE_SECONDS;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let [end, agent_event, department_event] = [self.place(0), self.place(1), self.place(2)];
        let found = runtime.block_on(spans(desk, Timestamp::from_micros(end.0), Timestamp::from_seconds(horizon), limit))?;
        let mut count = found.len();
        self.spans.extend(found);
        let found = runtime.block_on(agent_events(desk, agent_event, horizon, limit))?;
        count += found.len();
        self.agent_events.extend(found);
        let found = runtime.block_on(department_events(desk, department_event, horizon, limit))?;
        count += found.len();
        self.department_events.extend(found);
        self.welcome = true;
        let places = [self.place(0), self.place(1), self.place(2)];
        let behind = rows(desk).behind(&places);
        self.told.push((places, behind));
        Ok(count)
    }

    /// Where he stands in each list, as the last page told him.
    fn place(&self, list: usize) -> Place {
        let start = self.start;
        let event = |at: Timestamp, id: &String| (at.seconds(), id.clone());
        match list {
            0 => (self.spans.last().map_or(start * 1_000_000, |span| span.end.micros()), String::new()),
            1 => self.agent_events.last().map_or((start, String::new()), |last| event(last.at, &last.id)),
            _ => self.department_events.last().map_or((start, String::new()), |last| event(last.at, &last.id)),
        }
    }

    /// How many of these rows lie at or behind a place.
    fn behind(&self, places: &[Place; 3]) -> [usize; 3] {
        let event = |at: Timestamp, id: &String, place: &Place| (at.seconds(), id) <= (place.0, &place.1);
        [
            self.spans.iter().filter(|span| span.end.micros() <= places[0].0).count(),
            self.agent_events.iter().filter(|of| event(of.at, &of.id, &places[1])).count(),
            self.department_events.iter().filter(|of| event(of.at, &of.id, &places[2])).count(),
        ]
    }
}

/// All rows there are.
fn rows(desk: &Desk) -> Client {
    desk.snapshot_blocking(|tx| {
        Ok(Client {
            spans: tables::timeline::spans(tx, Timestamp::EPOCH, Timestamp::from_micros(i64::MAX), i64::MAX)?,
            agent_events: tables::timeline::agent_events(tx, (0, ""), i64::MAX, i64::MAX)?,
            department_events: tables::timeline::department_events(tx, (0, ""), i64::MAX, i64::MAX)?,
            ..Client::default()
        })
    })
    .unwrap()
}

fn journal_of(desk: &Desk) -> Vec<Recorded> {
    desk.snapshot_blocking(|tx| Ok(journal::after(tx, 0, i64::MAX)?)).unwrap()
}

/// What one who reads the whole journal at once makes of it.
fn replay(desk: &Desk) -> (Fold, Told) {
    let (mut fold, mut told) = (Fold::new(desk.account_key()), Told::default());
    for recorded in journal_of(desk) {
        fold.fold(&recorded, &mut told);
        // Twice does no harm.
        fold.fold(&recorded, &mut told);
    }
    (fold, told)
}

/// An agent's status and load from moment to moment, counted from the journal's words and the table of engagements.
fn recount(desk: &Desk, agent: AgentId) -> Vec<(i64, StatusWord, usize)> {
    let mut moments = BTreeSet::from([0]);
    let mut statuses: BTreeMap<i64, StatusWord> = BTreeMap::from([(0, StatusWord::Offline)]);
    let (mut enabled, mut online) = (true, AgentStatus::OFFLINE);
    for recorded in journal_of(desk) {
        match recorded.event {
            Event::AgentChanged { agent: of, enabled: now, .. } if of == agent => enabled = now,
            Event::AgentStatusChanged { agent: of, online: now, .. } if of == agent => online = now,
            _ => continue,
        }
        let word = if enabled { StatusWord::from(online) } else { StatusWord::Offline };
        statuses.insert(recorded.at.micros(), word);
        moments.insert(recorded.at.micros());
    }
    let engagements: Vec<(i64, i64)> = desk
        .snapshot_blocking(move |tx| {
            let mut own = Vec::new();
            for recorded in journal::after(tx, 0, i64::MAX)? {
                if let Event::ChatRequested { chat, .. } = recorded.event {
                    let placed = tables::engagements::of_chat(tx, chat)?.into_iter().map(|placed| placed.engagement);
                    own.extend(placed.filter(|engagement| engagement.agent == agent));
                }
            }
            Ok(own)
        })
        .unwrap()
        .into_iter()
        .map(|engagement| (engagement.joined.micros(), engagement.left.map_or(i64::MAX, Timestamp::micros)))
        .collect();
    moments.extend(engagements.iter().flat_map(|(joined, left)| [*joined, *left]));
    let mut course: Vec<(i64, StatusWord, usize)> = Vec::new();
    for moment in moments.into_iter().filter(|moment| *moment != i64::MAX) {
        let status = *statuses.range(..=moment).next_back().expect("it begins at 0").1;
        let load = engagements.iter().filter(|(joined, left)| (*joined..*left).contains(&moment)).count();
        if course.last().is_none_or(|(_, was, had)| (*was, *had) != (status, load)) {
            course.push((moment, status, load));
        }
    }
    course
}

/// Spans of one agent, those as one between which a chat went and another came at the same moment.
fn whole<'a>(spans: impl Iterator<Item = &'a Span>) -> Vec<Span> {
    let mut whole: Vec<Span> = Vec::new();
    for span in spans {
        match whole.last_mut() {
            Some(last) if (last.status, last.engagements, last.end) == (span.status, span.engagements, span.start) => last.end = span.end,
            Some(_) | None => whole.push(span.clone()),
        }
    }
    whole
}

/// Spans cover exactly the time in which the agent was not offline, but for the one that is still open.
fn check_spans(stage: &Stage, all: &[Span]) -> Result<(), TestCaseError> {
    prop_assert!(all.is_sorted_by_key(|span| span.end) && all.windows(2).all(|two| two[0].end < two[1].end));
    let known: BTreeSet<AgentId> = all.iter().map(|span| span.agent).collect();
    prop_assert!(known.iter().all(|agent| stage.agents.contains(agent)), "the owner was never online");
    for agent in &stage.agents {
        let mut own = whole(all.iter().filter(|span| span.agent == *agent));
        let course = recount(&stage.desk, *agent);
        // What is still open may have begun so: a chat went and another came.
        if let (Some(last), Some((from, status, load))) = (own.last(), course.last())
            && (last.status, last.engagements as usize) == (*status, *load)
            && (0..MOVED_MICROS_MAX).contains(&(last.start.micros() - from))
        {
            own.pop();
        }
        let closed = course.windows(2).filter(|two| two[0].1 != StatusWord::Offline);
        let wanted: Vec<_> = closed.map(|two| (two[0].1, two[0].2, two[0].0, two[1].0)).collect();
        prop_assert_eq!(own.len(), wanted.len(), "{:?} {:?}", own, wanted);
        for (span, (status, load, from, to)) in own.iter().zip(&wanted) {
            prop_assert_eq!((span.status, span.engagements as usize), (*status, *load));
            let moved = (span.start.micros() - from, span.end.micros() - to);
            let little = 0..MOVED_MICROS_MAX;
            prop_assert!(little.contains(&moved.0) && little.contains(&moved.1), "{:?} is not {} to {}", span, from, to);
        }
        for (two, times) in own.windows(2).zip(wanted.windows(2)) {
            prop_assert!(two[0].end <= two[1].start, "{:?} overlap", two);
            prop_assert!(times[0].3 != times[1].2 || two[0].end == two[1].start, "a gap between {:?}", two);
        }
    }
    Ok(())
}

/// Each change begins where the one before it ended, and the last one is what is true now.
fn check_chains(stage: &Stage, all: &Client) -> Result<(), TestCaseError> {
    let (mut statuses, mut loads) = (BTreeMap::new(), BTreeMap::new());
    for event in &all.agent_events {
        match event.change {
            AgentChange::Status { previous, value } => {
                prop_assert_eq!(statuses.insert(event.agent, value).unwrap_or(StatusWord::Offline), previous);
                prop_assert_ne!(previous, value);
            }
            AgentChange::Engagements { previous, value } => {
                prop_assert_eq!(loads.insert(event.agent, value).unwrap_or(0), previous);
                prop_assert_eq!(previous.abs_diff(value), 1);
            }
        }
    }
    let mut queues: BTreeMap<DepartmentId, Queue> = BTreeMap::new();
    for event in &all.department_events {
        prop_assert_eq!(queues.insert(event.department, event.value).unwrap_or_default(), event.previous);
        prop_assert_ne!(event.previous, event.value);
    }
    let (agents, engaged, live) = stage
        .desk
        .snapshot_blocking(|tx| Ok((tables::agents::all(tx)?, tables::engagements::all_open(tx)?, tables::chats::live(tx)?)))
        .unwrap();
    for agent in agents {
        let word = if agent.enabled { StatusWord::from(agent.online) } else { StatusWord::Offline };
        prop_assert_eq!(statuses.get(&agent.id).copied().unwrap_or(StatusWord::Offline), word);
        let load = engaged.iter().filter(|(_, of)| *of == agent.id).count();
        prop_assert_eq!(loads.get(&agent.id).copied().unwrap_or(0) as usize, load);
    }
    for department in &stage.departments {
        let count = |state| live.iter().filter(|chat| chat.department == *department && chat.state == state).count();
        let queue = queues.get(department).copied().unwrap_or_default();
        prop_assert_eq!((queue.incoming as usize, queue.assigned as usize), (count(ChatState::Queued), count(ChatState::Offered)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 32, max_shrink_iters: 200, ..Config::default() })]

    #[test]
    fn any_history_is_told_once_and_rightly(strategy in prop::sample::select(Routing::ALL), steps in prop::collection::vec(step(), 1..90)) {
        let stage = stage(strategy, None);
        let cast = (stage.agents.clone(), stage.departments.clone(), stage.visits.clone());
        let mut readers = [reader(&stage, 3), reader(&stage, 5)];
        let mut clients = vec![Client::default()];
        for step in steps {
            match step {
                Step::Chats(act) => {
                    stage.clock.advance_seconds(match &act { Act::Wait { seconds } => *seconds, _ => 1 });
                    let cast = cast.clone();
                    let played = stage.desk.write_blocking(move |tx, cx| play(tx, cx, &cast, &act));
                    // One who is switched off is nobody to the others.
                    let refused = played.as_ref().is_err_and(|error| error.kind == Kind::NotFound);
                    prop_assert!(refused || allowed(played).is_ok());
                }
                Step::Switch { agent, on } => {
                    stage.clock.advance_seconds(1);
                    prop_assert!(switch(&stage, stage.agents[agent], on).is_ok());
                }
                Step::Bites { reader, count } => for _ in 0..count {
                    readers[reader].bite().unwrap();
                },
                Step::Restart { reader: which, bite_events } => readers[which] = reader(&stage, bite_events),
                Step::Begin { seconds_ago } => {
                    let start = stage.desk.now().seconds() - AGE_SECONDS - seconds_ago;
                    clients.push(Client { start, ..Client::default() });
                }
                Step::Crawl { limit } => for client in &mut clients {
                    let crawled = client.crawl(&stage.desk, limit);
                    prop_assert!(crawled.is_ok(), "a place of ours is good for ever: {crawled:?}");
                },
            }
        }
        for reader in &mut readers {
            reader.catch_up().unwrap();
        }
        let all = rows(&stage.desk);
        let (fold, mut told) = replay(&stage.desk);
        told.agent_events.sort_by_key(|event| (event.at.seconds(), event.id.clone()));
        told.department_events.sort_by_key(|event| (event.at.seconds(), event.id.clone()));
        prop_assert_eq!(&all.spans, &told.spans);
        prop_assert_eq!(&all.agent_events, &told.agent_events);
        prop_assert_eq!(&all.department_events, &told.department_events);
        let loaded = reader(&stage, 1).load().unwrap().fold;
        prop_assert_eq!(known(loaded), known(fold));
        check_spans(&stage, &all.spans)?;
        check_chains(&stage, &all)?;

        stage.clock.advance_seconds(AGE_SECONDS + 1_000);
        for mut client in clients {
            let mut pages = 0;
            while client.crawl(&stage.desk, 7).unwrap() > 0 {
                pages += 1;
                prop_assert!(pages < 10_000, "no end");
            }
            for (places, behind) in &client.told {
                prop_assert_eq!(all.behind(places), *behind, "nothing is written behind a place that was told: {:?}", places);
            }
            let start = client.start;
            prop_assert_eq!(client.spans, after(&all.spans, |span| span.end > Timestamp::from_seconds(start)));
            prop_assert_eq!(client.agent_events, after(&all.agent_events, |event| event.at.seconds() >= start));
            prop_assert_eq!(client.department_events, after(&all.department_events, |event| event.at.seconds() >= start));
        }
        stage.desk.close();
    }
}

fn after<R: Clone>(all: &[R], wanted: impl Fn(&R) -> bool) -> Vec<R> {
    all.iter().filter(|row| wanted(row)).cloned().collect()
}

/// What two folds agree about: those of whom nothing is known, and the order of agents in a chat, are no matter.
fn known(fold: Fold) -> Fold {
    let agents = fold.agents.into_iter().filter(|(_, state)| *state != AgentState::default()).collect();
    let queues = fold.queues.into_iter().filter(|(_, queue)| *queue != Queue::default()).collect();
    let chats = fold.chats.into_iter().map(|(id, mut chat)| {
        chat.agents.sort_unstable();
        (id, chat)
    });
    Fold { agents, queues, chats: chats.collect(), ..fold }
}

#[test]
fn one_who_lags_behind_hides_what_may_still_come() {
    let stage = stage(Routing::Random, None);
    let agent = stage.agents[0];
    let mut reader = reader(&stage, 500);
    let choose = |preset| {
        stage.clock.advance_seconds(100);
        stage.desk.write_blocking(move |tx, cx| accounts::choose_status(tx, cx, agent, preset, true)).unwrap();
    };
    choose(AgentStatus::AWAY);
    choose(AgentStatus::ONLINE);
    reader.catch_up().unwrap();
    let told = rows(&stage.desk);
    assert_eq!(told.spans.len(), 2);
    let (first, second) = (told.spans[0].end, told.spans[1].end);
    choose(AgentStatus::INVISIBLE);
    let unread = stage.desk.now();
    stage.clock.advance_seconds(10_000);
    let horizon = stage.desk.now().plus_seconds(-AGE_SECONDS);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ask = |after: Timestamp| runtime.block_on(spans(&stage.desk, after, horizon, 10)).map(|found| found.len());
    let ask_events = |second: i64| {
        let (agents, departments) = (
            runtime.block_on(agent_events(&stage.desk, (second, String::new()), horizon.seconds(), 10)).map(|found| found.len()),
            runtime.block_on(department_events(&stage.desk, (second, String::new()), horizon.seconds(), 10)).map(|found| found.len()),
        );
        assert_eq!(agents.is_err(), departments.is_err());
        agents
    };
    for (after, wanted) in [(Timestamp::EPOCH, 2), (first.plus_micros(-1), 2), (first, 1), (second, 0), (unread.plus_micros(-1), 0)] {
        assert_eq!(ask(after).unwrap(), wanted, "{after:?}");
    }
    let late = ask(unread).expect_err("something will come there");
    assert_eq!((late.kind, late.retry_after_seconds), (Kind::Unavailable, Some(BEHIND_RETRY_SECONDS)));
    assert_eq!(ask_events(second.seconds()).unwrap(), 1);
    assert_eq!(ask_events(unread.seconds() - 1).unwrap(), 0);
    assert_eq!(ask_events(unread.seconds()).expect_err("something will come there").kind, Kind::Unavailable);

    // What changes nothing here must not hold the horizon back either.
    reader.catch_up().unwrap();
    assert_eq!(ask(second).unwrap(), 1);
    assert_eq!(ask(unread).unwrap(), 0);
    assert_eq!(ask_events(unread.seconds()).unwrap(), 1);
    stage.desk.write_blocking(|tx, cx| Ok(tx.append(cx.now, Event::SettingsChanged { slots_for_all: None })?)).unwrap();
    let then = stage.desk.now();
    stage.clock.advance_seconds(10_000);
    reader.catch_up().unwrap();
    let horizon = stage.desk.now().plus_seconds(-AGE_SECONDS);
    assert_eq!(runtime.block_on(spans(&stage.desk, then.plus_seconds(1), horizon, 10)).unwrap(), []);
    stage.desk.close();
}

#[test]
fn the_thread_keeps_up_and_ends() {
    let stage = stage(Routing::Random, None);
    stage.desk.keep_timelines().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        let (cursor, head) = stage.desk.snapshot_blocking(|tx| Ok((cursors::get(tx, CURSOR)?, tx.head()?))).unwrap();
        if cursor == Some(head) && stage.desk.timeline_number() == head {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "it never came to the end");
        std::thread::yield_now();
    }
    assert_eq!(rows(&stage.desk).agent_events.len(), stage.agents.len(), "all came online");
    stage.desk.close();
}
