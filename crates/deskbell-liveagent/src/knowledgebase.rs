//! Knowledge bases, their entries, and the search in them: the calls below `knowledgebase`.

pub(crate) mod articles;
pub(crate) mod bases;
pub(crate) mod categories;
pub(crate) mod entries;
pub(crate) mod search;

use deskbell_app::AppError;
use deskbell_app::knowledge::Changes;
use deskbell_domain::ids::{ConversationId, DepartmentId, KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::Access;
use deskbell_http::{Input, Param};

/// The parent of what stands at the top, as requests spell it. Answers leave it empty.
const TOP: &str = "0";
/// Bytes of a body that brings an article: its content may be percent-encoded.
const ARTICLE_BODY_BYTES_MAX: usize = 4 << 20;
/// How far orders reach on either side of 0.
const ORDER_MAX: i64 = 1_000_000_000;
const OFFSET_MAX: i64 = 1_000_000_000;

const ENTRY: Param = Param::path("entry_id").about("id");
const BASE: Param = Param::text("kb_id").about("id of the knowledge base; not given: that of the parent, or `kb_defa`");
const TITLE: Param = Param::text("title").about("at most 255 characters");
const KEYWORDS: Param = Param::text("keywords").about("at most 2000 characters");
const PARENT: Param = Param::text("parent_entry_id").about("id of what it stands in; `0`: the top of the knowledge base");
const ACCESS: Param = Param::one_of("access", &[("I", "internal"), ("P", "public")]);

const ACCESSES: [(&str, Access); 2] = [("I", Access::Internal), ("P", Access::Public)];
const BASE_STAYS: &str = "an entry stays in its knowledge base: another `kb_id`, or a parent in another one, is an error";
const UNKNOWN_IS_404: &str = "404 if there is no such entry, parent, knowledge base or department";

fn unknown() -> AppError {
    AppError::not_found("knowledge base entry with this id not found")
}

/// The entry in the path.
fn entry_id(input: &Input) -> Result<KnowledgeEntryId, AppError> {
    KnowledgeEntryId::parse(input.path(ENTRY.name)?).ok_or_else(unknown)
}

/// The knowledge base that was given.
fn base_id(input: &Input) -> Result<Option<KnowledgeBaseId>, AppError> {
    let read = |text: &str| KnowledgeBaseId::parse(text.trim()).ok_or_else(|| AppError::not_found("knowledge base with this id not found"));
    input.filled_opt(BASE.name).map(read).transpose()
}

/// What an entry shall stand in: not given, at the top, or in another one.
fn parent_id(input: &Input) -> Result<Option<Option<KnowledgeEntryId>>, AppError> {
    match input.filled_opt(PARENT.name).map(str::trim) {
        None => Ok(None),
        Some(TOP) => Ok(Some(None)),
        Some(text) => match KnowledgeEntryId::parse(text) {
            Some(parent) => Ok(Some(Some(parent))),
            None => Err(AppError::not_found("parent entry with this id not found")),
        },
    }
}

fn order(input: &Input) -> Result<Option<i64>, AppError> {
    input.int_opt("rorder", -ORDER_MAX..=ORDER_MAX)
}

/// What may be changed of an entry of any kind.
fn changes(input: &Input) -> Result<Changes, AppError> {
    Ok(Changes {
        parent: parent_id(input)?,
        title: owned(input.text_opt(TITLE.name)),
        keywords: owned(input.text_opt(KEYWORDS.name)),
        access: input.one_of_opt(ACCESS.name, &ACCESSES)?,
        position: order(input)?,
        ..Changes::default()
    })
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// An id as answers write it: empty if there is none.
fn parent_text(parent: Option<KnowledgeEntryId>) -> String {
    parent.map(|parent| parent.to_string()).unwrap_or_default()
}

fn department_text(department: Option<DepartmentId>) -> String {
    department.map(|department| department.to_string()).unwrap_or_default()
}

fn conversation_text(conversation: Option<ConversationId>) -> String {
    conversation.map(|conversation| conversation.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
