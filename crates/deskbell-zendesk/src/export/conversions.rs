//! The incremental export of conversions: `GET /api/v2/incremental/conversions`.

#[cfg(test)]
mod tests;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, goals};
use deskbell_domain::goal::{Attribution, Conversion};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, ParamKind, Place};
use serde::Serialize;

use super::ask::Ask;
use super::page::Page;
use super::{Ids, Series, Unexpanded, Unit, answer, reach};
use crate::documents::{department_id, stamp};
use crate::rest::Rest;

const CONVERSIONS: Series =
    Series { path: "incremental/conversions", name: "conversions", unit: Unit::Seconds, ids: Ids::Told, unless_expanded: Unexpanded::Id };

#[derive(Serialize)]
struct ConversionObject<'a> {
    attribution: AttributionObject<'a>,
    goal_id: i64,
    goal_name: &'a str,
    id: &'a str,
    timestamp: String,
}

/// All null when no agent took part in a chat within the goal's period.
#[derive(Serialize)]
struct AttributionObject<'a> {
    agent_id: Option<i64>,
    chat_id: Option<&'a str>,
    chat_timestamp: Option<String>,
    department_id: Option<i64>,
}

impl<'a> From<&'a Conversion> for ConversionObject<'a> {
    fn from(conversion: &'a Conversion) -> ConversionObject<'a> {
        ConversionObject {
            attribution: AttributionObject::from(conversion.attribution.as_ref()),
            goal_id: conversion.goal.get(),
            goal_name: &conversion.goal_name,
            id: &conversion.public_id,
            timestamp: stamp(conversion.at),
        }
    }
}

impl<'a> From<Option<&'a Attribution>> for AttributionObject<'a> {
    fn from(attribution: Option<&'a Attribution>) -> AttributionObject<'a> {
        AttributionObject {
            agent_id: attribution.map(|attribution| attribution.agent.get()),
            chat_id: attribution.map(|attribution| attribution.chat_public_id.as_str()),
            chat_timestamp: attribution.map(|attribution| stamp(attribution.chat_at)),
            department_id: attribution.and_then(|attribution| department_id(attribution.department)),
        }
    }
}

/// A page of conversions for a caller, up to a second.
async fn page(rest: &Rest, ask: &Ask, until: i64) -> Result<Page, AppError> {
    let (start, projection, limit) = (ask.start.clone(), ask.projection.clone(), ask.limit());
    rest.desk()
        .read(move |tx| {
            let mut page = Page::new(&CONVERSIONS, start.clone(), projection);
            for (second, conversion) in goals::page(tx, (start.time, &start.id), until, limit)? {
                let body = serde_json::to_string(&ConversionObject::from(&conversion))
                    .map_err(|error| AppError::internal(format!("a conversion cannot be written: {error}")))?;
                page.add(second, &conversion.public_id, &body);
            }
            page.whole()
        })
        .await
}

pub(super) struct GetConversions;

impl Endpoint<Rest> for GetConversions {
    const META: Meta = Meta::get(CONVERSIONS.path, Right::TokenReadAdministrator)
        .summary("Conversions since a moment: visitors who reached goals")
        .params(&[
            Param::text("start_time").placed(Place::Query).about("seconds since 1970, a fraction is rounded up; at least five minutes ago"),
            Param::text("start_id")
                .placed(Place::Query)
                .about("the last conversion seen of that second; without it the second is included"),
            Param::int("limit").placed(Place::Query).about("1 to 1000, which is also the default; larger ones become 1000"),
            Param::new("fields", ParamKind::Text).placed(Place::Query).about("`conversions(id,goal_name)` or `conversions(*)`"),
        ])
        .source("Incremental Export API, conversions")
        .quirks(&[
            "`start_time` counts seconds: the table's word about microseconds contradicts the section above it and the example",
            "only `id` unless `fields` says more; the last five minutes, pages and limits as with chats",
            "no more than 999 conversions share the second by which they are paged; later ones take the next",
            "all of `attribution` is null when no agent took part in a chat of the visitor within the goal's period; the default \
             department is null",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let ask = Ask::read(&CONVERSIONS, &input)?;
        let until = reach(&cx.state, &ask).await?;
        let page = page(&cx.state, &ask, until).await?;
        answer(&cx, &ask, page).await
    }
}
