//! Contact widgets with their attributes and the fields of their forms.

use deskbell_domain::ids::{ConversationId, DepartmentId, KnowledgeBaseId, WidgetId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::widget::{Widget, WidgetAttribute, WidgetFormField, WidgetKind, WidgetStatus, WidgetUse};

use super::{time, word};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;

/// What people write of a widget; the rest is counted, or stays as it was made.
const WRITTEN: &str = "name, provide, department_id, base_id, kind, used, status, description, language, last_displayed_at, last_display_url, \
                       online_code, online_code_old, offline_code, offline_code_old, online_css, online_css_old, offline_css, offline_css_old";
/// The places of its values in a statement that names the widget's id first.
const WRITTEN_PLACES: &str = "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20";
const COUNTED: &str = "impressions, tickets, created_at";

fn row(row: &Row<'_>) -> Result<Widget, StoreError> {
    Ok(Widget {
        id: WidgetId::from_i64(row.get(0)?),
        name: row.get(1)?,
        provide: row.get(2)?,
        department: DepartmentId::from_i64(row.get(3)?),
        base: row.get::<Option<i64>>(4)?.map(KnowledgeBaseId::from_i64),
        kind: word(WidgetKind::parse, "kind of a widget", row.str(5)?)?,
        used: word(WidgetUse::parse, "use of a widget", row.str(6)?)?,
        status: word(WidgetStatus::parse, "status of a widget", row.str(7)?)?,
        description: row.get(8)?,
        language: row.get(9)?,
        last_displayed: row.get::<Option<i64>>(10)?.map(time),
        last_display_url: row.get(11)?,
        online_code: row.get(12)?,
        online_code_old: row.get(13)?,
        offline_code: row.get(14)?,
        offline_code_old: row.get(15)?,
        online_css: row.get(16)?,
        online_css_old: row.get(17)?,
        offline_css: row.get(18)?,
        offline_css_old: row.get(19)?,
        impressions: row.get(20)?,
        tickets: row.get(21)?,
        attributes: Vec::new(),
        form_fields: Vec::new(),
        created: time(row.get(22)?),
    })
}

pub fn insert(tx: &mut Tx<'_>, widget: &Widget) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO widgets (id, {WRITTEN}, {COUNTED}) VALUES ($1, {WRITTEN_PLACES}, $21, $22, $23)");
    exec_written(tx, &sql, widget, &[&widget.impressions, &widget.tickets, &widget.created.micros()])?;
    insert_rows(tx, widget)
}

/// Writes all but what is counted and when it was made.
pub fn update(tx: &mut Tx<'_>, widget: &Widget) -> Result<(), StoreError> {
    exec_written(tx, &format!("UPDATE widgets SET ({WRITTEN}) = ({WRITTEN_PLACES}) WHERE id = $1"), widget, &[])?;
    remove_rows(tx, widget.id)?;
    insert_rows(tx, widget)
}

/// Runs a statement with a widget's id, what is written of it, and `more`.
fn exec_written(tx: &mut Tx<'_>, sql: &str, widget: &Widget, more: &[&dyn Param]) -> Result<(), StoreError> {
    let (id, department, base) = (widget.id.get(), widget.department.get(), widget.base.map(KnowledgeBaseId::get));
    let (kind, used, status) = (widget.kind.text(), widget.used.text(), widget.status.text());
    let last_displayed = widget.last_displayed.map(Timestamp::micros);
    let mut params: Vec<&dyn Param> = vec![
        &id,
        &widget.name,
        &widget.provide,
        &department,
        &base,
        &kind,
        &used,
        &status,
        &widget.description,
        &widget.language,
        &last_displayed,
        &widget.last_display_url,
        &widget.online_code,
        &widget.online_code_old,
        &widget.offline_code,
        &widget.offline_code_old,
        &widget.online_css,
        &widget.online_css_old,
        &widget.offline_css,
        &widget.offline_css_old,
    ];
    params.extend_from_slice(more);
    tx.exec_dynamic(sql, &params)?;
    Ok(())
}

fn insert_rows(tx: &mut Tx<'_>, widget: &Widget) -> Result<(), StoreError> {
    for (ordinal, attribute) in (1i64..).zip(&widget.attributes) {
        tx.exec(
            "INSERT INTO widget_attributes (widget_id, ordinal, section, name, value) VALUES ($1, $2, $3, $4, $5)",
            &[&widget.id.get(), &ordinal, &attribute.section, &attribute.name, &attribute.value],
        )?;
    }
    for (ordinal, field) in (1i64..).zip(&widget.form_fields) {
        tx.exec(
            "INSERT INTO widget_form_fields (widget_id, ordinal, form, code, name, description, validator, visibility, kind, status, \
               available_values) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            &[
                &widget.id.get(),
                &ordinal,
                &field.form,
                &field.code,
                &field.name,
                &field.description,
                &field.validator,
                &field.visibility,
                &field.kind,
                &field.status,
                &field.available_values,
            ],
        )?;
    }
    Ok(())
}

fn remove_rows(tx: &mut Tx<'_>, widget: WidgetId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM widget_attributes WHERE widget_id = $1", &[&widget.get()])?;
    tx.exec("DELETE FROM widget_form_fields WHERE widget_id = $1", &[&widget.get()])?;
    Ok(())
}

/// Conversations begun through it keep its id.
pub fn remove(tx: &mut Tx<'_>, widget: WidgetId) -> Result<(), StoreError> {
    remove_rows(tx, widget)?;
    tx.exec("DELETE FROM widgets WHERE id = $1", &[&widget.get()])?;
    Ok(())
}

/// The whole widget.
pub fn get(tx: &mut Tx<'_>, widget: WidgetId) -> Result<Option<Widget>, StoreError> {
    let found = tx.opt_dynamic_with(&format!("SELECT id, {WRITTEN}, {COUNTED} FROM widgets WHERE id = $1"), &[&widget.get()], row)?;
    let Some(mut found) = found else { return Ok(None) };
    found.attributes =
        tx.all_with("SELECT section, name, value FROM widget_attributes WHERE widget_id = $1 ORDER BY ordinal", &[&widget.get()], |row| {
            Ok(WidgetAttribute { section: row.get(0)?, name: row.get(1)?, value: row.get(2)? })
        })?;
    found.form_fields = tx.all_with(
        "SELECT form, code, name, description, validator, visibility, kind, status, available_values FROM widget_form_fields \
         WHERE widget_id = $1 ORDER BY ordinal",
        &[&widget.get()],
        |row| {
            Ok(WidgetFormField {
                form: row.get(0)?,
                code: row.get(1)?,
                name: row.get(2)?,
                description: row.get(3)?,
                validator: row.get(4)?,
                visibility: row.get(5)?,
                kind: row.get(6)?,
                status: row.get(7)?,
                available_values: row.get(8)?,
            })
        },
    )?;
    Ok(Some(found))
}

pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM widgets", &[])?;
    Ok(count)
}

/// Which widgets a list has; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub provide: Option<String>,
    pub department: Option<DepartmentId>,
    pub kind: Option<WidgetKind>,
    pub used: Option<WidgetUse>,
    pub status: Option<WidgetStatus>,
}

/// Widgets in the order they were made, strictly after `(created in microseconds, id)`, less the rows skipped. Without attributes and
/// fields of forms.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, after: Option<(i64, i64)>, skip: i64, limit: i64) -> Result<Vec<Widget>, StoreError> {
    let department = filter.department.map(DepartmentId::get);
    let (kind, used, status) = (filter.kind.map(WidgetKind::text), filter.used.map(WidgetUse::text), filter.status.map(WidgetStatus::text));
    let (created, id) = after.unzip();
    let mut params: Vec<&dyn Param> = Vec::new();
    let mut conditions: Vec<String> = Vec::new();
    if let (Some(created), Some(id)) = (&created, &id) {
        params.extend([created as &dyn Param, id]);
        conditions.push("(created_at, id) > ($1, $2)".to_owned());
    }
    let equal: [(&str, Option<&dyn Param>); 5] = [
        ("provide", filter.provide.as_ref().map(|value| value as &dyn Param)),
        ("department_id", department.as_ref().map(|value| value as &dyn Param)),
        ("kind", kind.as_ref().map(|value| value as &dyn Param)),
        ("used", used.as_ref().map(|value| value as &dyn Param)),
        ("status", status.as_ref().map(|value| value as &dyn Param)),
    ];
    for (column, value) in equal {
        if let Some(value) = value {
            params.push(value);
            conditions.push(format!("{column} = ${}", params.len()));
        }
    }
    let wanted = if conditions.is_empty() { String::new() } else { format!("WHERE {} ", conditions.join(" AND ")) };
    let (limit_at, skip_at) = (params.len() + 1, params.len() + 2);
    params.extend([&limit as &dyn Param, &skip]);
    let sql = format!("SELECT id, {WRITTEN}, {COUNTED} FROM widgets {wanted}ORDER BY created_at, id LIMIT ${limit_at} OFFSET ${skip_at}");
    tx.all_dynamic_with(&sql, &params, row)
}

/// Adds to the number of times a widget was shown, and notes the latest; a time already noted stays if it is later.
pub fn add_impressions(tx: &mut Tx<'_>, widget: WidgetId, more: i64, last: Timestamp, url: &str) -> Result<(), StoreError> {
    tx.exec("UPDATE widgets SET impressions = impressions + $2 WHERE id = $1", &[&widget.get(), &more])?;
    tx.exec(
        "UPDATE widgets SET last_displayed_at = $2, last_display_url = $3 \
         WHERE id = $1 AND (last_displayed_at IS NULL OR last_displayed_at <= $2)",
        &[&widget.get(), &last.micros(), &url],
    )?;
    Ok(())
}

/// Notes that a conversation began through a widget; returns whether there is such a widget.
pub fn add_ticket(tx: &mut Tx<'_>, widget: WidgetId, conversation: ConversationId) -> Result<bool, StoreError> {
    if tx.exec("UPDATE widgets SET tickets = tickets + 1 WHERE id = $1", &[&widget.get()])? == 0 {
        return Ok(false);
    }
    tx.exec("UPDATE conversations SET widget_id = $2 WHERE id = $1", &[&conversation.get(), &widget.get()])?;
    Ok(true)
}
