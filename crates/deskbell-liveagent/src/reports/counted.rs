//! `GET reports/agents`, `channels`, `departments`, `tags`: sums over a time, a row for each thing of a kind.

use std::collections::BTreeMap;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, rollups, tags, views};
use deskbell_domain::agent::Agent;
use deskbell_domain::conversation::Channel;
use deskbell_domain::measure::{Cell, Dimension};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::ask::{self, COLUMNS, FROM_GIVEN, ROWS, SKIPPED, TO_GIVEN};
use super::columns::{self, Column, ColumnOf, Counted};
use super::figures::{OF_AGENTS, OF_ALL_ELSE};
use crate::moment::Zone;

const PARAMS: &[Param] = &[FROM_GIVEN, TO_GIVEN, COLUMNS, ROWS, SKIPPED];

/// What a row is of, and its place among the totals.
struct Named {
    key: i64,
    id: String,
    name: String,
}

const AGENT: &[ColumnOf<Agent>] = &[
    ("id", |agent| agent.id.to_string()),
    ("contactid", |agent| agent.contact.to_string()),
    ("firstname", |agent| agent.first_name.clone()),
    ("lastname", |agent| agent.last_name.clone()),
];
const CHANNEL: &[ColumnOf<Named>] = &[("id", |row| row.id.clone()), ("channelName", |row| row.name.clone())];
const DEPARTMENT: &[ColumnOf<Named>] = &[("id", |row| row.id.clone()), ("departmentName", |row| row.name.clone())];
const TAG: &[ColumnOf<Named>] = &[("id", |row| row.id.clone()), ("tagName", |row| row.name.clone())];

pub(crate) struct Agents;

impl Endpoint<Desk> for Agents {
    const META: Meta = Meta::get("reports/agents", Right::ApiKey)
        .summary("What agents did")
        .params(PARAMS)
        .source("reference, Reports: Agents report")
        .quirks(&["every agent has a row, those who are switched off and those who did nothing, too; by name"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let asked = Asked::read(&cx, &input, columns::counted(AGENT, OF_AGENTS))?;
        let agents = cx.state.snapshot(views::agents).await?;
        asked.answer(&cx, "agents", Dimension::Agent, agents, |agent| agent.id.get()).await
    }
}

pub(crate) struct Channels;

impl Endpoint<Desk> for Channels {
    const META: Meta = Meta::get("reports/channels", Right::ApiKey)
        .summary("What came and went by channel")
        .params(PARAMS)
        .source("reference, Reports: Channels report")
        .quirks(&["every channel has a row; `id` is its letter, as everywhere else (the reference's example has a number)"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let asked = Asked::read(&cx, &input, columns::counted(CHANNEL, OF_ALL_ELSE))?;
        asked.answer(&cx, "channels", Dimension::Channel, channels(), |row| row.key).await
    }
}

pub(crate) struct Departments;

impl Endpoint<Desk> for Departments {
    const META: Meta = Meta::get("reports/departments", Right::ApiKey)
        .summary("What departments did")
        .params(PARAMS)
        .source("reference, Reports: Departments report")
        .quirks(&["every department has a row, those that are switched off, too; the default one first, then by name"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let asked = Asked::read(&cx, &input, columns::counted(DEPARTMENT, OF_ALL_ELSE))?;
        let all = cx.state.snapshot(views::departments).await?.into_iter();
        let rows = all.map(|one| Named { key: one.id.get(), id: one.id.to_string(), name: one.name });
        asked.answer(&cx, "departments", Dimension::Department, rows.collect(), |row| row.key).await
    }
}

pub(crate) struct Tags;

impl Endpoint<Desk> for Tags {
    const META: Meta = Meta::get("reports/tags", Right::ApiKey)
        .summary("What was done with each tag")
        .params(PARAMS)
        .source("reference, Reports: Tags report")
        .quirks(&[
            "every tag has a row, by name; what happens counts for the tags that are on the conversation at that moment",
            "a removed tag is shown nowhere, so not here either",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let asked = Asked::read(&cx, &input, columns::counted(TAG, OF_ALL_ELSE))?;
        let all = cx.state.snapshot(tags::all).await?.into_iter();
        let rows = all.map(|tag| Named { key: tag.id.get(), id: tag.id.to_string(), name: tag.name });
        asked.answer(&cx, "tags", Dimension::Tag, rows.collect(), |row| row.key).await
    }
}

/// What is asked of a report of sums.
struct Asked<T> {
    range: ask::Range,
    page: ask::Page,
    columns: Vec<Column<Counted<T>>>,
}

impl<T: Send + 'static> Asked<T> {
    fn read(cx: &Cx<Desk>, input: &Input, columns: Vec<Column<Counted<T>>>) -> Result<Asked<T>, AppError> {
        let range = ask::range(input, &Zone::of(&cx.state))?.in_quarters();
        Ok(Asked { range, page: ask::page(input)?, columns: columns::wanted(input, columns)? })
    }

    /// `all` are the things that have rows, in their order; `key` is a thing's place among the totals.
    async fn answer(
        self,
        cx: &Cx<Desk>,
        list: &'static str,
        dimension: Dimension,
        all: Vec<T>,
        key: fn(&T) -> i64,
    ) -> Result<Answer, AppError> {
        let (from, until, now) = (self.range.from, self.range.until, cx.state.now());
        rollups::caught_up(&cx.state).await?;
        let totals = cx.state.snapshot(move |tx| rollups::totals(tx, dimension, from, until, now)).await?;
        Ok(columns::answer(list, self.columns, joined(self.page.of(all), totals, key)))
    }
}

/// Each thing with its sums, if there are any.
fn joined<T>(things: Vec<T>, mut totals: BTreeMap<i64, Cell>, key: fn(&T) -> i64) -> Vec<Counted<T>> {
    let row = |of: T| Counted { cell: totals.remove(&key(&of)).unwrap_or_default(), of };
    things.into_iter().map(row).collect()
}

/// All channels. Source of the names: the reference, `channel_type` of conversations.
fn channels() -> Vec<Named> {
    let name = |channel: Channel| match channel {
        Channel::Email => "Email",
        Channel::Button => "Contact button",
        Channel::Form => "Contact form",
        Channel::Invitation => "Invitation",
        Channel::Call => "Call",
        Channel::CallButton => "Call button",
        Channel::Facebook => "Facebook",
        Channel::FacebookMessage => "Facebook message",
        Channel::Twitter => "Twitter",
        Channel::Forum => "Forum",
        Channel::Suggestion => "Suggestion",
    };
    let row = |channel: &Channel| Named {
        key: rollups::channel_member(*channel),
        id: channel.text().to_owned(),
        name: name(*channel).to_owned(),
    };
    Channel::ALL.iter().map(row).collect()
}

#[cfg(test)]
mod tests;
