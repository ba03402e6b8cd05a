//! The pages that agents see, as HTML that works without script.

use askama::Template;
use deskbell_app::AppError;
use deskbell_app::oauth::authorizing::Authorization;
use deskbell_app::oauth::redirects::redirect_origin;
use deskbell_http::{Answer, Cx};
use http::header::{self, HeaderValue};

use super::Oauth;
use super::authorizing::Asked;
use super::forms::Form;
use super::look;

const HTML: &str = "text/html; charset=utf-8";

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    title: &'static str,
    style: &'a str,
    desk: &'a str,
    client: &'a str,
    company: &'a str,
    agent: &'a str,
    target: &'a str,
    again: &'a str,
    scopes: Vec<&'static str>,
    hidden: Vec<(&'static str, &'a str)>,
    proof: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    title: &'static str,
    style: &'a str,
    desk: &'a str,
    client: &'a str,
    company: &'a str,
    again: &'a str,
    email: &'a str,
    problem: Option<&'static str>,
    hidden: Vec<(&'static str, &'a str)>,
    proof: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    title: &'static str,
    style: &'a str,
    detail: &'a str,
}

/// What may happen in a page: no script, no frame around it, forms to the desk. Browsers hold a form's redirects to this, too, so that the
/// page that ends at the program has to name it.
pub(super) fn policy(redirect_uri: Option<&str>) -> HeaderValue {
    let target = match redirect_uri.and_then(redirect_origin) {
        // Sources cannot name an IPv6 address.
        Some(origin) if origin.contains('[') => origin.split_inclusive(':').next().unwrap_or_default(),
        Some(origin) => origin,
        None => "",
    };
    let text = format!(
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{}{target}",
        if target.is_empty() { "" } else { " " }
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; form-action 'self'"))
}

fn scopes(authorization: &Authorization) -> Vec<&'static str> {
    let scopes = authorization.scopes;
    [
        (scopes.read, "Read what you may read: chats, visitors, agents, live figures, exports (read)"),
        (scopes.write, "Change what you may change (write)"),
        (scopes.chat, "Take part in chats as you (chat)"),
    ]
    .into_iter()
    .filter_map(|(on, line)| on.then_some(line))
    .collect()
}

fn answer(page: &impl Template, form: &Form) -> Result<Answer, AppError> {
    let text = page.render().map_err(|error| AppError::internal(format!("a page could not be written: {error}")))?;
    let answer = Answer::bytes(HTML, text);
    Ok(match form.cookie() {
        Some(cookie) => answer.header_text(header::SET_COOKIE, &cookie),
        None => answer,
    })
}

/// Asks the agent whether the program may act for him.
pub(super) fn consent(cx: &Cx<Oauth>, asked: &Asked, authorization: &Authorization, agent: &str) -> Result<Answer, AppError> {
    let (form, settings) = (Form::of(cx), cx.state.desk().settings());
    let page = Consent {
        title: "Allow access?",
        style: &look::ADDRESS,
        desk: &settings.name,
        client: &authorization.client.name,
        company: &authorization.client.company,
        agent,
        target: redirect_origin(&authorization.redirect_uri).unwrap_or_default(),
        again: &format!("{}&prompt=login", asked.address()),
        scopes: scopes(authorization),
        hidden: asked.pairs(),
        proof: form.proof(),
    };
    Ok(answer(&page, &form)?.header(header::CONTENT_SECURITY_POLICY, policy(Some(&authorization.redirect_uri))))
}

/// Asks who the agent is, with what was wrong with the last try.
pub(super) fn sign_in(
    cx: &Cx<Oauth>,
    asked: &Asked,
    authorization: &Authorization,
    email: &str,
    problem: Option<&'static str>,
) -> Result<Answer, AppError> {
    let (form, settings) = (Form::of(cx), cx.state.desk().settings());
    let page = SignIn {
        title: "Sign in",
        style: &look::ADDRESS,
        desk: &settings.name,
        client: &authorization.client.name,
        company: &authorization.client.company,
        again: &asked.address(),
        email,
        problem,
        hidden: asked.pairs(),
        proof: form.proof(),
    };
    answer(&page, &form)
}

/// Says why nobody is asked and nobody is sent anywhere.
pub(super) fn problem(detail: &str) -> Answer {
    failure(400, detail)
}

/// The same for whatever went wrong.
pub(super) fn failure(status: u16, detail: &str) -> Answer {
    let mut letters = detail.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let detail = format!("{first}{}.", letters.as_str());
    let page = Problem { title: "This does not work", style: &look::ADDRESS, detail: &detail };
    Answer::bytes(HTML, page.render().unwrap_or(detail)).status(status)
}
