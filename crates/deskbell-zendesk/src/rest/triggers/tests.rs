use deskbell_app::commands::VisitorCommand;
use deskbell_app::customers::Introduction;
use deskbell_app::triggers;
use deskbell_app::visits;
use serde_json::{Value, json};

use crate::rest::AGE_SECONDS_MIN;
use crate::world::{World, call, send_json};

const TRIGGERS: &str = "/api/v2/chat/triggers";

fn checkout() -> Value {
    json!({"name": "Checkout Page", "description": "lingering", "enabled": true, "definition": {
        "event": "page_enter",
        "condition": ["and", ["eq", "@visitor_page_url", "www.shop.test/cart"], ["not", ["firedBefore"]]],
        "actions": [["sendMessageToVisitor", "Stephanie", "Any trouble checking out?"]],
        "version": 1, "editor": "advanced"}})
}

#[tokio::test]
async fn a_trigger_from_making_to_taking_away() {
    let world = World::open().await;
    let made = send_json(&world.rest, "POST", TRIGGERS, world.token(), &checkout()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_i64().unwrap();
    let definition = r#"{"event":"page_enter","condition":["and",["eq","@visitor_page_url","www.shop.test/cart"],["not",["firedBefore"]]],"actions":[["sendMessageToVisitor","Stephanie","Any trouble checking out?"]],"version":1,"editor":"advanced"}"#;
    let wanted = format!(r#"{{"definition":{definition},"description":"lingering","enabled":true,"id":{id},"name":"Checkout Page"}}"#);
    assert_eq!(made.text, wanted, "the definition is as it came in");
    assert_eq!(call(&world.rest, "GET", TRIGGERS, Some(world.token())).await.text, format!("[{wanted}]"));
    for path in [format!("{TRIGGERS}/{id}"), format!("{TRIGGERS}/Checkout%20Page"), "/api/v2/triggers/Checkout%20Page".to_owned()] {
        assert_eq!(call(&world.rest, "GET", &path, Some(world.token())).await.text, wanted, "{path}");
    }
    let by_name = format!("{TRIGGERS}/Checkout%20Page");
    let changed = send_json(&world.rest, "PUT", &by_name, world.token(), &json!({"enabled": 0, "name": "Cart"})).await.json();
    assert_eq!((&changed["enabled"], &changed["name"], &changed["id"]), (&json!(false), &json!("Cart"), &json!(id)));
    assert_eq!(changed["definition"].to_string(), definition);
    assert_eq!(call(&world.rest, "DELETE", &by_name, Some(world.token())).await.status, 404);
    assert_eq!(call(&world.rest, "DELETE", &format!("{TRIGGERS}/Cart"), Some(world.token())).await.status, 204);
    assert_eq!(world.page(TRIGGERS).await, json!([]));
}

#[tokio::test]
async fn what_is_made_here_acts() {
    let world = World::online().await;
    assert_eq!(send_json(&world.rest, "POST", TRIGGERS, world.token(), &checkout()).await.status, 201);
    let visit = world.arrive().await;
    let (visitor, now, here) = (visit.visitor, world.desk.now(), visit.clone());
    world.desk.write(move |tx, cx| visits::view(tx, cx, &here, "https://www.shop.test/cart", "Cart")).await.unwrap();
    let greetings = world.desk.read(move |tx| triggers::greetings(tx, visitor, now)).await.unwrap();
    assert_eq!(greetings.iter().map(|greeting| greeting.speaker.as_str()).collect::<Vec<_>>(), ["Stephanie"]);
}

#[tokio::test]
async fn the_chat_that_answers_a_greeting() {
    let world = World::online().await;
    assert_eq!(send_json(&world.rest, "POST", TRIGGERS, world.token(), &checkout()).await.status, 201);
    let visit = world.arrive().await;
    let cart = VisitorCommand::Page { url: "https://www.shop.test/cart".to_owned(), title: "Cart".to_owned() };
    world.visitor(&visit, cart).await;
    let text = Some("yes".to_owned());
    world.visitor(&visit, VisitorCommand::Chat { department: None, introduction: Introduction::default(), text }).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.render().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 10);
    let page = world.page("/api/v2/incremental/chats?fields=chats(*)").await;
    let chat = &page["chats"][0];
    assert_eq!((&chat["started_by"], &chat["triggered"], &chat["triggered_response"]), (&json!("trigger"), &json!(true), &json!(true)));
    assert_eq!((&chat["missed"], &chat["count"]), (&json!(false), &json!({"agent": 0, "total": 1, "visitor": 1})));
    let said: Vec<_> = chat["history"].as_array().unwrap().iter().filter(|event| event["type"] == "chat.msg").collect();
    let first = (&said[0]["name"], &said[0]["sender_type"], &said[0]["msg"]);
    assert_eq!(first, (&json!("Stephanie"), &json!("Trigger"), &json!("Any trouble checking out?")));
    assert_eq!((&said[1]["sender_type"], &said[1]["msg"], said.len()), (&json!("Visitor"), &json!("yes"), 2));
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::open().await;
    let mut deep = json!(["and"]);
    for _ in 0..60 {
        deep = json!(["not", deep]);
    }
    let with = |condition: Value, actions: Value| json!({"event": "page_enter", "condition": condition, "actions": actions});
    let wait = json!([["wait", 1]]);
    for (part, value, status, said) in [
        ("name", json!(null), 400, "name is missing"),
        ("name", json!("a\nb"), 400, "control characters"),
        ("description", json!("x".repeat(3_000)), 400, "at most 2000"),
        ("definition", json!(null), 400, "definition is missing"),
        ("definition", json!("page_enter"), 400, "must be an object"),
        ("definition", with(json!(["eq", "@weather", "rain"]), wait.clone()), 400, "@weather"),
        ("definition", with(deep, wait.clone()), 400, "deep"),
        ("definition", with(json!(["regex", "@message", "(?<x"]), wait.clone()), 400, "regular expression"),
        ("definition", with(json!(["and"]), json!([["runScript", "alert(1)"]])), 400, "runScript"),
        ("definition", json!({"event": "page_enter", "condition": ["and"], "actions": wait, "x": "y".repeat(70_000)}), 413, "64 KiB"),
    ] {
        let mut body = checkout();
        body[part] = value;
        let reply = send_json(&world.rest, "POST", TRIGGERS, world.token(), &body).await;
        assert_eq!(reply.status, status, "{part}: {}", reply.text);
        assert!(reply.json()["description"].as_str().unwrap().contains(said), "{}", reply.text);
    }
    assert_eq!(world.page(TRIGGERS).await, json!([]));
}
