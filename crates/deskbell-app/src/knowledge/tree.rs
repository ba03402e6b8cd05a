//! What follows from a tree: places, codes of addresses, and keeping what is below an entry true when the entry changes.

use std::collections::BTreeSet;

use deskbell_domain::event::Event;
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, DEPTH_MAX, Entry, EntryKind, ROOT_PATH};
use deskbell_store::{Tx, tables};

use super::bases;
use crate::context::Context;
use crate::error::AppError;
use crate::files::{self, FileOwner};

/// Entries below one that a single change may touch.
pub(super) const SUBTREE_ENTRIES_MAX: i64 = 100_000;
/// Digits of a code in an address; more where these are crowded.
const URL_CODE_DIGITS: std::ops::RangeInclusive<u32> = 6..=12;
/// How often a code of as many digits is drawn.
const URL_CODE_TRIES: usize = 4;
/// How far positions reach on either side of 0.
pub(super) const POSITION_MAX: i64 = 1_000_000_000;

/// What is told of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Changed,
    /// The rows are gone.
    Removed,
}

/// Appends an event for each of the entries.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    base: KnowledgeBaseId,
    entries: impl IntoIterator<Item = KnowledgeEntryId>,
    told: Told,
) -> Result<(), AppError> {
    for entry in entries {
        tx.append(cx.now, Event::KnowledgeEntryChanged { base, entry, removed: told == Told::Removed })?;
    }
    Ok(())
}

/// Where something stands: the base, and what is directly above it (`None`: the top).
pub(super) struct Place {
    pub(super) base: KnowledgeBaseId,
    pub(super) parent: Option<Entry>,
}

impl Place {
    /// A place by what was given of it. Without a base it is the parent's, or the first one.
    pub(super) fn find(tx: &mut Tx<'_>, base: Option<KnowledgeBaseId>, parent: Option<KnowledgeEntryId>) -> Result<Place, AppError> {
        if let Some(base) = base
            && tables::knowledge::base(tx, base)?.is_none()
        {
            return Err(bases::unknown());
        }
        let Some(parent) = parent else { return Ok(Place { base: base.unwrap_or(KnowledgeBaseId::DEFAULT), parent: None }) };
        let parent = tables::knowledge::get(tx, parent)?.ok_or_else(|| AppError::not_found("no such parent entry"))?;
        if base.is_some_and(|base| base != parent.base) {
            return Err(AppError::invalid("the parent entry belongs to another knowledge base"));
        }
        Ok(Place { base: parent.base, parent: Some(parent) })
    }

    /// Refuses what may not stand here.
    pub(super) fn check(&self, kind: EntryKind) -> Result<(), AppError> {
        if !kind.may_stand_in(self.parent.as_ref().map(|parent| parent.kind)) {
            return Err(AppError::invalid(match kind {
                EntryKind::Topic => "a topic stands in a forum",
                EntryKind::Suggestion => "a suggestion stands in a suggestion category",
                EntryKind::Home | EntryKind::Category | EntryKind::Article | EntryKind::Forum | EntryKind::SuggestionCategory => {
                    "it stands in a category or at the top of a knowledge base"
                }
            }));
        }
        check_depth(self.depth())
    }

    pub(super) fn tree_path(&self) -> String {
        self.parent.as_ref().map_or_else(|| ROOT_PATH.to_owned(), Entry::path_below)
    }

    /// The depth of what stands here.
    pub(super) fn depth(&self) -> usize {
        self.parent.as_ref().map_or(1, |parent| parent.depth() + 1)
    }

    /// The access that what stands here gets from above.
    pub(super) fn access(&self) -> Access {
        self.parent.as_ref().map_or(Access::Public, |parent| parent.access_inherited)
    }

    pub(super) fn parent_id(&self) -> Option<KnowledgeEntryId> {
        self.parent.as_ref().map(|parent| parent.id)
    }

    /// A position above all that stand here.
    pub(super) fn top_position(&self, tx: &mut Tx<'_>) -> Result<i64, AppError> {
        let lowest = tables::knowledge::lowest_position(tx, self.base, self.parent_id())?;
        Ok(lowest.map_or(0, |lowest| (lowest - 1).max(-POSITION_MAX)))
    }
}

pub(super) fn check_depth(depth: usize) -> Result<(), AppError> {
    if depth > DEPTH_MAX {
        return Err(AppError::invalid(format!("a tree is at most {DEPTH_MAX} levels deep")));
    }
    Ok(())
}

/// Refuses to touch more entries at once than a write may take.
pub(super) fn check_size(entries: i64) -> Result<(), AppError> {
    if entries > SUBTREE_ENTRIES_MAX {
        return Err(AppError::too_large(format!("more than {SUBTREE_ENTRIES_MAX} entries at once: take its parts one by one")));
    }
    Ok(())
}

/// A code for an address that no entry has.
pub(super) fn draw_url_code(tx: &mut Tx<'_>, cx: &mut Context) -> Result<String, AppError> {
    for digits in URL_CODE_DIGITS {
        let first = 10usize.pow(digits - 1);
        for _ in 0..URL_CODE_TRIES {
            let code = (first + cx.below(9 * first)).to_string();
            if tables::knowledge::by_url_code(tx, &code)?.is_none() {
                return Ok(code);
            }
        }
    }
    Err(AppError::internal("no code for an address is free"))
}

/// Brings all that stands below an entry in line with it, after its own row was written; returns what changed.
pub(super) fn spread(tx: &mut Tx<'_>, cx: &Context, before: &Entry, entry: &Entry) -> Result<BTreeSet<KnowledgeEntryId>, AppError> {
    let mut touched = BTreeSet::new();
    if before.tree_path != entry.tree_path {
        touched.extend(tables::knowledge::move_below(tx, &before.path_below(), &entry.path_below(), cx.now)?);
    }
    if before.access_inherited != entry.access_inherited {
        // Level by level: below one that stays as it was nothing changes.
        let mut level = vec![entry.id];
        while !level.is_empty() {
            level = tables::knowledge::inherit(tx, &level, entry.access_inherited, cx.now)?;
            touched.extend(level.iter().copied());
        }
    }
    Ok(touched)
}

/// Takes entries away for good.
pub(super) fn take_away(tx: &mut Tx<'_>, cx: &Context, base: KnowledgeBaseId, entries: &[KnowledgeEntryId]) -> Result<(), AppError> {
    for entry in tables::knowledge::with_files(tx, entries)? {
        files::note_uses(tx, FileOwner::KnowledgeEntry(entry), &[])?;
    }
    tables::knowledge::remove(tx, entries)?;
    tell(tx, cx, base, entries.iter().copied(), Told::Removed)
}
