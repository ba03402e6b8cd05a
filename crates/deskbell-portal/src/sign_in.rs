//! Customers sign in: by e-mail and password, or by a token that another system's page posts. And sign out.

use askama::Template;
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Kind, customer_sessions};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use http::header::{self, HeaderValue};

use crate::door::State;
use crate::reader::{CUSTOMER_COOKIE, Form, Who, typed};
use crate::shell::{Indexing, Shell, answer, see};
use crate::texts::{Language, Texts};

/// Bytes of a form to sign in: a password has 200 characters at most.
const SIGN_IN_BYTES_MAX: usize = 4 * 1024;
/// The field that other systems post.
pub(crate) const TOKEN: &str = "AuthToken";
/// Where those who are signed in go.
const TICKETS: &str = "/tickets";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    shell: Shell,
    t: &'static Texts,
    email: &'a str,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage {
    shell: Shell,
    t: &'static Texts,
}

/// The form, with what was wrong with the last try.
fn page(cx: &Cx<State>, who: &Who, email: &str, problem: Option<&'static str>) -> Result<Answer, AppError> {
    let (language, form) = (Language::asked(cx.head.headers()), Form::of(cx));
    let t = language.texts();
    let shell = Shell::of(&cx.state.desk, language, t.sign_in, Indexing::Kept, who, &form);
    Ok(answer(&Page { shell, t, email, problem }, &form)?.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

pub(crate) struct Ask;

impl Endpoint<State> for Ask {
    const META: Meta = Meta::get("login", Right::Anyone).summary("Where customers sign in");

    async fn run(cx: Cx<State>, _: Input) -> Result<Answer, AppError> {
        match Who::of(&cx).await? {
            Who::Customer(_) => Ok(see(TICKETS)),
            who @ (Who::Nobody | Who::Agent { .. }) => page(&cx, &who, "", None),
        }
    }
}

pub(crate) struct SignIn;

impl Endpoint<State> for SignIn {
    const META: Meta = Meta::post("login", Right::Anyone)
        .summary("Signs a customer in")
        .params(&[
            Param::text(TOKEN).placed(Place::Body).about("a token of the API; posted by another system's page"),
            Param::text("email").placed(Place::Body),
            Param::text("password").placed(Place::Body),
        ])
        .body_bytes_max(SIGN_IN_BYTES_MAX);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        if let Some(token) = typed(&input, TOKEN) {
            return by_token(&cx, token).await;
        }
        Form::of(&cx).check(&cx, &input)?;
        let email = typed(&input, "email").unwrap_or_default();
        match by_password(&cx, email, password(&input)).await {
            Ok(secret) => Ok(signed_in(&cx, &secret)),
            Err(error) if error.kind == Kind::BadCredential => {
                let t = Language::asked(cx.head.headers()).texts();
                Ok(page(&cx, &Who::Nobody, email, Some(t.wrong_password))?.status(403))
            }
            Err(error) => Err(error),
        }
    }
}

/// Blanks belong to a password.
fn password(input: &Input) -> String {
    let found = input.pairs().iter().rev().find(|pair| pair.place == Place::Body && pair.name == "password");
    found.map(|pair| pair.value.clone()).unwrap_or_default()
}

async fn by_token(cx: &Cx<State>, token: &str) -> Result<Answer, AppError> {
    let (desk, token) = (&cx.state.desk, token.to_owned());
    let now = desk.now();
    match desk.read(move |tx| customer_sessions::open_by_token(tx, now, &token)).await {
        Ok(secret) => Ok(signed_in(cx, &secret)),
        Err(error) if error.kind == Kind::Forbidden => {
            let t = Language::asked(cx.head.headers()).texts();
            Ok(page(cx, &Who::Nobody, "", Some(t.token_refused))?.status(403))
        }
        Err(error) => Err(error),
    }
}

async fn by_password(cx: &Cx<State>, email: &str, password: String) -> Result<String, AppError> {
    let state = &cx.state;
    let counted = state.failed_sign_ins.begin(email, cx.peer, state.desk.now())?;
    let opened = check_password(state, email.to_owned(), password).await;
    match &opened {
        Ok(_) => state.failed_sign_ins.forgive(&counted),
        Err(error) if error.kind == Kind::BadCredential => {}
        // Whether the password was good was not found out.
        Err(_) => state.failed_sign_ins.take_back(&counted),
    }
    opened
}

/// Wrong address and wrong password are one error and take the same time.
async fn check_password(state: &State, email: String, password: String) -> Result<String, AppError> {
    let known = state.desk.read(move |tx| customer_sessions::registered(tx, &email)).await?;
    let hash = known.as_ref().map(|(_, hash)| hash.clone());
    let fits = state.desk.password_fits(password, hash).await?;
    let (customer, hash) = known.filter(|_| fits).ok_or_else(|| AppError::bad_credential("e-mail or password is wrong"))?;
    let now = state.desk.now();
    state.desk.read(move |tx| customer_sessions::open(tx, now, customer, &hash)).await
}

fn signed_in(cx: &Cx<State>, secret: &str) -> Answer {
    cookie(cx, secret, customer_sessions::CUSTOMER_SESSION_SECONDS, see(TICKETS))
}

fn cookie(cx: &Cx<State>, secret: &str, seconds: i64, answer: Answer) -> Answer {
    let secure = if cx.origin().is_secure() { "; Secure" } else { "" };
    let cookie = format!("{CUSTOMER_COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    answer.header_text(header::SET_COOKIE, &cookie).header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

pub(crate) struct AskSignOut;

impl Endpoint<State> for AskSignOut {
    const META: Meta = Meta::get("logout", Right::Anyone).summary("Asks whether to sign out: a mere link must not do it");

    async fn run(cx: Cx<State>, _: Input) -> Result<Answer, AppError> {
        let (who, language, form) = (Who::of(&cx).await?, Language::asked(cx.head.headers()), Form::of(&cx));
        let t = language.texts();
        let shell = Shell::of(&cx.state.desk, language, t.sign_out, Indexing::Kept, &who, &form);
        answer(&SignOutPage { shell, t }, &form)
    }
}

pub(crate) struct SignOut;

impl Endpoint<State> for SignOut {
    const META: Meta = Meta::post("logout", Right::Anyone).summary("Signs a customer out of this browser");

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        Form::of(&cx).check(&cx, &input)?;
        Ok(cookie(&cx, "", 0, see("/kb")))
    }
}

#[cfg(test)]
mod tests;
