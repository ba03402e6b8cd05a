//! `GET conversations`.

use std::borrow::Cow;
use std::collections::HashMap;

use deskbell_app::paging::{ListKey, PageStart};
use deskbell_app::rights::Right;
use deskbell_app::views::listing::{self, Filter, Line, Lines, Query, Test};
use deskbell_app::{AppError, Desk};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::ids::{ConversationId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Serialize, Serializer};

use super::tag_ids;
use crate::moment::Zone;
use crate::operator;
use crate::short::Short;

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
            "oldest first, then by id: a place that never changes. Where `datechanged` has a lower bound (`gt`, `gte`, `eq`, `btw`, `lk` with a beginning) it is the oldest change first, so that one who asks for what is newer than the newest he knows goes on where he stopped",
            "a page begins strictly after the row that the same key's page up to this `offset` ended with, whatever came or went meanwhile; `offset=0` begins anew. An `offset` more than 10000 rows beyond every page asked for so far (since the server's start) is refused: page from the start, or narrow the filter",
            "conversations that were merged into others are left out",
            "`datefrom` and `dateto` mean what their names say, not what the reference's sentences do; the wrong way round they are swapped",
            "a date alone as upper bound means its end; `gt:` a date alone begins after its first second",
            "`lk:` takes `%` and `?`; one that would look through more than 50000 conversations is refused",
            "a customer, agent or department that does not exist has no conversations",
            "a `limit` above 1000 counts as 1000",
            "status `L` of later versions of the API is taken for `R`",
            "`tags` are ids, joined by a comma and a blank",
            "`datedue` is the earliest due time of a conversation's SLA clocks, null where nothing is due",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let Some(mut query) = query(&input, &zone)? else { return Ok(Answer::tree(Conversations::none(zone))) };
        let offset = input.int_clamped("offset", 0, 0..=OFFSET_MAX)?;
        let key = ListKey::new(&cx.principal, "conversations", &FILTERS.map(|name| input.filled_opt(name)));
        let start = cx.state.paging().start(&key, offset)?;
        query.start = start;
        // Not one moment: whatever falls between its statements would be as true a moment later.
        let page = cx.state.read(move |tx| listing::conversations(tx, &query)).await?;
        if let Some(last) = page.last {
            cx.state.paging().ended(&key, start, offset + page.rows.len() as i64, last);
        }
        Ok(Answer::tree(Conversations { conversations: Rows { rows: page.rows, dues: page.dues, zone } }))
    }
}

/// The parameters that decide which rows there are.
const FILTERS: [&str; 9] =
    ["owneridentifier", "department", "agent", "status", "datefrom", "dateto", "datechanged", "subject", "channel_type"];

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
        test: asked.pattern.map(|pattern| -> Test { Box::new(move |changed| pattern.matches(&zone.text(changed))) }),
        limit: input.int_clamped("limit", LIMIT_DEFAULT, 0..=listing::PAGE_ROWS_MAX)?,
        start: PageStart::default(),
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

#[derive(Serialize)]
struct Conversations {
    conversations: Rows,
}

impl Conversations {
    fn none(zone: Zone) -> Conversations {
        Conversations { conversations: Rows { rows: Lines::default(), dues: HashMap::new(), zone } }
    }
}

/// Rows become wire types one by one as they are written: a page of a thousand needs no second copy.
struct Rows {
    rows: Lines,
    dues: HashMap<ConversationId, Timestamp>,
    zone: Zone,
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|line| Conversation::new(line, self.dues.get(&line.id()), &self.zone)))
    }
}

#[derive(Serialize)]
struct Conversation<'a> {
    conversationid: Short,
    code: &'a str,
    datecreated: Short,
    datechanged: Short,
    datedue: Option<Short>,
    departmentname: &'a str,
    departmentid: Short,
    status: &'static str,
    ownername: Cow<'a, str>,
    owneremail: &'a str,
    subject: &'a str,
    preview: &'a str,
    publicurlcode: &'a str,
    tags: String,
    channel_type: &'static str,
    messagegroupsin: Short,
    messagegroupsout: Short,
}

impl<'a> Conversation<'a> {
    fn new(line: Line<'a>, due: Option<&Timestamp>, zone: &Zone) -> Conversation<'a> {
        Conversation {
            conversationid: Short::id(line.id().get()),
            code: line.code(),
            datecreated: zone.short(line.created()),
            datechanged: zone.short(line.changed()),
            datedue: due.map(|due| zone.short(*due)),
            departmentname: line.department_name(),
            departmentid: Short::id(line.department().get()),
            status: line.status().text(),
            ownername: line.customer_display_name(),
            owneremail: line.customer_email().unwrap_or_default(),
            subject: line.subject(),
            preview: line.preview(),
            publicurlcode: line.public_code(),
            tags: tag_ids(line.tags().iter().copied()),
            channel_type: line.channel().text(),
            messagegroupsin: Short::count(line.groups_in()),
            messagegroupsout: Short::count(line.groups_out()),
        }
    }
}

#[cfg(test)]
mod tests;
