//! `POST widgets`, `PUT` and `DELETE widgets/[contactwidgetid]`.

use deskbell_app::rights::Right;
use deskbell_app::widgets::{self, WidgetDraft};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::{DepartmentId, KnowledgeBaseId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::info::{UNKNOWN_IS_404, WIDGET, answer};
use super::{DEPARTMENT, KIND, KIND_LETTERS, KINDS, NAME, PROVIDE, STATUS, STATUS_LETTERS, STATUSES, USE, USE_LETTERS, USES, rows};
use crate::done::done;
use crate::moment::Zone;

const ATTRIBUTES: &str = "attributes";
const FORM_FIELDS: &str = "form_fields";
/// A whole widget in a form, percent-encoded at its worst.
const BODY_BYTES_MAX: usize = 4 * widgets::WIDGET_BYTES_MAX;
const LIMITS: &str = "a code, a style sheet and a value have at most 64 KiB, a widget 1 MiB, 200 attributes and 200 form fields";
const EMPTY_ROWS: &str = "`attributes` and `form_fields` that are present but empty are none";
const UNKNOWN_PLACE: &str = "404 if there is no such department or knowledge base";

const COMMON: [Param; 6] = [
    Param::text(NAME).required(),
    Param::text(PROVIDE).required().about("letters of the services, any text"),
    Param::text(DEPARTMENT).required().about("id"),
    Param::one_of(KIND, KIND_LETTERS).required(),
    Param::one_of(USE, USE_LETTERS).required(),
    Param::one_of(STATUS, STATUS_LETTERS).required(),
];
const OPTIONAL: [Param; 13] = [
    Param::text("kb_id").about("id of a knowledge base"),
    Param::text("description"),
    Param::text("language"),
    Param::text("last_display_time").about("as in the answer"),
    Param::text("last_display_url"),
    Param::text("onlinecode").about("HTML"),
    Param::text("onlinecode_ieold"),
    Param::text("offlinecode").about("HTML"),
    Param::text("offlinecode_ieold"),
    Param::text("onlinecode_css"),
    Param::text("onlinecode_ieold_css"),
    Param::text("offlinecode_css"),
    Param::text("offlinecode_ieold_css"),
];
const ATTRIBUTES_ABOUT: &str = r#"`[{"section":"…","name":"…","value":"…"}]`"#;
const FORM_FIELDS_ABOUT: &str = "JSON array of objects with the columns of the answer";

/// Lists of parameters one behind the other, put together when the program is built.
const fn joined<const N: usize>(lists: &[&[Param]]) -> [Param; N] {
    let mut all = [Param::text(""); N];
    let (mut at, mut list) = (0, 0);
    while list < lists.len() {
        let mut place = 0;
        while place < lists[list].len() {
            all[at] = lists[list][place];
            (at, place) = (at + 1, place + 1);
        }
        list += 1;
    }
    assert!(at == N, "the list has another length");
    all
}

pub(crate) struct PostWidget;

impl Endpoint<Desk> for PostWidget {
    const META: Meta = Meta::post("widgets", Right::ApiKeyWrite)
        .summary("Make a contact widget")
        .params(
            const {
                &joined::<21>(&[
                    &COMMON,
                    &[Param::text(ATTRIBUTES).required().about(ATTRIBUTES_ABOUT)],
                    &OPTIONAL,
                    &[Param::text(FORM_FIELDS).about(FORM_FIELDS_ABOUT)],
                ])
            },
        )
        .source("reference, Widgets: Create new contact widget")
        .quirks(&[EMPTY_ROWS, UNKNOWN_PLACE, LIMITS, "an empty style sheet counts as none; a desk has at most 5000 widgets"])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let mut draft = draft(&input, &Zone::of(&cx.state))?;
        draft.attributes = rows::attributes(ATTRIBUTES, input.text(ATTRIBUTES)?)?;
        draft.form_fields = input.text_opt(FORM_FIELDS).map(|text| rows::form_fields(FORM_FIELDS, text)).transpose()?;
        let made = cx.state.write(move |tx, cx| widgets::create(tx, cx, draft)).await?;
        Ok(answer(&cx, made))
    }
}

pub(crate) struct PutWidget;

impl Endpoint<Desk> for PutWidget {
    const META: Meta = Meta::put("widgets/{contactwidgetid}", Right::ApiKeyWrite)
        .summary("Change a contact widget")
        .params(
            const {
                &joined::<22>(&[
                    &[WIDGET],
                    &COMMON,
                    &[
                        Param::json(ATTRIBUTES).required().about(ATTRIBUTES_ABOUT),
                        Param::json(FORM_FIELDS).required().about(FORM_FIELDS_ABOUT),
                    ],
                    &OPTIONAL,
                ])
            },
        )
        .source("reference, Widgets: Update contact widget")
        .quirks(&[
            UNKNOWN_IS_404,
            UNKNOWN_PLACE,
            "attributes and form fields are replaced as a whole",
            EMPTY_ROWS,
            "of the others, what is not given stays as it is; what is given empty becomes empty",
            LIMITS,
        ])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = input.path(WIDGET.name)?.to_owned();
        let mut draft = draft(&input, &Zone::of(&cx.state))?;
        draft.attributes = rows::attributes(ATTRIBUTES, input.text(ATTRIBUTES)?)?;
        draft.form_fields = Some(rows::form_fields(FORM_FIELDS, input.text(FORM_FIELDS)?)?);
        let changed = cx.state.write(move |tx, cx| widgets::change(tx, cx, &id, draft)).await?;
        Ok(answer(&cx, changed))
    }
}

pub(crate) struct DeleteWidget;

impl Endpoint<Desk> for DeleteWidget {
    const META: Meta = Meta::delete("widgets/{contactwidgetid}", Right::ApiKeyWrite)
        .summary("Take a contact widget away")
        .params(&[WIDGET])
        .source("a client library; not in the reference")
        .quirks(&[
            UNKNOWN_IS_404,
            "conversations begun through it stay; files that stood only in it are deleted once they are two weeks old",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = input.path(WIDGET.name)?.to_owned();
        cx.state.write(move |tx, cx| widgets::remove(tx, cx, &id)).await?;
        Ok(done())
    }
}

/// What both calls give, without attributes and form fields.
fn draft(input: &Input, zone: &Zone) -> Result<WidgetDraft, AppError> {
    let text = |name: &str| input.text_opt(name).map(str::to_owned);
    let (name, provide) = (input.filled(NAME)?.to_owned(), input.text(PROVIDE)?.to_owned());
    let department = DepartmentId::parse(input.filled(DEPARTMENT)?.trim());
    let base = match input.text_opt("kb_id").map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(id) => Some(Some(KnowledgeBaseId::parse(id).ok_or_else(|| AppError::not_found("knowledge base with this id not found"))?)),
    };
    let last_displayed = match input.text_opt("last_display_time").map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(time) => Some(Some(zone.span("last_display_time", time)?.start)),
    };
    Ok(WidgetDraft {
        name,
        provide,
        kind: input.one_of(KIND, &KINDS)?,
        used: input.one_of(USE, &USES)?,
        status: input.one_of(STATUS, &STATUSES)?,
        department: department.ok_or_else(|| AppError::not_found("department with this id not found"))?,
        attributes: Vec::new(),
        form_fields: None,
        base,
        description: text("description"),
        language: text("language"),
        last_displayed,
        last_display_url: text("last_display_url"),
        online_code: text("onlinecode"),
        online_code_old: text("onlinecode_ieold"),
        offline_code: text("offlinecode"),
        offline_code_old: text("offlinecode_ieold"),
        online_css: text("onlinecode_css"),
        online_css_old: text("onlinecode_ieold_css"),
        offline_css: text("offlinecode_css"),
        // The answer's spelling is taken, too.
        offline_css_old: text("offlinecode_ieold_css").or_else(|| text("offlinecode_ieold_CSS")),
    })
}
