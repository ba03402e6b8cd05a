use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn a_customer_is_removed_and_his_conversations_stay() {
    let desk = Fixture::new();
    let ticket = desk.ticket("ann@shop.test", "Hello").await;
    let id = ticket.customer.to_string();
    desk.send_ok("PUT", &format!("/api/customers/{id}"), &[("name", "Ann Secret"), ("customfields", r#"{"a":"1"}"#)]).await;
    let removed = desk.send("DELETE", "/api/customers/ann@shop.test", &[]).await;
    assert_eq!(removed.text, r#"{"response":{"status":"OK","statuscode":0}}"#);
    for identifier in ["ann@shop.test", &id] {
        for path in ["", "/fields", "/groups"] {
            assert_eq!(desk.get(&format!("/api/customers/{identifier}{path}")).await.status, 404);
        }
        assert_eq!(desk.send("DELETE", &format!("/api/customers/{identifier}"), &[]).await.status, 404);
    }
    assert_eq!(desk.get_ok("/api/customers").await, json!({"customers": []}));

    let shown = desk.get(&format!("/api/conversations/{}", ticket.id)).await;
    assert_eq!(shown.status, 200);
    assert!(!shown.text.contains("Ann") && !shown.text.contains("ann@shop.test"), "{}", shown.text);
    let messages = desk.get(&format!("/api/conversations/{}/messages", ticket.id)).await;
    assert!(messages.text.contains("Hello") && !messages.text.contains("Ann") && !messages.text.contains("ann@shop"), "{}", messages.text);

    let heir = desk.send_ok("POST", "/api/customers", &[("email", "ann@shop.test")]).await;
    assert_ne!(heir["contactid"], json!(id), "the address is free");
    let formats = [(".xml", "<status>OK</status><statuscode>0</statuscode>"), (".yaml", "  status: OK\n  statuscode: 0\n")];
    for (format, wanted) in formats {
        desk.send_ok("POST", "/api/customers", &[("email", "bob@shop.test")]).await;
        let reply = desk.send("DELETE", &format!("/api/customers/bob@shop.test{format}"), &[]).await;
        assert!(reply.text.contains(wanted), "{}", reply.text);
    }
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let john = desk.agent("john@agent.test", "John", "").await;
    for identifier in ["nobody@shop.test", "zzzzzzzz", "%00", &john.contact.to_string()] {
        let reply = desk.send("DELETE", &format!("/api/customers/{identifier}"), &[]).await;
        assert_eq!(
            (reply.status, reply.errormessage().as_str()),
            (404, "customer with this e-mail or contactid not found"),
            "{identifier}"
        );
    }
}
