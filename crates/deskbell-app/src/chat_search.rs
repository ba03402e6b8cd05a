//! Searching what was said in chats: the port, and the use case around it. How a search is written is in [`grammar`], what it means in
//! [`meaning`], what it looks at in [`fields`].

pub mod fields;
pub mod grammar;
pub mod meaning;
mod moments;

use std::num::NonZeroU32;

use deskbell_store::{Tx, tables};

use crate::chat_records;
use crate::desk::Desk;
use crate::error::AppError;
use fields::Field;
use meaning::Condition;

/// Results of a page.
pub const PAGE_RESULTS: u32 = 40;
/// Results that can be paged through unless the desk says otherwise, as with the original.
pub const RESULTS_MAX: NonZeroU32 = NonZeroU32::new(10_000).expect("10,000 is not zero");

/// Which way results are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Descending,
    Ascending,
}

/// What results are ordered by: a field of numbers or moments. Documents without a value come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub by: &'static Field,
    pub direction: Direction,
}

/// A stretch of the results of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatQuery {
    pub condition: Condition,
    pub order: Order,
    pub skip: usize,
    pub limit: usize,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hits {
    /// How many there are in all.
    pub count: usize,
    /// Outside ids of the stretch that was asked for.
    pub ids: Vec<String>,
}

/// Finds chats and offline messages by their documents. Blocking: call it on a thread that may wait.
pub trait ChatSearch: Send + Sync + 'static {
    /// Documents written before the call are found as they are, all of them: the index catches up first. Unavailable if it cannot within a
    /// bounded time.
    fn search(&self, query: &ChatQuery) -> Result<Hits, AppError>;
}

/// A search as it is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    pub query: String,
    pub order: Order,
    /// From 1; 0 is the first one too.
    pub page: u32,
    /// Results that can be paged through; `None`: all.
    pub results_max: Option<NonZeroU32>,
}

/// A page of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Results on all pages, those behind the last one that can be asked for included.
    pub count: usize,
    /// The documents found, in their order.
    pub documents: Vec<String>,
    /// The page behind this one, if there are results on it. It may be one that is refused.
    pub next_page: Option<u32>,
}

/// Searches, and reads the documents found as they are now; one that went since is left out. Pages behind the last one are refused.
pub async fn find(desk: &Desk, ask: Ask) -> Result<Found, AppError> {
    let desk = desk.clone();
    let found = tokio::task::spawn_blocking(move || find_blocking(&desk, &ask)).await;
    found.unwrap_or_else(|error| Err(AppError::internal(format!("a search broke off: {error}"))))
}

fn find_blocking(desk: &Desk, ask: &Ask) -> Result<Found, AppError> {
    let page = ask.page.max(1);
    let skip = u64::from(page - 1) * u64::from(PAGE_RESULTS);
    if let Some(max) = ask.results_max
        && skip >= u64::from(max.get())
    {
        let pages = max.get().div_ceil(PAGE_RESULTS);
        return Err(AppError::invalid(format!("a search has at most {pages} pages: narrow it down, say to a shorter time")));
    }
    let condition = meaning::condition(&grammar::parse(&ask.query)?)?;
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let query = ChatQuery { condition, order: ask.order, skip, limit: PAGE_RESULTS as usize };
    let Hits { count, ids } = desk.chat_search()?.search(&query)?;
    let documents = desk.snapshot_blocking(move |tx| chat_records::by_ids(tx, &ids))?;
    let next_page = (count > skip.saturating_add(query.limit)).then(|| page.saturating_add(1));
    Ok(Found { count, documents: documents.into_iter().map(|(_, document)| document).collect(), next_page })
}

/// The number of the latest write of a document.
pub fn last_written(tx: &mut Tx<'_>) -> Result<i64, AppError> {
    Ok(tables::documents::last_written(tx)?)
}

/// A bite of documents, for an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bite<T> {
    /// The place of the last one; `None` if there is none left.
    pub last: Option<T>,
    /// Ids and documents.
    pub documents: Vec<(String, String)>,
}

/// Documents written after a write.
pub fn written_after(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Bite<i64>, AppError> {
    let mut bite = Bite::default();
    tables::documents::written_after(tx, after, limit, |written, id, document| {
        bite.last = Some(written);
        bite.documents.push((id.to_owned(), document.to_owned()));
    })?;
    Ok(bite)
}

/// All documents by id, behind one.
pub fn all_after(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Bite<String>, AppError> {
    let mut bite = Bite::default();
    tables::documents::all_after(tx, after, limit, |id, document| {
        bite.last = Some(id.to_owned());
        bite.documents.push((id.to_owned(), document.to_owned()));
    })?;
    Ok(bite)
}
