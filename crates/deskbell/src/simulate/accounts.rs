//! The simulated agents' accounts: made through the native API when they are not there yet, and signed in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use rand::RngExt;
use rand::distr::Alphanumeric;
use serde_json::{Value, json};

use super::http::{Answer, Target};

/// Requests at once: hashing passwords keeps the desk's processors busy.
const AT_ONCE: usize = 4;
const PASSWORD_CHARS: usize = 24;
/// How often a request is repeated that the desk was too busy for, and the wait between.
const TRIES_MAX: u32 = 20;
const TRY_AGAIN: Duration = Duration::from_millis(700);
const API: &str = "/api/native/v1";

/// One simulated agent.
pub(super) struct Account {
    pub(super) agent: String,
    email: String,
    password: String,
    cookie: Mutex<String>,
}

impl Account {
    pub(super) fn cookie(&self) -> String {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs in anew: the session is not good any more.
    pub(super) async fn sign_in_again(&self, target: &Target) -> anyhow::Result<()> {
        let cookie = sign_in(target, &self.email, &self.password).await?;
        *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = cookie;
        Ok(())
    }
}

/// Repeats what the desk is too busy for.
async fn ask(target: &Target, method: &str, path: &str, cookie: Option<&str>, body: Option<&Value>) -> anyhow::Result<Answer> {
    let path = format!("{API}{path}");
    for _ in 0..TRIES_MAX {
        let answer = target.request(method, &path, cookie, body).await?;
        if !matches!(answer.status, 429 | 503) {
            return Ok(answer);
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
    bail!("the desk stays too busy for {method} {path}")
}

fn expect(answer: Answer, what: &str) -> anyhow::Result<Answer> {
    if !(200..300).contains(&answer.status) {
        bail!("{what}: {}", answer.code());
    }
    Ok(answer)
}

async fn sign_in(target: &Target, email: &str, password: &str) -> anyhow::Result<String> {
    let answer = ask(target, "POST", "/session", None, Some(&json!({"email": email, "password": password}))).await?;
    expect(answer, "signing in")?.cookie.context("signing in: no cookie came")
}

/// All agents' ids by address.
async fn known(target: &Target, cookie: &str) -> anyhow::Result<HashMap<String, String>> {
    let mut all = HashMap::new();
    let mut after = String::new();
    loop {
        let answer = ask(target, "GET", &format!("/agents{after}"), Some(cookie), None).await?;
        let page = expect(answer, "listing agents")?.json()?;
        for agent in page["items"].as_array().into_iter().flatten() {
            if let (Some(id), Some(email)) = (agent["agent"].as_str(), agent["email"].as_str()) {
                all.insert(email.to_owned(), id.to_owned());
            }
        }
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => return Ok(all),
        }
    }
}

/// Makes the agents that are missing, gives all of them new passwords, and signs them in.
pub(super) async fn prepare(target: &Target, email: &str, password: &str, count: usize, slots: usize) -> anyhow::Result<Vec<Arc<Account>>> {
    let owner = sign_in(target, email, password).await?;
    let known = known(target, &owner).await?;
    eprintln!("{count} agents are made ready");
    let accounts = stream::iter(0..count)
        .map(|number| {
            let (owner, known) = (&owner, &known);
            async move {
                let account = one(target, owner, known, number, slots).await?;
                if number % 25 == 24 {
                    eprintln!("{} agents are ready", number + 1);
                }
                Ok::<_, anyhow::Error>(Arc::new(account))
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    drop(ask(target, "DELETE", "/session", Some(&owner), None).await);
    Ok(accounts)
}

/// Somebody who may read all conversations, when there are no agents.
pub(super) async fn reader(target: &Target, email: &str, password: &str) -> anyhow::Result<Arc<Account>> {
    let cookie = Mutex::new(sign_in(target, email, password).await?);
    Ok(Arc::new(Account { agent: String::new(), email: email.to_owned(), password: password.to_owned(), cookie }))
}

async fn one(target: &Target, owner: &str, known: &HashMap<String, String>, number: usize, slots: usize) -> anyhow::Result<Account> {
    let email = format!("sim-agent-{number}@simulate.invalid");
    // A new one in each run: nobody can guess it, and nobody needs to know it.
    let password: String = rand::rng().sample_iter(Alphanumeric).take(PASSWORD_CHARS).map(char::from).collect();
    let mut body = json!({
        "email": email, "first_name": "Simulated", "last_name": format!("Agent {number}"), "role": "agent",
        "slots": slots, "enabled": true, "password": password,
    });
    let (method, path) = match known.get(&email) {
        Some(id) => ("PUT", format!("/agents/{id}")),
        None => ("POST", "/agents".to_owned()),
    };
    if method == "PUT"
        && let Some(fields) = body.as_object_mut()
    {
        fields.remove("role");
    }
    let answer = ask(target, method, &path, Some(owner), Some(&body)).await?;
    let agent = expect(answer, "making an agent")?.json()?;
    let agent = agent["agent"].as_str().context("making an agent: no id came")?.to_owned();
    let cookie = sign_in(target, &email, &password).await?;
    Ok(Account { agent, email, password, cookie: Mutex::new(cookie) })
}
