//! Who looks at the page, and whether a form that comes back is one of this browser's own.

use deskbell_app::rights::Principal;
use deskbell_app::{AppError, credentials};
use deskbell_domain::ids::AgentId;
use deskbell_http::head::SESSION_COOKIE;
use deskbell_http::{Cx, Input, Place};

use super::Oauth;

/// Tells browsers apart; it says nothing of who uses them.
const BROWSER_COOKIE: &str = "deskbell_oauth";
const BROWSER_SECONDS: i64 = 86_400;
/// Characters of a browser's name, and of what its forms carry.
const BROWSER_CHARS: usize = 32;
const PROOF_CHARS: usize = 32;
/// The field that a form proves itself by.
const PROOF: &str = "proof";

/// The agent who is signed in to the console in this browser.
pub(super) async fn signed_in(cx: &Cx<Oauth>) -> Result<Option<AgentId>, AppError> {
    let Some(secret) = session(cx) else { return Ok(None) };
    Ok(cx.state.desk().credential(secret).await?.and_then(|known| match known.principal {
        Principal::Agent { agent, .. } => Some(agent),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } | Principal::Visitor { .. } => None,
    }))
}

fn session(cx: &Cx<Oauth>) -> Option<&str> {
    cx.head.cookie(SESSION_COOKIE).filter(|secret| !secret.is_empty())
}

/// A browser, and whether it came with its cookie.
pub(super) struct Form {
    browser: String,
    session: String,
    is_new: bool,
    is_secure: bool,
}

impl Form {
    /// Ask once for each answer: a browser without a name gets a new one each time.
    pub(super) fn of(cx: &Cx<Oauth>) -> Form {
        let is_name = |name: &&str| name.len() == BROWSER_CHARS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let named = cx.head.cookie(BROWSER_COOKIE).filter(is_name);
        Form {
            is_new: named.is_none(),
            browser: named.map_or_else(|| cx.state.desk().draw_file_name(), str::to_owned),
            session: session(cx).unwrap_or_default().to_owned(),
            is_secure: cx.origin().is_secure(),
        }
    }

    /// The cookie to be set; none for a browser that has it.
    pub(super) fn cookie(&self) -> Option<String> {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let (name, browser) = (BROWSER_COOKIE, &self.browser);
        self.is_new.then(|| format!("{name}={browser}; Path=/; Max-Age={BROWSER_SECONDS}; HttpOnly; SameSite=Lax{secure}"))
    }

    /// What this browser's forms carry. A foreign page can read neither it nor the cookies it follows from.
    pub(super) fn proof(&self) -> String {
        self.proof_with(&self.session)
    }

    fn proof_with(&self, session: &str) -> String {
        let text = format!("deskbell oauth form 1\0{}\0{session}", self.browser);
        credentials::hash_secret(&text)[..PROOF_CHARS].to_owned()
    }

    /// A browser keeps the console's cookie to itself when a link of another site leads here, and sends it with the form that follows: for
    /// signing in, what was proved without it is enough.
    fn is_proved(&self, input: &Input) -> bool {
        let proof = typed(input, PROOF);
        let signs_in = typed(input, "action") == Some("sign_in");
        proof == Some(self.proof().as_str()) || (signs_in && proof == Some(self.proof_with("").as_str()))
    }

    /// Refuses what was not sent by a form of this browser's own pages.
    pub(super) fn check(&self, cx: &Cx<Oauth>, input: &Input) -> Result<(), AppError> {
        let foreign = |detail| AppError::forbidden("this form is out of date; go back to the program and begin again").because(detail);
        if self.is_new || !self.is_proved(input) {
            return Err(foreign("proof"));
        }
        if cx.head.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Err(foreign("Sec-Fetch-Site"));
        }
        // Pages that send no referrer are sent with the origin `null`.
        match cx.head.header("origin").filter(|origin| *origin != "null") {
            Some(origin) if !is_own(cx, origin) => Err(foreign("Origin")),
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether an origin is the desk's own. Schemes are not compared: a proxy in front may have ended TLS.
fn is_own(cx: &Cx<Oauth>, origin: &str) -> bool {
    let authority = |url: &str| url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).map(str::to_owned);
    let from = authority(origin);
    from.is_some() && (from == authority(&cx.origin().to_string()) || from.as_deref() == cx.head.header("host"))
}

/// What was typed into a field of a form: only the body counts, so that nothing secret stands in an address.
pub(super) fn typed<'a>(input: &'a Input, name: &str) -> Option<&'a str> {
    let mut pairs = input.pairs().iter().rev().filter(|pair| pair.place == Place::Body && pair.name == name);
    pairs.next().map(|pair| pair.value.as_str())
}
