//! The port for full-text search over knowledge bases: what a search is asked, and what an index of it is fed from.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use deskbell_domain::event::Event;
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::Entry;
use deskbell_store::{Tx, journal};

use crate::desk::Desk;
use crate::error::AppError;
use crate::knowledge;
use crate::knowledge::rendering::{plain_text, simple_html};

/// Characters of a query that are looked at.
pub const QUERY_CHARS_MAX: usize = 500;
/// Entries found by one query, at most.
pub const FOUND_MAX: usize = 500;

/// Whose eyes the found entries are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Sees internal and unpublished entries too.
    Desk,
    /// Sees what is public and published.
    Public,
}

/// A search over titles, keywords and contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeQuery {
    pub text: String,
    /// `None`: all bases.
    pub base: Option<KnowledgeBaseId>,
    /// This entry and all below it; `None`: everything.
    pub top: Option<KnowledgeEntryId>,
    pub reader: Reader,
    /// At most [`FOUND_MAX`].
    pub limit: usize,
}

/// How far an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Whether it holds all there was when it was opened.
    pub complete: bool,
    /// Entries of the journal since the oldest change that it does not show yet; 0 without such a change.
    pub events_behind: i64,
}

/// Finds entries, best first. Blocking: call it on a thread that may wait.
pub trait KnowledgeSearch: Send + Sync + 'static {
    /// What was written before the call is found: the index catches up with the journal first, within a bounded time.
    fn search(&self, query: &KnowledgeQuery) -> Result<Vec<KnowledgeEntryId>, AppError>;

    fn progress(&self) -> Progress;
}

/// An entry found, with what is shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub entry: Entry,
    /// The title without markup.
    pub title_text: String,
    pub text: String,
    /// The content without images.
    pub simple_html: String,
}

/// Searches, and reads what was found as it is now, in the order of its rank. What was taken away in the meantime, or is no longer for
/// this reader's eyes, is left out. A base or a top that does not exist is refused as not found.
pub async fn find(desk: &Desk, query: KnowledgeQuery) -> Result<Vec<Found>, AppError> {
    let desk = desk.clone();
    let found = tokio::task::spawn_blocking(move || find_blocking(&desk, &query)).await;
    found.unwrap_or_else(|error| Err(AppError::internal(format!("a search broke off: {error}"))))
}

/// The same on a thread that may wait.
fn find_blocking(desk: &Desk, query: &KnowledgeQuery) -> Result<Vec<Found>, AppError> {
    let search = desk.knowledge_search()?;
    let (base, top) = (query.base, query.top);
    if base.is_some() || top.is_some() {
        desk.snapshot_blocking(move |tx| check_bounds(tx, base, top))?;
    }
    let found = search.search(query)?;
    let mut entries = desk.snapshot_blocking(move |tx| knowledge::entries_of(tx, &found))?;
    entries.retain(|entry| match query.reader {
        Reader::Desk => !entry.deleted,
        Reader::Public => entry.is_public(),
    });
    Ok(entries.into_iter().map(Found::new).collect())
}

fn check_bounds(tx: &mut Tx<'_>, base: Option<KnowledgeBaseId>, top: Option<KnowledgeEntryId>) -> Result<(), AppError> {
    if let Some(base) = base
        && knowledge::base(tx, base)?.is_none()
    {
        return Err(AppError::not_found("knowledge base with this id not found"));
    }
    if let Some(top) = top
        && knowledge::entry(tx, top)?.is_none()
    {
        return Err(AppError::not_found("knowledge base entry with this id not found"));
    }
    Ok(())
}

impl Found {
    fn new(entry: Entry) -> Found {
        Found { title_text: plain_text(&entry.title), text: plain_text(&entry.content), simple_html: simple_html(&entry.content), entry }
    }
}

/// What of the journal there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalExtent {
    /// Another one means that it started over.
    pub epoch: i64,
    /// The newest number.
    pub head: i64,
    /// The oldest number that was not trimmed.
    pub first: Option<i64>,
}

impl JournalExtent {
    /// Whether all that came after a number can still be read.
    pub fn reaches_back_to(&self, number: i64) -> bool {
        number <= self.head && self.first.map_or(number == self.head, |first| first <= number + 1)
    }
}

pub fn journal_extent(tx: &mut Tx<'_>) -> Result<JournalExtent, AppError> {
    Ok(JournalExtent { epoch: tx.epoch(), head: tx.head()?, first: journal::first_number(tx)? })
}

/// What a stretch of the journal says has changed in knowledge bases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The last number of the stretch; that asked for if there is nothing after it.
    pub until: i64,
    pub bases: BTreeSet<KnowledgeBaseId>,
    pub entries: BTreeSet<KnowledgeEntryId>,
}

/// The changes in the next events after a number, at most so many; `None` if some of those events are gone.
pub fn changes_after(tx: &mut Tx<'_>, number: i64, events_max: i64) -> Result<Option<Changes>, AppError> {
    let events = journal::after(tx, number, events_max)?;
    if events.first().is_some_and(|first| first.number > number + 1) {
        return Ok(None);
    }
    let mut changes = Changes { until: number, bases: BTreeSet::new(), entries: BTreeSet::new() };
    for recorded in events {
        changes.until = recorded.number;
        match changed_by(&recorded.event) {
            Some(Changed::Base(base)) => drop(changes.bases.insert(base)),
            Some(Changed::Entry(entry)) => drop(changes.entries.insert(entry)),
            None => {}
        }
    }
    Ok(Some(changes))
}

/// Whether an event changes what a search finds.
pub fn concerns_search(event: &Event) -> bool {
    changed_by(event).is_some()
}

enum Changed {
    Base(KnowledgeBaseId),
    Entry(KnowledgeEntryId),
}

fn changed_by(event: &Event) -> Option<Changed> {
    match event {
        Event::KnowledgeBaseChanged { base, .. } => Some(Changed::Base(*base)),
        Event::KnowledgeEntryChanged { entry, .. } => Some(Changed::Entry(*entry)),
        Event::AgentChanged { .. }
        | Event::AgentStatusChanged { .. }
        | Event::DepartmentChanged { .. }
        | Event::MembershipChanged { .. }
        | Event::CustomerChanged { .. }
        | Event::BanChanged { .. }
        | Event::VisitStarted { .. }
        | Event::PageViewed { .. }
        | Event::ConversationStarted { .. }
        | Event::StatusChanged { .. }
        | Event::Assigned { .. }
        | Event::MessageAdded { .. }
        | Event::TagsChanged { .. }
        | Event::ReadMarked { .. }
        | Event::ChatRequested { .. }
        | Event::ChatOffered { .. }
        | Event::OfferClosed { .. }
        | Event::ChatJoined { .. }
        | Event::ChatLeft { .. }
        | Event::ChatTransferred { .. }
        | Event::ChatEnded { .. }
        | Event::ChatRated { .. }
        | Event::SettingsChanged { .. }
        | Event::CustomerRemoved { .. }
        | Event::TagChanged { .. }
        | Event::CustomerGroupChanged { .. }
        | Event::CompanyChanged { .. }
        | Event::WidgetChanged { .. }
        | Event::FieldsChanged { .. }
        | Event::ConversationMerged { .. }
        | Event::SkillChanged { .. }
        | Event::SkillsRequested { .. }
        | Event::ChatMarked { .. }
        | Event::GoalChanged { .. }
        | Event::ConversionRecorded { .. }
        | Event::TriggerChanged { .. }
        | Event::TriggerFired { .. }
        | Event::ShortcutChanged { .. }
        | Event::OauthClientChanged { .. }
        | Event::Call(_)
        | Event::Sla(_)
        | Event::Automation(_) => None,
    }
}
