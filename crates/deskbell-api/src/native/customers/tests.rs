use serde_json::json;

use crate::native::tests::harness::start;

#[tokio::test]
async fn a_customer_is_shown_and_changed() {
    let desk = start().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    visitor.leave_message("Hello?").await;
    let customer = desk.agent.get("conversations").await.expect(200)["items"][0]["customer"].clone();
    assert_eq!((&customer["name"], &customer["email"]), (&json!("Cleo"), &json!("cleo@shop.test")));
    let path = format!("customers/{}", customer["customer"].as_str().unwrap());

    let changes = json!({"name": "Cleo C.", "phone": "123", "note": "a\nb", "email": null, "created": 5});
    let changed = desk.agent.put(&path, changes).await.expect(200);
    let shown = desk.agent.get(&path).await.expect(200);
    assert_eq!(changed, shown);
    assert_eq!((&shown["name"], &shown["phone"], &shown["note"]), (&json!("Cleo C."), &json!("123"), &json!("a\nb")));
    assert_eq!((&shown["email"], &shown["address"]), (&json!("cleo@shop.test"), &json!("10.0.0.1")));
    assert!(shown["created"].as_i64().unwrap() > 1_000_000_000_000);

    assert_eq!(desk.agent.put(&path, json!({"email": ""})).await.expect(200)["email"], json!(null));
    desk.agent.put(&path, json!({"email": "nonsense"})).await.refused(400, "invalid");
    desk.agent.put(&path, json!({"note": "x".repeat(10_001)})).await.refused(413, "too_large");
    desk.agent.put(&path, json!({"name": "a\u{0}b"})).await.refused(400, "invalid");
}

#[tokio::test]
async fn fields_groups_and_company() {
    let desk = start().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    visitor.leave_message("Hello?").await;
    let path = format!("customers/{}", visitor.customer);
    let group = desk.admin.post("groups", json!({"name": "VIP"})).await.expect(201)["group"].clone();
    let company = desk.admin.post("companies", json!({"name": "Acme"})).await.expect(201)["company"].clone();

    let fields = json!([{"code": "plan", "value": "gold"}, {"code": "plan", "value": "silver"}]);
    let unique = json!([{"code": "email", "value": "cleo@shop.test"}, {"code": "email", "value": "Cleo@Home.test"}, {"code": "twitter", "value": "cleo"}]);
    let body = json!({"role": "R", "gender": "F", "system_name": "erp-7", "company": company, "custom_fields": fields,
        "unique_fields": unique, "groups": [group, group]});
    let changed = desk.agent.put(&path, body).await.expect(200);
    assert_eq!(changed, desk.agent.get(&path).await.expect(200));
    assert_eq!(
        (&changed["role"], &changed["gender"], &changed["system_name"], &changed["company"]),
        (&json!("R"), &json!("F"), &json!("erp-7"), &company)
    );
    assert_eq!(changed["custom_fields"], fields);
    assert_eq!(
        changed["unique_fields"],
        json!([{"code": "email", "value": "cleo@shop.test"}, {"code": "email", "value": "cleo@home.test"}, {"code": "twitter", "value": "cleo"}])
    );
    assert_eq!(changed["groups"], json!([{"group": group, "name": "VIP"}]));
    assert_eq!(changed["removed"], json!(null));

    let same = desk.agent.put(&path, json!({"unique_fields": changed["unique_fields"]})).await.expect(200);
    assert_eq!(same, changed, "what was read can be written back");
    let bare = json!({"gender": "", "company": "", "custom_fields": [], "unique_fields": [], "groups": []});
    let bare = desk.agent.put(&path, bare).await.expect(200);
    assert_eq!((&bare["gender"], &bare["company"]), (&json!(""), &json!(null)));
    assert_eq!((&bare["custom_fields"], &bare["groups"]), (&json!([]), &json!([])));
    assert_eq!(bare["unique_fields"], json!([{"code": "email", "value": "cleo@shop.test"}]));
    assert_eq!(bare["name"], "Cleo");

    let other = desk.visitor("Dan", "dan@shop.test").await;
    other.leave_message("Hi").await;
    for (body, status, code) in [
        (json!({"role": "X"}), 400, "invalid"),
        (json!({"gender": "X"}), 400, "invalid"),
        (json!({"company": "x"}), 400, "invalid"),
        (json!({"company": "zzzzzzzz"}), 404, "not_found"),
        (json!({"groups": ["x"]}), 400, "invalid"),
        (json!({"groups": ["zzzz"]}), 404, "not_found"),
        (json!({"email": "dan@shop.test"}), 409, "conflict"),
        (json!({"unique_fields": [{"code": "email", "value": "dan@shop.test"}]}), 409, "conflict"),
        (json!({"custom_fields": [{"code": "", "value": "x"}]}), 400, "invalid"),
        (json!({"custom_fields": [{"code": "a"}]}), 400, "invalid"),
        (json!({"custom_fields": vec![json!({"code": "a", "value": "b"}); 101]}), 413, "too_large"),
    ] {
        desk.agent.put(&path, body.clone()).await.refused(status, code);
    }
    assert_eq!(desk.agent.get(&path).await.expect(200), bare, "what was refused left nothing");
}

#[tokio::test]
async fn a_customer_is_removed() {
    let desk = start().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    let conversation = visitor.leave_message("Hello?").await;
    let path = format!("customers/{}", visitor.customer);
    desk.agent.delete(&path).await.refused(403, "forbidden");
    desk.admin.delete(&path).await.expect(204);
    let shown = desk.agent.get(&path).await.expect(200);
    assert_eq!((&shown["name"], &shown["email"], &shown["address"]), (&json!(""), &json!(null), &json!("")));
    assert!(shown["removed"].as_i64().is_some());
    desk.admin.delete(&path).await.refused(404, "not_found");
    desk.agent.put(&path, json!({"name": "Cleo"})).await.refused(404, "not_found");
    let ticket = desk.agent.get(&format!("conversations/{conversation}")).await.expect(200);
    assert_eq!(ticket["customer"]["email"], json!(null));
    assert!(!ticket.to_string().contains("Cleo") && !ticket.to_string().contains("10.0.0.1"), "{ticket}");
}
