use axum::body::Body;
use deskbell_app::credentials;
use deskbell_app::rights::Scopes;
use deskbell_domain::credential::CredentialKind;
use serde_json::{Value, json};

use crate::native::tests::harness::{Client, Reply, TestDesk, start};

/// Agent and administrator at their consoles with their phones on.
async fn phones() -> TestDesk {
    let desk = start().await;
    for client in [&desk.agent, &desk.admin] {
        desk.desk.agent_came(client.agent).await.unwrap();
        client.put("me/phone", json!({"on": true})).await.expect(200);
    }
    desk
}

/// What a telephone exchange tells with its key.
async fn tell(desk: &TestDesk, path: &str, body: Value) -> Reply {
    tell_keyed(desk, path, body, None).await
}

async fn tell_keyed(desk: &TestDesk, path: &str, body: Value, idempotency: Option<&str>) -> Reply {
    desk.clock.advance_seconds(1);
    let mut headers = vec![("x-deskbell", "1"), ("apikey", desk.api_key.as_str())];
    headers.extend(idempotency.map(|key| ("idempotency-key", key)));
    desk.nobody().send("POST", path, &headers, Body::from(body.to_string())).await
}

async fn incoming(desk: &TestDesk) -> String {
    let call = tell(desk, "calls", json!({"direction": "in", "number": "+44 1632 960001"})).await.expect(201);
    format!("calls/{}", call["call"].as_str().unwrap())
}

#[tokio::test]
async fn an_exchange_tells_of_a_call() {
    let desk = phones().await;
    let call = incoming(&desk).await;
    let agent = desk.agent.agent.to_string();
    let shown = tell(&desk, &format!("{call}/ring"), json!({"to": "agent@desk.test", "seconds": 20})).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["rings"][0]["agent"], &shown["rings"][0]["outcome"]),
        (&json!("ringing"), &json!(agent), &Value::Null)
    );
    assert_eq!(shown["rings"][0]["expires"].as_i64().unwrap() - shown["rings"][0]["rang"].as_i64().unwrap(), 20_000);
    tell(&desk, &format!("{call}/answer"), json!({})).await.refused(400, "missing");
    let shown = tell(&desk, &format!("{call}/answer"), json!({"agent": agent})).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["legs"][0]["agent"], &shown["rings"][0]["outcome"]),
        (&json!("talking"), &json!(agent), &json!("accepted"))
    );
    let shown = tell(&desk, &format!("{call}/hold"), json!({"agent": agent})).await.expect(200);
    assert!(shown["legs"][0]["held_since"].is_i64());
    let shown = tell(&desk, &format!("{call}/resume"), json!({"agent": agent})).await.expect(200);
    assert_eq!((&shown["legs"][0]["held_since"], &shown["legs"][0]["held"]), (&Value::Null, &json!(1_000)));
    let conversation = desk.agent.get(&format!("conversations/{}", shown["conversation"].as_str().unwrap())).await.expect(200);
    assert_eq!((&conversation["status"], &conversation["channel"], &conversation["agent"]), (&json!("P"), &json!("C"), &json!(agent)));

    let running = desk.agent.get("calls").await.expect(200);
    assert_eq!((running["items"].as_array().unwrap().len(), &running["items"][0]["number"]), (1, &json!("+44 1632 960001")));
    let ended = tell(&desk, &format!("{call}/end"), json!({"by": "customer"})).await.expect(200);
    assert_eq!((&ended["state"], &ended["outcome"]), (&json!("ended"), &json!("finished")));
    assert_eq!(desk.agent.get("calls").await.expect(200)["items"], json!([]));
    let code = conversation["code"].as_str().unwrap();
    let of_conversation = desk.agent.get(&format!("calls?conversation={code}")).await.expect(200);
    assert_eq!(of_conversation["items"][0], ended);
    assert_eq!(desk.agent.get(&call).await.expect(200), ended);
    tell(&desk, &format!("{call}/end"), json!({})).await.refused(409, "conflict");
    tell(&desk, &format!("{call}/end"), json!({"by": "nobody"})).await.refused(400, "invalid");
}

#[tokio::test]
async fn calls_that_go_on_come_in_pages() {
    let desk = phones().await;
    let mut calls = Vec::new();
    for _ in 0..5 {
        calls.push(incoming(&desk).await);
    }
    let mut shown = Vec::new();
    let mut path = "calls?limit=2".to_owned();
    loop {
        let page = desk.agent.get(&path).await.expect(200);
        shown.extend(page["items"].as_array().unwrap().iter().map(|call| format!("calls/{}", call["call"].as_str().unwrap())));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("calls?limit=2&after={next}");
        // The one that the page ended with ends meanwhile.
        tell(&desk, &format!("calls/{next}/end"), json!({})).await.expect(200);
    }
    assert_eq!(shown, calls);
    desk.agent.get("calls?after=zzz").await.refused(400, "invalid");
}

#[tokio::test]
async fn agents_tell_of_their_own_calls() {
    let desk = phones().await;
    let (agent, admin): (&Client, &Client) = (&desk.agent, &desk.admin);
    let call = agent.post("calls", json!({"direction": "out", "number": "+44 1632 960009"})).await.expect(201);
    assert_eq!((&call["caller"], &call["state"]), (&json!(agent.agent.to_string()), &json!("ringing")));
    let call = format!("calls/{}", call["call"].as_str().unwrap());
    agent.post(&format!("{call}/answer"), json!({})).await.expect(200);
    let transfer = format!("{call}/transfer");
    agent.post(&transfer, json!({})).await.refused(400, "missing");
    agent.post(&transfer, json!({"to": "admin@desk.test", "department": "default"})).await.refused(400, "invalid");
    agent.post(&transfer, json!({"department": "zzzzzzzz"})).await.refused(404, "not_found");
    let handed = agent.post(&transfer, json!({"to": "admin@desk.test"})).await.expect(200);
    assert_eq!((&handed["state"], &handed["rings"][0]["agent"]), (&json!("ringing"), &json!(admin.agent.to_string())));
    agent.post(&format!("{call}/hold"), json!({})).await.refused(409, "conflict");
    admin.post(&format!("{call}/decline"), json!({})).await.expect(200);
    admin.post(&format!("{call}/answer"), json!({})).await.expect(200);
    let left = admin.post(&format!("{call}/leave"), json!({})).await.expect(200);
    assert_eq!(left["state"], "queued");
    admin.post(&format!("{call}/voicemail"), json!({})).await.refused(409, "conflict");
    admin.post(&format!("{call}/end"), json!({})).await.expect(200);

    let internal = agent.post("calls", json!({"direction": "internal", "to": admin.agent.to_string(), "seconds": 5})).await.expect(201);
    let internal = format!("calls/{}", internal["call"].as_str().unwrap());
    assert_eq!(admin.post(&format!("{internal}/answer"), json!({})).await.expect(200)["legs"].as_array().unwrap().len(), 2);
    agent.post(&format!("{internal}/end"), json!({})).await.expect(200);
    agent.post("calls", json!({"direction": "internal", "to": "nobody@desk.test"})).await.refused(404, "not_found");
    agent.post("calls", json!({"direction": "sideways"})).await.refused(400, "invalid");
    agent.post("calls", json!({"direction": "out"})).await.refused(400, "missing");
}

#[tokio::test]
async fn a_step_is_told_once_per_key() {
    let desk = phones().await;
    let body = json!({"direction": "in", "number": "+44 1632 960001"});
    let first = tell_keyed(&desk, "calls", body.clone(), Some("k1")).await.expect(201);
    let again = tell_keyed(&desk, "calls", body, Some("k1")).await.expect(201);
    assert_eq!(first, again);
    let call = format!("calls/{}", first["call"].as_str().unwrap());
    let ring = json!({"to": "agent@desk.test"});
    tell_keyed(&desk, &format!("{call}/ring"), ring.clone(), Some("k2")).await.expect(200);
    tell_keyed(&desk, &format!("{call}/ring"), ring.clone(), Some("k2")).await.expect(200);
    tell_keyed(&desk, &format!("{call}/ring"), ring, Some("k3")).await.refused(409, "conflict");
    // An agent's keys are those of all that he does.
    let (proof, key) = (("x-deskbell", "1"), ("idempotency-key", "k4"));
    desk.agent.send("PUT", "me/status", &[proof, key], Body::from(r#"{"status":"online"}"#)).await.expect(200);
    desk.agent.send("POST", &format!("{call}/answer"), &[proof, key], Body::from("{}")).await.refused(400, "invalid");
}

#[tokio::test]
async fn a_voice_message() {
    let desk = phones().await;
    let call = incoming(&desk).await;
    let ended = tell(&desk, &format!("{call}/voicemail"), json!({"text": "Please call back"})).await.expect(200);
    assert_eq!((&ended["outcome"], &ended["state"]), (&json!("voicemail"), &json!("ended")));
    let conversation = ended["conversation"].as_str().unwrap();
    let messages = desk.agent.get(&format!("conversations/{conversation}/messages")).await.expect(200);
    assert_eq!((&messages["items"][0]["text"], &messages["items"][0]["by"]), (&json!("Please call back"), &json!("customer")));
    assert_eq!(desk.agent.get(&format!("conversations/{conversation}")).await.expect(200)["status"], "N");
}

#[tokio::test]
async fn keys_that_only_read_only_read() {
    let desk = phones().await;
    let read = Scopes { read: true, ..Scopes::default() };
    let made = desk.desk.write(move |tx, cx| credentials::issue(tx, cx, CredentialKind::ApiKey, "wall", None, read)).await;
    let secret = made.unwrap().secret;
    let call = incoming(&desk).await;
    let key = ("apikey", secret.as_str());
    desk.nobody().send("GET", &call, &[key], Body::empty()).await.expect(200);
    let refused = desk.nobody().send("POST", &format!("{call}/end"), &[key, ("x-deskbell", "1")], Body::from("{}")).await;
    refused.refused(403, "forbidden");
    tell(&desk, &format!("{call}/end"), json!({})).await.expect(200);
}
