//! `/tickets`: a signed-in customer's own conversations.

use askama::Template;
use deskbell_app::AppError;
use deskbell_app::public_tickets::{self, PAGE_TICKETS_MAX};
use deskbell_app::rights::Right;
use deskbell_domain::conversation::Conversation;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use http::header::{self, HeaderValue};

use crate::door::State;
use crate::moment::Moment;
use crate::reader::{Form, Who};
use crate::shell::{Indexing, Shell, answer, see};
use crate::texts::{Language, Texts};
use crate::ticket::{PREFIX, status_text};

#[derive(Template)]
#[template(path = "tickets.html")]
struct Page {
    shell: Shell,
    t: &'static Texts,
    /// `None`: the reader is no customer.
    tickets: Option<Vec<Row>>,
    older: Option<String>,
}

struct Row {
    path: String,
    subject: String,
    code: String,
    preview: String,
    status: &'static str,
    changed: Moment,
}

pub(crate) struct Own;

impl Endpoint<State> for Own {
    const META: Meta =
        Meta::get("tickets", Right::Anyone).summary("The tickets of the customer who is signed in").params(&[Param::text("before")
            .placed(Place::Query)
            .about("the last ticket of the page before: its time of change and its id")]);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let who = Who::of(&cx).await?;
        let customer = match &who {
            Who::Nobody => return Ok(see("/login")),
            Who::Customer(customer) => Some(customer.id),
            Who::Agent { .. } => None,
        };
        let before = input.text_opt("before").and_then(place);
        let own = match customer {
            Some(customer) => Some(cx.state.desk.snapshot(move |tx| public_tickets::of_customer(tx, customer, before)).await?),
            None => None,
        };
        let (language, form) = (Language::asked(cx.head.headers()), Form::of(&cx));
        let shell = Shell::of(&cx.state.desk, language, language.texts().my_tickets, Indexing::Kept, &who, &form);
        let page = page(&cx, shell, own);
        Ok(answer(&page, &form)?.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
    }
}

fn page(cx: &Cx<State>, shell: Shell, own: Option<Vec<Conversation>>) -> Page {
    let (t, settings) = (shell.t, cx.state.desk.settings());
    let full = own.as_ref().is_some_and(|own| own.len() as i64 == PAGE_TICKETS_MAX);
    let last = own.as_ref().and_then(|own| own.last()).filter(|_| full);
    Page {
        older: last.map(|last| format!("/tickets?before={}.{}", last.changed.micros(), last.id)),
        tickets: own.map(|own| {
            own.into_iter()
                .map(|ticket| Row {
                    path: format!("/{PREFIX}{}", ticket.public_code),
                    status: status_text(t, ticket.status),
                    changed: Moment::of(&settings, ticket.changed),
                    subject: if ticket.subject.trim().is_empty() { t.no_subject.to_owned() } else { ticket.subject },
                    code: ticket.code,
                    preview: ticket.preview,
                })
                .collect()
        }),
        shell,
        t,
    }
}

/// Where a page goes on.
fn place(text: &str) -> Option<(Timestamp, ConversationId)> {
    let (changed, id) = text.split_once('.')?;
    Some((Timestamp::from_micros(changed.parse().ok()?), ConversationId::parse(id)?))
}

#[cfg(test)]
mod tests;
