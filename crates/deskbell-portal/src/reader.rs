//! Who reads, and the cookie that a browser's forms, votes and views are told apart by.

use deskbell_app::rights::Principal;
use deskbell_app::{AppError, credentials, customer_sessions, views};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{AgentId, KnowledgeEntryId};
use deskbell_domain::message::Actor;
use deskbell_http::head::SESSION_COOKIE;
use deskbell_http::tries::TryKey;
use deskbell_http::{Cx, Input, Place};

use crate::door::State;

/// Holds a customer's session.
pub(crate) const CUSTOMER_COOKIE: &str = "deskbell_customer";
/// Tells browsers apart; it says nothing of its reader.
const BROWSER_COOKIE: &str = "deskbell_reader";
const BROWSER_SECONDS: i64 = 365 * 86_400;
/// Characters of a browser's name, and of what its forms carry.
const BROWSER_CHARS: usize = 32;
const PROOF_CHARS: usize = 32;
/// The field that a form proves itself by.
const PROOF: &str = "proof";
/// A field that readers don't see; programs fill it in.
const TRAP: &str = "website";

/// Why a form is refused.
pub(crate) const STALE_FORM: &str = "this form is out of date";

/// The one who reads.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Nobody,
    Customer(Box<Customer>),
    Agent { agent: AgentId, name: String },
}

impl Who {
    /// An agent by the console's cookie, else a customer by his own.
    pub(crate) async fn of(cx: &Cx<State>) -> Result<Who, AppError> {
        let desk = &cx.state.desk;
        if let Some(secret) = cx.head.cookie(SESSION_COOKIE).filter(|secret| !secret.is_empty())
            && let Some(known) = desk.credential(secret).await?
            && let Principal::Agent { agent, .. } = known.principal
        {
            let name = desk.read(move |tx| views::agent(tx, &agent.to_string())).await?.map(|agent| agent.display_name());
            return Ok(Who::Agent { agent, name: name.unwrap_or_default() });
        }
        let Some(secret) = cx.head.cookie(CUSTOMER_COOKIE).filter(|secret| !secret.is_empty()).map(str::to_owned) else {
            return Ok(Who::Nobody);
        };
        let now = desk.now();
        let customer = desk.read(move |tx| customer_sessions::signed_in(tx, &secret, now)).await?;
        Ok(customer.map_or(Who::Nobody, |customer| Who::Customer(Box::new(customer))))
    }

    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Who::Nobody => None,
            Who::Customer(customer) => Some(customer.display_name()),
            Who::Agent { name, .. } => Some(name.clone()),
        }
    }

    /// Who writes, if that needs not be asked.
    pub(crate) fn actor(&self) -> Option<Actor> {
        match self {
            Who::Nobody => None,
            Who::Customer(customer) => Some(Actor::Customer(customer.id)),
            Who::Agent { agent, .. } => Some(Actor::Agent(*agent)),
        }
    }

    /// Whether internal entries are his to read.
    pub(crate) fn sees(&self) -> deskbell_app::search::Reader {
        match self {
            Who::Nobody | Who::Customer(_) => deskbell_app::search::Reader::Public,
            Who::Agent { .. } => deskbell_app::search::Reader::Desk,
        }
    }
}

/// A browser, and whether it came with its cookie.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    browser: String,
    is_new: bool,
    is_secure: bool,
}

impl Form {
    /// Ask once for each answer: a browser without a name gets a new one each time.
    pub(crate) fn of(cx: &Cx<State>) -> Form {
        let named = cx
            .head
            .cookie(BROWSER_COOKIE)
            .filter(|name| name.len() == BROWSER_CHARS && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
        Form {
            is_new: named.is_none(),
            browser: named.map_or_else(|| cx.state.desk.draw_file_name(), str::to_owned),
            is_secure: cx.origin().is_secure(),
        }
    }

    /// The cookie to be set; none for a browser that has it.
    pub(crate) fn cookie(&self) -> Option<String> {
        let secure = if self.is_secure { "; Secure" } else { "" };
        self.is_new.then(|| format!("{BROWSER_COOKIE}={}; Path=/; Max-Age={BROWSER_SECONDS}; HttpOnly; SameSite=Lax{secure}", self.browser))
    }

    /// What this browser's forms carry. A foreign page can neither read it nor the cookie it follows from.
    pub(crate) fn proof(&self) -> String {
        self.digest("form")
    }

    /// The browser as a voter.
    pub(crate) fn voter(&self) -> String {
        format!("b{}", self.digest("voter"))
    }

    fn digest(&self, what: &str) -> String {
        credentials::hash_secret(&format!("deskbell {what} 1\0{}", self.browser))[..PROOF_CHARS].to_owned()
    }

    /// Refuses what was not sent by a form of this browser's own pages.
    pub(crate) fn check(&self, cx: &Cx<State>, input: &Input) -> Result<(), AppError> {
        let foreign = || AppError::forbidden(STALE_FORM);
        if self.is_new || typed(input, PROOF) != Some(self.proof().as_str()) {
            return Err(foreign());
        }
        if cx.head.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Err(foreign().because("Sec-Fetch-Site"));
        }
        // Pages that send no referrer are sent with the origin `null`.
        match cx.head.header("origin").filter(|origin| *origin != "null") {
            Some(origin) if !is_own(cx, origin) => Err(foreign().because("Origin")),
            Some(_) | None => Ok(()),
        }
    }

    /// Keys by which a look at an entry is counted once: the browser, or for one without a cookie what else is known of it.
    pub(crate) fn seen(&self, cx: &Cx<State>, entry: KnowledgeEntryId) -> Vec<TryKey> {
        let mut keys = vec![TryKey::text("seen", &format!("{entry} {}", self.browser))];
        if self.is_new {
            let agent = cx.head.header("user-agent").unwrap_or_default();
            let peer = cx.peer.map(|peer| peer.to_string()).unwrap_or_default();
            keys.push(TryKey::text("seen", &format!("{entry} {peer} {agent}")));
        }
        keys
    }
}

/// Whether an origin is the desk's own. Schemes are not compared: a proxy in front may have ended TLS.
fn is_own(cx: &Cx<State>, origin: &str) -> bool {
    let authority = |url: &str| url.split_once("://").map(|(_, rest)| rest.trim_end_matches('/').to_owned());
    let from = authority(origin);
    from.is_some() && (from == authority(&cx.origin().to_string()) || from.as_deref() == cx.head.header("host"))
}

/// What was typed into a field of a form: only the body counts, so that nothing secret stands in an address.
pub(crate) fn typed<'a>(input: &'a Input, name: &str) -> Option<&'a str> {
    let pairs = input.pairs().iter().rev().filter(|pair| pair.place == Place::Body && pair.name == name);
    pairs.map(|pair| pair.value.trim()).find(|value| !value.is_empty())
}

/// Whether a program filled the form in.
pub(crate) fn is_trapped(input: &Input) -> bool {
    typed(input, TRAP).is_some()
}
