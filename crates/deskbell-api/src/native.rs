//! The native API: what the console and programs of the desk's own owner speak. Described in `docs/native-api.md` and by the OpenAPI
//! document that [`crate::openapi`] derives from the same list of calls.
//!
//! Each call reads its parameters, hands one use case to the desk and maps the outcome. No rule and no SQL is here.

pub(crate) mod agents;
pub(crate) mod bans;
pub(crate) mod call;
pub(crate) mod calls;
pub(crate) mod canned_messages;
pub(crate) mod chats;
pub(crate) mod companies;
pub(crate) mod conversations;
pub(crate) mod credentials;
pub(crate) mod customers;
pub(crate) mod days;
pub(crate) mod departments;
pub(crate) mod done;
pub(crate) mod fields;
pub(crate) mod goals;
pub(crate) mod groups;
pub(crate) mod guard;
pub(crate) mod knowledge;
pub(crate) mod messages;
pub(crate) mod oauth;
pub(crate) mod overview;
pub(crate) mod page;
pub(crate) mod phone;
pub(crate) mod predefined_answers;
pub(crate) mod reports;
pub(crate) mod rule_log;
pub(crate) mod rules;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod shortcuts;
pub(crate) mod skills;
pub(crate) mod sla;
pub(crate) mod status;
pub(crate) mod tags;
#[cfg(test)]
mod tests;
pub(crate) mod time_rules;
pub(crate) mod triggers;
pub(crate) mod visits;

use std::sync::Arc;

use deskbell_app::rights::Principal;
use deskbell_app::{AppError, Desk, Kind};
use deskbell_domain::ids::AgentId;
use deskbell_http::failed_sign_ins::FailedSignIns;
use deskbell_http::tries::TryLimit;
use deskbell_http::{Answer, BodyReading, Cx, Fault, FaultCause, Input, Kit, Surface};
use http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use call::{Entry, calls};

/// Where the native API stands.
pub const PREFIX: &str = "/api/native/v1";

/// Failures to sign in, for each e-mail address and for each caller's address.
pub(crate) const FAILED_TRIES: TryLimit = TryLimit { tries_max: 10, window_seconds: 15 * 60 };

/// How the native API is reached.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The desk's public URL, if it is configured: what the `Origin` of a browser's requests is compared with.
    pub public_url: Option<Arc<str>>,
}

/// What every call is given.
#[derive(Clone)]
pub struct Native {
    pub(crate) desk: Desk,
    pub(crate) failed_sign_ins: Arc<FailedSignIns>,
}

/// The native API in front of a desk.
pub fn kit(desk: Desk, options: Options) -> Kit<Native> {
    let mut surface =
        Surface::new("native", &[PREFIX], |native: &Native, head, _| Box::pin(session::signed_in(&native.desk, head)), render);
    surface.body_reading = BodyReading::Raw;
    surface.public_url = options.public_url;
    surface.headers = vec![
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let routes = entries().iter().map(|entry| entry.route).collect();
    Kit::new(surface, Native { desk, failed_sign_ins: Arc::new(FailedSignIns::new(FAILED_TRIES)) }, routes)
}

/// All calls: the one list behind the routes and the OpenAPI document.
pub(crate) fn entries() -> Vec<Entry> {
    calls![
        session::Show,
        session::SignIn,
        session::SignOut,
        status::SetStatus,
        phone::SetPhone,
        agents::List,
        agents::Create,
        agents::Update,
        departments::List,
        departments::Create,
        departments::Update,
        conversations::List,
        conversations::Show,
        conversations::change::SetTags,
        conversations::change::SetStatus,
        conversations::change::Assign,
        conversations::change::Merge,
        conversations::postpone::Postpone,
        conversations::sla::SetLevel,
        messages::List,
        messages::Send,
        chats::Accept,
        chats::Decline,
        chats::Leave,
        chats::End,
        chats::Transfer,
        chats::Invite,
        chats::Skills,
        calls::List,
        calls::Show,
        calls::Start,
        calls::steps::Ring,
        calls::steps::Answer,
        calls::steps::Decline,
        calls::steps::Hold,
        calls::steps::Resume,
        calls::steps::Transfer,
        calls::steps::Leave,
        calls::steps::End,
        calls::steps::Voicemail,
        customers::Show,
        customers::Update,
        customers::Remove,
        groups::List,
        groups::Create,
        groups::Update,
        groups::Remove,
        companies::List,
        companies::Show,
        companies::Create,
        companies::Update,
        companies::Remove,
        knowledge::bases::List,
        knowledge::bases::Create,
        knowledge::bases::Update,
        knowledge::bases::Remove,
        knowledge::entries::List,
        knowledge::entries::Show,
        knowledge::entries::Create,
        knowledge::entries::Update,
        knowledge::entries::Remove,
        knowledge::topics::Create,
        skills::List,
        skills::Create,
        skills::Update,
        skills::Remove,
        sla::levels::List,
        sla::levels::Create,
        sla::levels::Update,
        sla::levels::Remove,
        sla::rules::List,
        sla::rules::Create,
        sla::rules::Update,
        sla::rules::Remove,
        sla::rules::Reorder,
        sla::log::List,
        sla::compliance::Show,
        reports::measures::List,
        reports::series::Show,
        reports::totals::List,
        tags::List,
        visits::List,
        overview::Show,
        bans::List,
        bans::Create,
        bans::Lift,
        triggers::List,
        triggers::Switch,
        triggers::Remove,
        goals::List,
        goals::Switch,
        goals::Remove,
        rules::List,
        rules::Create,
        rules::Update,
        rules::Reorder,
        rules::Remove,
        time_rules::List,
        time_rules::Create,
        time_rules::Update,
        time_rules::Reorder,
        time_rules::Remove,
        rule_log::List,
        settings::Show,
        settings::Update,
        shortcuts::List,
        shortcuts::ListAll,
        shortcuts::Create,
        shortcuts::Update,
        shortcuts::Remove,
        canned_messages::List,
        canned_messages::Create,
        canned_messages::Update,
        canned_messages::Remove,
        predefined_answers::List,
        predefined_answers::Create,
        predefined_answers::Update,
        predefined_answers::Remove,
        predefined_answers::Prepare,
        credentials::List,
        credentials::Create,
        credentials::Revoke,
        oauth::ListClients,
        oauth::CreateClient,
        oauth::NewClientSecret,
        oauth::RemoveClient,
        oauth::ListTokens,
        oauth::RevokeToken,
    ]
}

/// An error as the native API and the live protocol's HTTP endpoints spell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorView {
    pub error: ErrorBody,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// `invalid`, `missing`, `no_credential`, `bad_credential`, `forbidden`, `not_found`, `conflict`, `offline`, `too_large`,
    /// `rate_limited`, `unavailable`, `storage_full` or `internal`.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl From<&AppError> for ErrorView {
    fn from(error: &AppError) -> Self {
        ErrorView { error: ErrorBody { code: error.kind.code(), message: error.public.to_string() } }
    }
}

/// The HTTP status that belongs to a kind of error.
pub fn http_status(kind: Kind) -> u16 {
    match kind {
        Kind::Invalid | Kind::Missing => 400,
        Kind::NoCredential | Kind::BadCredential => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::Conflict | Kind::Offline => 409,
        Kind::TooLarge => 413,
        Kind::RateLimited => 429,
        Kind::Unavailable => 503,
        Kind::StorageFull => 507,
        Kind::Internal => 500,
    }
}

/// An error as an answer: status and body.
pub fn error_answer(error: &AppError) -> Answer {
    Answer::tree(ErrorView::from(error)).status(http_status(error.kind))
}

/// An error on its way out of a surface that spells errors this way. A wrong verb is 405, whatever its kind.
pub fn render(fault: &Fault<'_>) -> Answer {
    let answer = error_answer(fault.error);
    match fault.cause {
        FaultCause::Verb => answer.status(405),
        FaultCause::Endpoint | FaultCause::Path => answer,
    }
}

/// The agent who calls. Every call but the session's needs one, so that nobody else gets here.
pub(crate) fn me(cx: &Cx<Native>) -> Result<AgentId, AppError> {
    match cx.principal {
        Principal::Agent { agent, .. } => Ok(agent),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } | Principal::Visitor { .. } => {
            Err(AppError::internal("a call for agents was reached by somebody else"))
        }
    }
}

/// The id in the path. What cannot be an id is an object that does not exist.
pub(crate) fn path_id<T>(input: &Input, parse: fn(&str) -> Option<T>, what: &str) -> Result<T, AppError> {
    parse(input.path("id")?).ok_or_else(|| AppError::not_found(format!("no such {what}")))
}

/// An id in a body or a query.
pub(crate) fn given_id<T>(text: &str, parse: fn(&str) -> Option<T>, name: &str) -> Result<T, AppError> {
    parse(text).ok_or_else(|| AppError::invalid(format!("{name} is not an id")))
}

/// The same where it may be left out.
pub(crate) fn given_id_opt<T>(text: Option<&str>, parse: fn(&str) -> Option<T>, name: &str) -> Result<Option<T>, AppError> {
    text.map(|text| given_id(text, parse, name)).transpose()
}
