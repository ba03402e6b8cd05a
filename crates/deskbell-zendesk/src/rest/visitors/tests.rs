use deskbell_app::visits::{self, Arrival};
use deskbell_domain::agent::Role;
use serde_json::json;

use crate::outside_ids::visitor_id;
use crate::world::{World, call, send_json};

#[tokio::test]
async fn the_whole_shape() {
    let world = World::open().await;
    let body = json!({"name": "Cleo", "email": "Cleo@shop.test", "phone": "+1 555", "notes": "likes tea", "external_id": "crm-7"});
    let made = world.write("POST", "/api/v2/visitors", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(
        made,
        json!({"banned": false, "created": "2026-11-22T00:00:00Z", "email": "cleo@shop.test", "external_id": "crm-7", "id": made["id"],
            "name": "Cleo", "notes": "likes tea", "phone": "+1 555"})
    );
    let path = format!("/api/v2/chat/visitors/{}", made["id"].as_str().unwrap());
    assert_eq!(world.page(&path).await, made);
    for taken in [body, json!({"name": "Other", "external_id": "crm-7"}), json!({"email": "cleo@shop.test"})] {
        assert_eq!(world.write("POST", "/api/v2/visitors", taken.clone()).await.status, 409, "{taken}");
    }
    let changed = world.write("PUT", &path, json!({"notes": "likes coffee", "external_id": "", "email": "", "name": null})).await.json();
    assert_eq!(
        (&changed["notes"], &changed["external_id"], &changed["email"], &changed["name"]),
        (&json!("likes coffee"), &json!(null), &json!(""), &json!("Cleo"))
    );
    assert_eq!(world.write("POST", "/api/v2/visitors", json!({"name": "Other", "external_id": "crm-7"})).await.status, 201);

    // Who came through the widget is one too.
    let visit = world.arrive().await;
    let id = visitor_id(world.desk.account_key(), visit.customer);
    let told = world.page(&format!("/api/v2/visitors/{id}")).await;
    assert_eq!((&told["email"], &told["phone"], &told["external_id"]), (&json!(""), &json!(""), &json!(null)));
}

#[tokio::test]
async fn banned_here_is_banned() {
    let world = World::online().await;
    let (visit, _) = world.ask(None).await;
    let path = format!("/api/v2/visitors/{}", visitor_id(world.desk.account_key(), visit.customer));
    for _ in 0..2 {
        assert_eq!(world.write("PUT", &path, json!({"banned": true})).await.json()["banned"], json!(true));
    }
    assert!(world.desk.read(deskbell_app::views::live_chats).await.unwrap().is_empty());
    assert_eq!(world.page("/api/v2/bans").await["visitor"].as_array().unwrap().len(), 1);
    let back = Some(visit.id);
    assert!(world.desk.write(move |tx, cx| visits::arrive(tx, cx, back, &Arrival::default())).await.is_err());
    assert_eq!(world.write("PUT", &path, json!({"banned": 0})).await.json()["banned"], json!(false));
    assert!(world.desk.write(move |tx, cx| visits::arrive(tx, cx, back, &Arrival::default())).await.is_ok());
}

#[tokio::test]
async fn rights_and_refusals() {
    let world = World::open().await;
    let (agent, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    let visit = world.arrive().await;
    let key = world.desk.account_key();
    let path = format!("/api/v2/visitors/{}", visitor_id(key, visit.customer));
    assert_eq!(call(&world.rest, "GET", &path, Some(&token)).await.status, 200);
    assert_eq!(send_json(&world.rest, "PUT", &path, &token, &json!({"name": "Dee"})).await.status, 200);
    assert_eq!(send_json(&world.rest, "POST", "/api/v2/visitors", &token, &json!({"name": "Dee"})).await.status, 403);
    for (body, status) in [
        (json!({}), 400),
        (json!({"name": " "}), 400),
        (json!({"email": "nobody"}), 400),
        (json!({"name": "a\u{0}"}), 400),
        (json!({"name": "a", "notes": "\u{0}"}), 400),
        (json!({"name": "a", "external_id": "\u{0}"}), 400),
        (json!({"name": "x".repeat(1_000_000)}), 400),
        (json!({"name": 5}), 400),
    ] {
        let reply = world.write("POST", "/api/v2/visitors", body).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let contact = world.desk.read(move |tx| Ok(deskbell_app::accounts::enabled_agent(tx, agent)?.contact)).await.unwrap();
    for unknown in ["1", "x", "1.x", "%00", &format!("{key}.zzzzzzz"), &visitor_id(key + 1, visit.customer), &visitor_id(key, contact)] {
        assert_eq!(call(&world.rest, "GET", &format!("/api/v2/visitors/{unknown}"), Some(world.token())).await.status, 404, "{unknown}");
    }
}
