//! The REST API of Zendesk Chat, below `/api/v2` and `/api/v2/chat`: exports, and what its clients read and write beside them. Each family
//! of endpoints is a module that lists its routes.

mod account;
mod agents;
mod bans;
mod chats;
mod departments;
mod goals;
mod id_range;
mod lenient;
mod oauth_clients;
mod oauth_tokens;
mod roles;
mod routing_settings;
mod shortcuts;
mod skills;
mod triggers;
mod visitors;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use deskbell_app::documents::Promise;
use deskbell_app::rights::Principal;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, BodyReading, BoxFuture, Fault, Input, RequestHead, Route, Surface};
use http::StatusCode;
use serde::Serialize;

use crate::basic::BasicDoor;
use crate::sign_ins::ProgramPasswords;
use crate::{HOST_PREFIX, SurfaceOptions, access, basic, export};

/// What is younger than this is not exported yet, and a caller must not ask for it: until then chats of a second may still be written.
pub(crate) const AGE_SECONDS_MIN: i64 = 300;
/// The prefixes of the new and of the old address of the API.
const PREFIXES: &[&str] = &["/api/v2/chat", "/api/v2"];

/// The surface's state: the desk, and how far it has exported.
#[derive(Clone)]
pub struct Rest(Arc<Inner>);

struct Inner {
    desk: Desk,
    /// The newest second that was ever exported up to. It never falls, so that an `end_time` of ours is a good `start_time` also after
    /// the clock was set back.
    horizon: AtomicI64,
    promise: Promise,
    /// For programs that show passwords, where they may.
    basic: Option<BasicDoor>,
    search_results_max: Option<NonZeroU32>,
}

impl Rest {
    pub(crate) fn new(desk: Desk, options: &SurfaceOptions) -> Rest {
        let basic = match options.program_passwords {
            ProgramPasswords::Refused => None,
            ProgramPasswords::Taken => Some(BasicDoor::new(&desk, Arc::clone(&options.sign_ins))),
        };
        let search_results_max = options.search_results_max;
        Rest(Arc::new(Inner { desk, horizon: AtomicI64::new(0), promise: Promise::default(), basic, search_results_max }))
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// Results of a search that can be paged through.
    pub(crate) fn search_results_max(&self) -> Option<NonZeroU32> {
        self.0.search_results_max
    }

    /// The newest second that is exported.
    pub(crate) fn horizon(&self) -> i64 {
        let now = self.0.desk.now().seconds() - AGE_SECONDS_MIN;
        self.0.horizon.fetch_max(now, Ordering::SeqCst).max(now)
    }

    /// How far exports may be read: up to the horizon, once it is promised that nothing is written there any more.
    pub(crate) async fn reach(&self) -> Result<i64, AppError> {
        self.0.promise.reach(self.desk(), self.horizon()).await
    }

    /// A page that was read is about to tell a place at this second.
    pub(crate) async fn hand_out(&self, second: i64) -> Result<(), AppError> {
        self.0.promise.hand_out(self.desk(), second).await
    }
}

fn authenticate<'a>(rest: &'a Rest, head: &'a RequestHead, _: &'a Input) -> BoxFuture<'a, Result<Principal, AppError>> {
    match &rest.0.basic {
        Some(door) if basic::shown(head).is_some() => Box::pin(door.principal(rest.desk(), head)),
        Some(_) | None => access::bearer(rest.desk(), head),
    }
}

/// The shape of Chat's errors: a phrase and a sentence, both in the words of its web framework.
#[derive(Serialize)]
struct Refusal {
    error: &'static str,
    description: String,
}

fn render_error(fault: &Fault<'_>) -> Answer {
    let status = access::status(fault);
    let fixed = match status {
        401 => "The server could not verify that you are authorized to access the requested resource",
        403 => "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.",
        404 => "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
        405 => "The method is not allowed for the requested URL.",
        429 => "This user has exceeded an allotted request count. Try again later.",
        _ => "",
    };
    let description = if fixed.is_empty() { fault.error.public.to_string() } else { fixed.to_owned() };
    let error = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    Answer::bare_tree(Refusal { error, description }).status(status)
}

pub(crate) fn surface(options: &SurfaceOptions) -> Surface<Rest> {
    let mut surface = Surface::new("zendesk-chat", PREFIXES, authenticate, render_error);
    surface.host_prefix = Some(HOST_PREFIX);
    surface.body_reading = BodyReading::Raw;
    access::configure(&mut surface, options);
    surface
}

pub(crate) fn routes() -> Vec<Route<Rest>> {
    [
        export::routes(),
        chats::routes(),
        oauth_clients::routes(),
        oauth_tokens::routes(),
        account::routes(),
        agents::routes(),
        departments::routes(),
        roles::routes(),
        bans::routes(),
        visitors::routes(),
        goals::routes(),
        skills::routes(),
        triggers::routes(),
        shortcuts::routes(),
        routing_settings::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The prefix that the caller used to reach `path`, for links.
pub(crate) fn prefix(path: &str) -> &'static str {
    // The longer one comes first in the table.
    PREFIXES.iter().find(|prefix| path.contains(&format!("{prefix}/"))).copied().unwrap_or(PREFIXES[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for (path, wanted) in [
            ("/api/v2/chat/incremental/chats", "/api/v2/chat"),
            ("/api/v2/incremental/chats/", "/api/v2"),
            ("/acme.zendesk.com/api/v2/chat/agents", "/api/v2/chat"),
            ("/api/v2/chats", "/api/v2"),
        ] {
            assert_eq!(prefix(path), wanted, "{path}");
        }
    }
}
