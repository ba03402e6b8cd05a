use deskbell_app::views;
use serde_json::json;

use crate::native::tests::harness::{start, until};
use crate::wire::LiveChatView;

#[tokio::test]
async fn skills_come_change_and_go() {
    let desk = start().await;
    let agent = desk.agent.agent.to_string();
    let french = desk.admin.post("skills", json!({"name": " French ", "members": [agent, agent]})).await.expect(201);
    let id = french["skill"].as_str().unwrap();
    let wanted = json!({"skill": id, "name": "French", "description": "", "enabled": true, "members": [agent]});
    assert_eq!(french, wanted);
    desk.admin.post("skills", json!({"name": "Billing", "description": "bills", "enabled": false})).await.expect(201);
    let all = desk.agent.get("skills").await.expect(200);
    assert_eq!((&all["items"][0]["name"], &all["items"][1], &all["next"]), (&json!("Billing"), &wanted, &json!(null)));
    let first = desk.agent.get("skills?limit=1").await.expect(200);
    let second = desk.agent.get(&format!("skills?limit=1&after={}", first["next"].as_str().unwrap())).await.expect(200);
    assert_eq!(json!([first["items"][0], second["items"][0]]), all["items"]);

    let path = format!("skills/{id}");
    let changed = desk.admin.put(&path, json!({"name": "Français"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["members"]), (&json!("Français"), &json!([agent])));
    let changed = desk.admin.put(&path, json!({"members": [], "enabled": false, "description": "a\nb"})).await.expect(200);
    assert_eq!(changed, json!({"skill": id, "name": "Français", "description": "a\nb", "enabled": false, "members": []}));
    desk.admin.delete(&path).await.expect(204);
    desk.admin.delete(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_refused() {
    let desk = start().await;
    let french = desk.admin.post("skills", json!({"name": "French"})).await.expect(201);
    let path = format!("skills/{}", french["skill"].as_str().unwrap());
    desk.agent.post("skills", json!({"name": "Mine"})).await.refused(403, "forbidden");
    desk.agent.put(&path, json!({})).await.refused(403, "forbidden");
    desk.agent.delete(&path).await.refused(403, "forbidden");
    for (body, status, code) in [
        (json!({}), 400, "missing"),
        (json!({"name": ""}), 400, "invalid"),
        (json!({"name": "a\u{0}b"}), 400, "invalid"),
        (json!({"name": "x".repeat(1_000)}), 400, "invalid"),
        (json!({"name": 7}), 400, "invalid"),
        (json!({"name": "A", "description": "\u{0}"}), 400, "invalid"),
        (json!({"name": "A", "members": ["!"]}), 400, "invalid"),
        (json!({"name": "A", "members": ["zzzzzzzz"]}), 400, "invalid"),
        (json!({"name": "fRENCH"}), 409, "conflict"),
    ] {
        desk.admin.post("skills", body).await.refused(status, code);
    }
    desk.admin.put("skills/zzzzzzzz", json!({})).await.refused(404, "not_found");
    desk.admin.put("skills/!", json!({})).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_chat_asks_for_skills() {
    let desk = start().await;
    let french = desk.admin.post("skills", json!({"name": "French", "members": []})).await.expect(201);
    let (id, path) = (french["skill"].as_str().unwrap().to_owned(), format!("skills/{}", french["skill"].as_str().unwrap()));
    let settings = json!({"skill_routing_enabled": true, "skill_wait_seconds": 4});
    desk.admin.put("settings", settings).await.refused(400, "invalid");
    let set = desk.admin.put("settings", json!({"skill_routing_enabled": true, "skill_wait_seconds": 5})).await.expect(200);
    assert_eq!((&set["skill_routing_enabled"], &set["skill_wait_seconds"]), (&json!(true), &json!(5)));
    until(|| desk.desk.settings().skill_routing_enabled).await;
    desk.agent_comes().await;
    desk.desk.agent_came(desk.admin.agent).await.unwrap();
    let chat = desk.visitor("Cleo", "cleo@shop.test").await.asks_for_chat("Bonjour ?").await.chat.unwrap();
    desk.admin.put(&path, json!({"members": [desk.admin.agent.to_string()]})).await.expect(200);
    let skills = format!("chats/{chat}/skills");
    let done = desk.agent.put(&skills, json!({"skills": ["nonsense", "french"]})).await.expect(200);
    assert_eq!(done["state"], "offered");
    let live = desk.desk.snapshot(views::live_chats).await.unwrap();
    let view = serde_json::to_value(LiveChatView::from(&live[0])).unwrap();
    assert_eq!((&view["skills"], &view["offers"][0]["agent"]), (&json!([id]), &json!(desk.admin.agent.to_string())));
    desk.agent.put(&skills, json!({"skills": vec!["x"; 51]})).await.refused(413, "too_large");
    desk.agent.put(&skills, json!({})).await.refused(400, "invalid");
    desk.agent.put("chats/zzzzzzzz/skills", json!({"skills": []})).await.refused(404, "not_found");
}
