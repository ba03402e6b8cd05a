//! `/scripts/file.php?file=[fileid]`: where the links of files lead. A surface of its own: it is no call of the API, and speaks plain text
//! when it refuses.

use axum::body::Body;
use deskbell_app::credentials::Known;
use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, Desk, Kind, files};
use deskbell_http::download::{Download, Openness, Presented};
use deskbell_http::front::Served;
use deskbell_http::head::SESSION_COOKIE;
use deskbell_http::{
    Answer, BoxFuture, Credential, Cx, Endpoint, Fault, FaultCause, Input, Kit, Meta, Param, RequestHead, Surface, routes,
};

use http::{Request, Response};

use crate::door;

const PATH: &str = "/scripts/file.php";
const FORM_BYTES_MAX: usize = 64 * 1024;
const PARAMS: &[Param] = &[
    Param::text("file").required().about("id"),
    Param::flag("view").about("`Y`: a browser may show it; else it is saved"),
    Param::text("apikey").about("needed unless the file stands in a widget or in a public article, or an agent is signed in"),
];

/// Gives files out.
pub struct FileDownloads(Kit<Desk>);

impl FileDownloads {
    pub fn new(desk: Desk) -> FileDownloads {
        let mut surface = Surface::new("scripts", &["/scripts"], authenticate, refusal);
        surface.aliases = &[("apiKey", "apikey")];
        surface.credential = Credential::InBody;
        FileDownloads(Kit::new(surface, desk, routes![Desk; GetFile, PostFile]))
    }
}

impl Served for FileDownloads {
    /// Other scripts are others' matter.
    fn owns(&self, path: &str) -> bool {
        path == PATH
    }

    fn serve(&self, request: Request<Body>) -> BoxFuture<'_, Response<Body>> {
        self.0.serve(request)
    }
}

/// A key of the API, wherever it may stand, or the session of an agent.
fn authenticate<'a>(desk: &'a Desk, head: &'a RequestHead, input: &'a Input) -> BoxFuture<'a, Result<Principal, AppError>> {
    Box::pin(async move {
        let refused = match door::authenticate(desk, head, input).await {
            Ok(principal) => return Ok(principal),
            Err(error) => error,
        };
        let Some(session) = head.cookie(SESSION_COOKIE) else { return Err(refused) };
        match desk.credential(session).await? {
            Some(Known { principal: principal @ Principal::Agent { .. }, .. }) => Ok(principal),
            Some(_) | None => Err(refused),
        }
    })
}

struct GetFile;

impl Endpoint<Desk> for GetFile {
    const META: Meta = Meta::get("file.php", Right::Anyone)
        .summary("A file")
        .params(PARAMS)
        .source("reference, Files: `downloadUrl`")
        .body_bytes_max(FORM_BYTES_MAX);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        give(cx, input).await
    }
}

/// The key may come in a form.
struct PostFile;

impl Endpoint<Desk> for PostFile {
    const META: Meta = Meta::post("file.php", Right::Anyone)
        .summary("A file")
        .params(PARAMS)
        .source("reference, Files: `downloadUrl`")
        .body_bytes_max(FORM_BYTES_MAX);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        give(cx, input).await
    }
}

async fn give(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
    let (id, who) = (input.filled("file")?.trim().to_owned(), cx.principal.clone());
    let (file, sight) = cx.state.read(move |tx| files::visible(tx, &id, &who)).await.map_err(|error| hidden(&cx.principal, error))?;
    let presented = if input.filled_opt("view") == Some("Y") { Presented::Inline } else { Presented::Saved };
    let contents = files::open(&cx.state, &file).await?;
    let delivery = Download { contents, presented, openness: Openness::of(sight, &cx.principal) }.deliver(&cx.head).await?;
    if delivery.begins {
        cx.state.downloads().count(&file.attachment.file);
    }
    Ok(delivery.answer)
}

/// Who shows nothing does not learn which files there are.
fn hidden(who: &Principal, error: AppError) -> AppError {
    match (who, error.kind) {
        (Principal::Nobody, Kind::NotFound) => AppError::no_credential("this file needs an API key, or an agent who is signed in"),
        _ => error,
    }
}

fn refusal(fault: &Fault<'_>) -> Answer {
    let status = match (fault.cause, fault.error.kind) {
        (FaultCause::Verb, _) => 405,
        (FaultCause::Path, _) => 404,
        (FaultCause::Endpoint, kind) => match kind {
            Kind::Invalid | Kind::Missing => 400,
            Kind::NoCredential | Kind::BadCredential => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::Conflict | Kind::Offline => 409,
            Kind::TooLarge => 413,
            Kind::RateLimited => 429,
            Kind::Internal => 500,
            Kind::Unavailable | Kind::StorageFull => 503,
        },
    };
    Answer::bytes("text/plain; charset=utf-8", format!("{}\n", fault.error.public)).status(status)
}

#[cfg(test)]
mod tests;
