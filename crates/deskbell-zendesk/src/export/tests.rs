//! The export through the door: pages, parameters, addresses, rights.

use std::collections::BTreeMap;

use deskbell_app::chats;
use deskbell_app::commands::VisitorCommand;
use deskbell_app::credentials;
use deskbell_app::rights::Scopes;
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::agent::Role;
use deskbell_domain::chat::Rating;
use deskbell_domain::credential::CredentialKind;
use serde_json::{Value, json};

use crate::rest::AGE_SECONDS_MIN;
use crate::world::{START_SECONDS, World, call};

const CHATS: &str = "/api/v2/incremental/chats";

/// So many chats that end in the present second, rendered and old enough to be exported.
async fn world_with_chats(count: usize) -> World {
    let world = World::online().await;
    world
        .desk
        .write(move |tx, cx| {
            for _ in 0..count {
                let visit = visits::arrive(tx, cx, None, &Arrival::default())?;
                chats::request(tx, cx, &visit, &chats::Request::default())?;
                chats::visitor_ends(tx, cx, &visit)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    world.render().await;
    world.clock.advance_seconds(AGE_SECONDS_MIN + 10);
    world
}

fn ids(page: &Value) -> Vec<String> {
    page["chats"].as_array().unwrap().iter().map(|chat| chat["id"].as_str().unwrap().to_owned()).collect()
}

/// The address without the host.
fn path(page: &Value) -> &str {
    page["next_page"].as_str().unwrap().strip_prefix("http://desk.test").unwrap()
}

/// Follows `next_page` until it is empty: all ids, and the last page.
async fn walk(world: &World, uri: &str) -> (Vec<String>, Value) {
    let (mut all, mut page) = (Vec::new(), world.page(uri).await);
    while page["count"] != json!(0) {
        assert_eq!(page["count"], json!(ids(&page).len()));
        all.extend(ids(&page));
        assert!(all.len() <= 5_000, "no end");
        page = world.page(path(&page)).await;
    }
    (all, page)
}

#[tokio::test]
async fn pages_of_one_give_each_chat_once() {
    let world = world_with_chats(12).await;
    for limit in ["limit=1", "limit=5", "limit=12", "limit=1000", "limit=5000", ""] {
        let (all, last) = walk(&world, &format!("{CHATS}?{limit}")).await;
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!((all.len(), &all), (12, &sorted), "{limit}: each once, by id as bytes");
        assert_eq!((&last["end_id"], &last["end_time"]), (&json!(all[11]), &json!(START_SECONDS)), "{limit}");
        assert_eq!(world.page(path(&last)).await, last, "the end stays the end");
    }
    let first = world.page(&format!("{CHATS}?limit=2")).await;
    let keys: Vec<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["chats", "count", "end_id", "end_time", "next_page"]);
    let inclusive = world.page(&format!("{CHATS}?start_time={START_SECONDS}")).await;
    assert_eq!(inclusive["count"], json!(12), "a bare start_time is inclusive");
    for start in [format!("{START_SECONDS}.5"), (START_SECONDS + 1).to_string()] {
        let page = world.page(&format!("{CHATS}?start_time={start}&start_id=")).await;
        assert_eq!((&page["count"], &page["end_time"], &page["end_id"]), (&json!(0), &json!(START_SECONDS + 1), &json!("")), "{start}");
        assert_eq!(path(&page), format!("/api/v2/incremental/chats?start_time={}&start_id=", START_SECONDS + 1));
    }
    let page = world.page(&format!("{CHATS}?start_time={START_SECONDS}.0&start_id={}", first["end_id"].as_str().unwrap())).await;
    assert_eq!(page["count"], json!(10));
}

#[tokio::test]
async fn chats_of_a_crowded_second_spill_over() {
    let world = world_with_chats(1_005).await;
    let (all, _) = walk(&world, &format!("{CHATS}?fields=chats(id)")).await;
    assert_eq!(all.len(), 1_005);
    // A client that pages by second alone, and stops at a page of less than 1000.
    let (mut start, mut seconds) = (0, BTreeMap::<String, usize>::new());
    let mut seen = std::collections::HashSet::new();
    loop {
        let page = world.page(&format!("{CHATS}?limit=1000&fields=chats(*)&start_time={start}")).await;
        for chat in page["chats"].as_array().unwrap() {
            if seen.insert(chat["id"].as_str().unwrap().to_owned()) {
                *seconds.entry(chat["update_timestamp"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        start = page["end_time"].as_i64().unwrap();
        if page["count"].as_i64().unwrap() < 1_000 {
            break;
        }
    }
    let wanted = [("2026-11-22T00:00:00Z".to_owned(), 999), ("2026-11-22T00:00:01Z".to_owned(), 6)];
    assert_eq!(seconds, BTreeMap::from(wanted));
}

#[tokio::test]
async fn only_what_is_old_enough_is_exported() {
    let world = World::online().await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.render().await;
    for (advance, count) in [(AGE_SECONDS_MIN - 1, 0), (1, 1), (1, 1)] {
        world.clock.advance_seconds(advance);
        let page = world.page(CHATS).await;
        assert_eq!(page["count"], json!(count));
        assert_eq!(world.page(path(&page)).await["count"], json!(0), "an end_time of ours is a good start_time");
    }
    let now = world.desk.now().seconds();
    for (start, status) in [(now - 300, 200), (now - 299, 400), (now, 400), (now * 1_000_000, 400)] {
        let reply = call(&world.rest, "GET", &format!("{CHATS}?start_time={start}"), Some(world.token())).await;
        assert_eq!(reply.status, status, "{start}");
        if status == 400 {
            let wanted = r#"{"error":"Bad Request","description":"Too recent start_time. Use a start_time older than 5 minutes"}"#;
            assert_eq!(reply.text, wanted);
        }
    }
    world.clock.advance_seconds(-60);
    let page = world.page(&format!("{CHATS}?start_time={}", now - 300)).await;
    assert_eq!(page["count"], json!(0), "also after the clock was set back");
}

#[tokio::test]
async fn a_changed_chat_comes_again() {
    let world = world_with_chats(0).await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.render().await;
    world.clock.advance_seconds(400);
    let first = world.page(&format!("{CHATS}?fields=chats(rating)")).await;
    assert_eq!(first["chats"], json!([{"rating": null}]));
    assert_eq!(world.page(path(&first)).await["count"], json!(0));
    world.rate(&visit, Some(Rating::Good), None).await;
    world.render().await;
    world.clock.advance_seconds(400);
    let again = world.page(path(&first)).await;
    assert_eq!((&again["chats"], &again["end_id"]), (&json!([{"rating": "good"}]), &first["end_id"]));
    assert_eq!(world.page(path(&again)).await["count"], json!(0));
    assert_eq!(world.page(CHATS).await["count"], json!(1), "the earlier version is gone");
}

#[tokio::test]
async fn fields_select() {
    let world = World::online().await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    world.rate(&visit, Some(Rating::Bad), Some("slow")).await;
    world.render().await;
    world.clock.advance_seconds(400);
    let whole = world.page(&format!("{CHATS}?fields=chats(*)")).await["chats"][0].clone();
    assert_eq!(whole.as_object().unwrap().len(), 35);
    let id = whole["id"].clone();
    for (fields, wanted) in [
        ("", json!({"id": id})),
        ("fields=", json!({"id": id})),
        ("fields=conversions(*)", json!({"id": id})),
        ("fields=chats(rating,comment)", json!({"comment": "slow", "rating": "bad"})),
        ("fields=chats%28id%2Ccomment%29", json!({"comment": "slow", "id": id})),
        ("fields=chats(response_time.max)", json!({"response_time": {"max": null}})),
        ("fields=chats(count.total,+visitor.email)", json!({"count": {"total": 1}, "visitor": {"email": ""}})),
        (
            "fields=chats(history.type)",
            json!({"history": [
                {"type": "chat.memberjoin"}, {"type": "chat.msg"}, {"type": "chat.memberleave"}, {"type": "chat.rating"}, {"type": "chat.comment"}
            ]}),
        ),
        ("fields=chats(nothing)", json!({})),
        ("fields=chats(*)", whole.clone()),
        ("fields=chats%28%2A%29&limit=&start_id=&start_time=", whole.clone()),
    ] {
        let page = world.page(&format!("{CHATS}?{fields}")).await;
        assert_eq!(page["chats"].to_string(), json!([wanted]).to_string(), "{fields}");
    }
}

#[tokio::test]
async fn addresses_follow_the_caller() {
    let world = world_with_chats(1).await;
    let end = format!("start_time={START_SECONDS}&start_id={}", world.page(CHATS).await["end_id"].as_str().unwrap());
    for (uri, wanted) in [
        ("/api/v2/incremental/chats", format!("/api/v2/incremental/chats?{end}")),
        ("/api/v2/chat/incremental/chats/", format!("/api/v2/chat/incremental/chats?{end}")),
        ("/acme.zendesk.com/api/v2/chat/incremental/chats", format!("/acme.zendesk.com/api/v2/chat/incremental/chats?{end}")),
        ("/acme.zendesk.com/api/v2/incremental/chats?limit=", format!("/acme.zendesk.com/api/v2/incremental/chats?{end}")),
        (
            "/api/v2/chat/incremental/chats?start_time=0&limit=7&fields=chats(*)",
            format!("/api/v2/chat/incremental/chats?fields=chats%28%2A%29&limit=7&{end}"),
        ),
        (
            "/api/v2/chat/incremental/chats?fields=chats(id,+count.total)",
            format!("/api/v2/chat/incremental/chats?fields=chats%28id%2C%20count.total%29&{end}"),
        ),
    ] {
        let page = world.page(uri).await;
        assert_eq!(path(&page), wanted, "{uri}");
        assert_eq!(world.page(&wanted).await["count"], json!(0), "{uri}");
    }
    let end = "start_time=7&start_id=%22%3C%20%C3%BC%26%22";
    let page = world.page(&format!("{CHATS}?{end}&limit=1")).await;
    assert_eq!(page["count"], json!(1), "any start_id is a place");
    world.clock.advance_seconds(10);
    let start = START_SECONDS + 5;
    let page = world.page(&format!("{CHATS}?start_time={start}&start_id=%22%3C%20%C3%BC%26%22")).await;
    assert_eq!(path(&page), format!("{CHATS}?start_time={start}&start_id=%22%3C%20%C3%BC%26%22"), "an empty page echoes it");
}

#[tokio::test]
async fn bad_parameters() {
    let world = World::open().await;
    let long = format!("start_id={}", "x".repeat(201));
    for (query, sentence) in [
        ("start_time=-1", "parameter start_time must be a time in seconds since 1970"),
        ("start_time=now", "parameter start_time must be a time in seconds since 1970"),
        ("start_time=inf", "parameter start_time must be a time in seconds since 1970"),
        ("start_time=1,5", "parameter start_time must be a time in seconds since 1970"),
        ("limit=-1", "parameter limit must be at least 1"),
        ("limit=0", "parameter limit must be at least 1"),
        ("limit=many", "parameter limit must be an integer"),
        ("limit=1.5", "parameter limit must be an integer"),
        ("fields=chats", "parameter fields is malformed: expected '(' at character 6"),
        ("fields=chats(id", "parameter fields is malformed: expected ')' at character 9"),
        ("start_id=a%00b", "parameter start_id must be the end_id of a page"),
        (long.as_str(), "parameter start_id must be the end_id of a page"),
    ] {
        let reply = call(&world.rest, "GET", &format!("{CHATS}?{query}"), Some(world.token())).await;
        assert_eq!((reply.status, reply.json()), (400, json!({"error": "Bad Request", "description": sentence})), "{query}");
    }
}

#[tokio::test]
async fn rights_and_refusals() {
    let world = World::open().await;
    let read = Scopes { read: true, ..Scopes::default() };
    let write = Scopes { write: true, ..Scopes::default() };
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let admin = world.add_agent("admin@desk.test", Role::Administrator, 1).await;
    let owner = world.owner.agent.id;
    let of_agent = world.add_token(ann, CredentialKind::Token, read).await.secret;
    let of_admin = world.add_token(admin, CredentialKind::Token, read).await.secret;
    let writes = world.add_token(owner, CredentialKind::Token, write).await.secret;
    let session = world.add_token(owner, CredentialKind::Session, read).await.secret;
    let revoked = world.add_token(owner, CredentialKind::Token, read).await;
    let id = revoked.credential.id;
    world.desk.write(move |tx, cx| credentials::revoke(tx, cx, id)).await.unwrap();
    let unauthorized = json!({
        "error": "Unauthorized",
        "description": "The server could not verify that you are authorized to access the requested resource"
    });
    for (token, status) in [
        (Some(world.token()), 200),
        (Some(of_admin.as_str()), 200),
        (Some(of_agent.as_str()), 403),
        (Some(writes.as_str()), 403),
        (Some(session.as_str()), 401),
        (Some(revoked.secret.as_str()), 401),
        (Some("wrong"), 401),
        (None, 401),
    ] {
        let reply = call(&world.rest, "GET", CHATS, token).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        match status {
            401 => assert_eq!(reply.json(), unauthorized),
            403 => assert_eq!(reply.json()["error"], json!("Forbidden")),
            _ => assert_eq!(reply.headers["content-type"], "application/json"),
        }
    }
    let post = call(&world.rest, "POST", CHATS, Some(world.token())).await;
    let wanted = json!({"error": "Method Not Allowed", "description": "The method is not allowed for the requested URL."});
    assert_eq!((post.status, post.json()), (405, wanted));
    let nowhere = call(&world.rest, "GET", "/api/v2/chat/nothing", Some(world.token())).await;
    assert_eq!((nowhere.status, &nowhere.json()["error"]), (404, &json!("Not Found")));
    assert!(nowhere.json()["description"].as_str().unwrap().starts_with("The requested URL was not found on the server."));
}
