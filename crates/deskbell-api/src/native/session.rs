//! Signing in and out: the session and its cookie.

use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, Desk, Kind, credentials};
use deskbell_domain::agent::Agent;
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::AgentId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Origin, RequestHead};
use deskbell_store::{Tx, tables};
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::{Native, me};
use crate::wire::AgentView;

/// The cookie that holds a session's secret.
pub(crate) const COOKIE: &str = deskbell_http::head::SESSION_COOKIE;
/// Bytes of a request to sign in: a password has 200 characters at most.
const SIGN_IN_BYTES_MAX: usize = 4 * 1024;

/// The header that holds a key of the API. Few calls are for keys.
pub(crate) const KEY_HEADER: &str = "apikey";

/// Who stands behind the session cookie, or behind a key of the API; nobody without either.
pub(crate) async fn signed_in(desk: &Desk, head: &RequestHead) -> Result<Principal, AppError> {
    if let Some(secret) = head.header(KEY_HEADER).filter(|secret| !secret.is_empty()) {
        return match desk.credential(secret).await? {
            Some(known) if known.kind == CredentialKind::ApiKey => Ok(known.principal),
            Some(_) | None => Err(AppError::bad_credential("this key is not good")),
        };
    }
    let Some(secret) = head.cookie(COOKIE).filter(|secret| !secret.is_empty()) else { return Ok(Principal::Nobody) };
    match desk.credential(secret).await? {
        Some(known) if known.kind == CredentialKind::Session => Ok(known.principal),
        Some(_) | None => Err(AppError::bad_credential("the session is over; sign in again")),
    }
}

/// The one who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SessionView {
    agent: AgentView,
}

impl SessionView {
    fn read(tx: &mut Tx<'_>, agent: AgentId) -> Result<SessionView, AppError> {
        let agent = tables::agents::get(tx, agent)?.ok_or_else(|| AppError::not_found("no such agent"))?;
        Ok(SessionView { agent: AgentView::new(&agent, &tables::departments::memberships(tx)?) })
    }
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<SessionView>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("session", Right::Agent).summary("Who is signed in");

    async fn run(cx: Cx<Native>, _: Input) -> Result<Answer, AppError> {
        let me = me(&cx)?;
        Ok(Answer::tree(cx.state.desk.read(move |tx| SessionView::read(tx, me)).await?))
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct SignInBody {
    email: String,
    #[schema(format = Password)]
    password: String,
}

/// Sets the session's cookie. Wrong e-mail and wrong password are one error and take the same time.
pub(crate) struct SignIn;

impl Call for SignIn {
    const BODIES: Bodies = Bodies::answers::<SessionView>().reads::<SignInBody>();
}

impl Endpoint<Native> for SignIn {
    const META: Meta = Meta::post("session", Right::Anyone)
        .summary("Sign in: sets the cookie `deskbell_session`")
        .quirks(&["After 10 failed tries within 15 minutes, for an e-mail address or from a caller's address: 429 with `Retry-After`."])
        .body_bytes_max(SIGN_IN_BYTES_MAX);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: SignInBody = input.json()?;
        let browser = cx.head.header("user-agent").unwrap_or("unknown").to_owned();
        let Native { desk, failed_sign_ins } = &cx.state;
        let counted = failed_sign_ins.begin(&body.email, cx.peer, desk.now())?;
        let opened = open(&cx.state, body, browser).await;
        match &opened {
            Ok(_) => failed_sign_ins.forgive(&counted),
            Err(error) if error.kind == Kind::BadCredential => {}
            // Whether the password was good was not found out.
            Err(_) => failed_sign_ins.take_back(&counted),
        }
        let (secret, view) = opened?;
        Ok(Answer::tree(view).header_text(SET_COOKIE, &cookie(&secret, credentials::SESSION_SECONDS, &cx.origin())))
    }
}

/// Checks the password and opens a session: its secret, and who is signed in.
async fn open(native: &Native, body: SignInBody, browser: String) -> Result<(String, SessionView), AppError> {
    let SignInBody { email, password } = body;
    let known = native.desk.read(move |tx| known_agent(tx, &email)).await?;
    let hash = known.as_ref().map(|(_, hash)| hash.clone());
    let fits = native.desk.password_fits(password, hash).await?;
    let good = known.filter(|(agent, _)| fits && agent.enabled);
    let (agent, hash) = good.ok_or_else(|| AppError::bad_credential("e-mail or password is wrong"))?;
    let open = native.desk.write(move |tx, cx| {
        let issued = credentials::open_session(tx, cx, agent.id, &hash, &browser)?;
        Ok((issued.secret, SessionView::read(tx, agent.id)?))
    });
    open.await
}

/// The agent with this e-mail address and the hash of his password.
fn known_agent(tx: &mut Tx<'_>, email: &str) -> Result<Option<(Agent, String)>, AppError> {
    let Some(agent) = tables::agents::by_email(tx, email.trim())? else { return Ok(None) };
    let hash = tables::agents::password_hash(tx, agent.id)?;
    Ok(hash.map(|hash| (agent, hash)))
}

fn cookie(secret: &str, seconds: i64, origin: &Origin) -> String {
    let secure = if origin.is_secure() { "; Secure" } else { "" };
    format!("{COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

pub(crate) struct SignOut;

impl Call for SignOut {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for SignOut {
    const META: Meta = Meta::delete("session", Right::Agent).summary("Sign out: ends the session and clears its cookie");

    async fn run(cx: Cx<Native>, _: Input) -> Result<Answer, AppError> {
        let desk = &cx.state.desk;
        let secret = cx.head.cookie(COOKIE).unwrap_or_default();
        if let Some(known) = desk.credential(secret).await? {
            desk.write(move |tx, cx| credentials::revoke(tx, cx, known.id)).await?;
            desk.forget_credentials();
        }
        Ok(Answer::empty().header_text(SET_COOKIE, &cookie("", 0, &cx.origin())))
    }
}

#[cfg(test)]
mod tests;
