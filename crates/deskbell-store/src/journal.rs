//! Reading and keeping the journal. Writing to it is [`Tx::append`].

use crate::codec;
use crate::engine::{Row, Tx};
use crate::error::StoreError;
use crate::migrations;
use deskbell_domain::event::Recorded;
use deskbell_domain::ids::{ConversationId, VisitorId};
use deskbell_domain::time::Timestamp;

/// Entries deleted by one [`trim`], at most.
pub const TRIM_ENTRIES_MAX: i64 = 2_000;

/// Entries after `number`, in order, at most `limit`.
pub fn after(tx: &mut Tx<'_>, number: i64, limit: i64) -> Result<Vec<Recorded>, StoreError> {
    tx.flush_journal()?;
    tx.all_with("SELECT number, at, kind, body FROM journal WHERE number > $1 ORDER BY number LIMIT $2", &[&number, &limit], recorded)
}

/// Entries of these kinds after `number`, up to `until` and with it, in order. Kinds are names of the program's own, never somebody's words.
pub fn of_kinds(tx: &mut Tx<'_>, kinds: &[&str], number: i64, until: i64) -> Result<Vec<Recorded>, StoreError> {
    tx.flush_journal()?;
    let list = kinds.join("', '");
    let sql =
        format!("SELECT number, at, kind, body FROM journal WHERE number > $1 AND number <= $2 AND kind IN ('{list}') ORDER BY number");
    tx.all_dynamic_with(&sql, &[&number, &until], recorded)
}

/// A conversation's entries after `number`, in order, at most `limit`.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId, number: i64, limit: i64) -> Result<Vec<Recorded>, StoreError> {
    tx.flush_journal()?;
    tx.all_with(
        "SELECT number, at, kind, body FROM journal WHERE conversation_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        &[&conversation.get(), &number, &limit],
        recorded,
    )
}

/// The entries after `number` of all conversations started from a browser, in order, at most `limit`.
pub fn of_visitor(tx: &mut Tx<'_>, visitor: VisitorId, number: i64, limit: i64) -> Result<Vec<Recorded>, StoreError> {
    tx.flush_journal()?;
    tx.all_with(
        "SELECT j.number, j.at, j.kind, j.body FROM conversations c JOIN journal j ON j.conversation_id = c.id \
         WHERE c.visitor_id = $1 AND j.number > $2 ORDER BY j.number LIMIT $3",
        &[&visitor.get(), &number, &limit],
        recorded,
    )
}

/// The oldest entry that is still there. Who last saw a number below the one before it has to start over.
pub fn first_number(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreError> {
    tx.flush_journal()?;
    let (number,) = tx.one("SELECT MIN(number) FROM journal", &[])?;
    Ok(number)
}

/// Moves the founding of a desk back: entries later than `start` are dated there. Only for a desk on which nothing has happened yet.
pub fn found_at(tx: &mut Tx<'_>, start: Timestamp) -> Result<(), StoreError> {
    tx.flush_journal()?;
    tx.exec("UPDATE journal SET at = $1 WHERE at > $1", &[&start])?;
    Ok(())
}

/// The moment of the newest entry.
pub fn latest_moment(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    tx.flush_journal()?;
    tx.opt_with("SELECT at FROM journal ORDER BY number DESC LIMIT 1", &[], |row| row.get(0))
}

/// The moment of an entry, unless it was trimmed.
pub fn moment_of(tx: &mut Tx<'_>, number: i64) -> Result<Option<Timestamp>, StoreError> {
    tx.flush_journal()?;
    tx.opt_with("SELECT at FROM journal WHERE number = $1", &[&number], |row| row.get(0))
}

/// The moment of the first entry after `number`.
pub fn moment_after(tx: &mut Tx<'_>, number: i64) -> Result<Option<Timestamp>, StoreError> {
    tx.flush_journal()?;
    tx.opt_with("SELECT at FROM journal WHERE number > $1 ORDER BY number LIMIT 1", &[&number], |row| row.get(0))
}

/// The first entry at or after a moment.
pub fn first_since(tx: &mut Tx<'_>, moment: Timestamp) -> Result<Option<i64>, StoreError> {
    tx.flush_journal()?;
    let (number,) = tx.one("SELECT MIN(number) FROM journal WHERE at >= $1", &[&moment])?;
    Ok(number)
}

/// Deletes the oldest entries: those before the first that is not older than `before`, and below `keep_from` (the least number that some
/// reader still needs). Deletes at most [`TRIM_ENTRIES_MAX`]; returns how many, so that the caller repeats it in another write while it
/// gets the most.
pub fn trim(tx: &mut Tx<'_>, before: Timestamp, keep_from: i64) -> Result<u64, StoreError> {
    match last_trimmed(tx, before, keep_from)? {
        Some(number) => tx.exec("DELETE FROM journal WHERE number <= $1", &[&number]),
        None => Ok(0),
    }
}

/// The last entry that [`trim`] would delete.
pub fn last_trimmed(tx: &mut Tx<'_>, before: Timestamp, keep_from: i64) -> Result<Option<i64>, StoreError> {
    tx.flush_journal()?;
    let oldest: Vec<(i64, Timestamp)> = tx.all("SELECT number, at FROM journal ORDER BY number LIMIT $1", &[&TRIM_ENTRIES_MAX])?;
    let last = oldest.into_iter().take_while(|(number, at)| *at < before && *number < keep_from).last();
    Ok(last.map(|(number, _)| number))
}

/// Entries that are missing between two others, or between the last and the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The last number before it.
    pub after: i64,
    /// The next number there is, or ought to be.
    pub next: i64,
}

/// Looks for a hole. Reads the whole journal's numbers.
pub fn check_gapless(tx: &mut Tx<'_>) -> Result<Option<Gap>, StoreError> {
    tx.flush_journal()?;
    let head = tx.head()?;
    let (count, first, last): (i64, Option<i64>, Option<i64>) = tx.one("SELECT COUNT(*), MIN(number), MAX(number) FROM journal", &[])?;
    let (Some(first), Some(last)) = (first, last) else {
        // All of it may have been trimmed.
        return Ok(None);
    };
    if count != last - first + 1 {
        let hole: Option<(i64, i64)> = tx.opt(
            "SELECT number, next FROM (SELECT number, LEAD(number) OVER (ORDER BY number) AS next FROM journal) AS pairs
             WHERE next <> number + 1 ORDER BY number LIMIT 1",
            &[],
        )?;
        return Ok(hole.map(|(after, next)| Gap { after, next }));
    }
    Ok((last != head).then_some(Gap { after: last, next: head }))
}

/// Gives the desk another epoch: whoever resumes with the old one has to start over. Numbers go on. Returns the new epoch.
pub fn start_over(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let epoch = migrations::new_epoch()?;
    tx.set_epoch(epoch)?;
    Ok(epoch)
}

fn recorded(row: &Row<'_>) -> Result<Recorded, StoreError> {
    let number = row.get(0)?;
    let event = codec::decode(row.str(2)?, row.str(3)?).map_err(|error| match error {
        StoreError::Corrupt(detail) => StoreError::Corrupt(format!("journal entry {number}: {detail}")),
        other => other,
    })?;
    Ok(Recorded { number, at: row.get(1)?, event })
}
