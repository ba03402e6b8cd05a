//! `POST files`, `GET` and `DELETE files/[fileid]`.

mod given;

use deskbell_app::files::{self, FILE_BYTES_MAX};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use crate::done::done;
use crate::link;
use crate::moment::Zone;

const FILE: Param = Param::path("fileid").about("id");
const UNKNOWN_IS_404: &str = "404 if there is no such file";
/// A file of the largest size in base64, with room for percent-encoding what must be, and for the other parameters.
const BODY_BYTES_MAX: usize = FILE_BYTES_MAX / 2 * 3 + (1 << 20);

pub(crate) struct PostFile;

impl Endpoint<Desk> for PostFile {
    const META: Meta = Meta::post("files", Right::ApiKeyWrite)
        .summary("Keep a file, given here or by a URL")
        .params(&[
            Param::text("name").about("mandatory with `data`"),
            Param::text("type").about("MIME type; mandatory with `data`"),
            Param::text("data").about("base64, at most 20 MiB when decoded"),
            Param::text("downloadUrl").about("where the desk fetches the file; passed over if there is `data`"),
        ])
        .source("reference, Files: Upload new file")
        .quirks(&[
            "base64 is taken in the alphabet for URLs, too, with or without padding, with line breaks; a `+` that a form has made a blank is \
             understood",
            "a file of a multipart body is taken, too, under any name; then `name` and `type` are optional",
            "`type` is kept where the contents do not contradict it; else `filetype` says what they are",
            "URLs lead to the internet only: http and https, no addresses of private networks, at most 5 redirects, 20 a minute from one domain",
            "a file that is in no message, widget or knowledge base after two weeks is deleted",
        ])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let new = given::read(&cx.state, &input).await?;
        let kept = files::keep(&cx.state, cx.principal.clone(), new).await?;
        Ok(answer(&cx, kept))
    }
}

pub(crate) struct GetFile;

impl Endpoint<Desk> for GetFile {
    const META: Meta = Meta::get("files/{fileid}", Right::ApiKey)
        .summary("What is known of a file")
        .params(&[FILE])
        .source("reference, Files: Retrieve file info")
        .quirks(&[
            UNKNOWN_IS_404,
            "`downloadUrl` wants a key, too, unless the file stands in a widget or in a public article",
            "it names the host that the caller used, or the public URL",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = input.path(FILE.name)?.to_owned();
        let found = cx.state.read(move |tx| files::find(tx, &id)).await?.ok_or_else(|| AppError::not_found("no such file"))?;
        Ok(answer(&cx, found))
    }
}

pub(crate) struct DeleteFile;

impl Endpoint<Desk> for DeleteFile {
    const META: Meta = Meta::delete("files/{fileid}", Right::ApiKeyWrite)
        .summary("Delete a file")
        .params(&[FILE])
        .source("a client library; not in the reference")
        .quirks(&[UNKNOWN_IS_404, "a file that was sent, or that stands in a widget or a knowledge base, is not deleted: 500"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        files::delete(&cx.state, input.path(FILE.name)?.to_owned()).await?;
        Ok(done())
    }
}

fn answer(cx: &Cx<Desk>, file: files::File) -> Answer {
    let downloads = file.downloads + cx.state.downloads().waiting(&file.attachment.file);
    Answer::tree(File {
        created: Zone::of(&cx.state).text(file.created),
        filename: file.attachment.name,
        filesize: file.attachment.bytes.to_string(),
        filetype: file.attachment.content_type,
        downloads: downloads.to_string(),
        download_url: link::file(&link::base(&cx.origin()), &file.attachment.file),
        fileid: file.attachment.file,
    })
}

#[derive(Serialize)]
struct File {
    fileid: String,
    created: String,
    filename: String,
    filesize: String,
    filetype: String,
    downloads: String,
    #[serde(rename = "downloadUrl")]
    download_url: String,
}

#[cfg(test)]
mod tests;
