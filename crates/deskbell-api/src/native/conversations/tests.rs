use serde_json::{Value, json};

use crate::native::tests::harness::{TestDesk, start};

/// Subjects of a list, newest change first.
async fn list(desk: &TestDesk, query: &str) -> Vec<String> {
    let page = desk.agent.get(&format!("conversations?{query}")).await.expect(200);
    page["items"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let desk = start().await;
    let mut ids = Vec::new();
    for (name, subject) in [("Cleo", "one"), ("Dora", "two"), ("Emil", "three")] {
        let visitor = desk.visitor(name, &format!("{name}@shop.test")).await;
        ids.push((visitor.leave_message(subject).await, visitor.customer.to_string()));
        desk.clock.advance_seconds(1);
    }
    desk.agent.put(&format!("conversations/{}/status", ids[1].0), json!({"status": "R"})).await.expect(200);
    desk.clock.advance_seconds(1);
    let me = json!({"agent": desk.agent.agent.to_string()});
    desk.agent.put(&format!("conversations/{}/assignment", ids[0].0), me).await.expect(200);
    desk.clock.advance_seconds(1);
    desk.agent.put(&format!("conversations/{}/tags", ids[2].0), json!({"tags": ["vip"]})).await.expect(200);

    assert_eq!(list(&desk, "").await, ["three", "one", "two"]);
    assert_eq!(list(&desk, "status=N").await, ["three", "one"]);
    assert_eq!(list(&desk, "status=N,R").await.len(), 3);
    assert_eq!(list(&desk, "agent=me").await, ["one"]);
    assert_eq!(list(&desk, "agent=none&status=N").await, ["three"]);
    assert_eq!(list(&desk, &format!("agent={}", desk.owner.agent)).await, [""; 0]);
    assert_eq!(list(&desk, "department=default").await.len(), 3);
    assert_eq!(list(&desk, "department=zzzzzzzz").await.len(), 0);
    assert_eq!(list(&desk, &format!("customer={}", ids[1].1)).await, ["two"]);
    assert_eq!(list(&desk, "search=EMIL").await, ["three"]);
    for wrong in ["status=Q", "agent=!", "department=!", "customer=!", "after=junk", "limit=x"] {
        desk.agent.get(&format!("conversations?{wrong}")).await.refused(400, "invalid");
    }

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = desk.agent.get(&format!("conversations?limit=1&after={after}")).await.expect(200);
        seen.push(page["items"][0]["subject"].as_str().unwrap().to_owned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!(seen, ["three", "one", "two"]);
}

#[tokio::test]
async fn one_is_shown_by_any_spelling() {
    let desk = start().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    let id = visitor.leave_message("Where is my order?").await;
    let listed = desk.agent.get("conversations").await.expect(200)["items"][0].clone();
    let mut shown = desk.agent.get(&format!("conversations/{id}")).await.expect(200);
    let by_code = desk.agent.get(&format!("conversations/{}", listed["code"].as_str().unwrap())).await.expect(200);
    assert_eq!(by_code, shown);
    assert_eq!(shown["visit"]["pages"][0]["url"], "https://shop.test/");
    assert_eq!((&shown["visit"]["address"], &shown["chats"]), (&json!("10.0.0.1"), &json!([])));
    assert_eq!(shown["sla"], json!({"level": null, "name": null, "clocks": []}));
    assert_eq!(shown["postponed_until"], json!(null));
    for beside in ["visit", "chats", "sla", "postponed_until"] {
        shown.as_object_mut().unwrap().remove(beside);
    }
    assert_eq!(shown, listed);
    let wanted = json!({
        "conversation": id, "code": listed["code"], "status": "N", "channel": "M", "subject": "Where is my order?",
        "preview": "Where is my order?", "department": "default", "agent": null, "customer": listed["customer"], "tags": [],
        "created": 1_790_000_000_000_i64, "changed": 1_790_000_000_000_i64, "due": null
    });
    assert_eq!(listed, wanted);
}

#[tokio::test]
async fn chats_stand_beside_a_conversation() {
    let desk = start().await;
    desk.agent_comes().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    let done = visitor.asks_for_chat("Hello?").await;
    let shown = desk.agent.get(&format!("conversations/{}", done.conversation.unwrap())).await.expect(200);
    let wanted = json!([{
        "chat": done.chat.unwrap().to_string(), "state": "offered", "started_by": "visitor", "requested": 1_790_000_000_000_i64,
        "ended": null, "rating": null, "comment": null, "missed": false, "dropped": false
    }]);
    assert_eq!((&shown["chats"], &shown["status"]), (&wanted, &json!("T")));
    assert_eq!(shown["chats"].as_array().map(Vec::len), Some(1));
    assert_ne!(shown["visit"], Value::Null);
}
