//! The style sheet of the pages, alike to that of the public pages.

use std::sync::LazyLock;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, credentials};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use http::header::{self, HeaderValue};

use super::Oauth;

const SHEET: &str = include_str!("../../assets/oauth.css");

/// The sheet's address; another one for each version of it, so that browsers keep it for long.
pub(super) static ADDRESS: LazyLock<String> = LazyLock::new(|| format!("/oauth2/style.css?v={}", &credentials::hash_secret(SHEET)[..12]));

pub(super) struct Style;

impl Endpoint<Oauth> for Style {
    const META: Meta = Meta::get("style.css", Right::Anyone).summary("The style sheet of the page");

    async fn run(_: Cx<Oauth>, _: Input) -> Result<Answer, AppError> {
        let kept = HeaderValue::from_static("public, max-age=86400");
        Ok(Answer::bytes("text/css; charset=utf-8", SHEET).header(header::CACHE_CONTROL, kept))
    }
}
