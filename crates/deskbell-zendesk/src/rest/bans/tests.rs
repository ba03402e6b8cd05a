use deskbell_app::commands::VisitorCommand;
use deskbell_domain::agent::Role;
use serde_json::{Value, json};

use crate::outside_ids::visitor_id;
use crate::world::{World, call, send_json};

fn ids(lists: &Value) -> Vec<i64> {
    let both = ["visitor", "ip_address"].into_iter().flat_map(|list| lists[list].as_array().unwrap());
    let mut ids: Vec<i64> = both.map(|ban| ban["id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn the_whole_shape() {
    let world = World::online().await;
    assert_eq!(world.page("/api/v2/bans").await, json!({"ip_address": [], "visitor": []}), "both lists are always there");
    assert_eq!(world.page("/api/v2/bans/ip").await, json!([]));
    let visit = world.arrive().await;
    let id = visitor_id(world.desk.account_key(), visit.customer);
    let body = json!({"type": "visitor", "visitor_id": id, "reason": "rude", "ip_address": ""});
    let visitor = world.write("POST", "/api/v2/bans", body.clone()).await;
    assert_eq!(visitor.status, 201, "{}", visitor.text);
    let visitor = visitor.json();
    let name = &visitor["visitor_name"];
    assert!(name.as_str().unwrap().starts_with("Visitor "));
    assert_eq!(
        visitor,
        json!({"created_at": "2026-11-22T00:00:00Z", "id": visitor["id"], "reason": "rude", "type": "visitor", "visitor_id": id,
            "visitor_name": name})
    );
    let address = world.write("POST", "/api/v2/bans", json!({"type": "ip_address", "ip_address": "2001:DB8:0::1", "reason": null})).await;
    let address = address.json();
    assert_eq!(
        address,
        json!({"created_at": "2026-11-22T00:00:00Z", "id": address["id"], "ip_address": "2001:db8::1", "reason": "", "type": "ip_address"})
    );
    assert_eq!(world.page("/api/v2/bans").await, json!({"ip_address": [address], "visitor": [visitor]}));
    assert_eq!(world.page("/api/v2/chat/bans/ip").await, json!(["2001:db8::1"]));
    for ban in [&visitor, &address] {
        assert_eq!(world.page(&format!("/api/v2/bans/{}", ban["id"])).await, *ban);
    }
    for again in [body, json!({"ip_address": "2001:db8:0:0::1"})] {
        assert_eq!(world.write("POST", "/api/v2/bans", again.clone()).await.status, 409, "{again}");
    }
    let mapped = world.write("POST", "/api/v2/bans", json!({"ip_address": "::ffff:192.0.2.77"})).await.json();
    assert_eq!(mapped["ip_address"], json!("192.0.2.77"), "as visitors' addresses are kept");
    assert_eq!(world.write("DELETE", &format!("/api/v2/bans/{}", mapped["id"]), json!({})).await.status, 204);
    let path = format!("/api/v2/bans/{}", visitor["id"]);
    assert_eq!(world.write("DELETE", &path, json!({})).await.status, 204);
    assert_eq!(world.write("DELETE", &path, json!({})).await.status, 404);
    assert_eq!(world.page("/api/v2/bans").await, json!({"ip_address": [address], "visitor": []}));
}

#[tokio::test]
async fn pages_by_id() {
    let world = World::open().await;
    for n in 1..=12 {
        assert_eq!(world.write("POST", "/api/v2/bans", json!({"ip_address": format!("192.0.2.{n}")})).await.status, 201);
    }
    let all = ids(&world.page("/api/v2/bans?limit=1000").await);
    assert_eq!(all.len(), 12);
    for (query, wanted) in [
        (String::new(), &all[..10]),
        (format!("since_id={}", all[10]), &all[10..]),
        (format!("since_id={}&limit=3", all[4] + 1), &all[5..8]),
        (format!("since_id={}", all[11] + 1), &all[12..]),
        (format!("max_id={}&limit=3", all[4]), &all[2..5]),
    ] {
        assert_eq!(ids(&world.page(&format!("/api/v2/bans?{query}")).await), wanted, "{query}");
    }
}

#[tokio::test]
async fn bans_end_chats_and_keep_out() {
    let world = World::online().await;
    let (visit, chat) = world.ask(None).await;
    let live = || async { world.desk.read(deskbell_app::views::live_chats).await.unwrap().len() };
    assert_eq!(live().await, 1);
    let ban = world.write("POST", "/api/v2/bans", json!({"type": "ip_address", "ip_address": visit.address})).await.json();
    assert_eq!(live().await, 0, "{chat:?}");
    let say = VisitorCommand::Send { text: "and?".to_owned(), file: None };
    assert!(world.desk.visitor_command(visit.visitor, visit.id, None, say).await.is_err());
    assert_eq!(world.write("DELETE", &format!("/api/v2/bans/{}", ban["id"]), json!({})).await.status, 204);

    let (visit, _) = world.ask(None).await;
    let id = visitor_id(world.desk.account_key(), visit.customer);
    assert_eq!(world.write("POST", "/api/v2/bans", json!({"visitor_id": id})).await.status, 201);
    assert_eq!(live().await, 0);
}

#[tokio::test]
async fn rights_and_refusals() {
    let world = World::open().await;
    let (_, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    for (verb, path) in [("GET", "bans"), ("GET", "bans/ip"), ("GET", "bans/1"), ("POST", "bans"), ("DELETE", "bans/1")] {
        let reply = send_json(&world.rest, verb, &format!("/api/v2/{path}"), &token, &json!({"ip_address": "192.0.2.1"})).await;
        assert_eq!(reply.status, 403, "{verb} {path}");
    }
    let unknown = visitor_id(world.desk.account_key(), deskbell_domain::ids::CustomerId::from_i64(383_486_450_414));
    for (body, status) in [
        (json!({}), 400),
        (json!({"type": "visitor"}), 400),
        (json!({"type": "ip_address", "visitor_id": unknown}), 400),
        (json!({"type": "other", "ip_address": "192.0.2.1"}), 400),
        (json!({"ip_address": "192.0.2.1", "visitor_id": unknown}), 400),
        (json!({"ip_address": "shop.test"}), 400),
        (json!({"ip_address": "192.0.2.1\u{0}"}), 400),
        (json!({"visitor_id": "1.x"}), 400),
        (json!({"visitor_id": 5}), 400),
        (json!({"visitor_id": unknown}), 404),
    ] {
        assert_eq!(world.write("POST", "/api/v2/bans", body.clone()).await.status, status, "{body}");
    }
    for unknown in ["383486450414", "0", "x"] {
        assert_eq!(call(&world.rest, "GET", &format!("/api/v2/bans/{unknown}"), Some(world.token())).await.status, 404, "{unknown}");
    }
}
