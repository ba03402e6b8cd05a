use serde_json::json;

use crate::native::tests::harness::start;

#[tokio::test]
async fn groups_are_made_changed_and_removed() {
    let desk = start().await;
    let made = desk.admin.post("groups", json!({"name": " VIP ", "color": "#FFFFFF"})).await.expect(201);
    assert_eq!(made["group"].as_str().unwrap().len(), 4);
    assert_eq!(
        (&made["name"], &made["color"], &made["background"], &made["customers"]),
        (&json!("VIP"), &json!("FFFFFF"), &json!("e5e7eb"), &json!(0))
    );
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    visitor.leave_message("Hello?").await;
    desk.agent.put(&format!("customers/{}", visitor.customer), json!({"groups": [made["group"]]})).await.expect(200);
    desk.admin.post("companies", json!({"name": "Acme", "groups": [made["group"]]})).await.expect(201);

    let path = format!("groups/{}", made["group"].as_str().unwrap());
    let changed = desk.admin.put(&path, json!({"name": "Very important", "background": "00f"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["color"], &changed["background"]), (&json!("Very important"), &json!("FFFFFF"), &json!("00f")));
    assert_eq!((&changed["customers"], &changed["companies"]), (&json!(1), &json!(1)));
    assert_eq!(desk.agent.get("groups").await.expect(200), json!({"items": [changed], "next": null}));

    desk.admin.delete(&path).await.expect(204);
    assert_eq!(desk.agent.get("groups").await.expect(200)["items"], json!([]));
    assert_eq!(desk.agent.get(&format!("customers/{}", visitor.customer)).await.expect(200)["groups"], json!([]));
    desk.admin.delete(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn refusals() {
    let desk = start().await;
    desk.admin.post("groups", json!({"name": "VIP"})).await.expect(201);
    for (body, status, code) in [
        (json!({}), 400, "invalid"),
        (json!({"name": " "}), 400, "invalid"),
        (json!({"name": "x".repeat(65)}), 400, "invalid"),
        (json!({"name": "a\nb"}), 400, "invalid"),
        (json!({"name": "VIP"}), 409, "conflict"),
        (json!({"name": "New", "color": "red"}), 400, "invalid"),
    ] {
        desk.admin.post("groups", body).await.refused(status, code);
    }
    assert_eq!(desk.admin.get("groups").await.expect(200)["items"].as_array().unwrap().len(), 1);
}
