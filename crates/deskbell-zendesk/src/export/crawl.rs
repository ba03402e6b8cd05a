//! What a client that follows `next_page` gets while everything moves: chats begin, end and change on one side, documents are rendered by a
//! reader that lags and starts anew, the clock steps back, and the surface forgets what it knew.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_app::conversations::Change;
use deskbell_app::customers::{self, Changes, Introduction};
use deskbell_app::{accounts, chats};
use deskbell_domain::chat::Rating;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::Actor;
use deskbell_domain::visit::Visit;
use deskbell_store::tables;
use deskbell_store::tables::documents::Subject;
use serde_json::{Value, json};

use crate::rest::AGE_SECONDS_MIN;
use crate::world::{World, call, unlimited};
use crate::{ChatDocuments, rest_kit};

const STEPS: u64 = 250;
const PAGES_MAX: usize = 20_000;
/// Further than all steps back together.
const FAR_SECONDS: i64 = 200_000;

/// Numbers that repeat with their seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() { None } else { all.get(self.below(all.len() as u64) as usize).cloned() }
    }
}

/// What has happened so far, to be changed later.
#[derive(Default)]
struct Past {
    ended: Vec<(Visit, Subject, ConversationId)>,
    left: Vec<(Visit, ConversationId)>,
}

async fn step(world: &World, past: &mut Past, chance: &mut Chance, number: u64) {
    let owner = world.owner.agent.id;
    match chance.below(12) {
        0..=3 => {
            let (visit, chat) = world.ask(None).await;
            if chance.below(2) == 0 {
                world.agent(owner, AgentCommand::Accept { chat }).await;
            }
            let conversation = world.visitor(&visit, VisitorCommand::End).await.conversation.unwrap();
            past.ended.push((visit, Subject::Chat(chat), conversation));
        }
        4 => {
            let visit = world.arrive().await;
            let introduction = Introduction::new(None, Some(&format!("v{number}@shop.test"))).unwrap();
            let left = VisitorCommand::LeaveMessage { department: None, introduction, text: "left".to_owned() };
            let conversation = world.visitor(&visit, left).await.conversation.unwrap();
            past.left.push((visit, conversation));
        }
        5 => {
            if let Some((visit, _, _)) = chance.of(&past.ended) {
                world.rate(&visit, chance.of(&[Some(Rating::Good), Some(Rating::Bad), None]).flatten(), None).await;
            }
        }
        6 => {
            let conversations: Vec<ConversationId> =
                past.ended.iter().map(|(_, _, conversation)| *conversation).chain(past.left.iter().map(|(_, id)| *id)).collect();
            if let Some(conversation) = chance.of(&conversations) {
                world.agent(owner, AgentCommand::Tags { conversation, tags: vec![format!("t{number}")] }).await;
            }
        }
        7 => {
            if let Some((_, subject, _)) = chance.of(&past.ended) {
                world.desk.write(move |tx, cx| chats::mark(tx, cx, subject, false, Actor::Agent(owner))).await.unwrap();
            }
        }
        8 => {
            if let Some((visit, _)) = chance.of(&past.left) {
                let named = Changes { name: Some(format!("N{number}")), ..Changes::default() };
                world.desk.write(move |tx, cx| customers::change(tx, cx, visit.customer, &named)).await.unwrap();
            }
        }
        9 => {
            if let Some((_, conversation)) = chance.of(&past.left) {
                world.agent(owner, AgentCommand::ChangeStatus { conversation, change: Change::Delete }).await;
                past.left.retain(|(_, other)| *other != conversation);
            }
        }
        10 => rename(world, &format!("O{number}")).await,
        _ => {}
    }
    match chance.below(20) {
        0 => world.clock.advance_seconds(-(chance.below(900) as i64)),
        1 => world.clock.advance_seconds(400),
        2..=9 => world.clock.advance_seconds(chance.below(60) as i64),
        _ => {}
    }
}

async fn rename(world: &World, name: &str) {
    let (owner, name) = (world.owner.agent.clone(), name.to_owned());
    world
        .desk
        .write(move |tx, cx| {
            let draft = accounts::AgentDraft {
                email: owner.email.clone(),
                first_name: name,
                last_name: String::new(),
                role: owner.role,
                slots: 100,
                enabled: true,
                password_hash: None,
            };
            accounts::change_agent(tx, cx, owner.id, &draft)
        })
        .await
        .unwrap();
}

/// Renders now and then, each time as a reader that has just begun.
async fn read(world: &World, chance: &mut Chance, over: &AtomicBool) {
    while !over.load(Ordering::SeqCst) {
        for _ in 0..chance.below(40) {
            tokio::task::yield_now().await;
        }
        world.render().await;
    }
}

/// What a client has, by following `next_page` alone.
struct Client {
    path: String,
    place: (i64, String),
    /// Every version of every document, in the order they came.
    versions: HashMap<String, Vec<Value>>,
    pages: usize,
}

impl Client {
    fn new(limit: u64) -> Client {
        let path = format!("/api/v2/chat/incremental/chats?fields=chats(*)&limit={limit}");
        Client { path, place: (0, String::new()), versions: HashMap::new(), pages: 0 }
    }

    /// One page; says whether it was empty.
    async fn fetch(&mut self, world: &World, chance: &mut Chance) -> bool {
        // Every other page by a surface that has just begun.
        let fresh = rest_kit(world.desk.clone(), &unlimited());
        let kit = if chance.below(2) == 0 { &fresh } else { &world.rest };
        let reply = call(kit, "GET", &self.path, Some(world.token())).await;
        assert_eq!(reply.status, 200, "{}: {}", self.path, reply.text);
        let page = reply.json();
        for chat in page["chats"].as_array().unwrap() {
            let at: jiff::Timestamp = chat["update_timestamp"].as_str().unwrap().parse().unwrap();
            let place = (at.as_second(), chat["id"].as_str().unwrap().to_owned());
            assert!(place > self.place, "{place:?} after {:?}", self.place);
            let mut version = chat.clone();
            version.as_object_mut().unwrap().remove("update_timestamp");
            let versions = self.versions.entry(place.1.clone()).or_default();
            assert_ne!(versions.last(), Some(&version), "nothing comes again as it was");
            versions.push(version);
            self.place = place;
        }
        self.path = page["next_page"].as_str().unwrap().strip_prefix("http://desk.test").unwrap().to_owned();
        self.pages += 1;
        assert!(self.pages < PAGES_MAX, "no end");
        page["count"] == json!(0)
    }
}

/// All documents as they are stored, without their seconds.
async fn stored(world: &World) -> HashMap<String, Value> {
    world
        .desk
        .read(|tx| {
            let mut all = HashMap::new();
            tables::documents::page(tx, (0, ""), i64::MAX, i64::MAX, |_, id, body| {
                let mut document: Value = serde_json::from_str(body).unwrap();
                document.as_object_mut().unwrap().remove("update_timestamp");
                all.insert(id.to_owned(), document);
            })?;
            Ok(all)
        })
        .await
        .unwrap()
}

async fn crawl(seed: u64, limit: u64) {
    let world = World::online().await;
    rename(&world, "Olga").await;
    let over = AtomicBool::new(false);
    let mut past = Past::default();
    let mut client = Client::new(limit);
    let life = async {
        let mut chance = Chance(seed);
        for number in 0..STEPS {
            step(&world, &mut past, &mut chance, number).await;
        }
        over.store(true, Ordering::SeqCst);
    };
    let crawling = async {
        let mut chance = Chance(seed + 2);
        while !over.load(Ordering::SeqCst) {
            client.fetch(&world, &mut chance).await;
        }
    };
    let mut readers = Chance(seed + 1);
    tokio::join!(life, read(&world, &mut readers, &over), crawling);
    world.render().await;
    world.clock.advance_seconds(FAR_SECONDS);
    let mut chance = Chance(seed + 3);
    while !client.fetch(&world, &mut chance).await {}
    let stored = stored(&world).await;
    assert_eq!(stored.len(), client.versions.len(), "every chat and every message comes");
    assert!(stored.len() > 40, "the test does something: {}", stored.len());
    for (id, document) in &stored {
        assert_eq!(client.versions[id].last(), Some(document), "the last version comes");
    }
    let again: usize = client.versions.values().map(|versions| versions.len() - 1).sum();
    assert!(again > 10, "some come again: {again}");
    let reader = world.desk.document_reader(Arc::new(ChatDocuments));
    tokio::task::spawn_blocking(move || reader.catch_up()).await.unwrap().unwrap();
    assert!(client.fetch(&world, &mut chance).await, "the end stays the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_any_size_while_everything_moves() {
    for (seed, limit) in [(0x9E37_79B9_7F4A_7C15, 1), (0xD1B5_4A32_D192_ED03, 3), (0x2545_F491_4F6C_DD1D, 1_000)] {
        crawl(seed, limit).await;
    }
}

#[tokio::test]
async fn a_place_stays_good_after_a_restart_with_the_clock_set_back() {
    let mut world = World::online().await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.render().await;
    world.clock.advance_seconds(1_000);
    let mut client = Client::new(10);
    let mut chance = Chance(7);
    assert!(!client.fetch(&world, &mut chance).await);
    // An empty page near the horizon is a place, too.
    let start = world.desk.now().seconds() - AGE_SECONDS_MIN;
    client.path = format!("/api/v2/chat/incremental/chats?fields=chats(*)&start_time={start}");
    assert!(client.fetch(&world, &mut chance).await);
    // Ends before the restart, and is rendered long after it.
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.clock.advance_seconds(-800);
    world.restart().await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.render().await;
    assert!(client.fetch(&world, &mut chance).await, "the place is still accepted");
    world.clock.advance_seconds(3_000);
    assert!(!client.fetch(&world, &mut chance).await);
    assert_eq!(client.versions.len(), 3);
}
