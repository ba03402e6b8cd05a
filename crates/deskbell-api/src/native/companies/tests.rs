use serde_json::json;

use crate::native::tests::harness::start;

#[tokio::test]
async fn companies_are_made_changed_and_removed() {
    let desk = start().await;
    let group = desk.admin.post("groups", json!({"name": "Partners"})).await.expect(201)["group"].clone();
    let body = json!({
        "name": " Company Co. ", "emails": ["CEO@company.test", "", "ceo@company.test", "boss@company.test"], "phones": ["+1 23", " 0909 "],
        "language": "en", "address": "15.1.1.10", "groups": [group],
        "custom_fields": [{"code": "people", "value": "42"}], "unique_fields": [{"code": "vat", "value": "EU1"}, {"code": "phone", "value": "+1 23"}],
    });
    let made = desk.admin.post("companies", body).await.expect(201);
    let path = format!("companies/{}", made["company"].as_str().unwrap());
    assert_eq!(made, desk.agent.get(&path).await.expect(200));
    assert_eq!(
        (&made["name"], &made["emails"], &made["phones"]),
        (&json!("Company Co."), &json!(["ceo@company.test", "boss@company.test"]), &json!(["+1 23", "0909"]))
    );
    assert_eq!(
        made["unique_fields"],
        json!([
            {"code": "email", "value": "ceo@company.test"}, {"code": "email", "value": "boss@company.test"},
            {"code": "phone", "value": "+1 23"}, {"code": "phone", "value": "0909"}, {"code": "vat", "value": "EU1"}
        ])
    );
    assert_eq!((&made["groups"], &made["language"]), (&json!([{"group": group, "name": "Partners"}]), &json!("en")));

    let changed = desk.admin.put(&path, json!({"emails": ["boss@company.test"], "custom_fields": [], "address": ""})).await.expect(200);
    assert_eq!(
        (&changed["emails"], &changed["custom_fields"], &changed["address"]),
        (&json!(["boss@company.test"]), &json!([]), &json!(""))
    );
    assert_eq!((&changed["name"], &changed["phones"]), (&json!("Company Co."), &json!(["+1 23", "0909"])));
    desk.admin.post("companies", json!({"name": "Another", "emails": ["ceo@company.test"]})).await.expect(201);

    let all = desk.agent.get("companies").await.expect(200);
    assert_eq!((&all["items"][0]["name"], &all["items"][1]["company"]), (&json!("Another"), &made["company"]));
    let first = desk.agent.get("companies?limit=1").await.expect(200);
    let rest = desk.agent.get(&format!("companies?limit=1&after={}", first["next"].as_str().unwrap())).await.expect(200);
    assert_eq!((&rest["items"][0]["name"], &rest["next"]), (&json!("Company Co."), &json!(null)));
    let found = desk.agent.get("companies?search=PANY").await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);

    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    visitor.leave_message("Hello?").await;
    let customer = format!("customers/{}", visitor.customer);
    desk.agent.put(&customer, json!({"company": made["company"]})).await.expect(200);
    desk.admin.delete(&path).await.expect(204);
    desk.admin.get(&path).await.refused(404, "not_found");
    assert_eq!(desk.agent.get(&customer).await.expect(200)["company"], json!(null), "its customers stay");
    desk.admin.post("companies", json!({"name": "Heir", "unique_fields": [{"code": "vat", "value": "EU1"}]})).await.expect(201);
}

#[tokio::test]
async fn refusals() {
    let desk = start().await;
    desk.admin
        .post("companies", json!({"name": "Acme", "emails": ["a@acme.test"], "unique_fields": [{"code": "vat", "value": "1"}, {"code": "email", "value": "b@acme.test"}]}))
        .await
        .expect(201);
    for (body, status, code) in [
        (json!({}), 400, "invalid"),
        (json!({"name": " "}), 400, "invalid"),
        (json!({"name": "x".repeat(255)}), 400, "invalid"),
        (json!({"name": "New", "emails": ["nonsense"]}), 400, "invalid"),
        (json!({"name": "New", "emails": ["A@acme.test"]}), 409, "conflict"),
        (json!({"name": "New", "emails": ["b@acme.test"]}), 409, "conflict"),
        (json!({"name": "New", "phones": ["a\nb"]}), 400, "invalid"),
        (json!({"name": "New", "phones": (0..51).map(|number| number.to_string()).collect::<Vec<_>>()}), 413, "too_large"),
        (json!({"name": "New", "language": "a b"}), 400, "invalid"),
        (json!({"name": "New", "address": "here"}), 400, "invalid"),
        (json!({"name": "New", "groups": ["zzzz"]}), 404, "not_found"),
        (json!({"name": "New", "unique_fields": [{"code": "vat", "value": "1"}]}), 409, "conflict"),
        (json!({"name": "New", "unique_fields": [{"code": "email", "value": "a@acme.test"}]}), 409, "conflict"),
    ] {
        desk.admin.post("companies", body.clone()).await.refused(status, code);
    }
    assert_eq!(desk.admin.get("companies").await.expect(200)["items"].as_array().unwrap().len(), 1, "what was refused left nothing");
}
