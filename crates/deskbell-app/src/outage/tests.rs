//! Who was there when a desk stopped, and when it went on.

use std::sync::Arc;

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::ChatState;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId};
use deskbell_domain::measure::{Dimension, Measure};
use deskbell_domain::routing_rules::{ChatLimit, LimitScope};
use deskbell_store::{Location, Options};

use super::*;
use crate::accounts::AgentDraft;
use crate::chats::{self, Request};
use crate::clock::{Clock, FakeClock};
use crate::desk::DeskOptions;
use crate::rollups;
use crate::visits::{self, Arrival};

const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
const HOUR: i64 = 3_600;

struct Scene {
    directory: tempfile::TempDir,
    clock: Arc<FakeClock>,
    desk: Desk,
    owner: AgentId,
}

fn open(directory: &tempfile::TempDir, clock: &Arc<FakeClock>) -> Desk {
    Desk::open(&options(directory, clock)).unwrap()
}

fn options(directory: &tempfile::TempDir, clock: &Arc<FakeClock>) -> DeskOptions {
    DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        store: Options { readers: 1, ..Options::default() },
    }
}

impl Scene {
    /// The owner signs in and works for an hour.
    fn begin() -> Scene {
        let (directory, clock) = (tempfile::tempdir().unwrap(), Arc::new(FakeClock::at(START)));
        let owner = Desk::init(&options(&directory, &clock), "owner@desk.test", "correct horse").unwrap().agent.id;
        let desk = open(&directory, &clock);
        desk.write_blocking(move |tx, cx| accounts::here(tx, cx, owner).map(drop)).unwrap();
        clock.advance_seconds(HOUR);
        Scene { directory, clock, desk, owner }
    }

    fn note(&self) {
        self.desk.write_blocking(|tx, cx| Ok(tables::desk::note_running(tx, cx.now)?)).unwrap();
    }

    /// Stops the desk and opens it again so much later.
    fn away(mut self, seconds: i64) -> Scene {
        self.desk.close();
        self.clock.advance_seconds(seconds);
        self.desk = open(&self.directory, &self.clock);
        self
    }

    fn online(&self) -> AgentStatus {
        let owner = self.owner;
        self.desk.snapshot_blocking(move |tx| Ok(tables::agents::get(tx, owner)?)).unwrap().unwrap().online
    }

    fn slots_for_all(&self) -> Option<u16> {
        self.desk
            .snapshot_blocking(|tx| {
                let set = tables::levels::kept(tx)?;
                Ok(tables::levels::slots_for_all(tx, set)?)
            })
            .unwrap()
    }

    fn work_seconds(&self) -> i64 {
        self.desk.rollup_reader().catch_up().unwrap();
        let now = self.desk.now();
        let totals = self.desk.snapshot_blocking(move |tx| rollups::totals(tx, Dimension::Agent, START, now, now)).unwrap();
        totals.get(&self.owner.get()).map_or(0, |cell| cell.get(Measure::WorkTime)) / 1_000_000
    }
}

#[test]
fn a_weekend_that_the_desk_was_off_is_no_work() {
    let scene = Scene::begin();
    scene.note();
    let scene = scene.away(62 * HOUR);
    assert!(scene.online().is_offline());
    assert_eq!(scene.work_seconds(), HOUR);
    // The next stop begins where it runs now.
    let owner = scene.owner;
    scene.desk.write_blocking(move |tx, cx| accounts::here(tx, cx, owner).map(drop)).unwrap();
    let scene = scene.away(AWAY_SECONDS_MAX);
    assert!(!scene.online().is_offline(), "as long as a restart may take");
    scene.desk.close();
}

#[test]
fn what_was_written_last_is_a_sign_of_life_too() {
    let scene = Scene::begin();
    scene.note();
    scene.clock.advance_seconds(HOUR);
    scene
        .desk
        .write_blocking(|tx, cx| {
            tx.append(cx.now, deskbell_domain::event::Event::SettingsChanged { slots_for_all: None })?;
            Ok(())
        })
        .unwrap();
    let scene = scene.away(10 * HOUR);
    assert_eq!((scene.online().is_offline(), scene.work_seconds()), (true, 2 * HOUR));
    scene.desk.close();
}

#[test]
fn a_restart_signs_nobody_off() {
    let scene = Scene::begin();
    scene.note();
    let scene = scene.away(AWAY_SECONDS_MAX);
    assert_eq!(scene.online(), AgentStatus::ONLINE);
    assert_eq!(scene.work_seconds(), HOUR + AWAY_SECONDS_MAX);
    scene.desk.close();
}

#[test]
fn a_desk_that_never_said_that_it_runs_signs_nobody_off() {
    let scene = Scene::begin().away(62 * HOUR);
    assert_eq!(scene.online(), AgentStatus::ONLINE);
    scene.desk.close();
}

#[test]
fn a_limit_that_an_older_program_never_told_of_is_told() {
    let scene = Scene::begin();
    scene
        .desk
        .write_blocking(|tx, cx| {
            let mut settings = crate::settings::Settings::clone(&cx.settings);
            settings.routing.limit = ChatLimit { enabled: true, scope: LimitScope::Account, chats: 7, ..settings.routing.limit };
            crate::settings::put(tx, cx, &settings)
        })
        .unwrap();
    scene.desk.level_reader().catch_up().unwrap();
    assert_eq!(scene.slots_for_all(), Some(7));
    // As an older program left it.
    scene
        .desk
        .write_blocking(|tx, _| {
            let set = tables::levels::kept(tx)?;
            Ok(tables::levels::set_slots_for_all(tx, set, None)?)
        })
        .unwrap();
    let scene = scene.away(1);
    scene.desk.level_reader().catch_up().unwrap();
    assert_eq!(scene.slots_for_all(), Some(7));
    let head = |scene: &Scene| scene.desk.snapshot_blocking(|tx| Ok(tx.head()?)).unwrap();
    let before = head(&scene);
    let scene = scene.away(1);
    assert_eq!(head(&scene), before, "once is enough");
    scene.desk.close();
}

/// Ann and Ben help the owner.
fn colleagues(scene: &Scene) {
    for name in ["ann", "ben"] {
        let draft = AgentDraft {
            email: format!("{name}@desk.test"),
            first_name: name.to_owned(),
            last_name: String::new(),
            role: Role::Agent,
            slots: 100,
            enabled: true,
            password_hash: Some("none".to_owned()),
        };
        let agent = scene.desk.write_blocking(move |tx, cx| accounts::create_agent(tx, cx, &draft)).unwrap().id;
        scene.desk.write_blocking(move |tx, cx| accounts::here(tx, cx, agent).map(drop)).unwrap();
    }
}

fn chat(scene: &Scene) -> ChatId {
    let asked = scene.desk.write_blocking(|tx, cx| {
        let visit = visits::arrive(tx, cx, None, &Arrival::default())?;
        chats::request(tx, cx, &visit, &Request { text: Some("Hello?".to_owned()), ..Request::default() })
    });
    asked.unwrap().chat.unwrap()
}

#[test]
fn chats_go_to_nobody_who_is_gone_too() {
    for auto_accept in [true, false] {
        let scene = Scene::begin();
        let (owner, served) = (scene.owner, chat(&scene));
        scene.desk.write_blocking(move |tx, cx| chats::accept(tx, cx, owner, served).map(drop)).unwrap();
        colleagues(&scene);
        // More than are looked at in one go.
        let ringing: Vec<ChatId> = (0..70).map(|_| chat(&scene)).collect();
        let mut settings = crate::settings::Settings::clone(&scene.desk.settings());
        settings.routing.auto_accept = auto_accept;
        scene.desk.write_blocking(move |tx, cx| crate::settings::put(tx, cx, &settings)).unwrap();
        scene.note();
        let (head, seen) = (scene.desk.snapshot_blocking(|tx| Ok(tx.head()?)).unwrap(), scene.desk.now());
        let scene = scene.away(62 * HOUR);
        let written = scene.desk.snapshot_blocking(move |tx| Ok(journal::after(tx, head, 10_000)?)).unwrap();
        let given = |event: &Event| matches!(event, Event::ChatOffered { .. } | Event::ChatJoined { .. });
        assert!(!written.iter().any(|recorded| given(&recorded.event)), "auto accept: {auto_accept}");
        assert!(written.iter().all(|recorded| recorded.at == seen));
        for id in ringing.into_iter().chain([served]) {
            let chat = scene.desk.snapshot_blocking(move |tx| Ok(tables::chats::get(tx, id)?)).unwrap().unwrap();
            assert_eq!((chat.state, chat.ended), (ChatState::Ended, Some(seen)));
        }
        scene.desk.close();
    }
}
