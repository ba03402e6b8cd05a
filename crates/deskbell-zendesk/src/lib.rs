//! The surfaces of Zendesk Chat: the real-time figures (`/stream`), the REST API with the incremental export (`/api/v2`), OAuth
//! (`/oauth2`), and what an exported chat looks like.
//!
//! Owns those contracts and nothing else: it knows no SQL, no rule of the desk and no other surface. A figure is an entry of
//! [`topics::TOPICS`]; an export is text that was rendered when its chat ended ([`documents::ChatDocuments`]).

mod access;
mod basic;
mod compat;
pub mod documents;
mod export;
mod oauth;
mod outside_ids;
mod rest;
mod sign_ins;
mod stream;
pub mod topics;
#[cfg(test)]
mod world;

use std::num::NonZeroU32;
use std::sync::Arc;

use deskbell_app::{Desk, chat_search};
use deskbell_http::{Kit, Meta, SharedLimit};

pub use compat::compat;
pub use documents::ChatDocuments;
pub use oauth::Oauth;
pub use rest::Rest;
pub use sign_ins::{ProgramPasswords, SignIns};
pub use stream::Stream;

/// Requests a minute that an account may make unless configured otherwise, as on every plan of the original.
pub const REQUESTS_PER_MINUTE_MAX: NonZeroU32 = NonZeroU32::new(200).expect("200 is not zero");

/// An optional first path segment that ends so is passed over: clients may put the desk's address before the original's host.
pub(crate) const HOST_PREFIX: &str = ".zendesk.com";

/// How the two surfaces are served.
#[derive(Debug, Clone)]
pub struct SurfaceOptions {
    /// For the whole account, counted over both surfaces together; `None` sets no limit.
    pub rate_limit: Option<SharedLimit>,
    /// Pages that may read the real-time figures from a browser, spelled as browsers send them: `https://wall.test`.
    pub cors_origins: Vec<String>,
    /// The base of links whatever the caller used.
    pub public_url: Option<Arc<str>>,
    /// Whether Basic credentials and the password grant are taken.
    pub program_passwords: ProgramPasswords,
    /// Counts wrong passwords at all doors together.
    pub sign_ins: Arc<SignIns>,
    /// Results of a search in chats that can be paged through; `None` for all.
    pub search_results_max: Option<NonZeroU32>,
}

impl Default for SurfaceOptions {
    fn default() -> Self {
        SurfaceOptions {
            rate_limit: Some(SharedLimit::per_minute(REQUESTS_PER_MINUTE_MAX)),
            cors_origins: Vec::new(),
            public_url: None,
            program_passwords: ProgramPasswords::default(),
            sign_ins: Arc::default(),
            search_results_max: Some(chat_search::RESULTS_MAX),
        }
    }
}

/// The real-time figures, `/stream` and below. Subscribers hear of changes while [`Stream::keep_up`] runs.
pub fn stream_kit(stream: Stream, options: &SurfaceOptions) -> Kit<Stream> {
    Kit::new(stream::surface(options), stream, stream::routes())
}

/// The REST API with the incremental exports, below `/api/v2` and `/api/v2/chat`.
pub fn rest_kit(desk: Desk, options: &SurfaceOptions) -> Kit<Rest> {
    Kit::new(rest::surface(options), Rest::new(desk, options), rest::routes())
}

/// OAuth, below `/oauth2`.
pub fn oauth_kit(desk: Desk, options: &SurfaceOptions) -> Kit<Oauth> {
    Kit::new(oauth::surface(options), Oauth::new(desk, options), oauth::routes())
}

/// What the reading of frames promises, whatever the bytes are: panics if that is broken.
#[cfg(feature = "testing")]
pub fn frames_hold(bytes: &[u8]) {
    stream::frames::holds(bytes);
}

/// The contracts of [`stream_kit`].
pub fn stream_metas() -> Vec<&'static Meta> {
    stream::routes().into_iter().map(|route| route.meta).collect()
}

/// The contracts of [`rest_kit`].
pub fn rest_metas() -> Vec<&'static Meta> {
    rest::routes().into_iter().map(|route| route.meta).collect()
}

/// The contracts of [`oauth_kit`].
pub fn oauth_metas() -> Vec<&'static Meta> {
    oauth::routes().into_iter().map(|route| route.meta).collect()
}
