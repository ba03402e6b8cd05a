//! `GET conversations`.

use deskbell_app::rights::Right;
use deskbell_app::views::listing::{self, Filter, Listed, Query, Test};
use deskbell_app::{AppError, Desk};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::DepartmentId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::tag_ids;
use crate::moment::Zone;
use crate::operator;

const LIMIT_DEFAULT: i64 = 100;
const OFFSET_MAX: i64 = 1_000_000_000;

pub(crate) struct ListConversations;

impl Endpoint<Desk> for ListConversations {
    const META: Meta = Meta::get("conversations", Right::ApiKey)
        .summary("Conversations by filter; everything given must hold")
        .params(&[
            Param::text("owneridentifier").about("e-mail address or contact id of the customer"),
            Param::text("department").about("id"),
            Param::text("agent").about("e-mail address or userid of the agent it is assigned to"),
            Param::list("status").about("letters, as in the answer"),
            Param::datetime("datefrom").about("created then or later"),
            Param::datetime("dateto").about("created then or earlier"),
            Param::text("datechanged").about("last changed: a date and time behind `eq:` `neq:` `gt:` `lt:` `gte:` `lte:` `btw:` or `lk:`"),
            Param::text("subject").about("exactly this"),
            Param::int("limit").about("rows, 100 unless given, at most 1000"),
            Param::int("offset").about("rows left out at the beginning"),
            Param::list("channel_type").about("letters, as in the answer"),
        ])
        .source("reference, Conversations: Retrieves all conversations")
        .quirks(&[
            "oldest change first, then by id: stable for clients that page by offset",
            "`datefrom` and `dateto` mean what their names say, not what the reference's sentences do; the wrong way round they are swapped",
            "a date alone as upper bound means its end; `gt:` a date alone begins after its first second",
            "`lk:` takes `%` and `?`; one that would look through more than 50000 conversations is refused",
            "a customer, agent or department that does not exist has no conversations",
            "a `limit` above 1000 counts as 1000",
            "status `L` of later versions of the API is taken for `R`",
            "`tags` are ids, joined by a comma and a blank",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let Some(query) = query(&input, &zone)? else { return Ok(Answer::tree(Conversations::default())) };
        let listed = cx.state.snapshot(move |tx| listing::conversations(tx, &query)).await?;
        Ok(Answer::tree(Conversations { conversations: listed.into_iter().map(|one| Conversation::new(one, &zone)).collect() }))
    }
}

/// Reads the filter; `None` if it can hold for no conversation.
fn query(input: &Input, zone: &Zone) -> Result<Option<Query>, AppError> {
    let department = match input.filled_opt("department").map(DepartmentId::parse) {
        Some(None) => return Ok(None),
        Some(department) => department,
        None => None,
    };
    let (from, end) = zone.between(input, "datefrom", "dateto")?;
    let asked = operator::read(input, "datechanged", zone)?;
    let filter = Filter {
        department,
        statuses: letters(input, "status", status)?,
        channels: letters(input, "channel_type", Channel::parse)?,
        created_from: from,
        created_to: end.map(|end| end.plus_micros(-1)),
        changed: asked.changed,
        subject: input.filled_opt("subject").map(str::to_owned),
        ..Filter::default()
    };
    let zone = zone.clone();
    Ok(Some(Query {
        filter,
        customer: input.filled_opt("owneridentifier").map(|text| text.trim().to_owned()),
        agent: input.filled_opt("agent").map(|text| text.trim().to_owned()),
        test: asked.pattern.map(|pattern| -> Test { Box::new(move |one| pattern.matches(&zone.text(one.changed))) }),
        limit: input.int_clamped("limit", LIMIT_DEFAULT, 0..=listing::PAGE_ROWS_MAX)?,
        offset: input.int_clamped("offset", 0, 0..=OFFSET_MAX)?,
    }))
}

/// Reads a list of letters; one that is not known is an error that names the parameter.
fn letters<T>(input: &Input, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, AppError> {
    let known = |letter: &str| parse(letter).ok_or_else(|| AppError::invalid(format!("parameter {name} holds an unknown letter")));
    input.list_opt(name).unwrap_or_default().into_iter().map(known).collect()
}

/// Later versions of the API know `L` (closed), which is resolved here. Source: the vendor's change log.
fn status(letter: &str) -> Option<Status> {
    Status::parse(if letter == "L" { "R" } else { letter })
}

#[derive(Serialize, Default)]
struct Conversations {
    conversations: Vec<Conversation>,
}

#[derive(Serialize)]
struct Conversation {
    conversationid: String,
    code: String,
    datecreated: String,
    datechanged: String,
    datedue: Option<String>,
    departmentname: String,
    departmentid: String,
    status: &'static str,
    ownername: String,
    owneremail: String,
    subject: String,
    preview: String,
    publicurlcode: String,
    tags: String,
    channel_type: &'static str,
    messagegroupsin: String,
    messagegroupsout: String,
}

impl Conversation {
    fn new(listed: Listed, zone: &Zone) -> Conversation {
        let Listed { conversation, customer_name, customer_email, department_name, tags } = listed;
        let owner =
            Customer { email: customer_email, name: customer_name, ..Customer::anonymous(conversation.customer, conversation.created) };
        Conversation {
            conversationid: conversation.id.to_string(),
            code: conversation.code,
            datecreated: zone.text(conversation.created),
            datechanged: zone.text(conversation.changed),
            datedue: None,
            departmentname: department_name,
            departmentid: conversation.department.to_string(),
            status: conversation.status.text(),
            ownername: owner.display_name(),
            owneremail: owner.email.unwrap_or_default(),
            subject: conversation.subject,
            preview: conversation.preview,
            publicurlcode: conversation.public_code,
            tags: tag_ids(tags.into_iter().map(|(tag, _)| tag)),
            channel_type: conversation.channel.text(),
            messagegroupsin: conversation.groups_in.to_string(),
            messagegroupsout: conversation.groups_out.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
