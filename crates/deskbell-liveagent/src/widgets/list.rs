//! `GET widgets`.

use std::mem::take;

use deskbell_app::rights::Right;
use deskbell_app::widgets::{self, Filter, PAGE_ROWS_MAX};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::widget;
use deskbell_http::{Answer, Cdata, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::info::{Common, base_text};
use super::{DEPARTMENT, KIND, KIND_LETTERS, KINDS, PROVIDE, STATUS, STATUS_LETTERS, STATUSES, USE, USE_LETTERS, USES, integration};
use crate::link;
use crate::moment::Zone;

const LIMIT_DEFAULT: i64 = 100;
const OFFSET_MAX: i64 = 1_000_000_000;

pub(crate) struct ListWidgets;

impl Endpoint<Desk> for ListWidgets {
    const META: Meta = Meta::get("widgets", Right::ApiKey)
        .summary("Contact widgets by filter; everything given must hold")
        .params(&[
            Param::text(PROVIDE).about("exactly these letters"),
            Param::text(DEPARTMENT).about("id"),
            Param::one_of(KIND, KIND_LETTERS),
            Param::one_of(USE, USE_LETTERS),
            Param::one_of(STATUS, STATUS_LETTERS),
            Param::int("limitcount").about("rows, 100 unless given, at most 1000"),
            Param::int("limitfrom").about("rows left out at the beginning"),
        ])
        .source("reference, Widgets: Retrieve list of contact widgets")
        .quirks(&[
            "in the order they were made: a client that pages goes on after the last row it got",
            "a department that does not exist has no widgets",
            "a `limitcount` above 1000 counts as 1000",
            "`attributes` and `form_fields` are in the answer for one widget only",
            "the last style sheet is `offlinecode_ieold_css` here, `offlinecode_ieold_CSS` in the answer for one widget: the reference has both",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let Some(filter) = filter(&input)? else { return Ok(Answer::tree(Widgets::default())) };
        let limit = input.int_clamped("limitcount", LIMIT_DEFAULT, 0..=PAGE_ROWS_MAX)?;
        let offset = input.int_clamped("limitfrom", 0, 0..=OFFSET_MAX)?;
        let page = widgets::page(&cx.state, &cx.principal, filter, limit, offset).await?;
        let (zone, base) = (Zone::of(&cx.state), link::base(&cx.origin()));
        let row = |widget| Row::new(widget, &cx.state, &zone, &base);
        Ok(Answer::tree(Widgets { widgets: page.into_iter().map(row).collect() }))
    }
}

/// `None` if it can hold for no widget.
fn filter(input: &Input) -> Result<Option<Filter>, AppError> {
    let department = match input.filled_opt(DEPARTMENT).map(|text| DepartmentId::parse(text.trim())) {
        Some(None) => return Ok(None),
        Some(department) => department,
        None => None,
    };
    let provide = input.filled_opt(PROVIDE);
    if provide.is_some_and(|provide| provide.contains('\0')) {
        return Ok(None);
    }
    Ok(Some(Filter {
        provide: provide.map(str::to_owned),
        department,
        kind: input.one_of_opt(KIND, &KINDS)?,
        used: input.one_of_opt(USE, &USES)?,
        status: input.one_of_opt(STATUS, &STATUSES)?,
    }))
}

#[derive(Serialize, Default)]
struct Widgets {
    widgets: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    contactwidgetid: String,
    name: String,
    provide: String,
    departmentid: String,
    kb_id: String,
    rtype: &'static str,
    usecode: &'static str,
    status: &'static str,
    #[serde(flatten)]
    common: Common,
    offlinecode_ieold_css: Option<Cdata>,
    integration_code: Cdata,
}

impl Row {
    fn new(mut widget: widget::Widget, desk: &Desk, zone: &Zone, base: &str) -> Row {
        Row {
            integration_code: integration::code(&widget, base).into(),
            contactwidgetid: widget.id.to_string(),
            name: take(&mut widget.name),
            provide: take(&mut widget.provide),
            departmentid: widget.department.to_string(),
            kb_id: base_text(&widget),
            rtype: widget.kind.text(),
            usecode: widget.used.text(),
            status: widget.status.text(),
            offlinecode_ieold_css: widget.offline_css_old.take().map(Cdata),
            common: Common::new(widget, desk, zone),
        }
    }
}
