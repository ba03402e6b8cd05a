//! Skills on a real desk whose clock stands still.

use std::sync::Arc;

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::EndReason;
use deskbell_domain::department::{Department, Membership, Strategy};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use deskbell_store::{Location, Options, journal};

use super::*;
use crate::accounts::AgentDraft;
use crate::chats::Request;
use crate::clock::FakeClock;
use crate::customers::Introduction;
use crate::desk::{Desk, DeskOptions};
use crate::error::Kind;
use crate::settings::{self, Settings};
use crate::timers::Timers;
use crate::visits::{self, Arrival};

const ROUTED: Wanted = Wanted { on: true, wait_seconds: 60 };
const UNROUTED: Wanted = Wanted { on: false, wait_seconds: 60 };

#[derive(Clone, Copy)]
struct Wanted {
    on: bool,
    wait_seconds: u32,
}

/// A department of its own with Ann, who knows nothing, Bob, who speaks French, and Cid, who speaks French and knows the VIPs; asked in
/// this order. Each has one slot and is online.
struct Stage {
    _directory: tempfile::TempDir,
    clock: Arc<FakeClock>,
    desk: Desk,
    options: DeskOptions,
    department: DepartmentId,
    ann: AgentId,
    bob: AgentId,
    cid: AgentId,
    french: SkillId,
    vip: SkillId,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.desk.close();
    }
}

fn stage(wanted: Wanted) -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn crate::clock::Clock>,
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    let desk = Desk::open(&options).unwrap();
    let (department, agents) = desk.write_blocking(staff).unwrap();
    let [ann, bob, cid] = agents;
    let (french, vip) = desk
        .write_blocking(move |tx, cx| {
            let made = |name: &str, members| SkillDraft { name: Some(name.to_owned()), members: Some(members), ..SkillDraft::default() };
            Ok((create(tx, cx, &made("French", vec![bob, cid]))?.id, create(tx, cx, &made("VIP", vec![cid]))?.id))
        })
        .unwrap();
    let stage = Stage { _directory: directory, clock, desk, options, department, ann, bob, cid, french, vip };
    stage.set(wanted);
    stage
}

fn staff(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(DepartmentId, [AgentId; 3]), AppError> {
    let mut hire = |name: &str| {
        let draft = AgentDraft {
            email: format!("{name}@desk.test"),
            first_name: name.to_owned(),
            last_name: String::new(),
            role: Role::Agent,
            slots: 1,
            enabled: true,
            password_hash: Some("none".to_owned()),
        };
        accounts::create_agent(tx, cx, &draft).map(|agent| agent.id)
    };
    let agents = [hire("ann")?, hire("bob")?, hire("cid")?];
    let department = Department {
        id: DepartmentId::from_i64(tx.next_id()?),
        name: "Sales".to_owned(),
        description: String::new(),
        strategy: Strategy::Priority,
        offer_seconds: 1_000,
        queue_chats_max: 500,
        enabled: true,
    };
    let member = |(place, agent): (u8, AgentId)| Membership { department: department.id, agent, priority: place };
    let members: Vec<Membership> = (1..).zip(agents).map(member).collect();
    accounts::put_department(tx, cx, &department, Some(&members))?;
    for agent in agents {
        accounts::choose_status(tx, cx, agent, AgentStatus::ONLINE, true)?;
    }
    Ok((department.id, agents))
}

impl Stage {
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.desk.write_blocking(work)
    }

    fn see<T: Send + 'static>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static) -> T {
        self.desk.snapshot_blocking(work).unwrap()
    }

    fn set(&self, wanted: Wanted) {
        let new = Settings { skill_routing_enabled: wanted.on, skill_wait_seconds: wanted.wait_seconds, ..Settings::default() };
        let put = new.clone();
        self.write(move |tx, cx| settings::put(tx, cx, &put)).unwrap();
        let began = std::time::Instant::now();
        while *self.desk.settings() != new {
            assert!(began.elapsed().as_secs() < 10, "the settings never follow");
            std::thread::yield_now();
        }
    }

    fn visit(&self) -> Visit {
        self.write(|tx, cx| visits::arrive(tx, cx, None, &Arrival::default())).unwrap()
    }

    /// A new visitor asks, a second after the last one.
    fn ask(&self, words: &[&str]) -> ChatId {
        self.clock.advance_seconds(1);
        let (visit, department) = (self.visit(), self.department);
        let skills = words.iter().map(|word| (*word).to_owned()).collect();
        let request = Request {
            department: Some(department),
            introduction: Introduction { skills, ..Introduction::default() },
            text: Some("hello".to_owned()),
            key: None,
        };
        self.write(move |tx, cx| Ok(chats::request(tx, cx, &visit, &request)?.chat.unwrap())).unwrap()
    }

    fn ringing(&self, chat: ChatId) -> Vec<AgentId> {
        self.see(move |tx| Ok(tables::offers::ringing(tx, chat)?)).into_iter().map(|offer| offer.agent).collect()
    }

    fn asks(&self, chat: ChatId) -> Vec<SkillId> {
        self.see(move |tx| of_chat(tx, chat))
    }

    fn accept(&self, agent: AgentId, chat: ChatId) {
        self.write(move |tx, cx| chats::accept(tx, cx, agent, chat)).unwrap();
    }

    /// Sets what a chat asks for, as an agent.
    fn requests(&self, agent: AgentId, chat: ChatId, words: &[&str]) -> Result<Done, AppError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.write(move |tx, cx| agent_requests(tx, cx, agent, chat, &words))
    }

    fn fulfilled(&self, chat: ChatId) -> Vec<bool> {
        let placed = self.see(move |tx| Ok(tables::engagements::of_chat(tx, chat)?));
        placed.into_iter().map(|placed| placed.engagement.skills_fulfilled).collect()
    }

    async fn tick(&self, timers: &mut Timers) {
        let (head, began) = (self.see(|tx| Ok(tx.head()?)), std::time::Instant::now());
        while self.desk.figures_number() < head {
            assert!(began.elapsed().as_secs() < 10, "the live figures never follow");
            tokio::task::yield_now().await;
        }
        timers.tick(&self.desk).await.unwrap();
    }

    /// The same desk, started anew.
    fn restart(&mut self) {
        self.desk.close();
        self.desk = Desk::open(&self.options).unwrap();
    }
}

#[test]
fn skills_are_made_changed_and_taken_away() {
    let stage = stage(UNROUTED);
    let (bob, cid, french, vip) = (stage.bob, stage.cid, stage.french, stage.vip);
    let mut both = vec![bob, cid];
    both.sort_unstable();
    let known = stage.see(list);
    assert_eq!(known.iter().map(|skill| skill.name.as_str()).collect::<Vec<_>>(), ["French", "VIP"]);
    assert_eq!((&known[0].members, known[0].enabled, known[0].description.as_str()), (&both, true, ""));
    assert_eq!(stage.see(|tx| by_name(tx, " fRENCH ")).id, french);
    let mut of_cid = stage.see(of_agents).remove(&cid).unwrap();
    of_cid.sort_unstable();
    let mut wanted = vec![french, vip];
    wanted.sort_unstable();
    assert_eq!(of_cid, wanted);

    let head = stage.see(|tx| Ok(tx.head()?));
    let draft = SkillDraft {
        name: Some(" Français ".to_owned()),
        description: Some("speaks\nFrench".to_owned()),
        enabled: Some(false),
        members: Some(vec![cid, cid]),
    };
    let again = draft.clone();
    let changed = stage.write(move |tx, cx| change(tx, cx, french, &draft)).unwrap();
    assert_eq!((changed.name.as_str(), changed.enabled, &changed.members), ("Français", false, &vec![cid]));
    stage.write(move |tx, cx| change(tx, cx, french, &again)).unwrap();
    stage.write(move |tx, cx| change(tx, cx, french, &SkillDraft::default())).unwrap();
    stage.write(move |tx, cx| remove(tx, cx, vip)).unwrap();
    assert_eq!(stage.see(list), [changed]);
    let events: Vec<Event> = stage.see(move |tx| Ok(journal::after(tx, head, 100)?)).into_iter().map(|recorded| recorded.event).collect();
    let told = |skill, name: &str, removed| Event::SkillChanged { skill, name: name.to_owned(), removed };
    assert_eq!(events, [told(french, "Français", false), told(vip, "VIP", true)], "no event where nothing changes");
    assert_eq!(stage.write(move |tx, cx| remove(tx, cx, vip)).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn what_is_refused_of_a_skill() {
    let stage = stage(UNROUTED);
    let named = |name: &str| SkillDraft { name: Some(name.to_owned()), ..SkillDraft::default() };
    let described = |text: String| SkillDraft { description: Some(text), ..named("Some") };
    for (draft, kind) in [
        (SkillDraft::default(), Kind::Missing),
        (named(" "), Kind::Invalid),
        (named("a\0b"), Kind::Invalid),
        (named("a\nb"), Kind::Invalid),
        (named(&"x".repeat(NAME_CHARS_MAX + 1)), Kind::Invalid),
        (named("french"), Kind::Conflict),
        (described("x".repeat(DESCRIPTION_CHARS_MAX + 1)), Kind::Invalid),
        (described("\0".to_owned()), Kind::Invalid),
        (SkillDraft { members: Some(vec![AgentId::from_i64(7)]), ..named("Some") }, Kind::Invalid),
        (SkillDraft { members: Some(vec![stage.ann; MEMBERS_MAX + 1]), ..named("Some") }, Kind::TooLarge),
    ] {
        let text = format!("{:?}", draft.name);
        assert_eq!(stage.write(move |tx, cx| create(tx, cx, &draft)).unwrap_err().kind, kind, "{text}");
    }
    let vip = stage.vip;
    assert_eq!(stage.write(move |tx, cx| change(tx, cx, vip, &named("FRENCH"))).unwrap_err().kind, Kind::Conflict);
    assert_eq!(stage.desk.snapshot_blocking(|tx| by_name(tx, "a\0b")).unwrap_err().kind, Kind::NotFound);
    let full = stage.write(|tx, cx| {
        (0..SKILLS_MAX)
            .try_for_each(|n| create(tx, cx, &SkillDraft { name: Some(format!("Skill {n}")), ..SkillDraft::default() }).map(drop))
    });
    assert_eq!(full.unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn a_chat_goes_to_those_who_have_its_skills_and_others_pass() {
    let stage = stage(ROUTED);
    let [first, second, third] = [&["French"][..], &["french", "VIP"], &["VIP"]].map(|words| stage.ask(words));
    assert_eq!((stage.ringing(first), stage.ringing(second)), (vec![stage.bob], vec![stage.cid]));
    assert_eq!(stage.ringing(third), [], "the one who knows the VIPs has no room");
    let plain = stage.ask(&[]);
    assert_eq!(stage.ringing(plain), [stage.ann], "who needs nothing goes past the one who waits");
    stage.accept(stage.cid, second);
    let cid = stage.cid;
    stage.write(move |tx, cx| chats::agent_ends(tx, cx, cid, second)).unwrap();
    assert_eq!(stage.ringing(third), [stage.cid]);
}

#[test]
fn without_the_setting_skills_are_written_and_nothing_else() {
    let stage = stage(UNROUTED);
    let chat = stage.ask(&["VIP"]);
    assert_eq!((stage.ringing(chat), stage.asks(chat)), (vec![stage.ann], vec![stage.vip]));
    stage.accept(stage.ann, chat);
    assert_eq!(stage.fulfilled(chat), [false]);
    let other = stage.ask(&["VIP"]);
    stage.accept(stage.cid, other);
    assert_eq!(stage.fulfilled(other), [true]);
}

#[test]
fn nobody_waits_for_skills_that_nobody_of_the_department_has() {
    let stage = stage(ROUTED);
    let (vip, cid) = (stage.vip, stage.cid);
    stage.write(move |tx, cx| change(tx, cx, vip, &SkillDraft { members: Some(Vec::new()), ..SkillDraft::default() })).unwrap();
    let chat = stage.ask(&["French", "VIP"]);
    assert_eq!(stage.ringing(chat), [stage.ann]);
    // One who has them but is away is waited for, one who is switched off is not.
    stage.write(move |tx, cx| change(tx, cx, vip, &SkillDraft { members: Some(vec![cid]), ..SkillDraft::default() })).unwrap();
    stage.write(move |tx, cx| accounts::choose_status(tx, cx, cid, AgentStatus::AWAY, true)).unwrap();
    let waits = stage.ask(&["VIP"]);
    assert_eq!(stage.ringing(waits), []);
    stage
        .write(move |tx, cx| {
            let known = tables::agents::get(tx, cid)?.unwrap();
            let draft = AgentDraft {
                email: known.email,
                first_name: known.first_name,
                last_name: known.last_name,
                role: known.role,
                slots: known.slots,
                enabled: false,
                password_hash: None,
            };
            accounts::change_agent(tx, cx, cid, &draft)
        })
        .unwrap();
    assert_eq!(stage.ringing(waits), [stage.bob]);
}

#[test]
fn a_skill_that_is_switched_off_or_gone_is_not_waited_for() {
    let stage = stage(ROUTED);
    let (vip, french) = (stage.vip, stage.french);
    let [taken, first, second] = [&["VIP"][..], &["VIP"], &["VIP"]].map(|words| stage.ask(words));
    assert_eq!((stage.ringing(taken), stage.ringing(first)), (vec![stage.cid], vec![]));
    stage.write(move |tx, cx| change(tx, cx, vip, &SkillDraft { enabled: Some(false), ..SkillDraft::default() })).unwrap();
    assert_eq!((stage.ringing(first), stage.ringing(second)), (vec![stage.ann], vec![stage.bob]));
    assert_eq!(stage.asks(first), [vip], "it has asked for it all the same");
    let third = stage.ask(&["VIP", "French"]);
    assert_eq!((stage.ringing(third), stage.asks(third)), (vec![], vec![french]), "one that is switched off is not asked for");
    let (ann, cid) = (stage.ann, stage.cid);
    stage.write(move |tx, cx| chats::decline(tx, cx, ann, first)).unwrap();
    stage.write(move |tx, cx| remove(tx, cx, french)).unwrap();
    assert_eq!(stage.asks(third), [french]);
    stage.write(move |tx, cx| chats::accept(tx, cx, cid, taken)).unwrap();
    assert_eq!(stage.fulfilled(taken), [false], "nothing of what it asked for is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_time_is_over_anybody_may_come() {
    let stage = stage(ROUTED);
    let mut timers = Timers::new(stage.desk.now());
    let taken = stage.ask(&["VIP"]);
    let (first, second) = (stage.ask(&["VIP"]), stage.ask(&["VIP"]));
    assert_eq!(stage.ringing(taken), [stage.cid]);
    stage.clock.advance_seconds(58);
    stage.tick(&mut timers).await;
    assert_eq!((stage.ringing(first), stage.ringing(second)), (vec![], vec![]), "59 and 58 seconds");
    stage.clock.advance_seconds(1);
    stage.tick(&mut timers).await;
    assert_eq!((stage.ringing(first), stage.ringing(second)), (vec![stage.ann], vec![]), "60 and 59 seconds");
    stage.clock.advance_seconds(1);
    stage.tick(&mut timers).await;
    assert_eq!(stage.ringing(second), [stage.bob]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_neither_skills_nor_the_time_waited() {
    let mut stage = stage(ROUTED);
    stage.ask(&["VIP"]);
    let waits = stage.ask(&["VIP"]);
    stage.clock.advance_seconds(30);
    stage.restart();
    let mut timers = Timers::new(stage.desk.now());
    stage.tick(&mut timers).await;
    assert_eq!((stage.ringing(waits), stage.asks(waits)), (vec![], vec![stage.vip]));
    stage.clock.advance_seconds(40);
    stage.restart();
    // Nothing but the end of the wait routes at the first look.
    let mut timers = Timers::new(stage.desk.now());
    stage.tick(&mut timers).await;
    assert_eq!(stage.ringing(waits), [stage.ann]);
}

#[test]
fn a_long_queue_that_waits_for_skills_lets_others_pass() {
    let stage = stage(ROUTED);
    for _ in 0..150 {
        stage.ask(&["VIP"]);
        stage.clock.set(stage.desk.now().plus_seconds(-1));
    }
    let plain = stage.ask(&[]);
    assert_eq!(stage.ringing(plain), [stage.ann]);
}

#[test]
fn a_chat_that_rings_is_taken_back_from_those_who_lack_what_it_asks_for_now() {
    let stage = stage(ROUTED);
    let chat = stage.ask(&[]);
    let waits = stage.ask(&[]);
    assert_eq!((stage.ringing(chat), stage.ringing(waits)), (vec![stage.ann], vec![stage.bob]));
    let head = stage.see(|tx| Ok(tx.head()?));
    stage.requests(stage.bob, chat, &["VIP", "nonsense", &stage.french.get().to_string(), &stage.vip.to_string()]).unwrap();
    assert_eq!((stage.asks(chat), stage.ringing(chat)), (vec![stage.french, stage.vip], vec![stage.cid]));
    let events: Vec<Event> = stage.see(move |tx| Ok(journal::after(tx, head, 100)?)).into_iter().map(|recorded| recorded.event).collect();
    assert!(
        matches!(&events[0], Event::SkillsRequested { skills, by, .. }
            if *skills == [stage.french, stage.vip] && *by == Actor::Agent(stage.bob)),
        "{events:?}"
    );
    assert!(matches!(events[1], Event::OfferClosed { outcome: OfferOutcome::Withdrawn, .. }), "{events:?}");
    assert_eq!(events.len(), 3, "and it is offered: {events:?}");
    stage.requests(stage.bob, chat, &["French", "VIP"]).unwrap();
    assert_eq!(stage.see(|tx| Ok(tx.head()?)), head + 3, "the same again is nothing new");
    stage.accept(stage.cid, chat);
    assert_eq!(stage.fulfilled(chat), [true]);
    // In a chat that is served it changes no more than what is written.
    stage.requests(stage.cid, chat, &[]).unwrap();
    assert_eq!((stage.asks(chat), stage.fulfilled(chat)), (vec![], vec![true]));
}

#[test]
fn whom_it_is_taken_back_from_gets_what_waits_in_his_other_department() {
    let stage = stage(ROUTED);
    let chat = stage.ask(&[]);
    let (ann, visit) = (stage.ann, stage.visit());
    let waits = stage
        .write(move |tx, cx| {
            let support = tables::departments::get(tx, DepartmentId::DEFAULT)?.unwrap();
            accounts::put_department(tx, cx, &support, Some(&[Membership { department: support.id, agent: ann, priority: 50 }]))?;
            Ok(chats::request(tx, cx, &visit, &Request::default())?.chat.unwrap())
        })
        .unwrap();
    assert_eq!((stage.ringing(chat), stage.ringing(waits)), (vec![ann], vec![]));
    stage.requests(ann, chat, &["VIP"]).unwrap();
    assert_eq!((stage.ringing(chat), stage.ringing(waits)), (vec![stage.cid], vec![ann]));
}

#[test]
fn who_may_ask_for_skills_and_how_many() {
    let stage = stage(ROUTED);
    let chat = stage.ask(&["VIP"]);
    let outside = stage
        .write(|tx, cx| {
            let draft = AgentDraft {
                email: "dan@desk.test".to_owned(),
                first_name: "Dan".to_owned(),
                last_name: String::new(),
                role: Role::Agent,
                slots: 1,
                enabled: true,
                password_hash: Some("none".to_owned()),
            };
            Ok(accounts::create_agent(tx, cx, &draft)?.id)
        })
        .unwrap();
    assert_eq!(stage.requests(outside, chat, &[]).unwrap_err().kind, Kind::Forbidden);
    let many = vec!["French"; REQUESTED_WORDS_MAX + 1];
    assert_eq!(stage.requests(stage.ann, chat, &many).unwrap_err().kind, Kind::TooLarge);
    let long = "x".repeat(1_000_000);
    stage.requests(stage.ann, chat, &["", "\0", "a\0b", &long, "0", "-1", "zzzzzzzz", "<b>", "VIP"]).unwrap();
    assert_eq!(stage.asks(chat), [stage.vip]);
    let more: Vec<SkillId> = stage
        .write(|tx, cx| {
            (0..REQUESTED_SKILLS_MAX)
                .map(|n| create(tx, cx, &SkillDraft { name: Some(format!("Skill {n}")), ..SkillDraft::default() }).map(|skill| skill.id))
                .collect()
        })
        .unwrap();
    stage.requests(stage.ann, chat, &["VIP", "Skill 0", "Skill 1", "Skill 2", "skill 0", "Skill 3", "Skill 4"]).unwrap();
    assert_eq!(stage.asks(chat), [more[1], more[2], more[0], more[3], more[4]], "the last five");
    stage
        .write(move |tx, cx| {
            let live = chats::live(tx, chat)?;
            chats::end(tx, cx, live, EndReason::Agent, Actor::System)
        })
        .unwrap();
    assert_eq!(stage.requests(stage.ann, chat, &[]).unwrap_err().kind, Kind::Conflict);
}
