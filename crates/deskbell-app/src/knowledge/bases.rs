//! Making, changing and removing whole bases.

use deskbell_domain::event::Event;
use deskbell_domain::ids::KnowledgeBaseId;
use deskbell_domain::knowledge::KnowledgeBase;
use deskbell_store::tables::knowledge::Below;
use deskbell_store::{Tx, tables};

use super::tree;
use crate::context::Context;
use crate::error::AppError;

/// Bases of one desk, at most.
pub const BASES_MAX: usize = 500;
/// Characters of a base's name.
const NAME_CHARS_MAX: usize = 255;
/// Characters of a language tag.
const LANGUAGE_CHARS_MAX: usize = 35;
/// The language of a base for which none was chosen.
const LANGUAGE_DEFAULT: &str = "en";

/// What is changed of a base; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct BaseChanges {
    pub name: Option<String>,
    /// A language tag (`en`, `pt-BR`).
    pub language: Option<String>,
}

pub(super) fn unknown() -> AppError {
    AppError::not_found("no such knowledge base")
}

fn tell(tx: &mut Tx<'_>, cx: &Context, base: &KnowledgeBase, removed: bool) -> Result<(), AppError> {
    tx.append(cx.now, Event::KnowledgeBaseChanged { base: base.id, name: base.name.clone(), removed })?;
    Ok(())
}

/// Letters, digits and hyphens, in two letters or more at the beginning.
fn is_language(tag: &str) -> bool {
    let first = tag.split('-').next().unwrap_or_default();
    tag.len() <= LANGUAGE_CHARS_MAX
        && (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn apply(base: &mut KnowledgeBase, changes: &BaseChanges) -> Result<(), AppError> {
    if let Some(name) = &changes.name {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(AppError::invalid("the name of a knowledge base has 1 to 255 characters and no control characters"));
        }
        name.clone_into(&mut base.name);
    }
    if let Some(language) = &changes.language {
        let language = language.trim();
        if !is_language(language) {
            return Err(AppError::invalid("language must be a tag like en or pt-BR"));
        }
        language.clone_into(&mut base.language);
    }
    Ok(())
}

/// Makes a base; a name must be given.
pub fn create_base(tx: &mut Tx<'_>, cx: &Context, wanted: &BaseChanges) -> Result<KnowledgeBase, AppError> {
    if wanted.name.is_none() {
        return Err(AppError::missing("name is missing"));
    }
    if tables::knowledge::bases(tx)?.len() >= BASES_MAX {
        return Err(AppError::too_large(format!("at most {BASES_MAX} knowledge bases")));
    }
    let mut base =
        KnowledgeBase { id: KnowledgeBaseId::DEFAULT, name: String::new(), language: LANGUAGE_DEFAULT.to_owned(), created: cx.now };
    apply(&mut base, wanted)?;
    base.id = KnowledgeBaseId::from_i64(tx.next_id()?);
    tables::knowledge::put_base(tx, &base)?;
    tell(tx, cx, &base, false)?;
    Ok(base)
}

pub fn change_base(tx: &mut Tx<'_>, cx: &Context, base: KnowledgeBaseId, changes: &BaseChanges) -> Result<KnowledgeBase, AppError> {
    let before = tables::knowledge::base(tx, base)?.ok_or_else(unknown)?;
    let mut base = before.clone();
    apply(&mut base, changes)?;
    if base != before {
        tables::knowledge::put_base(tx, &base)?;
        tell(tx, cx, &base, false)?;
    }
    Ok(base)
}

/// Takes a base away for good, with all that stands in it. The first one stays.
pub fn remove_base(tx: &mut Tx<'_>, cx: &Context, base: KnowledgeBaseId) -> Result<(), AppError> {
    let base = tables::knowledge::base(tx, base)?.ok_or_else(unknown)?;
    if base.id == KnowledgeBaseId::DEFAULT {
        return Err(AppError::conflict("the first knowledge base cannot be removed"));
    }
    tree::check_size(tables::knowledge::count_of_base(tx, base.id)?)?;
    let entries = tables::knowledge::ids_below(tx, Below::Base(base.id))?;
    tree::take_away(tx, cx, base.id, &entries)?;
    tables::knowledge::remove_base(tx, base.id)?;
    tell(tx, cx, &base, true)
}

#[cfg(test)]
mod tests {
    use super::is_language;

    #[test]
    fn languages() {
        for tag in ["en", "de", "pt-BR", "zh-Hant-TW", "sr-Latn-RS", "es-419"] {
            assert!(is_language(tag), "{tag}");
        }
        for wrong in ["", "e", "english language", "en_US", "-en", "en-", "en--US", "1n", "\u{e9}n", "en\0", &"en-".repeat(20)] {
            assert!(!is_language(wrong), "{wrong:?}");
        }
    }
}
