//! After the run: reads every conversation from its beginning and compares it with what was acknowledged.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use super::World;
use super::accounts::Account;
use super::frame::Frame;
use super::link::{Heard, Link, NoLink};

/// Connections that read at once.
const READERS_MAX: usize = 4;
/// Conversations asked for at once on each.
const ASKED_MAX: usize = 16;
/// How long all of it may take; a desk that stays away leaves the rest unverified.
const SECONDS_MAX: u64 = 60;
const ANSWER_SECONDS_MAX: u64 = 10;
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// A conversation as the desk spells it.
fn spelled(mut conversation: u64) -> String {
    let mut letters = Vec::new();
    while conversation > 0 {
        letters.push(char::from_digit((conversation % 36) as u32, 36).unwrap_or('0'));
        conversation /= 36;
    }
    letters.iter().rev().collect()
}

/// Reads what the agents can read. Without agents nothing can be read.
pub(super) async fn all(world: &Arc<World>, accounts: &[Arc<Account>]) {
    let conversations = world.ledger.conversations();
    if conversations.is_empty() || accounts.is_empty() {
        return;
    }
    eprintln!("{} conversations are read again", conversations.len());
    let until = Instant::now() + Duration::from_secs(SECONDS_MAX);
    let share = conversations.len().div_ceil(READERS_MAX.min(accounts.len()));
    let mut readers = JoinSet::new();
    for (some, account) in conversations.chunks(share).zip(accounts) {
        let (world, account) = (Arc::clone(world), Arc::clone(account));
        let mut left: Vec<String> = some.iter().map(|conversation| spelled(*conversation)).collect();
        readers.spawn(async move {
            while !left.is_empty() && Instant::now() < until {
                if read(&world, &account, &mut left, until).await.is_none() {
                    tokio::time::sleep(TRY_AGAIN).await;
                }
            }
        });
    }
    while readers.join_next().await.is_some() {}
}

/// Reads on one connection; `None` when it broke. What was read whole is taken off the list.
async fn read(world: &World, account: &Account, left: &mut Vec<String>, until: Instant) -> Option<()> {
    let mut link = match Link::open(&world.target, "/live/agent", Some(&account.cookie())).await {
        Ok(link) => link,
        Err(NoLink::Refused(401)) => {
            drop(account.sign_in_again(&world.target).await);
            return None;
        }
        Err(NoLink::Refused(_) | NoLink::Away) => return None,
    };
    link.send(json!({"t": "hello"}).to_string()).await.ok()?;
    let mut asked: HashSet<String> = HashSet::new();
    let mut texts: HashMap<String, u64> = HashMap::new();
    while !left.is_empty() && Instant::now() < until {
        let more: Vec<String> = left.iter().filter(|one| !asked.contains(*one)).take(ASKED_MAX - asked.len()).cloned().collect();
        for conversation in more {
            link.send(json!({"t": "watch", "key": conversation, "conversation": conversation, "after": 0}).to_string()).await.ok()?;
            asked.insert(conversation);
        }
        let text = match link.next(Instant::now() + Duration::from_secs(ANSWER_SECONDS_MAX)).await {
            Heard::Text(text) => text,
            Heard::Nothing | Heard::Closed(_) => return None,
        };
        let Some(frame) = Frame::parse(&text) else { continue };
        let done = match (frame.t, frame.conversation, frame.key) {
            ("history", Some(conversation), _) => {
                take(world, &frame, &mut texts);
                if frame.more {
                    let rest = json!({"t": "watch", "key": conversation, "conversation": conversation, "after": frame.upto});
                    link.send(rest.to_string()).await.ok()?;
                    continue;
                }
                link.send(json!({"t": "unwatch", "conversation": conversation}).to_string()).await.ok()?;
                conversation
            }
            // Acknowledged messages stand in a conversation that is not there.
            ("error", _, Some(key)) if frame.code == Some("not_found") => key,
            _ => continue,
        };
        world.ledger.checked(done);
        asked.remove(done);
        left.retain(|one| one != done);
    }
    link.close().await;
    Some(())
}

fn take(world: &World, history: &Frame<'_>, texts: &mut HashMap<String, u64>) {
    for event in history.events.iter().filter(|event| event.e == "message.added") {
        let (Some(number), Some(message)) = (event.key.and_then(|key| world.ledger.number(key)), event.message_id()) else { continue };
        world.ledger.confirmed(number, message);
        // What it says must be what was sent under that key, and no other message may say it.
        match event.text_number() {
            Some(text) if text == number => {
                let other = texts.insert(message.to_owned(), number).is_some_and(|other| other != number);
                if other {
                    world.ledger.count(|counts| counts.error("one message, two keys"));
                }
            }
            // Notes and the like are not numbered.
            _ if event.kind != Some("message") => {}
            Some(_) | None => world.ledger.count(|counts| counts.error("another text")),
        }
    }
}
