//! A random day on a desk, played through the use cases: whatever happens, subscribers are told what a request would be answered at that
//! moment, no more and no less, and both are what a recount of the rows says.

use std::collections::{BTreeMap, HashMap, HashSet};

use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::chats::transfer::{self, Target};
use deskbell_app::clock::Clock;
use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_app::conversations::Writing;
use deskbell_app::customers::Introduction;
use deskbell_app::figures::Figures;
use deskbell_app::timers::{self, Timers};
use deskbell_app::{AppError, Kind};
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::Rating;
use deskbell_domain::department::{Department, Membership, Strategy};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_domain::visit::Visit;
use deskbell_store::recount::{Recount, recount};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::client::{Client, Port};
use super::{Stream, envelope};
use crate::stream::answers::Question;
use crate::stream_kit;
use crate::topics::{Shown, Sight, TOPICS};
use crate::world::{World, call, unlimited};

const SEEDS: [u64; 3] = [1, 20_261, 4_096];
const STEPS: usize = 180;
const AGENTS: usize = 5;
const STATUSES: [AgentStatus; 4] = [AgentStatus::ONLINE, AgentStatus::AWAY, AgentStatus::INVISIBLE, AgentStatus::OFFLINE];
const STRATEGIES: [Strategy; 4] = [Strategy::LeastBusy, Strategy::FillUp, Strategy::RingAll, Strategy::Random];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streaming_and_rest_never_differ() {
    let mut seen = HashSet::new();
    for seed in SEEDS {
        let mut day = Day::begin(seed).await;
        for step in 0..STEPS {
            let what = day.step().await;
            day.check(&format!("seed {seed}, step {step}: {what}")).await;
        }
        day.check_a_restart(seed).await;
        seen.extend(day.seen);
    }
    // A day on which a figure stood still would prove nothing about it.
    for topic in TOPICS {
        assert!(seen.contains(topic.key), "{} stood still", topic.key);
    }
}

struct Day {
    world: World,
    chance: StdRng,
    stream: Stream,
    client: Client,
    /// What the client was told last: by figure, department and window.
    told: BTreeMap<(String, Option<i64>, String), String>,
    /// Figures that changed.
    seen: HashSet<String>,
    timers: Timers,
    agents: Vec<AgentId>,
    departments: Vec<DepartmentId>,
    visits: Vec<Visit>,
    chats: Vec<(ChatId, ConversationId)>,
    _port: Port,
}

impl Day {
    async fn begin(seed: u64) -> Day {
        let world = World::online().await;
        let stream = Stream::new(world.desk.clone(), world.stop.subscribe());
        let port = Port::open(stream_kit(stream.clone(), &unlimited())).await;
        let client = Client::open(port.address, world.token()).await;
        let mut agents = vec![world.owner.agent.id];
        for place in 1..AGENTS {
            agents.push(world.add_agent(&format!("agent{place}@desk.test"), Role::Agent, (place % 3) as u16).await);
        }
        let timers = Timers::new(world.clock.now());
        let mut day = Day {
            world,
            chance: StdRng::seed_from_u64(seed),
            stream,
            client,
            told: BTreeMap::new(),
            seen: HashSet::new(),
            timers,
            agents,
            departments: vec![DepartmentId::DEFAULT],
            visits: Vec::new(),
            chats: Vec::new(),
            _port: port,
        };
        day.subscribe(None).await;
        day.subscribe(Some(0)).await;
        day.found_department().await;
        day
    }

    fn below(&mut self, end: usize) -> usize {
        self.chance.random_range(0..end)
    }

    fn pick<T: Clone>(&mut self, among: &[T]) -> Option<T> {
        if among.is_empty() { None } else { Some(among[self.below(among.len())].clone()) }
    }

    async fn subscribe(&mut self, department: Option<i64>) {
        for (topic, windows) in [
            ("chats", &[Value::Null][..]),
            ("agents", &[Value::Null]),
            ("chats.missed_chats", &[json!(30), json!(60)]),
            ("chats.satisfaction_good", &[json!(30), json!(60)]),
            ("chats.satisfaction_bad", &[json!(30), json!(60)]),
        ] {
            for window in windows {
                self.client.say(json!({"topic": topic, "action": "subscribe", "window": window, "department_id": department})).await;
            }
        }
        let texts = self.client.so_far().await;
        assert_eq!(texts.len(), TOPICS.len() + 6, "each figure at once");
        for text in texts {
            let key = key(&text);
            self.told.insert(key, text);
        }
    }

    async fn found_department(&mut self) {
        let members: Vec<AgentId> = self.agents.iter().copied().filter(|_| self.chance.random_bool(0.6)).collect();
        let department = self.world.add_department("Department", &members).await;
        self.departments.push(department);
        self.world.settle().await;
        self.subscribe(Some(department.get())).await;
    }

    /// Something happens, or is refused; a defect of ours is neither.
    async fn step(&mut self) -> String {
        self.pass_time();
        let place = self.below(24);
        let outcome = match place {
            0..=9 => self.visitor_acts(place).await,
            10..=18 => self.agent_acts(place).await,
            _ => self.desk_acts(place).await,
        };
        match outcome {
            Ok(what) => what,
            Err(error) => {
                assert_ne!(error.kind, Kind::Internal, "{error:?}");
                format!("refused {place}: {}", error.public)
            }
        }
    }

    /// From nothing to half an hour, with fractions of seconds.
    fn pass_time(&mut self) {
        let seconds = match self.below(10) {
            0..=2 => 0,
            3..=6 => self.below(8),
            7 | 8 => self.below(90),
            _ => self.below(1_800),
        };
        let micros = seconds as i64 * 1_000_000 + self.below(1_000_000) as i64;
        self.world.clock.set(self.world.clock.now().plus_micros(micros));
    }

    async fn visitor_acts(&mut self, place: usize) -> Result<String, AppError> {
        let asks = place <= 3 || self.visits.is_empty();
        if asks {
            let visit = self.world.arrive().await;
            self.visits.push(visit.clone());
            let department = self.pick(&self.departments.clone());
            let text = self.chance.random_bool(0.7).then(|| "hello".to_owned());
            let command = VisitorCommand::Chat { department, introduction: Introduction::default(), text };
            let done = self.world.desk.visitor_command(visit.visitor, visit.id, None, command).await?;
            self.chats.extend(done.chat.zip(done.conversation));
            return Ok(format!("a chat in {department:?}"));
        }
        let visit = self.pick(&self.visits.clone()).expect("somebody is there");
        let command = match place {
            4 | 5 => VisitorCommand::Send { text: "well?".to_owned(), file: None },
            6 => VisitorCommand::End,
            _ => {
                let rating = [Some(Rating::Good), Some(Rating::Bad), None][self.below(3)];
                VisitorCommand::Rate { rating, comment: self.chance.random_bool(0.3).then(|| "a word".to_owned()) }
            }
        };
        let what = format!("{command:?}");
        self.world.desk.visitor_command(visit.visitor, visit.id, None, command).await?;
        Ok(what)
    }

    async fn agent_acts(&mut self, place: usize) -> Result<String, AppError> {
        let agent = self.pick(&self.agents.clone()).expect("agents are there");
        // Latest chats first: they are the ones that go on.
        let recent = self.chats[self.chats.len().saturating_sub(8)..].to_vec();
        let Some((chat, conversation)) = self.pick(&recent) else { return Ok("nothing to do".to_owned()) };
        let target = self.target();
        let command = match place {
            10..=12 => AgentCommand::Accept { chat },
            13 => AgentCommand::Decline { chat },
            14 => AgentCommand::Leave { chat },
            15 => AgentCommand::Transfer { chat, target },
            16 => AgentCommand::End { chat },
            17 => match self.below(2) {
                0 => AgentCommand::Invite { chat, agent: self.pick(&self.agents.clone()).expect("agents are there") },
                _ => AgentCommand::Send { conversation, writing: Writing::Note, text: "a note".to_owned(), file: None },
            },
            _ => AgentCommand::Send { conversation, writing: Writing::Message, text: "yes".to_owned(), file: None },
        };
        let what = format!("{agent:?} {command:?}");
        self.world.desk.agent_command(agent, None, command).await?;
        Ok(what)
    }

    fn target(&mut self) -> Target {
        let agent = self.pick(&self.agents.clone()).expect("agents are there");
        let department = self.pick(&self.departments.clone()).expect("departments are there");
        match self.below(3) {
            0 => Target::Agent(agent),
            1 => Target::Department(department),
            _ => Target::Member(agent, department),
        }
    }

    async fn desk_acts(&mut self, place: usize) -> Result<String, AppError> {
        let desk = self.world.desk.clone();
        let agent = self.pick(&self.agents.clone()).expect("agents are there");
        match place {
            19 => {
                let preset = STATUSES[self.below(STATUSES.len())];
                desk.agent_command(agent, None, AgentCommand::Status { preset, connected: true }).await?;
                Ok(format!("{agent:?} is {preset:?}"))
            }
            20 => {
                desk.write(timers::expire_offers).await?;
                desk.write(timers::end_idle).await?;
                self.timers.tick(&desk).await?;
                Ok("timers".to_owned())
            }
            21 => self.change_department().await,
            22 => self.change_agent(agent).await,
            _ => match self.below(4) {
                0 if self.departments.len() < 5 => {
                    self.found_department().await;
                    Ok("a new department".to_owned())
                }
                1 => {
                    desk.write(move |tx, cx| accounts::gone(tx, cx, agent)).await?;
                    Ok(format!("{agent:?} is gone"))
                }
                2 => {
                    let Some(visit) = self.pick(&self.visits.clone()) else { return Ok("nobody".to_owned()) };
                    desk.write(move |tx, cx| timers::visitor_gone(tx, cx, visit.visitor)).await?;
                    Ok("a visitor is gone".to_owned())
                }
                _ => {
                    let Some((chat, _)) = self.pick(&self.chats.clone()) else { return Ok("nothing to hand over".to_owned()) };
                    let target = self.target();
                    desk.write(move |tx, cx| transfer::transfer_by_desk(tx, cx, Actor::System, chat, target)).await?;
                    Ok(format!("handed over to {target:?}"))
                }
            },
        }
    }

    /// Other members, another strategy, open or closed.
    async fn change_department(&mut self) -> Result<String, AppError> {
        let id = self.pick(&self.departments.clone()).expect("departments are there");
        let department = Department {
            id,
            name: "Department".to_owned(),
            description: String::new(),
            strategy: STRATEGIES[self.below(STRATEGIES.len())],
            offer_seconds: [5, 30, 600][self.below(3)],
            queue_chats_max: 20,
            enabled: id == DepartmentId::DEFAULT || self.chance.random_bool(0.8),
        };
        let agents: Vec<AgentId> = self.agents.iter().copied().filter(|_| self.chance.random_bool(0.7)).collect();
        let members: Vec<_> = agents.into_iter().map(|agent| Membership { department: id, agent, priority: 50 }).collect();
        let what = format!("{department:?} with {} members", members.len());
        self.world.desk.write(move |tx, cx| accounts::put_department(tx, cx, &department, Some(&members))).await?;
        Ok(what)
    }

    /// Switched off or on, with more or fewer slots.
    async fn change_agent(&mut self, agent: AgentId) -> Result<String, AppError> {
        let owner = agent == self.world.owner.agent.id;
        let draft = AgentDraft {
            email: format!("changed{}@desk.test", agent.get()),
            first_name: "Ann".to_owned(),
            last_name: "Agent".to_owned(),
            role: if owner { Role::Owner } else { Role::Agent },
            slots: self.below(4) as u16,
            enabled: owner || self.chance.random_bool(0.7),
            password_hash: None,
        };
        let what = format!("{agent:?} has {} slots, enabled {}", draft.slots, draft.enabled);
        self.world.desk.write(move |tx, cx| accounts::change_agent(tx, cx, agent, &draft)).await?;
        Ok(what)
    }

    async fn check(&mut self, what: &str) {
        self.world.settle().await;
        self.stream.publish();
        for text in self.client.so_far().await {
            let key = key(&text);
            self.seen.insert(key.0.clone());
            let before = self.told.insert(key, text.clone());
            assert!(before.is_some_and(|before| before != text), "{what}: told without a change or a subscription: {text}");
        }
        for ((figure, department, window), text) in &self.told {
            let family = if figure.starts_with("agents") { "agents" } else { "chats" };
            let department = department.map_or(String::new(), |id| id.to_string());
            let path = format!("/stream/{family}/{figure}?department_id={department}&window={window}");
            let reply = call(&self.world.stream, "GET", &path, Some(self.world.token())).await;
            assert_eq!(&reply.text, text, "{what}: {path}");
        }
        for (department, recounted) in self.recounts().await {
            let query = department.map_or(String::new(), |id| format!("?department_id={id}"));
            let chats = self.world.figures(&format!("chats{query}")).await["content"]["data"].clone();
            let agents = self.world.figures(&format!("agents{query}")).await["content"]["data"].clone();
            assert_eq!((chats, agents), expected(&recounted), "{what}: {department:?}");
        }
    }

    /// Each department's figures from rows, by the id that clients use, and the account's.
    async fn recounts(&self) -> HashMap<Option<i64>, Recount> {
        let second = self.world.clock.now().seconds();
        let places: Vec<(Option<i64>, Option<i64>)> = self
            .departments
            .iter()
            .map(|id| (Some(if *id == DepartmentId::DEFAULT { 0 } else { id.get() }), Some(id.get())))
            .chain([(None, None)])
            .collect();
        let count = move |tx: &mut deskbell_store::Tx<'_>| {
            places.into_iter().map(|(outside, id)| Ok((outside, recount(tx, id, second)?))).collect::<Result<_, AppError>>()
        };
        self.world.desk.snapshot(count).await.unwrap()
    }

    /// Figures that are loaded from rows, as by a server that starts now, are those that were folded.
    async fn check_a_restart(&self, seed: u64) {
        let now = self.world.clock.now();
        let loaded = self.world.desk.snapshot(move |tx| Ok(Figures::load(tx, now)?)).await.unwrap();
        for ((figure, department, window), text) in &self.told {
            let place = TOPICS.iter().position(|topic| topic.key == figure).unwrap();
            let window = ["30", "60"].iter().position(|minutes| minutes == window);
            let question = Question { shown: Shown::One(place), department: *department, window };
            let second = deskbell_domain::time::Timestamp::from_seconds(now.seconds());
            let sight = Sight::of(&loaded, TOPICS[place].family(), department.map(super::department_of), second);
            assert_eq!(&envelope(&question, &sight), text, "seed {seed}, loaded");
        }
    }
}

/// Figure, department and window of a frame.
fn key(text: &str) -> (String, Option<i64>, String) {
    let frame: Value = serde_json::from_str(text).unwrap();
    assert_eq!(frame["status_code"], 200, "{text}");
    let data = frame["content"]["data"].as_object().unwrap();
    let (figure, value) = data.iter().next().unwrap();
    assert_eq!(data.len(), 1, "one figure a frame: {text}");
    let window = match value.as_object() {
        Some(windows) if windows.len() == 1 => windows.keys().next().unwrap().clone(),
        Some(_) | None => String::new(),
    };
    (figure.clone(), frame["content"]["department_id"].as_i64(), window)
}

/// What a recount means on the wire.
fn expected(counted: &Recount) -> (Value, Value) {
    let windows = |counts: [i64; 2]| json!({"30": counts[0], "60": counts[1]});
    let chats = json!({
        "incoming_chats": counted.incoming,
        "assigned_chats": counted.assigned,
        "active_chats": counted.active,
        "missed_chats": windows(counted.missed),
        "waiting_time_avg": counted.waiting.0,
        "waiting_time_max": counted.waiting.1,
        "chat_duration_avg": counted.duration.0,
        "chat_duration_max": counted.duration.1,
        "response_time_avg": counted.response.0,
        "response_time_max": counted.response.1,
        "satisfaction_good": windows(counted.good),
        "satisfaction_bad": windows(counted.bad),
    });
    (chats, json!({"agents_online": counted.online, "agents_away": counted.away, "agents_invisible": counted.invisible}))
}
