//! Which paths are the portal's, and what every answer of it carries.

use std::sync::Arc;

use axum::body::Body;
use deskbell_app::rights::Principal;
use deskbell_app::{AppError, Desk};
use deskbell_http::failed_sign_ins::FailedSignIns;
use deskbell_http::front::Served;
use deskbell_http::tries::{Tries, TryLimit};
use deskbell_http::{BoxFuture, Cors, Credential, Kit, Surface, routes};
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response};

use crate::home::Popular;
use crate::rendering::Rendering;
use crate::texts::Language;
use crate::{agent, entry, failure, home, look, posting, search, sign_in, ticket, tickets, voting, widget};

/// Failures to sign in, for each e-mail address and for each caller.
const FAILED_SIGN_INS: TryLimit = TryLimit { tries_max: 10, window_seconds: 3_600 };
/// What one caller may post: topics, replies, suggestions, answers to tickets.
const POSTS: TryLimit = TryLimit { tries_max: 2, window_seconds: 60 };
/// A look at an entry, for each browser.
const VIEWS: TryLimit = TryLimit { tries_max: 1, window_seconds: 3_600 };
/// Votes of one caller.
const VOTES: TryLimit = TryLimit { tries_max: 20, window_seconds: 60 };
/// Searches of one caller.
const SEARCHES: TryLimit = TryLimit { tries_max: 100, window_seconds: 60 };
/// Impressions that one caller's pages report.
const IMPRESSIONS: TryLimit = TryLimit { tries_max: 60, window_seconds: 60 };
/// How often one and the same form is taken.
const FORMS: TryLimit = TryLimit { tries_max: 1, window_seconds: 3_600 };

/// No script, no inline style, no frame around a page. Images of articles may stand anywhere.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data: https: http:; media-src 'self' https: http:; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// How the portal is reached.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The desk's public URL, if it is configured.
    pub public_url: Option<Arc<str>>,
}

/// What every page is given.
#[derive(Clone)]
pub(crate) struct State(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) desk: Desk,
    pub(crate) failed_sign_ins: FailedSignIns,
    pub(crate) posts: Tries,
    pub(crate) votes: Tries,
    pub(crate) searches: Tries,
    pub(crate) impressions: Tries,
    pub(crate) forms: Tries,
    /// Looks at entries that were counted.
    pub(crate) seen: Tries,
    pub(crate) popular: Popular,
    pub(crate) rendering: Rendering,
}

impl std::ops::Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The portal in front of a desk.
pub struct Portal {
    desk: Desk,
    kit: Kit<State>,
}

impl Portal {
    pub fn new(desk: Desk, options: Options) -> Portal {
        let state = State(Arc::new(Inner {
            desk: desk.clone(),
            failed_sign_ins: FailedSignIns::new(FAILED_SIGN_INS),
            posts: Tries::new(POSTS),
            votes: Tries::new(VOTES),
            searches: Tries::new(SEARCHES),
            impressions: Tries::new(IMPRESSIONS),
            forms: Tries::new(FORMS),
            seen: Tries::new(VIEWS),
            popular: Popular::default(),
            rendering: Rendering::default(),
        }));
        let mut surface = Surface::new("portal", &[""], |_, _, _| Box::pin(std::future::ready(Ok(Principal::Nobody))), failure::mark);
        surface.public_url = options.public_url;
        surface.credential = Credential::BeforeBody;
        surface.cors = Cors::Off;
        surface.headers = headers();
        Portal { desk, kit: Kit::new(surface, state, all()) }
    }
}

fn headers() -> Vec<(HeaderName, HeaderValue)> {
    vec![
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::VARY, HeaderValue::from_static("accept-language, cookie")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}

fn all() -> Vec<deskbell_http::Route<State>> {
    routes![
        State;
        home::Bases,
        home::Home,
        search::Search,
        tickets::Own,
        sign_in::Ask,
        sign_in::SignIn,
        sign_in::AskSignOut,
        sign_in::SignOut,
        agent::Ask,
        agent::Enter,
        agent::AskByName,
        agent::EnterByName,
        ticket::ByNumber,
        look::Style,
        widget::Show,
        widget::Impression,
        entry::Page,
        ticket::Reply,
        ticket::Download,
        posting::Topic,
        posting::Reply,
        posting::Suggestion,
        voting::Vote,
    ]
}

/// Whether a path is a page of the portal. What begins with digits is an entry of a knowledge base.
fn is_ours(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let first = segments.next().unwrap_or_default();
    match first {
        "kb" | "tickets" | "login" | "logout" | "agent" | "index.php" | "portal" => true,
        "scripts" => segments.next() == Some("widget"),
        _ => first.starts_with(ticket::PREFIX) || first.bytes().next().is_some_and(|byte| byte.is_ascii_digit()),
    }
}

impl Served for Portal {
    fn owns(&self, path: &str) -> bool {
        is_ours(path)
    }

    fn serve(&self, request: Request<Body>) -> BoxFuture<'_, Response<Body>> {
        Box::pin(async move {
            let language = Language::asked(request.headers());
            let has_body = *request.method() != Method::HEAD;
            // Foreign pages' scripts may read also that there is no such widget.
            let is_open = request.uri().path().starts_with("/scripts/");
            let response = self.kit.handle(request).await;
            let mut response = failure::shown(response, &self.desk, language, has_body);
            if is_open {
                let headers = response.headers_mut();
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
            }
            response
        })
    }
}

/// Told to whoever posts more than is allowed.
pub(crate) fn too_often(seconds: u32) -> AppError {
    AppError::rate_limited("too much was sent from your address").retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_paths() {
        for ours in [
            "/kb",
            "/kb/",
            "/kb/kb_defa/search",
            "/376829-Article-1",
            "/376829",
            "/ticket_P7154GVDMq8CmFBn",
            "/index.php",
            "/agent/",
            "/agent/index.php",
            "/login",
            "/logout",
            "/tickets",
            "/portal/style.css",
            "/scripts/widget/abcdefgh",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for others in [
            "/",
            "/console/",
            "/widget.js",
            "/widget/frame",
            "/api/index.php",
            "/api/agents",
            "/live/visit",
            "/stream/chats",
            "/demo",
            "/scripts/track.js",
            "/scripts/file.php",
            "/scripts/pix.gif",
            "/favicon.ico",
            "/kbx",
            "/agents",
            "/loginx",
            "//kb2",
        ] {
            assert!(!is_ours(others), "{others}");
        }
    }
}
