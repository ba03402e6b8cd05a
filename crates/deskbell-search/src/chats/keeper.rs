//! The thread that keeps the index: builds it where there is none, then follows the documents. It alone writes to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_app::Desk;
use deskbell_app::chat_search::{self, Bite, fields};
use deskbell_app::search::journal_extent;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy};

use super::fields::{Fields, schema};
use super::find::View;
use super::notes::Notes;
use crate::keeper::{merge_policy, open_writer};
use crate::notes::Source;
use crate::place::Place;
use crate::shared::Shared;
use crate::tending::{self, Record, STORE_PAUSE_MILLIS};
use crate::trouble::Trouble;

/// Changes are shown this soon even if nobody searches.
const COMMIT_MILLIS: u64 = 2_000;
/// While the index is built, what is there so far is shown this often.
const BUILD_COMMIT_MILLIS: u64 = 15_000;
/// How often the keeper looks by itself.
const IDLE_MILLIS: u64 = 1_000;
/// How often it takes up what was merged.
const REFRESH_MILLIS: u64 = 5_000;
/// Documents read in one bite, which may be long.
const BITE_DOCUMENTS: i64 = 64;

/// Keeps the index until the desk closes.
pub(super) fn run(desk: &Desk, place: &Place, shared: &Shared<View>) {
    tending::tend("the search index of chats", place, shared, |record| {
        let mut keeper = Keeper::open(desk, place, shared)?;
        let kept = keeper.keep(record);
        keeper.finish();
        kept
    });
}

struct Keeper<'a> {
    desk: &'a Desk,
    shared: &'a Shared<View>,
    index: Index,
    fields: Arc<Fields>,
    /// Made when there is something to write.
    writer: Option<IndexWriter>,
    reader: IndexReader,
    /// True of what was given to the writer.
    notes: Notes,
    /// Whether the writer has got something that is not committed.
    pending: bool,
    committed: Instant,
    refreshed: Instant,
}

impl<'a> Keeper<'a> {
    fn open(desk: &'a Desk, place: &Place, shared: &'a Shared<View>) -> Result<Keeper<'a>, Trouble> {
        let (extent, written) = desk.snapshot_blocking(|tx| Ok((journal_extent(tx)?, chat_search::last_written(tx)?)))?;
        let source = Source { account_key: desk.account_key(), epoch: extent.epoch };
        let (schema, fields) = schema();
        let (index, notes) = match place.open(&schema, |text| Notes::read_of(source, text))? {
            Some((_, notes)) if notes.written > written => {
                return Err(Trouble::Useless("it knows documents that were never written".to_owned()));
            }
            Some(opened) => opened,
            None => (place.create(schema)?, Notes::of_new(source, written)),
        };
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let now = Instant::now();
        let fields = Arc::new(fields);
        Ok(Keeper { desk, shared, index, fields, writer: None, reader, notes, pending: false, committed: now, refreshed: now })
    }

    fn keep(&mut self, record: &mut Record) -> Result<(), Trouble> {
        self.show();
        loop {
            let call = self.shared.wait(self.time_to_wait());
            if call.damaged {
                return Err(Trouble::Useless("a search met with damage".to_owned()));
            }
            if call.ended {
                return if self.pending { self.commit() } else { Ok(()) };
            }
            match self.catch_up() {
                Ok(()) => record.store_is_back(),
                Err(Trouble::Store(error)) => {
                    record.store_is_away(&error);
                    self.shared.rest(Duration::from_millis(STORE_PAUSE_MILLIS));
                    continue;
                }
                Err(trouble) => return Err(trouble),
            }
            if self.pending && (call.asked.is_some() || self.is_due(COMMIT_MILLIS)) {
                self.commit()?;
                record.is_of_use();
            } else if !self.pending {
                self.refresh()?;
            }
            if let Some(asked) = call.asked {
                self.shared.serve(asked);
            }
        }
    }

    /// Merges go on behind: nothing must write to the directory any more.
    fn finish(mut self) {
        if let Some(Err(error)) = self.writer.take().map(IndexWriter::wait_merging_threads) {
            tracing::warn!(error = %error, "a merge of the search index of chats failed");
        }
    }

    fn time_to_wait(&self) -> Duration {
        if self.notes.building.is_some() { Duration::ZERO } else { Duration::from_millis(IDLE_MILLIS) }
    }

    fn is_due(&self, millis: u64) -> bool {
        self.committed.elapsed() >= Duration::from_millis(millis)
    }

    /// Takes in all documents that were written; before that, all that there are if the index is not built yet.
    fn catch_up(&mut self) -> Result<(), Trouble> {
        self.build()?;
        if self.notes.building.is_some() {
            return Ok(());
        }
        while !self.shared.is_ended() {
            let after = self.notes.written;
            let bite = self.desk.snapshot_blocking(move |tx| chat_search::written_after(tx, after, BITE_DOCUMENTS))?;
            let Some(last) = bite.last else { return Ok(()) };
            self.take_in(&bite)?;
            self.notes.written = last;
        }
        Ok(())
    }

    /// Takes in the documents that there are. Ends before its time if the desk closes.
    fn build(&mut self) -> Result<(), Trouble> {
        while let Some(after) = self.notes.building.clone() {
            if self.shared.is_ended() {
                return Ok(());
            }
            let bite = self.desk.snapshot_blocking(move |tx| chat_search::all_after(tx, &after, BITE_DOCUMENTS))?;
            self.take_in(&bite)?;
            self.notes.building = bite.last;
            let whole = self.notes.building.is_none();
            // Also without documents: that it is whole is worth noting.
            if whole || self.is_due(BUILD_COMMIT_MILLIS) {
                self.commit()?;
            }
            if whole {
                self.merge_all()?;
            }
        }
        Ok(())
    }

    fn take_in<T>(&mut self, bite: &Bite<T>) -> Result<(), Trouble> {
        for (id, document) in &bite.documents {
            let term = self.fields.key_term(id);
            let fields = Arc::clone(&self.fields);
            let writer = self.writer()?;
            writer.delete_term(term);
            match fields::read(document) {
                Some(searched) if !searched.deleted => drop(writer.add_document(fields.document(&searched))?),
                Some(_) => {}
                None => tracing::warn!(chat.id = id, "a chat's document cannot be read, and is not searched"),
            }
            self.pending = true;
        }
        Ok(())
    }

    fn writer(&mut self) -> Result<&mut IndexWriter, Trouble> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => open_writer(&self.index, self.notes.building.is_some())?,
        };
        Ok(self.writer.insert(writer))
    }

    /// Writes what is pending, with the notes, and shows it.
    fn commit(&mut self) -> Result<(), Trouble> {
        let notes = self.notes.write();
        let mut commit = self.writer()?.prepare_commit()?;
        commit.set_payload(&notes);
        commit.commit()?;
        self.pending = false;
        self.committed = Instant::now();
        self.reader.reload()?;
        self.show();
        Ok(())
    }

    /// With nothing pending: now and then takes up what was merged.
    fn refresh(&mut self) -> Result<(), Trouble> {
        if self.refreshed.elapsed() >= Duration::from_millis(REFRESH_MILLIS) {
            self.refreshed = Instant::now();
            if self.index.searchable_segment_ids()?.len() != self.reader.searcher().segment_readers().len() {
                self.reader.reload()?;
                self.show();
            }
        }
        Ok(())
    }

    /// One segment is searched fastest. Goes on by itself.
    fn merge_all(&mut self) -> Result<(), Trouble> {
        let segments = self.index.searchable_segment_ids()?;
        if let Some(writer) = &mut self.writer {
            if segments.len() > 1 {
                drop(writer.merge(&segments));
            }
            writer.set_merge_policy(merge_policy(false));
        }
        Ok(())
    }

    fn show(&self) {
        let view = View { searcher: self.reader.searcher(), fields: Arc::clone(&self.fields) };
        self.shared.show(Some(view), self.notes.written, self.notes.building.is_some());
    }
}
