//! Chats through the door: lists, ids, searches, writing, rights.

mod clients;
mod writing;

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::body::Body;
use deskbell_app::AppError;
use deskbell_app::chat_search::{ChatQuery, ChatSearch, Hits};
use deskbell_app::commands::VisitorCommand;
use deskbell_app::rights::Scopes;
use deskbell_domain::agent::Role;
use deskbell_domain::credential::CredentialKind;
use deskbell_store::tables;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::world::{Reply, START_SECONDS, World, call, unlimited};
use crate::{SurfaceOptions, rest_kit};

const CHATS: &str = "/api/v2/chat/chats";
/// 2026-11-22T00:00:00Z, when every world begins.
const DAY: &str = "2026-11-22";

/// A call with a JSON body.
async fn send(world: &World, verb: &str, uri: &str, token: &str, body: &str) -> Reply {
    let request = Request::builder()
        .method(verb)
        .uri(uri)
        .header("host", "desk.test")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"));
    let (head, body) = world.rest.handle(request.body(Body::from(body.to_owned())).unwrap()).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply { status: head.status.as_u16(), headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// So many chats that visitors began and left, a second apart; their ids, newest first.
async fn chats(world: &World, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let (visit, chat) = world.ask(None).await;
        world.visitor(&visit, VisitorCommand::End).await;
        world.clock.advance_seconds(1);
        let id = world.desk.read(move |tx| Ok(tables::chats::get(tx, chat)?.unwrap().public_id)).await.unwrap();
        ids.push(id);
    }
    world.render().await;
    ids.reverse();
    ids
}

/// Puts the document of an offline message, with the row that it is listed by.
async fn offline(world: &World, message: &str, second: i64) -> String {
    let left = json!({"visitor": {"email": "ann@shop.test"}, "message": message, "timestamp": START_SECONDS + second});
    let made = send(world, "POST", CHATS, world.token(), &left.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let body = json!({"id": id, "type": "offline_msg", "message": message, "timestamp": format!("{DAY}T00:00:{second:02}Z"),
        "deleted": false, "unread": true, "tags": [], "visitor": {"id": "", "name": "", "email": "ann@shop.test", "phone": "", "notes": ""}});
    let public_id = id.clone();
    let put = world.desk.write(move |tx, _| {
        let message = tables::offline_messages::by_public_id(tx, &public_id)?.unwrap().id;
        Ok(tables::documents::put(tx, message, &public_id, START_SECONDS, &body.to_string())?)
    });
    put.await.unwrap();
    id
}

fn ids(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|chat| chat["id"].as_str().unwrap().to_owned()).collect()
}

/// What is behind a link, as a path on the door.
fn path(url: &str) -> String {
    url.strip_prefix("http://desk.test").unwrap_or_else(|| panic!("{url}")).to_owned()
}

#[tokio::test]
async fn an_empty_desk() {
    let world = World::online().await;
    world.open_chat_search();
    let reply = call(&world.rest, "GET", CHATS, Some(world.token())).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"chats":[],"count":0,"next_url":null}"#));
    assert_eq!(world.page(&format!("{CHATS}?ids=x,y")).await, json!({"count": 0, "docs": {}}));
    assert_eq!(world.page(&format!("{CHATS}?ids=")).await, json!({"count": 0, "docs": {}}));
    assert_eq!(world.page(&format!("{CHATS}/search?q=*")).await, json!({"count": 0, "results": [], "next_url": null}));
}

#[tokio::test]
async fn lists_are_newest_first_and_stable_while_others_write() {
    let world = World::online().await;
    let mut wanted = chats(&world, 85).await;
    wanted.push(offline(&world, "Is anybody there?", -5).await);
    let first = world.page("/acme.zendesk.com/api/v2/chats").await;
    assert_eq!((first["count"].clone(), ids(&first["chats"])), (json!(86), wanted[..40].to_vec()));
    assert_eq!(first["chats"][0]["type"], "chat");
    let next = first["next_url"].as_str().unwrap();
    assert!(next.starts_with("http://desk.test/acme.zendesk.com/api/v2/chats?cursor="), "{next}");
    // What is written meanwhile is before the place of the cursor, and what is deleted is gone.
    chats(&world, 3).await;
    let gone = call(&world.rest, "DELETE", &format!("{CHATS}/{}", wanted[45]), Some(world.token())).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    wanted.remove(45);
    let second = world.page(&path(next)).await;
    assert_eq!((second["count"].clone(), ids(&second["chats"])), (json!(88), wanted[40..80].to_vec()));
    let last = world.page(&path(second["next_url"].as_str().unwrap())).await;
    assert_eq!((ids(&last["chats"]), last["next_url"].clone()), (wanted[80..].to_vec(), Value::Null));
    assert_eq!(last["chats"].as_array().unwrap().last().unwrap()["type"], "offline_msg");
}

#[tokio::test]
async fn chats_by_id() {
    let world = World::online().await;
    let known = chats(&world, 3).await;
    let (_, chat) = world.ask(None).await;
    let live_id = world.desk.read(move |tx| Ok(tables::chats::get(tx, chat)?.unwrap().public_id)).await.unwrap();
    let asked = format!("{CHATS}?ids={},nothing,{live_id},{},%00,{}", known[0], known[2], known[0]);
    let found = world.page(&asked).await;
    assert_eq!(found["count"], 2);
    assert_eq!(found["docs"].as_object().unwrap().len(), 2);
    for id in [&known[0], &known[2]] {
        assert_eq!(found["docs"][id]["id"], json!(id));
        let one = world.page(&format!("{CHATS}/{id}")).await;
        assert_eq!(one, found["docs"][id]);
    }
    let unknown = json!({"error": "Not Found", "description": "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."});
    for id in ["nothing", &live_id, "%00", &"x".repeat(5_000)] {
        let reply = call(&world.rest, "GET", &format!("{CHATS}/{id}"), Some(world.token())).await;
        assert_eq!((reply.status, reply.json()), (404, unknown.clone()), "{id}");
    }
    let many = vec!["x"; super::IDS_MAX + 1].join(",");
    let refused = call(&world.rest, "GET", &format!("{CHATS}?ids={many}"), Some(world.token())).await;
    assert_eq!((refused.status, refused.json()["description"].clone()), (413, json!("at most 1000 ids in one call")));
}

#[tokio::test]
async fn searches() {
    let world = World::online().await;
    world.open_chat_search();
    let known = chats(&world, 3).await;
    let message = offline(&world, "The \"blue\" one,\nplease", 1).await;
    let found = world.page("/api/v2/chats/search?q=type:offline_msg+AND+blue&page=0").await;
    assert_eq!(
        found,
        json!({"count": 1, "next_url": null, "results": [{
            "id": message, "type": "offline_msg", "timestamp": "2026-11-22T00:00:01Z", "preview": "The \"blue\" one, please",
            "url": format!("http://desk.test/api/v2/chats/{message}"),
        }]})
    );
    for (query, wanted) in [
        ("type:chat", known.clone()),
        ("type%3Achat%20AND%20timestamp%3A%5B2026-11-22T00%3A00%3A01%20TO%20*%5D", known[..2].to_vec()),
        ("type:chat&sort_order=asc", known.iter().rev().cloned().collect()),
        ("hello&order_by=end_timestamp", known.clone()),
        ("missed:true+-blue", known.clone()),
        ("visitor_email:ann@shop.test", vec![message.clone()]),
        ("nothing:hello", vec![]),
    ] {
        let found = world.page(&format!("{CHATS}/search?q={query}")).await;
        assert_eq!((found["count"].clone(), ids(&found["results"])), (json!(wanted.len()), wanted), "{query}");
    }
    for (query, sentence) in [
        ("", "parameter q is missing"),
        ("q=+", "parameter q is missing"),
        ("q=(a", "the search cannot be understood at character 1: this parenthesis is not closed"),
        ("q=a%00", "the search cannot be understood at character 2: control characters are not searched for"),
        ("q=duration:long", "duration is a whole number"),
        ("q=a&page=-1", "parameter page must be between 0 and 4294967295"),
        ("q=a&page=x", "parameter page must be an integer"),
        ("q=a&order_by=rating", "parameter order_by must be one of timestamp, end_timestamp, update_timestamp, duration"),
        ("q=a&page=251", "a search has at most 250 pages: narrow it down, say to a shorter time"),
    ] {
        let reply = call(&world.rest, "GET", &format!("{CHATS}/search?{query}"), Some(world.token())).await;
        assert_eq!((reply.status, reply.json()), (400, json!({"error": "Bad Request", "description": sentence})), "{query}");
    }
    let long = "a".repeat(5_000);
    let reply = call(&world.rest, "GET", &format!("{CHATS}/search?q={long}"), Some(world.token())).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn what_is_changed_or_deleted_is_found_as_it_is() {
    let world = World::online().await;
    world.open_chat_search();
    let known = chats(&world, 2).await;
    let count = async |query: &str| world.page(&format!("{CHATS}/search?q={query}")).await["count"].clone();
    assert_eq!((count("*").await, count("tags:vip").await), (json!(2), json!(0)));
    let put = send(&world, "PUT", &format!("{CHATS}/{}", known[0]), world.token(), r#"{"tags":["vip"]}"#).await;
    assert_eq!((put.status, put.json()["tags"].clone()), (200, json!(["vip"])));
    world.render().await;
    assert_eq!(count("tags:vip").await, json!(1));
    assert_eq!(call(&world.rest, "DELETE", &format!("{CHATS}/{}", known[0]), Some(world.token())).await.status, 204);
    world.render().await;
    assert_eq!((count("*").await, count("tags:vip").await), (json!(1), json!(0)));
}

#[tokio::test]
async fn another_limit_of_results() {
    let world = World::online().await;
    world.open_chat_search();
    chats(&world, 90).await;
    let options = |results: Option<u32>| SurfaceOptions { search_results_max: results.and_then(NonZeroU32::new), ..unlimited() };
    let (some, all) = (rest_kit(world.desk.clone(), &options(Some(50))), rest_kit(world.desk.clone(), &options(None)));
    let second = call(&some, "GET", &format!("{CHATS}/search?q=type:chat&page=2"), Some(world.token())).await.json();
    assert_eq!((second["count"].clone(), second["results"].as_array().unwrap().len()), (json!(90), 40));
    // The link leads to the refusal: the client learns that there is more.
    let third = second["next_url"].as_str().unwrap();
    assert_eq!(third, "http://desk.test/api/v2/chat/chats/search?q=type%3Achat&page=3");
    assert_eq!(call(&some, "GET", &path(third), Some(world.token())).await.status, 400);
    let last = call(&all, "GET", &path(third), Some(world.token())).await.json();
    assert_eq!((last["results"].as_array().unwrap().len(), last["next_url"].clone()), (10, Value::Null));
    let far = call(&all, "GET", &format!("{CHATS}/search?q=type:chat&page=4294967295"), Some(world.token())).await.json();
    assert_eq!(far, json!({"count": 90, "results": [], "next_url": null}));
}

#[tokio::test]
async fn rights() {
    let world = World::online().await;
    world.open_chat_search();
    let known = chats(&world, 1).await;
    let one = format!("{CHATS}/{}", known[0]);
    let agent = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let scopes = |read, write| Scopes { read, write, chat: false };
    let reads = world.add_token(agent, CredentialKind::Token, scopes(true, false)).await.secret;
    let writes = world.add_token(agent, CredentialKind::Token, scopes(false, true)).await.secret;
    for uri in [CHATS, &one, &format!("{CHATS}?ids=x"), &format!("{CHATS}/search?q=*")] {
        assert_eq!(call(&world.rest, "GET", uri, Some(&reads)).await.status, 200, "{uri}");
        assert_eq!(call(&world.rest, "GET", uri, Some(&writes)).await.status, 403, "{uri}");
        assert_eq!(call(&world.rest, "GET", uri, None).await.status, 401, "{uri}");
    }
    for (token, put, delete) in [(&reads, 403, 403), (&writes, 200, 403)] {
        assert_eq!(send(&world, "PUT", &one, token, "{}").await.status, put);
        assert_eq!(call(&world.rest, "DELETE", &one, Some(token)).await.status, delete);
    }
    assert_eq!(send(&world, "POST", CHATS, &reads, "{}").await.status, 403);
}

#[tokio::test]
async fn a_desk_without_a_search_says_so() {
    let world = World::online().await;
    let reply = call(&world.rest, "GET", &format!("{CHATS}/search?q=*"), Some(world.token())).await;
    assert_eq!((reply.status, reply.json()["description"].clone()), (503, json!("search is not ready")));
}

/// An index that is being built.
struct Unready;

impl ChatSearch for Unready {
    fn search(&self, _: &ChatQuery) -> Result<Hits, AppError> {
        Err(AppError::unavailable("search is not ready").retry_after(7))
    }
}

#[tokio::test]
async fn who_searches_too_early_is_asked_to_wait_as_clients_do() {
    let world = World::open().await;
    world.desk.search_chats_with(Arc::new(Unready));
    let reply = call(&world.rest, "GET", &format!("{CHATS}/search?q=*"), Some(world.token())).await;
    assert_eq!((reply.status, reply.headers["retry-after"].as_bytes()), (429, b"7".as_slice()), "{}", reply.text);
}
