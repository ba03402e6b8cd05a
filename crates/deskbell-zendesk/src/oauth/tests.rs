//! The page and the endpoints, through the door.

mod browser;
mod page;
mod tokens;

use deskbell_app::oauth::clients::{self, ClientDraft, Maker, NewSecret};
use deskbell_app::rights::Scopes;
use deskbell_domain::oauth::ClientType;
use serde_json::Value;

use super::coming_back::query;
use crate::world::{Reply, World, call, send};

pub(super) use browser::Browser;

const BACK: &str = "https://shop.test/back";
const SCOPES: Scopes = Scopes { read: true, write: true, chat: false };

/// A client that is sent back to [`BACK`].
async fn client(world: &World, client_type: ClientType) -> NewSecret {
    client_with(world, client_type, &[BACK], SCOPES).await
}

async fn client_with(world: &World, client_type: ClientType, redirect_uris: &[&str], scopes: Scopes) -> NewSecret {
    let redirect_uris = redirect_uris.iter().map(|uri| (*uri).to_owned()).collect();
    let draft = ClientDraft { name: "Tap <&>".to_owned(), company: "Shop".to_owned(), client_type, redirect_uris, scopes };
    let by = Maker::unbound(world.owner.agent.id);
    world.desk.write(move |tx, cx| clients::create(tx, cx, by, &draft)).await.unwrap()
}

/// Posts a form to an endpoint of programs.
async fn post(world: &World, path: &str, pairs: &[(&str, &str)]) -> Reply {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send(&world.oauth, "POST", path, &headers, query(pairs.iter().copied())).await
}

/// Asks for a token as a client with its secret.
async fn ask(world: &World, client: &NewSecret, pairs: &[(&str, &str)]) -> Reply {
    let own = [("client_id", client.client.identifier.as_str()), ("client_secret", client.secret.as_str())];
    post(world, "/oauth2/token", &[&own, pairs].concat()).await
}

/// The same for a client that shows no secret.
async fn ask_public(world: &World, client: &NewSecret, pairs: &[(&str, &str)]) -> Reply {
    post(world, "/oauth2/token", &[&[("client_id", client.client.identifier.as_str())], pairs].concat()).await
}

#[track_caller]
fn granted(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["pragma"], "no-cache");
    reply.json()
}

#[track_caller]
fn refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(error)), "{}", reply.text);
    assert!(reply.json()["error_description"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers.contains_key("www-authenticate"), status == 401);
}

/// What a token gets of the live figures, of the export, and of what changes the desk.
async fn reach(world: &World, token: &str) -> (u16, u16, u16) {
    let figures = call(&world.stream, "GET", "/stream/chats", Some(token)).await.status;
    let export = call(&world.rest, "GET", "/api/v2/incremental/chats", Some(token)).await.status;
    // 400: there is no body. It would have been read only with the right.
    let write = call(&world.rest, "POST", "/api/v2/oauth/clients", Some(token)).await.status;
    (figures, export, write)
}

const ALL: (u16, u16, u16) = (200, 200, 400);
const NOTHING: (u16, u16, u16) = (401, 401, 401);

/// Repeats until it holds: what the journal tells reaches memory a moment later.
async fn eventually(world: &World, token: &str, wanted: (u16, u16, u16)) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while reach(world, token).await != wanted {
        assert!(std::time::Instant::now() < deadline, "never {wanted:?}: {:?}", reach(world, token).await);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}
