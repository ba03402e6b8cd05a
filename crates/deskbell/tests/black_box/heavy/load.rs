//! Visitors and an agent who write without pause, resend as the protocol asks, and know what was acknowledged.

use deskbell_testkit::{Agent, Live, Server, Visitor, eventually};
use rand::RngExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const VISITORS: usize = 6;
const PAUSE_MILLISECONDS_MAX: u64 = 15;
/// The newest messages that a fresh state holds.
const STATE_MESSAGES_MAX: usize = 200;

/// Those who write.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    writers: JoinSet<Writer>,
    owner: JoinSet<Agent>,
}

/// A visitor, and what was acknowledged to him, in order.
struct Writer {
    visitor: Visitor,
    conversation: String,
    said: Vec<String>,
}

impl Load {
    pub(crate) async fn start(server: &Server) -> Load {
        let mut owner = Agent::owner(server).await;
        owner.be("online").await;
        let mut me = owner.get("agents").await.good()["items"][0].take();
        me["slots"] = json!(50);
        owner.put(&format!("agents/{}", owner.id), me).await.good();
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut writers = JoinSet::new();
        for number in 0..VISITORS {
            let visitor = Visitor::arrive(server).await;
            writers.spawn(write(visitor, number, Arc::clone(&stop), Arc::clone(&acknowledged)));
        }
        let owner = JoinSet::from_iter([serve(owner, Arc::clone(&stop))]);
        Load { stop, acknowledged, writers, owner }
    }

    /// How much has been acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits until so much more has been acknowledged, and then a random moment.
    pub(crate) async fn wait_for_more(&self, more: usize) {
        let goal = self.acknowledged() + more;
        eventually("messages are acknowledged", async || (self.acknowledged() >= goal).then_some(())).await;
        let pause = rand::rng().random_range(0..PAUSE_MILLISECONDS_MAX);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    /// Ends it and checks: everything acknowledged is there, once, in order; folded states equal fresh ones; the figures fit.
    pub(crate) async fn finish(self, server: &Server) {
        self.stop.store(true, Ordering::Relaxed);
        let owner = self.owner.join_all().await.pop().expect("there is an agent");
        for writer in self.writers.join_all().await {
            check(writer, &owner).await;
        }
        check_figures(server, &owner.fresh_look().await).await;
    }
}

async fn write(mut visitor: Visitor, number: usize, stop: Arc<AtomicBool>, acknowledged: Arc<AtomicUsize>) -> Writer {
    let first = format!("visitor {number} says 0");
    let asked = visitor.live.deliver(json!({"t": "chat", "name": format!("Visitor {number}"), "text": first})).await;
    let conversation = asked["conversation"].as_str().expect("a chat has a conversation").to_owned();
    let mut said = vec![first];
    while !stop.load(Ordering::Relaxed) {
        let text = format!("visitor {number} says {}", said.len());
        visitor.live.deliver(json!({"t": "send", "text": text})).await;
        acknowledged.fetch_add(1, Ordering::Relaxed);
        said.push(text);
    }
    Writer { visitor, conversation, said }
}

/// Accepts what rings.
async fn serve(mut owner: Agent, stop: Arc<AtomicBool>) -> Agent {
    while !stop.load(Ordering::Relaxed) {
        if !owner.live.is_connected() {
            owner.live.reconnect().await;
        }
        let me = owner.id.clone();
        let rings = |chat: &Value| chat["offers"].as_array().is_some_and(|offers| offers.iter().any(|offer| offer["agent"] == me.as_str()));
        let chats = owner.live.view["chats"].as_array().expect("chats are a list");
        let ringing = chats.iter().find(|chat| rings(chat)).map(|chat| chat["chat"].clone());
        match ringing {
            Some(chat) => {
                owner.live.deliver(json!({"t": "accept", "chat": chat})).await;
            }
            None => {
                let deadline = tokio::time::Instant::now() + Duration::from_millis(50);
                // Late or cut: either way it goes on above.
                let _ = owner.live.receive(deadline).await;
            }
        }
    }
    if !owner.live.is_connected() {
        owner.live.reconnect().await;
    }
    owner
}

async fn check(writer: Writer, owner: &Agent) {
    let Writer { mut visitor, conversation, said } = writer;
    let stored = stored_texts(owner, &conversation).await;
    let lost: Vec<&String> = said.iter().filter(|text| !stored.contains(text)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_eq!(stored, said, "what is stored is what was said, once and in order");
    let fresh = visitor.fresh_look().await;
    if !visitor.live.is_connected() {
        visitor.live.reconnect().await;
    }
    let last = said.last().expect("something was said").clone();
    let has_last = |live: &Live| written(&live.view).last() == Some(&last);
    visitor.live.wait_until("all has come back", has_last).await;
    let newest = |texts: Vec<String>| texts[texts.len().saturating_sub(STATE_MESSAGES_MAX / 2)..].to_vec();
    assert_eq!(newest(written(&visitor.live.view)), newest(written(&fresh.view)), "the folded state equals a fresh one");
}

fn written(view: &Value) -> Vec<String> {
    let messages = view["messages"].as_array().expect("messages are a list");
    messages.iter().filter(|message| message["kind"] == "message").map(text).collect()
}

fn text(message: &Value) -> String {
    message["text"].as_str().unwrap_or_default().to_owned()
}

/// Everything written in the conversation, as the native API pages it.
async fn stored_texts(owner: &Agent, conversation: &str) -> Vec<String> {
    let (mut texts, mut after) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("conversations/{conversation}/messages?limit=200{after}")).await.good();
        let items = page["items"].as_array().expect("a list has items");
        texts.extend(items.iter().filter(|item| item["kind"] == "message").map(text));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return texts,
        }
    }
}

/// The figures of the first answer are those of the chats that there are.
pub(crate) async fn check_figures(server: &Server, console: &Live) {
    let chats = console.view["chats"].as_array().expect("chats are a list");
    let count = |state: &str| chats.iter().filter(|chat| chat["state"] == state).count();
    let figures = server.bearer().figures("chats").await;
    for (key, state) in [("incoming_chats", "queued"), ("assigned_chats", "offered"), ("active_chats", "served")] {
        assert_eq!(figures[key], json!(count(state)), "{key}: {figures}");
    }
}
