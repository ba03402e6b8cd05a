//! The authorization endpoint: an agent is asked whether a program may act for him, and answers.

use deskbell_app::oauth::Refusal;
use deskbell_app::oauth::authorizing::{self as app, Checked, Decided, Decision};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Kind, credentials, views};
use deskbell_domain::ids::AgentId;
use deskbell_http::head::SESSION_COOKIE;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use http::header;

use super::forms::{Form, signed_in, typed};
use super::{BODY_BYTES_MAX, Oauth, coming_back, once, pages};

/// Bytes of a `state`, at most.
const STATE_BYTES_MAX: usize = 4_000;
const WRONG_PASSWORD: &str = "E-mail or password is wrong.";

/// What a program asks for, and what it wants back as it was.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    ask: app::Ask,
    state: Option<String>,
}

impl Asked {
    fn read(input: &Input) -> Result<Asked, &'static str> {
        let once = |name| once(input, name).map_err(|refusal: Refusal| refusal.description);
        let ask = app::Ask {
            response_type: once("response_type")?,
            client_id: once("client_id")?,
            redirect_uri: once("redirect_uri")?,
            scope: once("scope")?,
            code_challenge: once("code_challenge")?,
            code_challenge_method: once("code_challenge_method")?,
        };
        let state = once("state")?;
        if state.as_ref().is_some_and(|state| state.len() > STATE_BYTES_MAX) {
            return Err("the program's state is too long");
        }
        Ok(Asked { ask, state })
    }

    /// All of it, for the fields of a form.
    pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let app::Ask { response_type, client_id, redirect_uri, scope, code_challenge, code_challenge_method } = &self.ask;
        [
            ("response_type", response_type),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("code_challenge", code_challenge),
            ("code_challenge_method", code_challenge_method),
            ("state", &self.state),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
        .collect()
    }

    /// Where this is asked again, on the desk itself.
    pub(super) fn address(&self) -> String {
        format!("/oauth2/authorizations/new?{}", coming_back::query(self.pairs().into_iter()))
    }
}

const PARAMS: &[Param] = &[
    Param::text("response_type").required().about("`code` or `token`"),
    Param::text("client_id").required(),
    Param::text("redirect_uri").about("one of the client's own, byte by byte; may be left out if it has exactly one"),
    Param::text("scope").about("of `read write chat`; without it all of the client's"),
    Param::text("state").about("comes back as it was"),
    Param::text("code_challenge").about("RFC 7636; a public client has to send it with `response_type=code`"),
    Param::text("code_challenge_method").about("`S256` or `plain`; `plain` unless given"),
];

pub(super) struct Ask;

impl Endpoint<Oauth> for Ask {
    const META: Meta = Meta::get("authorizations/new", Right::Anyone)
        .summary("The page on which an agent lets a program act for him")
        .params(PARAMS)
        .source("RFC 6749, 4.1.1 and 4.2.1; clients of the original")
        .quirks(&[
            "`subdomain` and unknown parameters are passed over; an empty one counts as not given, one given twice is refused",
            "unknown client, or a redirect_uri that is not its own: a page with status 400; nobody is sent anywhere",
            "every other error goes to the redirect_uri: in the query with `code`, in the fragment with `token`",
            "who is not signed in to the console signs in on a page of its own; after 10 wrong passwords in 15 minutes: 429",
            "scopes that are not the client's are left out; none left: `invalid_scope`",
            "any agent may allow; the token acts for him and can do no more than he",
        ]);

    async fn run(cx: Cx<Oauth>, input: Input) -> Result<Answer, AppError> {
        let asked = match Asked::read(&input) {
            Ok(asked) => asked,
            Err(reason) => return Ok(pages::problem(reason)),
        };
        let ask = asked.ask.clone();
        match cx.state.desk().read(move |tx| app::check(tx, &ask)).await? {
            Checked::Nowhere(reason) => Ok(pages::problem(reason)),
            Checked::Refused(back, refusal) => Ok(coming_back::send(&back, &Err(refusal), asked.state.as_deref())),
            Checked::Good(_) if input.text_opt("prompt") == Some("login") => show(&cx, &asked, None).await,
            Checked::Good(_) => show(&cx, &asked, signed_in(&cx).await?).await,
        }
    }
}

/// The page for an agent, or for somebody who has to sign in first.
async fn show(cx: &Cx<Oauth>, asked: &Asked, agent: Option<AgentId>) -> Result<Answer, AppError> {
    let ask = asked.ask.clone();
    let read = cx.state.desk().read(move |tx| {
        let name = agent.map(|agent| views::agent(tx, &agent.to_string())).transpose()?.flatten();
        Ok((app::check(tx, &ask)?, name.map(|agent| format!("{} ({})", agent.display_name(), agent.email))))
    });
    match read.await? {
        (Checked::Good(authorization), Some(name)) => pages::consent(cx, asked, &authorization, &name),
        (Checked::Good(authorization), None) => pages::sign_in(cx, asked, &authorization, "", None),
        (Checked::Nowhere(reason), _) => Ok(pages::problem(reason)),
        (Checked::Refused(back, refusal), _) => Ok(coming_back::send(&back, &Err(refusal), asked.state.as_deref())),
    }
}

pub(super) struct Answered;

impl Endpoint<Oauth> for Answered {
    const META: Meta = Meta::post("authorizations", Right::Anyone)
        .summary("The form of that page: signs an agent in, or takes his answer")
        .params(&[
            Param::text("action").placed(Place::Body).required().about("`sign_in`, `allow` or `deny`"),
            Param::text("proof").placed(Place::Body).required().about("from the page"),
            Param::text("email").placed(Place::Body),
            Param::text("password").placed(Place::Body),
        ])
        .quirks(&[
            "all that the page was asked with stands in the form again, and is looked over again",
            "a form that is not of this browser's own page: 403",
            "signing in is signing in to the console",
        ])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Oauth>, input: Input) -> Result<Answer, AppError> {
        Form::of(&cx).check(&cx, &input)?;
        let asked = match Asked::read(&input) {
            Ok(asked) => asked,
            Err(reason) => return Ok(pages::problem(reason)),
        };
        match typed(&input, "action") {
            Some("sign_in") => sign_in(&cx, &asked, &input).await,
            Some("allow") => decide(&cx, &asked, Decision::Allow).await,
            Some("deny") => decide(&cx, &asked, Decision::Deny).await,
            Some(_) | None => Ok(pages::problem("the form does not say what to do")),
        }
    }
}

/// Opens a session of the console and asks again, now that it is known whom.
async fn sign_in(cx: &Cx<Oauth>, asked: &Asked, input: &Input) -> Result<Answer, AppError> {
    let (email, password) = (typed(input, "email").unwrap_or_default(), typed(input, "password").unwrap_or_default());
    match open_session(cx, email, password).await {
        Ok(secret) => {
            let secure = if cx.origin().is_secure() { "; Secure" } else { "" };
            let seconds = credentials::SESSION_SECONDS;
            let cookie = format!("{SESSION_COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
            let again = Answer::empty().status(303).header_text(header::LOCATION, &asked.address());
            Ok(again.header_text(header::SET_COOKIE, &cookie))
        }
        Err(error) if error.kind == Kind::BadCredential => wrong_password(cx, asked, email, error).await,
        Err(error) => Err(error),
    }
}

/// The secret of a new session of the console.
async fn open_session(cx: &Cx<Oauth>, email: &str, password: &str) -> Result<String, AppError> {
    let desk = cx.state.desk();
    let browser = cx.head.header("user-agent").unwrap_or("unknown").to_owned();
    let proven = cx.state.sign_ins().prove(desk, email, password.to_owned(), cx.peer).await?;
    let open = desk.write(move |tx, cx| credentials::open_session(tx, cx, proven.agent.id, &proven.hash, &browser));
    Ok(open.await?.secret)
}

async fn wrong_password(cx: &Cx<Oauth>, asked: &Asked, email: &str, error: AppError) -> Result<Answer, AppError> {
    let ask = asked.ask.clone();
    match cx.state.desk().read(move |tx| app::check(tx, &ask)).await? {
        Checked::Good(authorization) => Ok(pages::sign_in(cx, asked, &authorization, email, Some(WRONG_PASSWORD))?.status(403)),
        Checked::Nowhere(_) | Checked::Refused(..) => Err(error),
    }
}

async fn decide(cx: &Cx<Oauth>, asked: &Asked, decision: Decision) -> Result<Answer, AppError> {
    let Some(agent) = signed_in(cx).await? else { return show(cx, asked, None).await };
    let ask = asked.ask.clone();
    Ok(match cx.state.desk().write(move |tx, cx| app::decide(tx, cx, &ask, agent, decision)).await? {
        Decided::Nowhere(reason) => pages::problem(reason),
        Decided::Back(back, given) => coming_back::send(&back, &given, asked.state.as_deref()),
    })
}
