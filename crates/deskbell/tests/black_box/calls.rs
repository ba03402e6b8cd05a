//! A telephone exchange tells the desk of calls: over HTTP with a key, seen by consoles and by LiveAgent's clients.

use crate::server;
use deskbell_testkit::fold::agent_essence;
use deskbell_testkit::http::client;
use deskbell_testkit::{Agent, Answer, Server};
use serde_json::{Value, json};

pub(super) async fn tell(server: &Server, path: &str, body: Value) -> Answer {
    let key = server.v1().key;
    let request = client().post(format!("{}/api/native/v1/{path}", server.base())).header("apikey", key).header("x-deskbell", "1");
    Answer::of(request.json(&body)).await
}

async fn overview(server: &Server) -> Value {
    server.v1().response("calls/overview").await["callsOverview"][0].take()
}

#[tokio::test]
async fn a_call_from_ring_to_end() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    owner.put("me/phone", json!({"on": true})).await.good();
    let call = tell(&server, "calls", json!({"direction": "in", "number": "+44 1632 960001"})).await.good();
    let (id, conversation) = (call["call"].as_str().expect("an id").to_owned(), call["conversation"].as_str().expect("an id").to_owned());
    assert_eq!(overview(&server).await, json!({"running": 0, "ringing": 0, "inqueue": 1}));
    let me = owner.id.clone();
    // One that rings in vain, and one that is answered.
    tell(&server, &format!("calls/{id}/ring"), json!({"to": me, "seconds": 5})).await.good();
    let closed = owner.live.event("ring.closed").await;
    assert_eq!((&closed["outcome"], &closed["state"]), (&json!("expired"), &json!("queued")));
    tell(&server, &format!("calls/{id}/ring"), json!({"to": me})).await.good();
    assert_eq!(overview(&server).await, json!({"running": 0, "ringing": 1, "inqueue": 0}));
    owner.post(&format!("calls/{id}/answer"), json!({})).await.good();
    tell(&server, &format!("calls/{id}/hold"), json!({"agent": me})).await.good();
    assert_eq!(overview(&server).await, json!({"running": 1, "ringing": 0, "inqueue": 0}));
    owner.live.wait_until("the call is held", |live| live.view["calls"][0]["agents"][0]["held"] == true).await;
    let fresh = owner.fresh_look().await;
    assert_eq!(agent_essence(&owner.live.view), agent_essence(&fresh.view));
    let shown = server.v1().response(&format!("conversations/{conversation}")).await;
    assert_eq!((&shown["status"], &shown["channel_type"]), (&json!("P"), &json!("C")));
    assert_eq!(tell(&server, &format!("calls/{id}/ring"), json!({"to": me})).await.status, 409);

    tell(&server, &format!("calls/{id}/end"), json!({"by": "customer"})).await.good();
    owner.live.wait_until("no call goes on", |live| live.view["calls"] == json!([])).await;
    assert_eq!(overview(&server).await, json!({"running": 0, "ringing": 0, "inqueue": 0}));
    let whole = owner.get(&format!("calls/{id}")).await.good();
    assert_eq!((&whole["outcome"], &whole["rings"][0]["outcome"]), (&json!("finished"), &json!("expired")));
    assert_eq!(server.v1().response(&format!("conversations/{conversation}")).await["status"], json!("A"));
    let messages = server.v1().get(&format!("conversations/{conversation}/messages")).await.good().to_string();
    assert!(messages.contains("The call ended after"), "{messages}");
    let stranger = client().post(format!("{}/api/native/v1/calls", server.base())).header("apikey", "junk").header("x-deskbell", "1");
    assert_eq!(Answer::of(stranger.json(&json!({"direction": "in"}))).await.status, 401);
    let doctor = server.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
}
