//! Visits and the pages they saw.

use deskbell_domain::ids::{CustomerId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::{Page, VISIT_PAGES_MAX, Visit};

use super::{in_list, time};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, visitor_id, customer_id, started_at, seen_at, user_agent, address, referrer, language";

fn row(row: &Row<'_>) -> Result<Visit, StoreError> {
    Ok(Visit {
        id: VisitId::from_i64(row.get(0)?),
        visitor: VisitorId::from_i64(row.get(1)?),
        customer: CustomerId::from_i64(row.get(2)?),
        started: time(row.get(3)?),
        seen: time(row.get(4)?),
        user_agent: row.get(5)?,
        address: row.get(6)?,
        referrer: row.get(7)?,
        language: row.get(8)?,
    })
}

pub fn insert(tx: &mut Tx<'_>, visit: &Visit) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO visits (id, visitor_id, customer_id, started_at, seen_at, user_agent, address, referrer, language) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &visit.id.get(),
            &visit.visitor.get(),
            &visit.customer.get(),
            &visit.started.micros(),
            &visit.seen.micros(),
            &visit.user_agent,
            &visit.address,
            &visit.referrer,
            &visit.language,
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, visit: VisitId) -> Result<Option<Visit>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM visits WHERE id = $1"), &[&visit.get()], row)
}

/// Signs of life of many visits at once.
pub fn touch(tx: &mut Tx<'_>, visits: &[VisitId], at: Timestamp) -> Result<(), StoreError> {
    for some in visits.chunks(200) {
        let list = in_list(some.iter().map(|visit| visit.get()));
        tx.exec_dynamic(&format!("UPDATE visits SET seen_at = $1 WHERE id IN {list} AND seen_at < $1"), &[&at.micros()])?;
    }
    Ok(())
}

/// Visits seen at or after a moment, newest first.
pub fn seen_since(tx: &mut Tx<'_>, since: Timestamp, limit: i64) -> Result<Vec<Visit>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM visits WHERE seen_at >= $1 ORDER BY seen_at DESC, id LIMIT $2"),
        &[&since.micros(), &limit],
        row,
    )
}

/// The latest visit of each browser seen at or after a moment, the latest begun first; `before` pages on behind a visit.
pub fn present(tx: &mut Tx<'_>, since: Timestamp, before: Option<(Timestamp, VisitId)>, limit: i64) -> Result<Vec<Visit>, StoreError> {
    let (started, id) = before.map_or((i64::MAX, i64::MAX), |(started, id)| (started.micros(), id.get()));
    tx.all_dynamic_with(
        &format!(
            "SELECT {COLUMNS} FROM visits v WHERE seen_at >= $1 AND (started_at, id) < ($2, $3) AND NOT EXISTS \
               (SELECT 1 FROM visits n WHERE n.visitor_id = v.visitor_id AND (n.started_at, n.id) > (v.started_at, v.id)) \
             ORDER BY started_at DESC, id DESC LIMIT $4"
        ),
        &[&since.micros(), &started, &id, &limit],
        row,
    )
}

/// Adds a page; past [`VISIT_PAGES_MAX`] the last place is used again.
pub fn add_page(tx: &mut Tx<'_>, page: &Page) -> Result<(), StoreError> {
    let (last,): (i64,) = tx.one("SELECT COALESCE(MAX(ordinal), 0) FROM pages WHERE visit_id = $1", &[&page.visit.get()])?;
    let ordinal = (last + 1).min(VISIT_PAGES_MAX as i64);
    tx.exec(
        "INSERT INTO pages (visit_id, ordinal, at, url, title, from_url) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (visit_id, ordinal) DO UPDATE SET at = excluded.at, url = excluded.url, title = excluded.title, \
           from_url = excluded.from_url",
        &[&page.visit.get(), &ordinal, &page.at.micros(), &page.url, &page.title, &page.from],
    )?;
    Ok(())
}

/// The pages of a visit, oldest first.
pub fn pages(tx: &mut Tx<'_>, visit: VisitId) -> Result<Vec<Page>, StoreError> {
    tx.all_with("SELECT at, url, title, from_url FROM pages WHERE visit_id = $1 ORDER BY ordinal", &[&visit.get()], |row| {
        Ok(Page { visit, at: time(row.get(0)?), url: row.get(1)?, title: row.get(2)?, from: row.get(3)? })
    })
}

/// The page a visit shows now.
pub fn last_page(tx: &mut Tx<'_>, visit: VisitId) -> Result<Option<Page>, StoreError> {
    tx.opt_with("SELECT at, url, title, from_url FROM pages WHERE visit_id = $1 ORDER BY ordinal DESC LIMIT 1", &[&visit.get()], |row| {
        Ok(Page { visit, at: time(row.get(0)?), url: row.get(1)?, title: row.get(2)?, from: row.get(3)? })
    })
}

/// The latest visits of a browser, newest first.
pub fn of_visitor(tx: &mut Tx<'_>, visitor: VisitorId, limit: i64) -> Result<Vec<Visit>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM visits WHERE visitor_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2"),
        &[&visitor.get(), &limit],
        row,
    )
}

/// How many pages a visit has seen.
pub fn count_pages(tx: &mut Tx<'_>, visit: VisitId) -> Result<i64, StoreError> {
    Ok(tx.one::<(i64,)>("SELECT COUNT(*) FROM pages WHERE visit_id = $1", &[&visit.get()])?.0)
}
