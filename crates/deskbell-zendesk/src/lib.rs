//! The surfaces of Zendesk Chat: the real-time figures (`/stream`), the incremental export (`/api/v2`), and what an exported chat looks
//! like.
//!
//! Owns those contracts and nothing else: it knows no SQL, no rule of the desk and no other surface. A figure is an entry of
//! [`topics::TOPICS`]; an export is text that was rendered when its chat ended ([`documents::ChatDocuments`]).

mod access;
mod compat;
pub mod documents;
mod export;
mod outside_ids;
mod rest;
mod stream;
pub mod topics;
#[cfg(test)]
mod world;

use std::num::NonZeroU32;
use std::sync::Arc;

use deskbell_app::{Desk, chat_search};
use deskbell_http::{Kit, Meta};

pub use compat::compat;
pub use documents::ChatDocuments;
pub use rest::Rest;
pub use stream::Stream;

/// Requests a minute that an account may make unless configured otherwise, as on every plan of the original.
pub const REQUESTS_PER_MINUTE_MAX: NonZeroU32 = NonZeroU32::new(200).expect("200 is not zero");

/// How the two surfaces are served.
#[derive(Debug, Clone)]
pub struct SurfaceOptions {
    /// For the whole account; `None` sets no limit. Each surface counts for itself.
    pub requests_per_minute_max: Option<NonZeroU32>,
    /// The base of links whatever the caller used.
    pub public_url: Option<Arc<str>>,
    /// Whether `X-Forwarded-…` headers are to be believed.
    pub behind_proxy: bool,
    /// Results of a search in chats that can be paged through; `None` for all.
    pub search_results_max: Option<NonZeroU32>,
}

impl Default for SurfaceOptions {
    fn default() -> Self {
        SurfaceOptions {
            requests_per_minute_max: Some(REQUESTS_PER_MINUTE_MAX),
            public_url: None,
            behind_proxy: false,
            search_results_max: Some(chat_search::RESULTS_MAX),
        }
    }
}

/// The real-time figures, below `/stream`.
pub fn stream_kit(desk: Desk, options: &SurfaceOptions) -> Kit<Stream> {
    Kit::new(stream::surface(options), Stream::new(desk), stream::routes())
}

/// The REST API with the incremental exports, below `/api/v2` and `/api/v2/chat`.
pub fn rest_kit(desk: Desk, options: &SurfaceOptions) -> Kit<Rest> {
    Kit::new(rest::surface(options), Rest::new(desk, options), rest::routes())
}

/// The contracts of [`stream_kit`].
pub fn stream_metas() -> Vec<&'static Meta> {
    stream::routes().into_iter().map(|route| route.meta).collect()
}

/// The contracts of [`rest_kit`].
pub fn rest_metas() -> Vec<&'static Meta> {
    rest::routes().into_iter().map(|route| route.meta).collect()
}
