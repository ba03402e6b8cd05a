//! `GET widgets/[contactwidgetid]`, and a whole widget as an answer.

use std::mem::take;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, widgets};
use deskbell_domain::widget;
use deskbell_http::{Answer, Cdata, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::integration;
use crate::link;
use crate::moment::Zone;

/// The path's parameter of every call on one widget.
pub(super) const WIDGET: Param = Param::path("contactwidgetid").about("id");
pub(super) const UNKNOWN_IS_404: &str = "404 if there is no such widget";

pub(crate) struct GetWidget;

impl Endpoint<Desk> for GetWidget {
    const META: Meta = Meta::get("widgets/{contactwidgetid}", Right::ApiKey)
        .summary("One contact widget, with its attributes and the fields of its form")
        .params(&[WIDGET])
        .source("reference, Widgets: Retrieve contact widget info")
        .quirks(&[
            UNKNOWN_IS_404,
            "`integration_code` loads `/scripts/track.js` from the host that the caller used, or from the public URL; forms call `createForm`, \
             all else `createButton`",
            "`impressions`, the last display and `tickets` (conversations begun through it) are counted by the desk",
            "style sheets are null where there is none",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = input.path(WIDGET.name)?.to_owned();
        let found = cx.state.snapshot(move |tx| widgets::find(tx, &id)).await?;
        Ok(answer(&cx, found))
    }
}

pub(super) fn answer(cx: &Cx<Desk>, widget: widget::Widget) -> Answer {
    Answer::tree(Widget::new(widget, &cx.state, &Zone::of(&cx.state), &link::base(&cx.origin())))
}

/// The columns that the list and one widget have in the same order.
#[derive(Serialize)]
pub(super) struct Common {
    description: String,
    impressions: String,
    tickets: String,
    language: String,
    last_display_time: String,
    last_display_url: String,
    onlinecode: Cdata,
    onlinecode_ieold: Cdata,
    offlinecode: Cdata,
    offlinecode_ieold: Cdata,
    onlinecode_css: Option<Cdata>,
    onlinecode_ieold_css: Option<Cdata>,
    offlinecode_css: Option<Cdata>,
}

impl Common {
    /// What is counted, with what is not written yet.
    pub(super) fn new(widget: widget::Widget, desk: &Desk, zone: &Zone) -> Common {
        let waiting = desk.impressions().waiting(widget.id);
        let more = waiting.as_ref().map_or(0, |shown| shown.count);
        let (last, last_display_url) = match waiting {
            Some(shown) if widget.last_displayed.is_none_or(|known| shown.last >= known) => (Some(shown.last), shown.url),
            Some(_) | None => (widget.last_displayed, widget.last_display_url),
        };
        Common {
            description: widget.description,
            impressions: (widget.impressions + more).to_string(),
            tickets: widget.tickets.to_string(),
            language: widget.language,
            last_display_time: last.map(|last| zone.text(last)).unwrap_or_default(),
            last_display_url,
            onlinecode: widget.online_code.into(),
            onlinecode_ieold: widget.online_code_old.into(),
            offlinecode: widget.offline_code.into(),
            offlinecode_ieold: widget.offline_code_old.into(),
            onlinecode_css: widget.online_css.map(Cdata),
            onlinecode_ieold_css: widget.online_css_old.map(Cdata),
            offlinecode_css: widget.offline_css.map(Cdata),
        }
    }
}

pub(super) fn base_text(widget: &widget::Widget) -> String {
    widget.base.map(|base| base.to_string()).unwrap_or_default()
}

#[derive(Serialize)]
struct Widget {
    contactwidgetid: String,
    name: String,
    provide: String,
    departmentid: String,
    rtype: &'static str,
    usecode: &'static str,
    status: &'static str,
    kb_id: String,
    #[serde(flatten)]
    common: Common,
    #[serde(rename = "offlinecode_ieold_CSS")]
    offlinecode_ieold_css: Option<Cdata>,
    integration_code: Cdata,
    attributes: Vec<Attribute>,
    form_fields: Vec<FormField>,
}

#[derive(Serialize)]
struct Attribute {
    name: String,
    section: String,
    value: String,
}

#[derive(Serialize)]
struct FormField {
    formid: String,
    code: String,
    name: String,
    description: String,
    validator: String,
    visibility: String,
    rtype: String,
    rstatus: String,
    availablevalues: String,
}

impl Widget {
    fn new(mut widget: widget::Widget, desk: &Desk, zone: &Zone, base: &str) -> Widget {
        Widget {
            integration_code: integration::code(&widget, base).into(),
            contactwidgetid: widget.id.to_string(),
            name: take(&mut widget.name),
            provide: take(&mut widget.provide),
            departmentid: widget.department.to_string(),
            rtype: widget.kind.text(),
            usecode: widget.used.text(),
            status: widget.status.text(),
            kb_id: base_text(&widget),
            offlinecode_ieold_css: widget.offline_css_old.take().map(Cdata),
            attributes: take(&mut widget.attributes).into_iter().map(Attribute::from).collect(),
            form_fields: take(&mut widget.form_fields).into_iter().map(FormField::from).collect(),
            common: Common::new(widget, desk, zone),
        }
    }
}

impl From<widget::WidgetAttribute> for Attribute {
    fn from(attribute: widget::WidgetAttribute) -> Attribute {
        Attribute { name: attribute.name, section: attribute.section, value: attribute.value }
    }
}

impl From<widget::WidgetFormField> for FormField {
    fn from(field: widget::WidgetFormField) -> FormField {
        FormField {
            formid: field.form,
            code: field.code,
            name: field.name,
            description: field.description,
            validator: field.validator,
            visibility: field.visibility,
            rtype: field.kind,
            rstatus: field.status,
            availablevalues: field.available_values,
        }
    }
}
