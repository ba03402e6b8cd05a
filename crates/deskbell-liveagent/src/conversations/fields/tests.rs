use serde_json::{Value, json};

use crate::fixture::Fixture;

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

async fn fields(desk: &Fixture, conversation: impl std::fmt::Display) -> Value {
    desk.get_ok(&format!("/api/conversations/{conversation}")).await["customfields"].clone()
}

#[tokio::test]
async fn added_and_taken_away() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = |spelling: &dyn std::fmt::Display, suffix: &str| format!("/api/conversations/{spelling}/fields{suffix}");
    let two = "customfields=%5B%7B%22code%22%3A%22order%22%2C%22value%22%3A%2243894209%22%7D%2C%7B%22code%22%3A%22b%22%2C%22value%22%3A%22x+y%22%7D%5D";
    assert_eq!(desk.post(&path(&ticket.code, ""), two).await.text, OK);
    let more = "customfields=%5B%7B%22code%22%3A%22order%22%2C%22value%22%3A%222%22%7D%5D";
    let xml = desk.post(&path(&ticket.public_code, ".xml"), more).await;
    assert_eq!(xml.text, "<?xml version='1.0' encoding='utf-8'?><response><status>OK</status><statuscode>0</statuscode></response>");
    let [order, other, again] =
        [("order", "43894209"), ("b", "x y"), ("order", "2")].map(|(code, value)| json!({"code": code, "value": value}));
    assert_eq!(fields(&desk, ticket.id).await, json!([order, other.clone(), again]));
    assert_eq!(desk.form("DELETE", &path(&ticket.id, ""), "code=order").await.text, OK);
    assert_eq!(fields(&desk, ticket.id).await, json!([other]));
    assert_eq!(desk.form("DELETE", &path(&ticket.id, ""), "code=nothing").await.text, OK);
    let yaml = desk.form("DELETE", &path(&ticket.id, ".yaml"), "").await;
    assert_eq!(yaml.text, "response:\n  status: OK\n  statuscode: 0\n");
    assert_eq!(fields(&desk, ticket.id).await, json!([]));
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let path = format!("/api/conversations/{}/fields", ticket.id);
    let missing = desk.post(&path, "").await;
    assert_eq!((missing.status, missing.errormessage().as_str()), (500, "parameter customfields is missing"));
    for body in ["customfields=x", "customfields=%5B1%5D", "customfields=%5B%7B%22code%22%3A%22a%00%22%2C%22value%22%3A%22%22%7D%5D"] {
        assert_eq!(desk.post(&path, body).await.status, 500, "{body}");
    }
    assert_eq!(desk.form("DELETE", &path, "code=%00").await.text, OK, "nothing is called so");
    assert_eq!(fields(&desk, ticket.id).await, json!([]));
    for (verb, body) in [("POST", "customfields=%5B%5D"), ("DELETE", "")] {
        let unknown = desk.form(verb, "/api/conversations/zzzzzzzz/fields", body).await;
        assert_eq!((unknown.status, unknown.errormessage().as_str()), (500, "unable to load conversation"), "{verb}");
    }
}
