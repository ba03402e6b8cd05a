use deskbell_app::commands::AgentCommand;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::ChatState;
use deskbell_domain::ids::{AgentId, ChatId};
use serde_json::{Value, json};

use crate::world::{World, call, send_json};

const ACCOUNT: &str = "/api/v2/routing_settings/account";

/// Changes the settings and waits until the desk goes by them.
async fn patch(world: &World, body: Value) -> Value {
    let reply = world.write("PATCH", ACCOUNT, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    world.settle().await;
    let stored = world.desk.read(|tx| Ok(deskbell_app::settings::Settings::load(tx)?)).await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while *world.desk.settings() != stored {
        assert!(std::time::Instant::now() < deadline, "the desk does not take its settings in");
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    reply.json()["data"].clone()
}

/// Who a chat rings at, who is in it, and its state.
async fn chat(world: &World, chat: ChatId) -> (Vec<AgentId>, Vec<AgentId>, ChatState) {
    let live = world.desk.read(deskbell_app::views::live_chats).await.unwrap();
    let live = live.into_iter().find(|live| live.chat.id == chat).expect("the chat goes on");
    let mut rings: Vec<AgentId> = live.offers.iter().map(|offer| offer.agent).collect();
    rings.sort_unstable();
    (rings, live.agents, live.chat.state)
}

/// Two agents who take chats, sorted by id, with two slots each.
async fn two(world: &World) -> [AgentId; 2] {
    let mut agents = [world.add_agent("ann@desk.test", Role::Agent, 2).await, world.add_agent("bo@desk.test", Role::Agent, 2).await];
    agents.sort_unstable();
    for agent in agents {
        world.status(agent, AgentStatus::ONLINE).await;
    }
    agents
}

async fn expire(world: &World) {
    world.desk.write(deskbell_app::timers::expire_offers).await.unwrap();
}

#[tokio::test]
async fn the_whole_shape() {
    let world = World::open().await;
    let unset = json!({"data": {
        "auto_accept": {"enabled": false},
        "auto_idle": {"enabled": false, "new_status": "away", "reassignments_before_idle": 3},
        "chat_limit": {"allow_agent_override": false, "enabled": true, "limit": 5, "limit_type": "agent"},
        "reassignment": {"enabled": true, "timeout": 30},
        "routing_mode": "assigned",
        "skill_routing": {"enabled": false, "max_wait_time": 60},
    }});
    assert_eq!(world.page("/api/v2/chat/routing_settings/account").await, unset);
    let all = json!({
        "auto_accept": {"enabled": true},
        "auto_idle": {"enabled": true, "new_status": "invisible", "reassignments_before_idle": 20},
        "chat_limit": {"allow_agent_override": true, "enabled": false, "limit": 0, "limit_type": "account"},
        "reassignment": {"enabled": false, "timeout": 120},
        "routing_mode": "broadcast",
        "skill_routing": {"enabled": true, "max_wait_time": 5},
    });
    assert_eq!(patch(&world, all.clone()).await, all);
    assert_eq!(world.page(ACCOUNT).await, json!({ "data": all }));
    let part = patch(&world, json!({"data": {"routing_mode": "hybrid", "chat_limit": {"limit": 20}}})).await;
    assert_eq!(
        (&part["routing_mode"], &part["chat_limit"]["limit"], &part["auto_idle"]),
        (&json!("hybrid"), &json!(20), &all["auto_idle"])
    );
    assert_eq!(patch(&world, json!({})).await, part, "nothing given, nothing changed");
}

#[tokio::test]
async fn agents_and_their_limits() {
    let world = World::open().await;
    let (agent, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    let of = |agent: AgentId, limit: u16| json!({"agent_id": agent.get(), "chat_limit": {"limit": limit}});
    let owner = world.owner.agent.id;
    let mut all = [of(agent, 3), of(owner, 5)];
    all.sort_by_key(|one| one["agent_id"].as_i64());
    assert_eq!(world.page("/api/v2/routing_settings/agents").await, json!(all));
    let second = all[1]["agent_id"].as_i64().unwrap();
    assert_eq!(world.page(&format!("/api/v2/routing_settings/agents?since_id={second}")).await, json!([all[1]]));
    let path = format!("/api/v2/routing_settings/agents/{}", agent.get());
    assert_eq!(world.page(&path).await, json!({"data": of(agent, 3)}));
    let mine = "/api/v2/routing_settings/agents/me";
    assert_eq!(call(&world.rest, "GET", mine, Some(&token)).await.json(), json!({"data": of(agent, 3)}));

    assert_eq!(world.write("PATCH", &path, json!({"chat_limit": 4})).await.json(), json!({"data": of(agent, 4)}));
    assert_eq!(world.write("PATCH", &path, json!({"data": {"chat_limit": {"limit": 6}}})).await.json(), json!({"data": of(agent, 6)}));
    for (body, status) in
        [(json!({}), 400), (json!({"chat_limit": -1}), 400), (json!({"chat_limit": 101}), 400), (json!({"chat_limit": "x"}), 400)]
    {
        assert_eq!(world.write("PATCH", &path, body.clone()).await.status, status, "{body}");
    }
    assert_eq!(send_json(&world.rest, "PATCH", mine, &token, &json!({"chat_limit": 9})).await.status, 403);
    patch(&world, json!({"chat_limit": {"allow_agent_override": true}})).await;
    assert_eq!(send_json(&world.rest, "PATCH", mine, &token, &json!({"chat_limit": 9})).await.json(), json!({"data": of(agent, 9)}));
    let (_, admin) = world.add_writer("admin@desk.test", Role::Administrator).await;
    let owners = format!("/api/v2/routing_settings/agents/{}", owner.get());
    assert_eq!(send_json(&world.rest, "PATCH", &owners, &admin, &json!({"chat_limit": 9})).await.status, 403);
    assert_eq!(call(&world.rest, "GET", "/api/v2/routing_settings/agents/383486450414", Some(world.token())).await.status, 404);
}

#[tokio::test]
async fn rights_and_refusals() {
    let world = World::open().await;
    let (agent, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    let path = format!("/api/v2/routing_settings/agents/{}", agent.get());
    for (verb, path) in [("GET", ACCOUNT), ("PATCH", ACCOUNT), ("GET", "/api/v2/routing_settings/agents"), ("GET", &path), ("PATCH", &path)]
    {
        assert_eq!(send_json(&world.rest, verb, path, &token, &json!({"chat_limit": 1})).await.status, 403, "{verb} {path}");
    }
    for wrong in [
        json!({"routing_mode": "random"}),
        json!({"routing_mode": 5}),
        json!({"chat_limit": {"limit": 21}}),
        json!({"chat_limit": {"limit": -1}}),
        json!({"chat_limit": {"limit_type": "department"}}),
        json!({"chat_limit": 5}),
        json!({"reassignment": {"timeout": 9}}),
        json!({"reassignment": {"timeout": 121}}),
        json!({"auto_idle": {"reassignments_before_idle": 0}}),
        json!({"auto_idle": {"reassignments_before_idle": 21}}),
        json!({"auto_idle": {"new_status": "offline"}}),
        json!({"auto_accept": {"enabled": "yes"}}),
        json!({"skill_routing": {"max_wait_time": 4}}),
        json!({"skill_routing": {"max_wait_time": 301}}),
    ] {
        assert_eq!(world.write("PATCH", ACCOUNT, wrong.clone()).await.status, 400, "{wrong}");
    }
    for verb in ["PUT", "POST", "DELETE"] {
        assert_eq!(call(&world.rest, verb, ACCOUNT, Some(world.token())).await.status, 405);
    }
}

#[tokio::test]
async fn one_limit_for_all_or_none() {
    let world = World::open().await;
    let [ann, bo] = two(&world).await;
    patch(&world, json!({"chat_limit": {"limit_type": "account", "limit": 1}})).await;
    let mut chats = Vec::new();
    for _ in 0..3 {
        chats.push(world.ask(None).await.1);
    }
    let (first, second) = (chat(&world, chats[0]).await.0, chat(&world, chats[1]).await.0);
    let mut both = [first[0], second[0]];
    both.sort_unstable();
    assert_eq!((first.len(), second.len(), both), (1, 1, [ann, bo]));
    assert_eq!(chat(&world, chats[2]).await.0, [], "though each has a slot of his own left");
    world.settle().await;
    assert_eq!(world.desk.figures(|figures| figures.agents(None).available), 0);
    patch(&world, json!({"chat_limit": {"enabled": false}})).await;
    assert_eq!(chat(&world, chats[2]).await.0.len(), 1, "who waited is offered at once");
    for _ in 0..5 {
        let (_, more) = world.ask(None).await;
        assert_eq!(chat(&world, more).await.0.len(), 1, "no limit is no limit");
    }
    assert_eq!(world.desk.figures(|figures| figures.agents(None).available), 2);
}

#[tokio::test]
async fn modes_of_routing() {
    let world = World::open().await;
    let [ann, bo] = two(&world).await;
    patch(&world, json!({"routing_mode": "broadcast"})).await;
    let (_, all) = world.ask(None).await;
    assert_eq!(chat(&world, all).await.0, [ann, bo]);
    world.agent(ann, AgentCommand::Accept { chat: all }).await;
    assert_eq!(chat(&world, all).await, (vec![], vec![ann], ChatState::Served));

    patch(&world, json!({"routing_mode": "hybrid"})).await;
    let cy = world.add_agent("cy@desk.test", Role::Agent, 2).await;
    world.status(cy, AgentStatus::ONLINE).await;
    let (_, one) = world.ask(None).await;
    let first = chat(&world, one).await.0;
    assert_eq!(first.len(), 1);
    world.agent(first[0], AgentCommand::Decline { chat: one }).await;
    let then = chat(&world, one).await.0;
    assert!(then.len() == 2 && !then.contains(&first[0]), "{then:?}");

    patch(&world, json!({"routing_mode": "assigned"})).await;
    let (_, one) = world.ask(None).await;
    assert_eq!(chat(&world, one).await.0.len(), 1);
}

#[tokio::test]
async fn offers_ring_as_long_as_the_desk_says() {
    let world = World::open().await;
    let [ann, bo] = two(&world).await;
    patch(&world, json!({"reassignment": {"timeout": 10}})).await;
    let (_, asked) = world.ask(None).await;
    let first = chat(&world, asked).await.0;
    world.clock.advance_seconds(9);
    expire(&world).await;
    assert_eq!(chat(&world, asked).await.0, first);
    world.clock.advance_seconds(1);
    expire(&world).await;
    let next = chat(&world, asked).await.0;
    assert_eq!((next.len(), next != first), (1, true));
    patch(&world, json!({"reassignment": {"enabled": false}})).await;
    let (_, kept) = world.ask(None).await;
    let rings = chat(&world, kept).await.0;
    world.clock.advance_seconds(86_400);
    expire(&world).await;
    assert_eq!(chat(&world, kept).await.0, rings, "until it is taken: {ann:?} {bo:?}");
}

#[tokio::test]
async fn who_lets_chats_ring_is_idle() {
    let world = World::open().await;
    let [ann, bo] = two(&world).await;
    world.status(bo, AgentStatus::AWAY).await;
    patch(&world, json!({"auto_idle": {"enabled": true, "reassignments_before_idle": 2, "new_status": "invisible"}})).await;
    let status = |agent: AgentId| {
        let desk = world.desk.clone();
        async move { desk.read(move |tx| deskbell_app::accounts::enabled_agent(tx, agent)).await.unwrap().online.word() }
    };
    let (visit, missed) = world.ask(None).await;
    let ring = |seconds| {
        world.clock.advance_seconds(seconds);
        expire(&world)
    };
    ring(31).await;
    assert_eq!((status(ann).await, chat(&world, missed).await.0), ("online", vec![ann]), "once is no row yet");
    world.agent(ann, AgentCommand::Accept { chat: missed }).await;
    world.say(&visit, "hello?").await;
    world.ask(None).await;
    ring(31).await;
    assert_eq!(status(ann).await, "online", "the chat she took ended the row");
    world.status(bo, AgentStatus::ONLINE).await;
    ring(31).await;
    // It went to the other one after the first ring, or came back to her: whoever missed two is gone.
    ring(31).await;
    ring(31).await;
    assert_eq!(status(ann).await, "invisible");
    assert_eq!(chat(&world, missed).await.1, [ann], "what she serves stays hers");
    world.status(ann, AgentStatus::ONLINE).await;
    assert_eq!(status(ann).await, "online", "until she chooses again");
}

#[tokio::test]
async fn chats_are_joined_by_themselves() {
    let world = World::open().await;
    let [ann, bo] = two(&world).await;
    patch(&world, json!({"auto_accept": {"enabled": true}, "routing_mode": "broadcast"})).await;
    let (_, first) = world.ask(None).await;
    let (_, second) = world.ask(None).await;
    let (rings, agents, state) = chat(&world, first).await;
    assert_eq!((rings, agents.len(), state), (vec![], 1, ChatState::Served));
    let mut both = [agents[0], chat(&world, second).await.1[0]];
    both.sort_unstable();
    assert_eq!(both, [ann, bo], "the least busy one is chosen");
    for _ in 0..2 {
        world.ask(None).await;
    }
    let (_, waits) = world.ask(None).await;
    assert_eq!(chat(&world, waits).await.2, ChatState::Queued, "slots count");
    world.agent(agents[0], AgentCommand::End { chat: first }).await;
    assert_eq!(chat(&world, waits).await.1, agents, "who is free gets it at once");
}
