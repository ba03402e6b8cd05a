//! `/scripts/widget/<id>`: what the old embed's script asks for a widget, and what it reports. Open to every page: nothing here is a secret.

use deskbell_app::rights::Right;
use deskbell_app::settings::Settings;
use deskbell_app::widgets::{self, PublicWidget};
use deskbell_app::{AppError, credentials};
use deskbell_domain::ids::WidgetId;
use deskbell_domain::widget::{WidgetStatus, WidgetUse};
use deskbell_http::tries::TryKey;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use http::header::{self, HeaderValue};
use serde::Serialize;

use crate::door::State;

/// Seconds for which a browser asks no second time.
const KEPT_SECONDS: u32 = 10;
/// Bytes of a reported address.
const ADDRESS_BYTES_MAX: usize = 4 * 1024;

/// A widget as a page shows it now.
#[derive(Serialize)]
struct Shown<'a> {
    widget: String,
    department: String,
    name: &'a str,
    accent: &'a str,
    language: &'a str,
    online: bool,
    allowed: bool,
    code: Option<&'a str>,
    css: &'a str,
}

impl<'a> Shown<'a> {
    fn new(widget: &'a PublicWidget, settings: &'a Settings, allowed: bool) -> Shown<'a> {
        let online = widget.online && widget.status != WidgetStatus::Offline;
        let (code, css) = if online { (&widget.online_code, &widget.online_css) } else { (&widget.offline_code, &widget.offline_css) };
        let shown = match widget.used {
            WidgetUse::Online => online,
            WidgetUse::Offline => !online,
            WidgetUse::Both => true,
        };
        Shown {
            widget: widget.id.to_string(),
            department: widget.department.to_string(),
            name: &settings.name,
            accent: &settings.accent,
            language: &widget.language,
            online,
            allowed,
            code: shown.then_some(code.as_str()),
            css: css.as_deref().unwrap_or_default(),
        }
    }
}

fn unknown() -> AppError {
    AppError::not_found("no such widget")
}

/// Whether a page of this origin may embed the desk, as the frame's own policy says: the desk itself and the domains of the settings,
/// which may begin with `*.` for all names below.
fn may_embed(origin: &str, own: &str, domains: &[String]) -> bool {
    let origin = origin.to_ascii_lowercase();
    origin == own.to_ascii_lowercase()
        || domains.iter().any(|domain| {
            let domain = domain.to_ascii_lowercase();
            match domain.split_once("://*.") {
                None => {
                    origin == domain || domain.strip_suffix('*').is_some_and(|scheme| scheme.ends_with("//") && origin.starts_with(scheme))
                }
                Some((scheme, below)) => origin
                    .strip_prefix(scheme)
                    .and_then(|rest| rest.strip_prefix("://"))
                    .and_then(|host| host.strip_suffix(below))
                    .is_some_and(|name| name.len() > 1 && name.ends_with('.')),
            }
        })
}

pub(crate) struct Show;

impl Endpoint<State> for Show {
    const META: Meta =
        Meta::get("scripts/widget/{widget}", Right::Anyone).summary("A widget as a page shows it now").params(&[Param::path("widget")]);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let id = WidgetId::parse(input.path("widget")?).ok_or_else(unknown)?;
        let desk = &cx.state.desk;
        let widget = desk.read(move |tx| widgets::public(tx, id)).await?.ok_or_else(unknown)?;
        let settings = desk.settings();
        // A page of the desk's own sends no origin.
        let allowed = cx.head.header("origin").is_none_or(|origin| may_embed(origin, &cx.origin().to_string(), &settings.widget_domains));
        let text =
            serde_json::to_string(&Shown::new(&widget, &settings, allowed)).map_err(|error| AppError::internal(error.to_string()))?;
        let etag = format!("\"{}\"", &credentials::hash_secret(&text)[..24]);
        let answer = if cx.head.header("if-none-match") == Some(etag.as_str()) { Answer::empty().status(304) } else { Answer::json(text) };
        Ok(answer
            .header_text(header::CACHE_CONTROL, &format!("public, max-age={KEPT_SECONDS}"))
            .header(header::VARY, HeaderValue::from_static("origin"))
            .header_text(header::ETAG, &etag))
    }
}

pub(crate) struct Impression;

impl Endpoint<State> for Impression {
    const META: Meta = Meta::post("scripts/widget/{widget}/seen", Right::Anyone)
        .summary("A page shows a widget; the body is the page's address")
        .params(&[Param::path("widget")])
        .body_bytes_max(ADDRESS_BYTES_MAX);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let id = WidgetId::parse(input.path("widget")?).ok_or_else(unknown)?;
        let desk = &cx.state.desk;
        let counted = cx.state.impressions.take(&[TryKey::caller(cx.peer)], desk.now());
        let url = std::str::from_utf8(input.body()).unwrap_or_default();
        let is_page = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
        if counted.is_ok() && is_page {
            desk.widget_impression(id, url);
        }
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
