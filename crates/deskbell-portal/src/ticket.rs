//! `/ticket_<public code>`: a conversation for the one who was given its code, or for whoever he gave it to.

use askama::Template;
use deskbell_app::conversations::by_customer::{self, reply_by_customer};
use deskbell_app::files;
use deskbell_app::public_tickets::{self, Found, Ticket};
use deskbell_app::rights::Right;
use deskbell_app::settings::Settings;
use deskbell_app::{AppError, Kind};
use deskbell_domain::conversation::Status;
use deskbell_domain::message::{Actor, Message};
use deskbell_http::download::{Download as Delivered, Openness, Presented};
use deskbell_http::tries::TryKey;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use http::header::{self, HeaderValue};

use crate::door::{State, too_often};
use crate::moment::Moment;
use crate::reader::{Form, Who, is_trapped, typed};
use crate::shell::{Indexing, Shell, answer, see};
use crate::texts::{Language, Texts};
use crate::words::{Piece, lines};

/// How paths of tickets begin.
pub(crate) const PREFIX: &str = "ticket_";
/// Bytes of a posted form: a message of the greatest length, escaped.
const REPLY_BYTES_MAX: usize = 128 * 1024;

#[derive(Template)]
#[template(path = "ticket.html")]
struct Page<'a> {
    shell: Shell,
    t: &'static Texts,
    action: String,
    ticket: &'a Ticket,
    status: &'static str,
    resolved: bool,
    said: Vec<Said<'a>>,
    key: String,
    text: &'a str,
    problem: Option<&'a str>,
}

/// A ticket whose messages went to somebody else's.
#[derive(Template)]
#[template(path = "joined.html")]
struct JoinedPage {
    shell: Shell,
    t: &'static Texts,
}

/// A message as the page shows it.
struct Said<'a> {
    id: String,
    name: &'a str,
    own: bool,
    at: Moment,
    lines: Vec<Vec<Piece<'a>>>,
    file: Option<FileLink<'a>>,
}

struct FileLink<'a> {
    path: String,
    name: &'a str,
    kilobytes: u64,
}

impl<'a> Said<'a> {
    fn new(message: &'a Message, settings: &Settings, action: &str) -> Said<'a> {
        Said {
            id: message.id.to_string(),
            name: &message.author_name,
            own: matches!(message.author, Actor::Customer(_)),
            at: Moment::of(settings, message.at),
            lines: if message.text.trim().is_empty() { Vec::new() } else { lines(&message.text) },
            file: message.attachment.as_ref().map(|attachment| FileLink {
                path: format!("{action}/files/{}", attachment.file),
                name: &attachment.name,
                kilobytes: attachment.bytes.div_ceil(1_024),
            }),
        }
    }
}

/// What a customer is told of a status.
pub(crate) fn status_text(t: &'static Texts, status: Status) -> &'static str {
    match status {
        Status::Init | Status::New | Status::Open | Status::Postponed => t.ticket_open,
        Status::Answered => t.ticket_answered,
        Status::Resolved | Status::Deleted | Status::Spam => t.ticket_resolved,
        Status::Chatting | Status::Calling => t.ticket_chatting,
    }
}

/// No search engine lists it, no link tells its address, nobody keeps it.
fn hidden(answer: Answer) -> Answer {
    answer
        .header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .header_text(http::HeaderName::from_static("x-robots-tag"), "noindex")
}

/// The page of a ticket, with what was wrong with a reply.
pub(crate) async fn page(cx: &Cx<State>, code: &str, text: &str, problem: Option<&str>) -> Result<Answer, AppError> {
    let wanted = code.to_owned();
    let found = cx.state.desk.snapshot(move |tx| public_tickets::by_public_code(tx, &wanted)).await?;
    let found = found.ok_or_else(|| AppError::not_found("no such ticket"))?;
    let (who, language, form) = (Who::of(cx).await?, Language::asked(cx.head.headers()), Form::of(cx));
    let t = language.texts();
    let desk = &cx.state.desk;
    let shell = |title: &str| Shell::of(desk, language, title, Indexing::Kept, &who, &form);
    let ticket = match found {
        Found::Ticket(ticket) => ticket,
        Found::Joined => return Ok(hidden(answer(&JoinedPage { shell: shell(t.ticket), t }, &form)?.status(410))),
    };
    let (settings, action) = (desk.settings(), format!("/{PREFIX}{code}"));
    let subject = Some(ticket.conversation.subject.trim()).filter(|subject| !subject.is_empty()).unwrap_or(t.no_subject);
    let page = Page {
        shell: shell(subject),
        t,
        status: status_text(t, ticket.conversation.status),
        resolved: ticket.conversation.status == Status::Resolved,
        said: ticket.messages.iter().map(|message| Said::new(message, &settings, &action)).collect(),
        action,
        ticket: &ticket,
        key: desk.draw_file_name(),
        text,
        problem,
    };
    Ok(hidden(answer(&page, &form)?))
}

/// The code in a path's segment, which a slug may follow.
pub(crate) fn code_of(segment: &str) -> Option<&str> {
    segment.strip_prefix(PREFIX)
}

fn code(input: &Input) -> Result<String, AppError> {
    let segment = input.path("page")?;
    Ok(code_of(segment).ok_or_else(|| AppError::not_found("no such page"))?.to_owned())
}

/// The older address of a ticket.
pub(crate) struct ByNumber;

impl Endpoint<State> for ByNumber {
    const META: Meta = Meta::get("index.php", Right::Anyone)
        .summary("The older address of a ticket")
        .params(&[Param::text("type").placed(Place::Query), Param::text("cid").placed(Place::Query).about("a ticket's public code")]);

    async fn run(_: Cx<State>, input: Input) -> Result<Answer, AppError> {
        if input.text_opt("type") != Some("my_tickets") {
            return Ok(see("/kb"));
        }
        match input.filled_opt("cid") {
            None => Ok(see("/tickets")),
            Some(code) if code.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok(see(&format!("/{PREFIX}{code}"))),
            Some(_) => Err(AppError::not_found("no such ticket")),
        }
    }
}

/// What the holder of the code writes.
pub(crate) struct Reply;

impl Endpoint<State> for Reply {
    const META: Meta = Meta::post("{page}/reply", Right::Anyone)
        .summary("Answers a ticket as its customer")
        .params(&[Param::path("page"), Param::text("message").placed(Place::Body), Param::text("key").placed(Place::Body)])
        .body_bytes_max(REPLY_BYTES_MAX);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let code = code(&input)?;
        Form::of(&cx).check(&cx, &input)?;
        let text = typed(&input, "message").unwrap_or_default();
        if is_trapped(&input) {
            return Ok(see(&format!("/{PREFIX}{code}")));
        }
        match write(&cx, &code, text, typed(&input, "key")).await {
            Ok(place) => Ok(see(&place)),
            Err(error) if matches!(error.kind, Kind::Missing | Kind::TooLarge | Kind::Invalid) => {
                let t = Language::asked(cx.head.headers()).texts();
                let problem = if error.kind == Kind::TooLarge { t.too_long } else { t.fill_in };
                Ok(page(&cx, &code, text, Some(problem)).await?.status(422))
            }
            Err(error) => Err(error),
        }
    }
}

/// Writes the reply; where it can be read.
async fn write(cx: &Cx<State>, code: &str, text: &str, key: Option<&str>) -> Result<String, AppError> {
    let desk = &cx.state.desk;
    let signed_in = match Who::of(cx).await? {
        Who::Customer(customer) => Some(customer.id),
        Who::Nobody | Who::Agent { .. } => None,
    };
    let wanted = code.to_owned();
    let conversation = desk.read(move |tx| public_tickets::writable(tx, &wanted)).await?;
    let caller = TryKey::caller(cx.peer);
    cx.state.posts.take(&[caller], desk.now()).map_err(too_often)?;
    let (text, key) = (text.to_owned(), key.map(str::to_owned));
    let address = cx.peer.map(|peer| peer.to_string()).unwrap_or_default();
    let written = desk
        .write(move |tx, cx| {
            let reply = by_customer::Reply { text: &text, key: key.as_deref(), address: &address, signed_in };
            let done = reply_by_customer(tx, cx, conversation, reply)?;
            let at = public_tickets::public_code(tx, done.conversation.unwrap_or(conversation))?;
            Ok((at, done.message))
        })
        .await;
    if written.is_err() {
        cx.state.posts.take_back(caller);
    }
    let (at, message) = written?;
    Ok(match message {
        Some(message) => format!("/{PREFIX}{at}#m-{message}"),
        None => format!("/{PREFIX}{at}"),
    })
}

/// A file of a ticket, for the holder of its code.
pub(crate) struct Download;

impl Endpoint<State> for Download {
    const META: Meta = Meta::get("{page}/files/{file}", Right::Anyone)
        .summary("A file that was sent in a ticket")
        .params(&[Param::path("page"), Param::path("file")]);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let (code, wanted) = (code(&input)?, input.path("file")?.to_owned());
        let desk = &cx.state.desk;
        let file = desk.snapshot(move |tx| public_tickets::file(tx, &code, &wanted)).await?;
        let file = file.ok_or_else(|| AppError::not_found("no such file"))?;
        let contents = files::open(desk, &file).await?;
        let download = Delivered { contents, presented: Presented::Inline, openness: Openness::Private };
        let delivery = download.deliver(&cx.head).await?;
        if delivery.begins {
            desk.downloads().count(&file.attachment.file);
        }
        Ok(delivery.answer)
    }
}

#[cfg(test)]
mod tests;
