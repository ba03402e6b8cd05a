//! Basic credentials below `/api/v2`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deskbell_domain::agent::Role;

use crate::world::{Reply, World, send};

const PATH: &str = "/api/v2/oauth/clients";

async fn show(world: &World, credentials: &str) -> Reply {
    let header = format!("Basic {}", STANDARD.encode(credentials));
    send(&world.rest, "GET", PATH, &[("authorization", &header)], "").await
}

#[tokio::test]
async fn off_unless_it_is_switched_on() {
    let world = World::open().await;
    assert_eq!(show(&world, "owner@desk.test:correct horse").await.status, 401);
}

#[tokio::test]
async fn a_password_is_like_a_token_of_its_agent() {
    let world = World::with_passwords().await;
    assert_eq!(show(&world, "owner@desk.test:correct horse").await.status, 200);
    assert_eq!(show(&world, " Owner@desk.test:correct horse").await.status, 200);
    let agent = world.add_agent_with("ann@desk.test", Role::Agent, "battery staple").await;
    assert_eq!(show(&world, "ann@desk.test:battery staple").await.status, 403, "he is no administrator");
    for wrong in ["owner@desk.test:wrong horse", "nobody@desk.test:correct horse", "owner@desk.test", ":", "owner\0@desk.test:x"] {
        assert_eq!(show(&world, wrong).await.status, 401, "{wrong}");
    }
    for header in ["Basic", "Basic !", "Basic /////w==", "Bearer abc"] {
        assert_eq!(send(&world.rest, "GET", PATH, &[("authorization", header)], "").await.status, 401, "{header}");
    }

    // A new password, and being switched off, count at once although the old one is remembered.
    let hash = world.desk.hash_password("another staple".to_owned()).await.unwrap();
    world.change_agent(agent, "ann@desk.test", Role::Administrator, true, Some(hash)).await;
    assert_eq!(show(&world, "ann@desk.test:battery staple").await.status, 401);
    assert_eq!(show(&world, "ann@desk.test:another staple").await.status, 200, "and he is an administrator now");
    world.change_agent(agent, "ann@desk.test", Role::Administrator, false, None).await;
    assert_eq!(show(&world, "ann@desk.test:another staple").await.status, 401);
}

#[tokio::test]
async fn too_many_wrong_ones_are_braked() {
    let world = World::with_passwords().await;
    assert_eq!(show(&world, "owner@desk.test:correct horse").await.status, 200);
    for _ in 0..10 {
        assert_eq!(show(&world, "owner@desk.test:wrong horse").await.status, 401);
    }
    let refused = show(&world, "owner@desk.test:wrong horse").await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(show(&world, "owner@desk.test:correct horse").await.status, 200, "it is remembered");
    world.clock.advance_seconds(301);
    assert_eq!(show(&world, "owner@desk.test:correct horse").await.status, 429, "and then it has to wait, too");
    world.clock.advance_seconds(600);
    assert_eq!(show(&world, "owner@desk.test:correct horse").await.status, 200);
}

#[tokio::test]
async fn many_at_once_pay_once() {
    let world = std::sync::Arc::new(World::with_passwords().await);
    let mut replies = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let world = std::sync::Arc::clone(&world);
        replies.spawn(async move { show(&world, "owner@desk.test:correct horse").await.status });
    }
    while let Some(status) = replies.join_next().await {
        assert_eq!(status.unwrap(), 200, "more than ten good ones at once are not taken for wrong ones");
    }
}
