//! Contact widgets: what is embedded in pages. Made, changed and taken away; read by agents' tools and, in part, by the pages themselves.

pub mod impressions;

use deskbell_domain::event::Event;
use deskbell_domain::ids::{ConversationId, DepartmentId, KnowledgeBaseId, WidgetId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::widget::{Widget, WidgetAttribute, WidgetFormField, WidgetKind, WidgetStatus, WidgetUse};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::AppError;
use crate::files::{self, FileOwner};
use crate::knowledge;
use crate::paging::{Cursor, ListKey};
use crate::rights::Principal;

pub use deskbell_store::tables::widgets::Filter;

/// Widgets of a desk, at most.
pub const WIDGETS_MAX: i64 = 5_000;
/// Attributes of a widget, and fields of its form, at most.
pub const ROWS_MAX: usize = 200;
/// Bytes of one code, of one style sheet, of one value.
pub const CODE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a whole widget.
pub const WIDGET_BYTES_MAX: usize = 1024 * 1024;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 200;
/// Characters of the letters of services, and of a language.
pub const WORD_CHARS_MAX: usize = 50;
/// Bytes of an address of a page.
pub const URL_BYTES_MAX: usize = 2_000;
/// Widgets on one page of a list, at most.
pub const PAGE_ROWS_MAX: i64 = 1_000;
const LIST: &str = "widgets";

/// What a widget is to be. What is `None` stays as it is; a new widget has the empty text there.
#[derive(Debug, Clone)]
pub struct WidgetDraft {
    pub name: String,
    pub provide: String,
    pub department: DepartmentId,
    pub kind: WidgetKind,
    pub used: WidgetUse,
    pub status: WidgetStatus,
    pub attributes: Vec<WidgetAttribute>,
    pub form_fields: Option<Vec<WidgetFormField>>,
    /// `Some(None)` takes the base away.
    pub base: Option<Option<KnowledgeBaseId>>,
    pub description: Option<String>,
    pub language: Option<String>,
    pub last_displayed: Option<Option<Timestamp>>,
    pub last_display_url: Option<String>,
    pub online_code: Option<String>,
    pub online_code_old: Option<String>,
    pub offline_code: Option<String>,
    pub offline_code_old: Option<String>,
    /// Style sheets: an empty one is none.
    pub online_css: Option<String>,
    pub online_css_old: Option<String>,
    pub offline_css: Option<String>,
    pub offline_css_old: Option<String>,
}

fn unknown() -> AppError {
    AppError::not_found("widget with this id not found")
}

/// A widget by id.
pub fn get(tx: &mut Tx<'_>, widget: WidgetId) -> Result<Widget, AppError> {
    tables::widgets::get(tx, widget)?.ok_or_else(unknown)
}

/// A widget by the outside spelling of its id.
pub fn find(tx: &mut Tx<'_>, spelling: &str) -> Result<Widget, AppError> {
    get(tx, WidgetId::parse(spelling).ok_or_else(unknown)?)
}

/// A page of widgets in the order they were made. Without attributes and fields of forms.
pub async fn page(desk: &Desk, who: &Principal, filter: Filter, limit: i64, offset: i64) -> Result<Vec<Widget>, AppError> {
    let key = ListKey::new(who, LIST, &filter);
    let start = desk.paging().start(&key, offset)?;
    let after = start.after.map(|Cursor(created, id)| (created, id));
    let limit = limit.clamp(0, PAGE_ROWS_MAX);
    let page = desk.read(move |tx| Ok(tables::widgets::list(tx, &filter, after, start.skip, limit)?)).await?;
    if let Some(last) = page.last() {
        desk.paging().ended(&key, start, offset.max(0) + page.len() as i64, Cursor(last.created.micros(), last.id.get()));
    }
    Ok(page)
}

/// Makes a widget.
pub fn create(tx: &mut Tx<'_>, cx: &Context, draft: WidgetDraft) -> Result<Widget, AppError> {
    if tables::widgets::count(tx)? >= WIDGETS_MAX {
        return Err(AppError::too_large(format!("a desk has at most {WIDGETS_MAX} widgets")));
    }
    let blank = Widget {
        id: WidgetId::from_i64(tx.next_id()?),
        name: String::new(),
        provide: String::new(),
        department: draft.department,
        base: None,
        kind: draft.kind,
        used: draft.used,
        status: draft.status,
        description: String::new(),
        language: String::new(),
        impressions: 0,
        tickets: 0,
        last_displayed: None,
        last_display_url: String::new(),
        online_code: String::new(),
        online_code_old: String::new(),
        offline_code: String::new(),
        offline_code_old: String::new(),
        online_css: None,
        online_css_old: None,
        offline_css: None,
        offline_css_old: None,
        attributes: Vec::new(),
        form_fields: Vec::new(),
        created: cx.now,
    };
    let widget = checked(tx, draft.applied_to(blank))?;
    tables::widgets::insert(tx, &widget)?;
    noted(tx, cx, widget)
}

/// Changes a widget.
pub fn change(tx: &mut Tx<'_>, cx: &Context, spelling: &str, draft: WidgetDraft) -> Result<Widget, AppError> {
    let known = find(tx, spelling)?;
    let widget = checked(tx, draft.applied_to(known))?;
    tables::widgets::update(tx, &widget)?;
    noted(tx, cx, widget)
}

/// Takes a widget away.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, spelling: &str) -> Result<(), AppError> {
    let widget = find(tx, spelling)?;
    files::note_uses(tx, FileOwner::Widget(widget.id), &[])?;
    tables::widgets::remove(tx, widget.id)?;
    tx.append(cx.now, Event::WidgetChanged { widget: widget.id, name: widget.name, removed: true })?;
    Ok(())
}

fn noted(tx: &mut Tx<'_>, cx: &Context, widget: Widget) -> Result<Widget, AppError> {
    let css = [&widget.online_css, &widget.online_css_old, &widget.offline_css, &widget.offline_css_old];
    let mut texts =
        vec![widget.online_code.as_str(), widget.online_code_old.as_str(), widget.offline_code.as_str(), widget.offline_code_old.as_str()];
    texts.extend(css.into_iter().flatten().map(String::as_str));
    texts.extend(widget.attributes.iter().map(|attribute| attribute.value.as_str()));
    texts.extend(widget.form_fields.iter().map(|field| field.description.as_str()));
    files::note_uses(tx, FileOwner::Widget(widget.id), &texts)?;
    tx.append(cx.now, Event::WidgetChanged { widget: widget.id, name: widget.name.clone(), removed: false })?;
    Ok(widget)
}

impl WidgetDraft {
    fn applied_to(self, known: Widget) -> Widget {
        let css = |new: Option<String>, known: Option<String>| match new {
            Some(new) => Some(new).filter(|css| !css.is_empty()),
            None => known,
        };
        Widget {
            id: known.id,
            name: self.name,
            provide: self.provide,
            department: self.department,
            base: self.base.unwrap_or(known.base),
            kind: self.kind,
            used: self.used,
            status: self.status,
            description: self.description.unwrap_or(known.description),
            language: self.language.unwrap_or(known.language),
            impressions: known.impressions,
            tickets: known.tickets,
            last_displayed: self.last_displayed.unwrap_or(known.last_displayed),
            last_display_url: self.last_display_url.unwrap_or(known.last_display_url),
            online_code: self.online_code.unwrap_or(known.online_code),
            online_code_old: self.online_code_old.unwrap_or(known.online_code_old),
            offline_code: self.offline_code.unwrap_or(known.offline_code),
            offline_code_old: self.offline_code_old.unwrap_or(known.offline_code_old),
            online_css: css(self.online_css, known.online_css),
            online_css_old: css(self.online_css_old, known.online_css_old),
            offline_css: css(self.offline_css, known.offline_css),
            offline_css_old: css(self.offline_css_old, known.offline_css_old),
            attributes: self.attributes,
            form_fields: self.form_fields.unwrap_or(known.form_fields),
            created: known.created,
        }
    }
}

/// How long a text may be.
#[derive(Clone, Copy)]
enum Length {
    Chars(usize),
    Bytes(usize),
}

/// Every text of a widget with what it is called and how long it may be.
fn texts(widget: &Widget) -> Vec<(&'static str, &str, Length)> {
    let (word, name, code) = (Length::Chars(WORD_CHARS_MAX), Length::Chars(NAME_CHARS_MAX), Length::Bytes(CODE_BYTES_MAX));
    let mut texts = vec![
        ("name", widget.name.as_str(), name),
        ("provide", widget.provide.as_str(), word),
        ("description", widget.description.as_str(), code),
        ("language", widget.language.as_str(), word),
        ("last_display_url", widget.last_display_url.as_str(), Length::Bytes(URL_BYTES_MAX)),
        ("onlinecode", widget.online_code.as_str(), code),
        ("onlinecode_ieold", widget.online_code_old.as_str(), code),
        ("offlinecode", widget.offline_code.as_str(), code),
        ("offlinecode_ieold", widget.offline_code_old.as_str(), code),
        ("onlinecode_css", widget.online_css.as_deref().unwrap_or_default(), code),
        ("onlinecode_ieold_css", widget.online_css_old.as_deref().unwrap_or_default(), code),
        ("offlinecode_css", widget.offline_css.as_deref().unwrap_or_default(), code),
        ("offlinecode_ieold_css", widget.offline_css_old.as_deref().unwrap_or_default(), code),
    ];
    for WidgetAttribute { section, name: attribute, value } in &widget.attributes {
        texts.extend([("attributes", section.as_str(), name), ("attributes", attribute.as_str(), name), ("attributes", value, code)]);
    }
    for field in &widget.form_fields {
        let WidgetFormField {
            form,
            code: field_code,
            name: field_name,
            description,
            validator,
            visibility,
            kind,
            status,
            available_values,
        } = field;
        texts.extend([form, field_code, field_name, visibility, kind, status].map(|text| ("form_fields", text.as_str(), name)));
        texts.extend([description, validator, available_values].map(|text| ("form_fields", text.as_str(), code)));
    }
    texts
}

/// Refuses what cannot be stored, and what names a department or a base that there is not.
fn checked(tx: &mut Tx<'_>, widget: Widget) -> Result<Widget, AppError> {
    if widget.name.trim().is_empty() {
        return Err(AppError::invalid("a widget needs a name"));
    }
    if widget.attributes.len().max(widget.form_fields.len()) > ROWS_MAX {
        return Err(AppError::too_large(format!("at most {ROWS_MAX} attributes and {ROWS_MAX} form fields on a widget")));
    }
    let mut bytes = 0;
    for (name, text, length) in texts(&widget) {
        bytes += text.len();
        match length {
            Length::Chars(max) if text.chars().count() > max => {
                return Err(AppError::too_large(format!("{name} has at most {max} characters")));
            }
            Length::Bytes(max) if text.len() > max => return Err(AppError::too_large(format!("{name} has at most {max} bytes"))),
            Length::Chars(_) | Length::Bytes(_) => {}
        }
        if text.contains('\0') {
            return Err(AppError::invalid(format!("{name} must not contain a NUL character")));
        }
    }
    if bytes > WIDGET_BYTES_MAX {
        return Err(AppError::too_large(format!("a widget has at most {WIDGET_BYTES_MAX} bytes")));
    }
    tables::departments::get(tx, widget.department)?.ok_or_else(|| AppError::not_found("department with this id not found"))?;
    if let Some(base) = widget.base {
        knowledge::base(tx, base)?.ok_or_else(|| AppError::not_found("knowledge base with this id not found"))?;
    }
    Ok(widget)
}

/// Counts a conversation for the widget it began through. One that is gone counts nothing.
pub(crate) fn begun(tx: &mut Tx<'_>, widget: WidgetId, conversation: ConversationId) -> Result<(), AppError> {
    tables::widgets::add_ticket(tx, widget, conversation)?;
    Ok(())
}

/// What the page knows that a widget is embedded in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicWidget {
    pub id: WidgetId,
    pub kind: WidgetKind,
    pub department: DepartmentId,
    pub base: Option<KnowledgeBaseId>,
    pub language: String,
    pub used: WidgetUse,
    pub status: WidgetStatus,
    pub online_code: String,
    pub offline_code: String,
    pub online_css: Option<String>,
    pub offline_css: Option<String>,
    pub attributes: Vec<WidgetAttribute>,
    pub form_fields: Vec<WidgetFormField>,
    /// Somebody of its department takes chats now, busy or not.
    pub online: bool,
}

/// What anybody may know of a widget; nothing of one that is switched off.
pub fn public(tx: &mut Tx<'_>, widget: WidgetId) -> Result<Option<PublicWidget>, AppError> {
    let Some(widget) = tables::widgets::get(tx, widget)?.filter(|widget| widget.status != WidgetStatus::Inactive) else { return Ok(None) };
    let online = tables::departments::with_agents_online(tx)?.contains(&widget.department);
    Ok(Some(PublicWidget {
        id: widget.id,
        kind: widget.kind,
        department: widget.department,
        base: widget.base,
        language: widget.language,
        used: widget.used,
        status: widget.status,
        online_code: widget.online_code,
        offline_code: widget.offline_code,
        online_css: widget.online_css,
        offline_css: widget.offline_css,
        attributes: widget.attributes,
        form_fields: widget.form_fields,
        online,
    }))
}

#[cfg(test)]
mod tests;
