//! Banning somebody who is on the site: his chat ends and his browser is cut off.

use crate::server;
use deskbell_testkit::live::Trouble;
use deskbell_testkit::socket::End;
use deskbell_testkit::{Agent, Transport, Visitor};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const CLOSE_BAD_CREDENTIAL: u16 = 4001;
const CLOSED_SECONDS_MAX: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_address_is_cut_off() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive_by(&server, Transport::Socket).await;
    visitor.ask("hello").await;
    owner.take_offer().await;
    let ban = owner.post("bans", json!({"address": "127.0.0.1"})).await.good();
    owner.live.event("chat.ended").await;
    is_cut(&mut visitor).await;
    assert!(visitor.live.connect().await.is_err(), "he is not let in again");
    owner.call(reqwest::Method::DELETE, &format!("bans/{}", id(&ban, "ban")), None).await;
    Visitor::arrive_by(&server, Transport::Socket).await;
}

#[tokio::test]
async fn a_customer_is_cut_off_and_nobody_else() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut other = Visitor::arrive_by(&server, Transport::Socket).await;
    let mut visitor = Visitor::arrive_by(&server, Transport::Socket).await;
    let asked = visitor.ask("hello").await;
    owner.take_offer().await;
    let conversation = owner.get(&format!("conversations/{}", id(&asked, "conversation"))).await.good();
    owner.post("bans", json!({"customer": conversation["customer"]["customer"]})).await.good();
    owner.live.event("chat.ended").await;
    is_cut(&mut visitor).await;
    // The testkit's visitors share an address; this one gives another.
    other.live.ok(json!({"t": "chat", "name": "Otto", "email": "otto@example.org", "text": "hello, too"})).await;
    owner.take_offer().await;
}

fn id<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

async fn is_cut(visitor: &mut Visitor) {
    let deadline = Instant::now() + CLOSED_SECONDS_MAX;
    let end = loop {
        match visitor.live.receive(deadline).await {
            Ok(()) => {}
            Err(trouble) => break trouble,
        }
    };
    assert!(matches!(&end, Trouble::Ended(End::Closed { code: CLOSE_BAD_CREDENTIAL, .. })), "{end:?}");
}
