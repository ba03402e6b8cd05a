//! What the clients in use call, over 300 chats: each chat once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{CHATS, chats, ids, path};
use crate::world::{START_SECONDS, World, call};

const COUNT: usize = 300;

/// The documents of a page of results, in the batch that clients make of it.
async fn documents(world: &World, results: &Value) -> Vec<String> {
    let wanted = ids(results);
    if wanted.is_empty() {
        return wanted;
    }
    let found = world.page(&format!("{CHATS}?ids={}", wanted.join("%2C"))).await;
    assert_eq!(found["count"], wanted.len());
    let docs = found["docs"].as_object().unwrap();
    // They read these fields unguarded.
    assert!(docs.values().all(|chat| chat["end_timestamp"].is_string() && chat["timestamp"].is_string()));
    docs.keys().cloned().collect()
}

/// A moment of the test, as Python writes it.
fn moment(second: i64, ending: &str) -> String {
    let at = jiff::Timestamp::from_second(START_SECONDS + second).unwrap();
    format!("{}{ending}", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

#[tokio::test]
async fn every_chat_once() {
    let world = World::online().await;
    world.open_chat_search();
    let wanted: BTreeSet<String> = chats(&world, COUNT).await.into_iter().collect();
    assert_eq!(wanted.len(), COUNT);

    // The tap: windows of time that meet, `next_url` until it is null, documents in batches. Ends of windows are in both.
    for ending in ["", "%2B00:00", ".000000Z"] {
        let mut seen = Vec::new();
        for (from, until) in [(0, 150), (150, 151), (151, 10_000)] {
            let (from, until) = (moment(from, ending), moment(until, ending));
            let mut uri = format!("/acme.zendesk.com{CHATS}/search?q=type%3Achat+AND+end_timestamp%3A%5B{from}+TO+{until}%5D");
            loop {
                let page = world.page(&uri).await;
                seen.extend(documents(&world, &page["results"]).await);
                let Some(next) = page["next_url"].as_str() else { break };
                assert!(next.contains("/acme.zendesk.com/api/v2/chat/"), "{next}");
                uri = path(next);
            }
        }
        let twice = seen.len() - wanted.len();
        assert_eq!((seen.into_iter().collect::<BTreeSet<_>>(), twice), (wanted.clone(), 2), "{ending}");
    }

    // Embulk: the number of pages from `count`, then all pages at once.
    let query = format!("/api/v2/chats/search?q=timestamp%3A%5B{}+TO+{}%5D", moment(0, "Z"), moment(10_000, "Z"));
    let count = world.page(&format!("{query}&page=1")).await["count"].as_u64().unwrap();
    assert_eq!(count, COUNT as u64);
    let mut seen = Vec::new();
    let pages: Vec<String> = (1..=count.div_ceil(40)).map(|page| format!("{query}&page={page}")).collect();
    let calls = pages.iter().map(|uri| call(&world.rest, "GET", uri, Some(world.token())));
    for reply in futures_in_order(calls).await {
        seen.extend(documents(&world, &reply.json()["results"]).await);
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (COUNT, wanted.clone()));

    // zenpy: the list to its end.
    let (mut seen, mut uri) = (Vec::new(), CHATS.to_owned());
    loop {
        let page = world.page(&uri).await;
        seen.extend(ids(&page["chats"]));
        let Some(next) = page["next_url"].as_str() else { break };
        uri = path(next);
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (COUNT, wanted));
}

/// All at once; the answers in the order of the calls.
async fn futures_in_order<F: Future>(calls: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut calls: Vec<_> = calls.map(|call| (Box::pin(call), None)).collect();
    std::future::poll_fn(|cx| {
        for (call, output) in calls.iter_mut().filter(|(_, output)| output.is_none()) {
            if let std::task::Poll::Ready(ready) = call.as_mut().poll(cx) {
                *output = Some(ready);
            }
        }
        if calls.iter().all(|(_, output)| output.is_some()) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    calls.into_iter().filter_map(|(_, output)| output).collect()
}
