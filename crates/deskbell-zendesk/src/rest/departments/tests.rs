use deskbell_app::commands::AgentCommand;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::department::Membership;
use deskbell_domain::ids::DepartmentId;
use serde_json::json;

use crate::world::{World, call, send_json};

#[tokio::test]
async fn the_whole_shape() {
    let world = World::open().await;
    assert_eq!(world.page("/api/v2/departments").await, json!([]), "the default one is none");
    let agent = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let made =
        world.write("POST", "/api/v2/departments", json!({"name": " Sales ", "description": "We sell", "members": [agent.get()]})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_i64().unwrap();
    let wanted = json!({
        "description": "We sell", "enabled": true, "id": id, "members": [agent.get()], "name": "Sales",
        "settings": {"chat_enabled": true, "solved_ticket_reassignment_strategy": "", "support_group_id": null},
    });
    assert_eq!(made.json(), wanted);
    for path in [format!("departments/{id}"), "departments/name/Sales".to_owned()] {
        assert_eq!(world.page(&format!("/api/v2/chat/{path}")).await, wanted, "{path}");
    }
    assert_eq!(world.page("/api/v2/departments").await, json!([wanted]));
    let other = world.add_department("Help me", &[]).await;
    assert_eq!(world.page("/api/v2/departments/name/Help%20me").await["id"], json!(other.get()));
    let listed: Vec<i64> =
        world.page("/api/v2/departments").await.as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect();
    assert!(listed.len() == 2 && listed.is_sorted());
}

#[tokio::test]
async fn changed_as_clients_write() {
    let world = World::open().await;
    let (ann, bo) = (world.add_agent("ann@desk.test", Role::Agent, 1).await, world.add_agent("bo@desk.test", Role::Agent, 1).await);
    let sales = world.add_department("Sales", &[ann]).await;
    world
        .desk
        .write(move |tx, cx| {
            let was = deskbell_app::directory::department(tx, sales)?.department;
            let members = [Membership { department: sales, agent: ann, priority: 7 }];
            deskbell_app::accounts::put_department(tx, cx, &was, Some(&members))
        })
        .await
        .unwrap();
    let path = format!("/api/v2/departments/{}", sales.get());
    let changed = world.write("PUT", &path, json!({"members": [bo.get(), ann.get()], "name": null, "id": 5})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let mut members = [ann.get(), bo.get()];
    members.sort_unstable();
    assert_eq!((&changed.json()["members"], &changed.json()["name"]), (&json!(members), &json!("Sales")));
    let kept = world.desk.read(move |tx| deskbell_app::directory::department(tx, sales)).await.unwrap();
    assert_eq!(kept.members.iter().find(|member| member.agent == ann).map(|member| member.priority), Some(7));

    for (body, enabled) in [
        (json!({"enabled": 0}), false),
        (json!({"enabled": false, "settings": {"chat_enabled": true}}), true),
        (json!({"enabled": true, "settings.chat_enabled": false}), false),
        (json!({"settings": {"chat_enabled": false, "support_group_id": 5}}), false),
        (json!({"enabled": 1}), true),
    ] {
        let told = world.write("PUT", &path, body.clone()).await.json();
        assert_eq!((&told["enabled"], &told["settings"]["chat_enabled"]), (&json!(enabled), &json!(enabled)), "{body}");
    }
}

#[tokio::test]
async fn switched_off_with_chats_in_it() {
    let world = World::open().await;
    let agent = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let sales = world.add_department("Sales", &[agent]).await;
    world.status(agent, AgentStatus::ONLINE).await;
    let (_, served) = world.ask(Some(sales)).await;
    world.agent(agent, AgentCommand::Accept { chat: served }).await;
    let (_, waits) = world.ask(Some(sales)).await;
    let gone = world.write("DELETE", &format!("/api/v2/departments/{}", sales.get()), json!({})).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    let live = world.desk.read(deskbell_app::views::live_chats).await.unwrap();
    let live: Vec<_> = live.iter().map(|live| live.chat.id).collect();
    assert!(live.contains(&served) && !live.contains(&waits));
    assert_eq!(world.page("/api/v2/departments").await[0]["enabled"], json!(false));
}

#[tokio::test]
async fn rights_and_refusals() {
    let world = World::open().await;
    let (_, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    let sales = world.add_department("Sales", &[]).await;
    let path = format!("/api/v2/departments/{}", sales.get());
    for (verb, path) in [("GET", "/api/v2/departments"), ("GET", &path), ("PUT", &path), ("DELETE", &path), ("POST", "/api/v2/departments")]
    {
        assert_eq!(send_json(&world.rest, verb, path, &token, &json!({"name": "X"})).await.status, 403, "{verb} {path}");
    }
    for (body, status) in [
        (json!({}), 400),
        (json!({"name": ""}), 400),
        (json!({"name": "x".repeat(101)}), 400),
        (json!({"name": "a\u{0}"}), 400),
        (json!({"name": "a", "description": "\u{0}"}), 400),
        (json!({"name": "a", "members": [383_486_450_414i64]}), 404),
        (json!({"name": "a", "members": ["x"]}), 400),
    ] {
        assert_eq!(world.write("POST", "/api/v2/departments", body.clone()).await.status, status, "{body}");
    }
    let default = DepartmentId::DEFAULT.get().to_string();
    for unknown in [default.as_str(), "0", "x", "383486450414", "name/Support", "name/%00"] {
        let path = format!("/api/v2/departments/{unknown}");
        assert_eq!(call(&world.rest, "GET", &path, Some(world.token())).await.status, 404, "{unknown}");
        if !unknown.starts_with("name/") {
            assert_eq!(world.write("PUT", &path, json!({"enabled": 1})).await.status, 404, "{unknown}");
            assert_eq!(world.write("DELETE", &path, json!({})).await.status, 404, "{unknown}");
        }
    }
}
