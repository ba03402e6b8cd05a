//! Offline messages that clients write down, and chats that they change.

use deskbell_domain::conversation::Status;
use deskbell_store::tables;
use serde_json::{Value, json};

use super::{CHATS, chats, offline, send};
use crate::world::{START_SECONDS, World};

async fn post(world: &World, body: Value) -> (u16, Value) {
    let reply = send(world, "POST", CHATS, world.token(), &body.to_string()).await;
    (reply.status, reply.json())
}

#[tokio::test]
async fn an_offline_message_is_a_conversation() {
    let world = World::online().await;
    let body = json!({
        "visitor": {"id": "1.12345", "name": "John", "email": "John@Shop.test", "phone": "123", "notes": "likes blue"},
        "message": "Hi there!", "type": "offline_msg", "timestamp": START_SECONDS - 86_400,
        "session": {"browser": "Safari", "ip": "192.0.2.7", "user_agent": "Mozilla/5.0", "city": "Orlando"}, "department_id": 0,
    });
    let (status, made) = post(&world, body).await;
    assert_eq!((status, made["type"].clone(), made["message"].clone()), (201, json!("offline_msg"), json!("Hi there!")));
    let id = made["id"].as_str().unwrap().to_owned();
    let (offline, conversation, customer) = world
        .desk
        .snapshot(move |tx| {
            let offline = tables::offline_messages::by_public_id(tx, &id)?.unwrap();
            let conversation = tables::conversations::get(tx, offline.conversation)?.unwrap();
            let customer = tables::customers::get(tx, offline.customer)?.unwrap();
            Ok((offline, conversation, customer))
        })
        .await
        .unwrap();
    assert_eq!((offline.left.seconds(), offline.unread), (START_SECONDS - 86_400, true));
    assert_eq!((conversation.status, conversation.preview.as_str()), (Status::New, "Hi there!"));
    assert_eq!(made["zendesk_ticket_id"], conversation.id.get());
    assert_eq!(
        (customer.name.as_str(), customer.email.as_deref(), customer.phone.as_str(), customer.note.as_str()),
        ("John", Some("john@shop.test"), "123", "likes blue")
    );
}

#[tokio::test]
async fn a_repeated_key_writes_once() {
    let world = World::online().await;
    let body = json!({"visitor": {"email": "ann@shop.test"}, "message": "once"}).to_string();
    let mut made = Vec::new();
    for key in ["one", "one", "two"] {
        let request = http::Request::builder()
            .method("POST")
            .uri(CHATS)
            .header("authorization", format!("Bearer {}", world.token()))
            .header("idempotency-key", key)
            .body(axum::body::Body::from(body.clone()));
        let answer = world.rest.handle(request.unwrap()).await.into_body();
        let bytes = http_body_util::BodyExt::collect(answer).await.unwrap().to_bytes();
        made.push(serde_json::from_slice::<Value>(&bytes).unwrap()["id"].clone());
    }
    assert_eq!(made[0], made[1]);
    assert_ne!(made[0], made[2]);
}

#[tokio::test]
async fn somebody_known_needs_no_address() {
    let world = World::online().await;
    let first = post(&world, json!({"visitor": {"email": "ann@shop.test"}, "message": "first"})).await.1;
    let id = first["id"].as_str().unwrap().to_owned();
    let customer = world.desk.read(move |tx| Ok(tables::offline_messages::by_public_id(tx, &id)?.unwrap().customer)).await.unwrap();
    let visitor = crate::outside_ids::visitor_id(world.desk.account_key(), customer);
    let (status, made) = post(&world, json!({"visitor": {"id": visitor}, "message": "second"})).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let again = world.desk.read(move |tx| Ok(tables::offline_messages::by_public_id(tx, &id)?.unwrap().customer)).await.unwrap();
    assert_eq!(again, customer);
}

#[tokio::test]
async fn what_cannot_be_written_down() {
    let world = World::online().await;
    let visitor = json!({"email": "ann@shop.test"});
    for (body, status, sentence) in [
        (json!({"visitor": visitor, "message": "x", "type": "chat"}), 400, "type must be offline_msg: other chats cannot be made"),
        (json!({"visitor": visitor}), 400, "message is missing"),
        (json!({"visitor": visitor, "message": " "}), 400, "text is missing"),
        (json!({"message": "x"}), 400, "email is missing"),
        (json!({"visitor": {"email": "nobody"}, "message": "x"}), 400, "that is not an e-mail address"),
        (json!({"visitor": visitor, "message": "a\0b"}), 400, "a message must not contain a NUL character"),
        (
            json!({"visitor": {"email": "ann@shop.test", "name": "a\0"}, "message": "x"}),
            400,
            "name has at most 254 characters and no control characters",
        ),
        (json!({"visitor": visitor, "message": "x".repeat(40_000)}), 413, "a message has at most 32 KiB"),
        (json!({"visitor": visitor, "message": "x", "department_id": 7}), 404, ""),
        (
            json!({"visitor": visitor, "message": "x", "timestamp": 9e15}),
            400,
            "a message cannot have been left in the future or before 1970",
        ),
        (
            json!({"visitor": visitor, "message": "x", "timestamp": "soon"}),
            400,
            "timestamp must be in seconds since 1970, or like 2020-12-20T00:00:00Z",
        ),
    ] {
        let (got, refused) = post(&world, body.clone()).await;
        assert_eq!(got, status, "{refused}");
        if !sentence.is_empty() {
            assert_eq!(refused["description"], sentence, "{body}");
        }
    }
    for body in ["", "{", "[]", "7", r#"{"visitor":7}"#] {
        let reply = send(&world, "POST", CHATS, world.token(), body).await;
        assert_eq!((reply.status, reply.json()["error"].clone()), (400, json!("Bad Request")), "{body}");
    }
}

#[tokio::test]
async fn tags_marks_and_visitors_are_changed() {
    let world = World::online().await;
    let id = chats(&world, 1).await.remove(0);
    let uri = format!("{CHATS}/{id}");
    let before = world.page(&uri).await;
    assert_eq!((before["unread"].clone(), before["tags"].clone()), (json!(true), json!([])));
    let body = r#"{"tags":["vip","late"],"unread":false,"visitor":{"name":"Ann","email":"ann@shop.test","phone":"1","notes":"x"},"rating":"good","id":"y"}"#;
    let put = send(&world, "PUT", &uri, world.token(), body).await;
    assert_eq!(put.status, 200, "{}", put.text);
    world.render().await;
    let after = world.page(&uri).await;
    assert_eq!((&after["tags"], &after["unread"], &after["rating"]), (&json!(["vip", "late"]), &json!(false), &Value::Null));
    assert_eq!((&after["visitor"]["name"], &after["visitor"]["email"]), (&json!("Ann"), &json!("ann@shop.test")));
    assert_eq!((&after["visitor"]["phone"], &after["visitor"]["notes"]), (&json!("1"), &json!("x")));
    // The answer showed what the document became, but for its update time.
    let mut answered = put.json();
    for key in ["update_timestamp", "history"] {
        answered[key] = after[key].clone();
    }
    assert_eq!(answered, after);
    let again = send(&world, "PUT", &uri, world.token(), "{}").await;
    assert_eq!((again.status, again.json()["tags"].clone()), (200, json!(["vip", "late"])));
}

#[tokio::test]
async fn offline_messages_are_changed_and_deleted_too() {
    let world = World::online().await;
    let id = offline(&world, "Hello?", 0).await;
    let uri = format!("{CHATS}/{id}");
    let put = send(&world, "PUT", &uri, world.token(), r#"{"unread":0,"tags":["a"]}"#).await;
    assert_eq!((put.status, put.json()["unread"].clone(), put.json()["tags"].clone()), (200, json!(false), json!(["a"])));
    let public_id = id.clone();
    let unread = world.desk.read(move |tx| Ok(tables::offline_messages::by_public_id(tx, &public_id)?.unwrap().unread)).await.unwrap();
    assert!(!unread);
    assert_eq!(send(&world, "DELETE", &uri, world.token(), "").await.status, 204);
    assert_eq!(world.page(CHATS).await, json!({"chats": [], "count": 0, "next_url": null}));
    for verb in ["GET", "PUT", "DELETE"] {
        assert_eq!(send(&world, verb, &uri, world.token(), "{}").await.status, 404, "{verb}");
    }
}

#[tokio::test]
async fn what_cannot_be_changed() {
    let world = World::online().await;
    let known = chats(&world, 1).await.remove(0);
    offline(&world, "Hello?", 0).await;
    let uri = format!("{CHATS}/{known}");
    for (body, status) in [
        (r#"{"tags":["a,b"]}"#.to_owned(), 400),
        (r#"{"tags":"a"}"#.to_owned(), 400),
        (r#"{"tags":["\u0000"]}"#.to_owned(), 400),
        (json!({"tags": (0..60).map(|tag| tag.to_string()).collect::<Vec<_>>()}).to_string(), 413),
        (r#"{"unread":"maybe"}"#.to_owned(), 400),
        (r#"{"visitor":{"email":"nobody"}}"#.to_owned(), 400),
        (r#"{"visitor":{"email":"ann@shop.test"}}"#.to_owned(), 409),
        (r#"{"visitor":{"notes":"\u0000"}}"#.to_owned(), 400),
        (format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), 400),
        (String::new(), 400),
    ] {
        let reply = send(&world, "PUT", &uri, world.token(), &body).await;
        assert_eq!(reply.status, status, "{:.80}: {}", body, reply.text);
        assert!(reply.json()["description"].is_string());
    }
    for verb in ["PUT", "DELETE"] {
        assert_eq!(send(&world, verb, &format!("{CHATS}/nothing"), world.token(), "{}").await.status, 404);
    }
}
