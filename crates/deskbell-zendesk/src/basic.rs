//! `Authorization: Basic` with an agent's e-mail address and password, as legacy programs send it with every request. A password that was
//! found good is remembered for a moment, so that only the first request pays for looking at it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deskbell_app::rights::{Principal, Scopes, TokenSource};
use deskbell_app::{AppError, Desk, credentials, sign_in};
use deskbell_domain::agent::Role;
use deskbell_domain::ids::AgentId;
use deskbell_domain::time::Timestamp;
use deskbell_http::RequestHead;
use tokio::time::timeout;

use crate::sign_ins::SignIns;

/// How long a password counts as found good.
const REMEMBERED_SECONDS: i64 = 300;
/// How long a password waits for its turn to be looked at.
const TURN_WAIT_MAX: Duration = Duration::from_secs(10);
/// Passwords remembered at once.
const REMEMBERED_MAX: usize = 1_000;

/// Lets in who shows an agent's e-mail address and password.
pub(crate) struct BasicDoor {
    sign_ins: Arc<SignIns>,
    /// Drawn at each start, so that what is remembered fits no list of digests.
    salt: String,
    good: Mutex<HashMap<[u8; 32], Good>>,
    /// One password is looked at after the other: what comes at once with the same one finds it remembered.
    turn: tokio::sync::Mutex<()>,
}

/// A password that was found good against a hash.
#[derive(Clone)]
struct Good {
    agent: AgentId,
    hash: String,
    since: Timestamp,
}

/// Name and password of a request, as RFC 7617 has them.
pub(crate) fn shown(head: &RequestHead) -> Option<(String, String)> {
    let (scheme, text) = head.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

impl BasicDoor {
    pub(crate) fn new(desk: &Desk, sign_ins: Arc<SignIns>) -> BasicDoor {
        BasicDoor { sign_ins, salt: desk.draw_file_name(), good: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Who stands behind a name and a password: like a token of that agent that may read and write.
    pub(crate) async fn principal(&self, desk: &Desk, head: &RequestHead) -> Result<Principal, AppError> {
        let (email, password) = shown(head).ok_or_else(|| AppError::no_credential("no credential was given"))?;
        let key = credentials::digest(&format!("{}\0{}\0{password}", self.salt, email.trim().to_lowercase()));
        if let Some(principal) = self.remembered(desk, &key).await? {
            return Ok(principal);
        }
        let Ok(_turn) = timeout(TURN_WAIT_MAX, self.turn.lock()).await else {
            return Err(AppError::unavailable("too many passwords are looked at; try again").retry_after(1));
        };
        if let Some(principal) = self.remembered(desk, &key).await? {
            return Ok(principal);
        }
        let proven = self.sign_ins.prove(desk, &email, password, head.peer).await?;
        self.remember(key, Good { agent: proven.agent.id, hash: proven.hash, since: desk.now() });
        Ok(principal(proven.agent.id, proven.agent.role))
    }

    /// Looks whether the agent still works here with the same password: a change counts at once.
    async fn remembered(&self, desk: &Desk, key: &[u8; 32]) -> Result<Option<Principal>, AppError> {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        let Some(good) = good.filter(|good| desk.now().seconds_since(good.since) < REMEMBERED_SECONDS) else { return Ok(None) };
        let agent = desk.read(move |tx| sign_in::still(tx, good.agent, &good.hash)).await?;
        Ok(agent.map(|agent| principal(agent.id, agent.role)))
    }

    fn remember(&self, key: [u8; 32], good: Good) {
        let mut all = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        all.insert(key, good);
    }
}

fn principal(agent: AgentId, role: Role) -> Principal {
    Principal::Token { agent, role, scopes: Scopes { read: true, write: true, chat: false }, source: TokenSource::Password }
}

#[cfg(test)]
mod tests;
