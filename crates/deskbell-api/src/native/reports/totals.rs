//! `GET reports/totals`: sums over a time, a row for each agent, department, channel or tag.

use std::collections::BTreeMap;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, rollups, tags, views};
use deskbell_domain::conversation::Channel;
use deskbell_domain::measure::{Cell, Dimension};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use deskbell_store::Tx;
use serde::Serialize;
use utoipa::ToSchema;

use super::values;
use crate::native::Native;
use crate::native::call::{Bodies, Call};
use crate::native::days::{self, Days};
use crate::native::page::{self, Page};

const DIMENSIONS: &[(&str, Dimension)] = &[
    ("agent", Dimension::Agent),
    ("department", Dimension::Department),
    ("channel", Dimension::Channel),
    ("tag", Dimension::Tag),
    ("account", Dimension::Account),
];

/// What one of them did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TotalView {
    /// Its id; a channel's letter; `account` for the whole desk.
    of: String,
    /// A channel's letter again.
    name: String,
    /// By the names of `reports/measures`.
    values: BTreeMap<&'static str, i64>,
}

/// Whom sums are of, and their place among them.
struct Named {
    member: i64,
    of: String,
    name: String,
}

/// All that sums can be of, in the order in which they are listed elsewhere.
fn named(tx: &mut Tx<'_>, dimension: Dimension) -> Result<Vec<Named>, AppError> {
    Ok(match dimension {
        Dimension::Account => vec![Named { member: 0, of: "account".to_owned(), name: String::new() }],
        Dimension::Agent => {
            let row = |agent: deskbell_domain::agent::Agent| Named {
                member: agent.id.get(),
                of: agent.id.to_string(),
                name: agent.display_name(),
            };
            views::agents(tx)?.into_iter().map(row).collect()
        }
        Dimension::Department => {
            let all = views::departments(tx)?.into_iter();
            all.map(|one| Named { member: one.id.get(), of: one.id.to_string(), name: one.name }).collect()
        }
        Dimension::Channel => {
            let row = |channel: &Channel| Named {
                member: rollups::channel_member(*channel),
                of: channel.text().to_owned(),
                name: channel.text().to_owned(),
            };
            Channel::ALL.iter().map(row).collect()
        }
        Dimension::Tag => {
            tags::all(tx)?.into_iter().map(|tag| Named { member: tag.id.get(), of: tag.id.to_string(), name: tag.name }).collect()
        }
    })
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<TotalView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("reports/totals", Right::Administrator)
        .summary("What each agent, department, channel or tag did: all measures; who did nothing has no row")
        .params(&[
            days::FROM,
            days::TO,
            Param::text("by").placed(Place::Query).required().about("`agent`, `department`, `channel`, `tag` or `account`"),
            page::LIMIT,
            page::AFTER,
        ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let desk = &cx.state.desk;
        let Days { from, until, .. } = Days::read(desk, &input)?;
        let dimension = input.one_of("by", DIMENSIONS)?;
        rollups::caught_up(desk).await?;
        let now = desk.now();
        let read = desk.snapshot(move |tx| Ok::<_, AppError>((named(tx, dimension)?, rollups::totals(tx, dimension, from, until, now)?)));
        let (named, mut totals) = read.await?;
        let row = |of: Named| totals.remove(&of.member).filter(|cell| !cell.is_zero()).map(|cell| (of, cell));
        let rows: Vec<(Named, Cell)> = named.into_iter().filter_map(row).collect();
        let view = |(of, cell): &(Named, Cell)| TotalView { of: of.of.clone(), name: of.name.clone(), values: values(cell) };
        Ok(Answer::tree(Page::of_all(rows, &input, |(of, _)| of.of.clone(), view)?))
    }
}
