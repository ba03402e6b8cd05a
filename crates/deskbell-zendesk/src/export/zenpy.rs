//! A real client that comes again later, over HTTP, on a desk whose clock is moved by hand.

use std::collections::BTreeSet;
use std::path::Path;

use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_domain::ids::ConversationId;
use deskbell_http::Front;
use deskbell_store::tables;
use deskbell_testkit::clients::Client;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::rest::AGE_SECONDS_MIN;
use crate::rest_kit;
use crate::world::{World, unlimited};

/// Ids that zenpy's incremental export gives from a second on.
async fn read(address: &str, token: &str, start: i64) -> BTreeSet<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deskbell/tests/clients/zenpy_chats.py");
    let python = tokio::task::spawn_blocking(|| Client::Zenpy.python()).await.unwrap();
    let mut command = tokio::process::Command::new(python);
    command.arg(script).args([token, "incremental", &start.to_string()]);
    let output = command.env("ZENPY_FORCE_NETLOC", address).env("ZENPY_FORCE_SCHEME", "http").output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = said["ids"].as_array().unwrap();
    let set: BTreeSet<String> = ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    assert_eq!(set.len(), ids.len(), "a chat came twice");
    set
}

/// So many chats, a second apart, each ended at once: their outside ids, and their conversations.
async fn chats(world: &World, count: usize) -> Vec<(String, ConversationId)> {
    let mut chats = Vec::new();
    for _ in 0..count {
        world.clock.advance_seconds(1);
        let (visit, chat) = world.ask(None).await;
        world.visitor(&visit, VisitorCommand::End).await;
        let found = world.desk.read(move |tx| Ok(tables::chats::get(tx, chat)?)).await.unwrap().unwrap();
        chats.push((found.public_id, found.conversation));
    }
    chats
}

#[tokio::test]
async fn a_second_run_fetches_what_changed() {
    let world = World::online().await;
    let front = Front::new().with(rest_kit(world.desk.clone(), &unlimited())).into_router();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut server = tokio::task::JoinSet::new();
    server.spawn(async move { axum::serve(listener, front).await });
    let first = chats(&world, 60).await;
    world.render().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN);
    assert_eq!(read(&address, world.token(), 0).await, first.iter().map(|(id, _)| id.clone()).collect());
    let end = world.page("/api/v2/incremental/chats").await["end_time"].as_i64().unwrap();

    // Two older chats get tags, three new ones come.
    let mut changed: BTreeSet<String> = chats(&world, 3).await.into_iter().map(|(id, _)| id).collect();
    for (id, conversation) in [&first[7], &first[31]] {
        let command = AgentCommand::Tags { conversation: *conversation, tags: vec!["late".to_owned()] };
        world.agent(world.owner.agent.id, command).await;
        changed.insert(id.clone());
    }
    world.render().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 1);
    // The client tells the second only, and that one is included: its last chat comes again.
    changed.insert(first[59].0.clone());
    assert_eq!(read(&address, world.token(), end).await, changed);
    server.shutdown().await;
}
