//! `/agent/`: agents come here from another system's page that posts their token.

use askama::Template;
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Kind, credentials};
use deskbell_http::head::SESSION_COOKIE;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use http::header::{self, HeaderValue};

use crate::door::State;
use crate::reader::{Form, Who, typed};
use crate::shell::{Indexing, Shell, answer, see};
use crate::sign_in::TOKEN;
use crate::texts::{Language, Texts};

/// Bytes of a form with a token.
const BODY_BYTES_MAX: usize = 4 * 1024;

#[derive(Template)]
#[template(path = "agent.html")]
struct Page {
    shell: Shell,
    t: &'static Texts,
    problem: Option<&'static str>,
}

async fn ask(cx: Cx<State>) -> Result<Answer, AppError> {
    let who = Who::of(&cx).await?;
    page(&cx, &who, None)
}

fn page(cx: &Cx<State>, who: &Who, problem: Option<&'static str>) -> Result<Answer, AppError> {
    let (language, form) = (Language::asked(cx.head.headers()), Form::of(cx));
    let t = language.texts();
    let shell = Shell::of(&cx.state.desk, language, t.agent_title, Indexing::Kept, who, &form);
    Ok(answer(&Page { shell, t, problem }, &form)?.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// The same session, in the same cookie, as the console's own sign-in opens.
async fn enter(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
    let Some(token) = typed(&input, TOKEN).map(str::to_owned) else { return ask(cx).await };
    let browser = cx.head.header("user-agent").unwrap_or("unknown").to_owned();
    let opened = cx.state.desk.write(move |tx, cx| credentials::open_session_by_token(tx, cx, &token, &browser)).await;
    match opened {
        Ok(issued) => {
            let secure = if cx.origin().is_secure() { "; Secure" } else { "" };
            let (secret, seconds) = (issued.secret, credentials::SESSION_SECONDS);
            let cookie = format!("{SESSION_COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
            let answer = see("/console/").header_text(header::SET_COOKIE, &cookie);
            Ok(answer.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        }
        Err(error) if error.kind == Kind::Forbidden => {
            let t = Language::asked(cx.head.headers()).texts();
            Ok(page(&cx, &Who::Nobody, Some(t.token_refused))?.status(403))
        }
        Err(error) => Err(error),
    }
}

macro_rules! doors {
    ($path:literal, $ask:ident, $enter:ident) => {
        pub(crate) struct $ask;

        impl Endpoint<State> for $ask {
            const META: Meta = Meta::get($path, Right::Anyone).summary("How agents sign in");

            async fn run(cx: Cx<State>, _: Input) -> Result<Answer, AppError> {
                ask(cx).await
            }
        }

        pub(crate) struct $enter;

        impl Endpoint<State> for $enter {
            const META: Meta = Meta::post($path, Right::Anyone)
                .summary("Signs an agent in whose token another system's page posts")
                .params(&[Param::text(TOKEN).placed(Place::Body).about("`authtoken` of the API's `agents/{id}`")])
                .body_bytes_max(BODY_BYTES_MAX);

            async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
                enter(cx, input).await
            }
        }
    };
}

doors!("agent", Ask, Enter);
doors!("agent/index.php", AskByName, EnterByName);

#[cfg(test)]
mod tests;
