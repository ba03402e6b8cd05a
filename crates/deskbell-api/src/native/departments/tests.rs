use serde_json::json;

use crate::native::tests::harness::start;

#[tokio::test]
async fn departments_are_listed_made_and_changed() {
    let desk = start().await;
    let (admin, agent) = (desk.admin.agent.to_string(), desk.agent.agent.to_string());
    let members = json!([{"agent": admin, "priority": 10}, {"agent": agent}]);
    let made = desk.admin.post("departments", json!({"name": "Sales", "members": members, "queue_chats_max": null})).await.expect(201);
    let wanted = json!({
        "department": made["department"], "name": "Sales", "description": "", "strategy": "least_busy", "offer_seconds": 30,
        "queue_chats_max": 100, "enabled": true, "members": [{"agent": admin, "priority": 10}, {"agent": agent, "priority": 50}]
    });
    assert_eq!(made, wanted);

    let path = format!("departments/{}", made["department"].as_str().unwrap());
    let change = json!({"strategy": "ring_all", "members": [{"agent": agent, "priority": 1}], "enabled": false, "queue_chats_max": 7});
    let changed = desk.admin.put(&path, change).await.expect(200);
    assert_eq!((&changed["strategy"], &changed["enabled"]), (&json!("ring_all"), &json!(false)));
    assert_eq!((&changed["members"], &changed["queue_chats_max"]), (&json!([{"agent": agent, "priority": 1}]), &json!(7)));
    assert_eq!(changed["name"], "Sales");

    let all = desk.agent.get("departments").await.expect(200);
    assert_eq!((&all["items"][0]["department"], &all["items"][1]), (&json!("default"), &changed));
    assert_eq!(all["items"][0]["members"].as_array().unwrap().len(), 3);
    let kept = desk.admin.put("departments/default", json!({"description": "First line"})).await.expect(200);
    assert_eq!(kept["members"].as_array().unwrap().len(), 3, "members stay when they are not given");
}

#[tokio::test]
async fn refusals() {
    let desk = start().await;
    for (body, status, code) in [
        (json!({}), 400, "invalid"),
        (json!({"name": " "}), 400, "invalid"),
        (json!({"name": "Sales", "strategy": "magic"}), 400, "invalid"),
        (json!({"name": "Sales", "offer_seconds": 1}), 400, "invalid"),
        (json!({"name": "Sales", "offer_seconds": 70_000}), 400, "invalid"),
        (json!({"name": "Sales", "members": [{"agent": "!"}]}), 400, "invalid"),
        (json!({"name": "Sales", "members": [{"agent": "zzzzzzzz"}]}), 404, "not_found"),
    ] {
        desk.admin.post("departments", body).await.refused(status, code);
    }
    desk.admin.put("departments/default", json!({"enabled": false})).await.refused(409, "conflict");
    assert_eq!(desk.admin.get("departments").await.expect(200)["items"].as_array().unwrap().len(), 1, "what was refused left nothing");
}
