//! `GET reports/ranking`: ratings, a row for each.

use deskbell_app::paging::ListKey;
use deskbell_app::ratings::{self, Filter, Rated};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, views};
use deskbell_domain::agent::Agent;
use deskbell_domain::chat::Rating;
use deskbell_domain::customer;
use deskbell_domain::ids::CustomerId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::ask::{self, COLUMNS, FROM_GIVEN, ROWS, SKIPPED, TO_GIVEN};
use super::columns::{self, ColumnOf};
use crate::moment::Zone;

const LIST: &str = "ranks";

struct Row {
    rated: Rated,
    agent: Option<Agent>,
    zone: Zone,
}

const ROW: &[ColumnOf<Row>] = &[
    ("id", |row| row.rated.chat.get().to_string()),
    ("rankingType", |row| letter(row.rated.rating).to_owned()),
    ("datecreated", |row| row.zone.text(row.rated.at)),
    ("conversationid", |row| row.rated.conversation.to_string()),
    ("agentcontactid", |row| row.of_agent(|agent| agent.contact.to_string())),
    ("agentEmail", |row| row.of_agent(|agent| agent.email.clone())),
    ("agent", |row| row.of_agent(Agent::display_name)),
    ("contactid", |row| row.rated.customer.to_string()),
    ("requesterEmail", |row| row.rated.customer_email.clone().unwrap_or_default()),
    ("requester", Row::requester),
    ("comment", |row| row.rated.comment.clone()),
];

impl Row {
    fn of_agent(&self, show: fn(&Agent) -> String) -> String {
        self.agent.as_ref().map(show).unwrap_or_default()
    }

    fn requester(&self) -> String {
        customer::display_name(self.rated.customer, &self.rated.customer_name, self.rated.customer_email.as_deref()).into_owned()
    }
}

/// Here, not as in messages.
fn letter(rating: Rating) -> &'static str {
    match rating {
        Rating::Good => "W",
        Rating::Bad => "P",
    }
}

pub(crate) struct Ranking;

impl Endpoint<Desk> for Ranking {
    const META: Meta = Meta::get("reports/ranking", Right::ApiKey)
        .summary("Ratings")
        .params(&[
            FROM_GIVEN,
            TO_GIVEN,
            COLUMNS,
            ROWS,
            SKIPPED,
            Param::text("agentid").about("contact id of the agent"),
            Param::text("contactid").about("contact id of the one who rated"),
            Param::list("types").about("`W` good, `P` bad: here, not as in messages"),
        ])
        .source("reference, Reports: Ranking agents report")
        .quirks(&[
            "in the order they were given; a rating that was changed counts as it is now, at the time of its change, and one that was taken back is none: the same that `rewards` and `punishments` count",
            "the agent is the one who had joined the chat last when it was rated; nobody, if it was rated before anybody had",
            "`id` is the chat's number: a chat has one rating",
            "the rating of a deleted conversation is listed, as it is counted; its comment is not",
            "a page begins strictly after the row that the same key's page up to this `limitfrom` ended with; one more than 10000 rows beyond every page asked for so far is refused",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let (range, page) = (ask::range(&input, &zone)?, ask::page(&input)?);
        let columns = columns::wanted(&input, columns::plain(ROW))?;
        let rating = rating(&input)?;
        let Some((agent, customer)) = who(&input) else { return Ok(columns::answer(LIST, columns, Vec::new())) };
        let key = ListKey::new(&cx.principal, "reports/ranking", &(range.from, range.until, agent, customer, rating));
        let start = cx.state.paging().start(&key, page.skip)?;
        let read = cx.state.snapshot(move |tx| {
            let agent = match agent {
                Some(contact) => match views::agents(tx)?.into_iter().find(|agent| agent.contact == contact) {
                    Some(agent) => Some(agent.id),
                    None => return Ok(ratings::Page::default()),
                },
                None => None,
            };
            let filter = Filter { from: range.from, until: range.until, agent, customer, rating, beyond: None };
            ratings::page(tx, &filter, start, page.rows)
        });
        let listed = read.await?;
        if let Some(last) = listed.last {
            cx.state.paging().ended(&key, start, page.skip + listed.rows.len() as i64, last);
        }
        let row = |rated: Rated| Row { agent: rated.agent.and_then(|agent| listed.agents.get(&agent).cloned()), rated, zone: zone.clone() };
        Ok(columns::answer(LIST, columns, listed.rows.into_iter().map(row).collect()))
    }
}

/// Contact ids of the agent and of the one who rated. `None`: one of them cannot be one.
fn who(input: &Input) -> Option<(Option<CustomerId>, Option<CustomerId>)> {
    let read = |name: &str| match input.filled_opt(name).map(|text| CustomerId::parse(text.trim())) {
        Some(None) => None,
        Some(contact) => Some(contact),
        None => Some(None),
    };
    Some((read("agentid")?, read("contactid")?))
}

/// Which ratings; `None`: both.
fn rating(input: &Input) -> Result<Option<Rating>, AppError> {
    let parse = |letter: &str| [Rating::Good, Rating::Bad].into_iter().find(|rating| self::letter(*rating) == letter);
    let known = |letter: &str| parse(letter).ok_or_else(|| AppError::invalid("parameter types holds an unknown letter"));
    let asked: Vec<Rating> = input.list_opt("types").unwrap_or_default().into_iter().map(known).collect::<Result<_, _>>()?;
    let both = asked.contains(&Rating::Good) == asked.contains(&Rating::Bad);
    Ok(if both { None } else { asked.first().copied() })
}

#[cfg(test)]
pub(super) mod tests;
