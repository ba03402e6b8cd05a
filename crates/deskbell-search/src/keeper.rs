//! The thread that keeps the index: builds it where there is none, then follows the journal. It alone writes to it.

use std::time::{Duration, Instant};

use deskbell_app::knowledge::rendering::plain_text;
use deskbell_app::search::{Changes, changes_after, journal_extent};
use deskbell_app::{AppError, Desk, knowledge};
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Entry, KnowledgeBase};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, MergePolicy, NoMergePolicy};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy};

use crate::fields::{Fields, Indexed, schema};
use crate::find::View;
use crate::language::{Language, StemCache};
use crate::notes::{Notes, Source};
use crate::place::Place;
use crate::shared::Shared;
use crate::tending::{self, Record, STORE_PAUSE_MILLIS};
use crate::trouble::Trouble;

/// Memory in which new entries gather before they are written.
const WRITER_BYTES: usize = 50_000_000;
/// Changes are shown this soon even if nobody searches.
const COMMIT_MILLIS: u64 = 500;
/// While the index is built, what is there so far is shown this often.
const BUILD_COMMIT_MILLIS: u64 = 15_000;
/// How often the keeper looks by itself: for what another node wrote, and for merged files.
const IDLE_MILLIS: u64 = 5_000;
/// Events read in one bite, and entries, which may be long.
const BITE_EVENTS: i64 = 1_000;
const BITE_ENTRIES: usize = 32;
/// Events that concern nothing here after which the notes are written all the same, so that they need not be read again.
const NOTED_EVENTS: i64 = 50_000;
/// Segments from which some are merged, and the size up to which all count as small.
const MERGED_SEGMENTS_MIN: usize = 5;
const SMALL_SEGMENT_ENTRIES: u32 = 500;
/// The share of removed entries at which a segment is written anew.
const REMOVED_SHARE_MAX: f32 = 0.3;

/// Keeps the index until the desk closes.
pub(crate) fn run(desk: &Desk, place: &Place, shared: &Shared) {
    tending::tend("the search index", place, shared, |record| {
        let mut keeper = Keeper::open(desk, place, shared)?;
        let kept = keeper.keep(record);
        keeper.finish();
        kept
    });
}

struct Keeper<'a> {
    desk: &'a Desk,
    shared: &'a Shared,
    index: Index,
    fields: Fields,
    /// Made when there is something to write.
    writer: Option<IndexWriter>,
    reader: IndexReader,
    stems: StemCache,
    /// True of what was given to the writer.
    notes: Notes,
    /// The number in the notes on disk.
    noted: i64,
    /// Whether the writer has got something that is not committed.
    pending: bool,
    committed: Instant,
    /// The number that searches were last shown.
    shown: i64,
    refreshed: Instant,
}

impl<'a> Keeper<'a> {
    fn open(desk: &'a Desk, place: &Place, shared: &'a Shared) -> Result<Keeper<'a>, Trouble> {
        let extent = desk.snapshot_blocking(journal_extent)?;
        let source = Source { account_key: desk.account_key(), epoch: extent.epoch };
        let (schema, fields) = schema();
        let (index, notes) = match place.open(&schema, |text| Notes::read_of(source, text))? {
            Some((_, notes)) if !extent.reaches_back_to(notes.number) => {
                return Err(Trouble::Useless(format!("the journal does not reach back to {}", notes.number)));
            }
            Some(opened) => opened,
            None => (place.create(schema)?, Notes::of_new(source, extent.head)),
        };
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let now = Instant::now();
        Ok(Keeper {
            desk,
            shared,
            index,
            fields,
            writer: None,
            reader,
            stems: StemCache::default(),
            noted: notes.number,
            pending: false,
            committed: now,
            shown: notes.number,
            refreshed: now,
            notes,
        })
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
            let far = self.notes.number - self.noted >= NOTED_EVENTS;
            if far || (self.pending && (call.asked.is_some() || self.is_due(COMMIT_MILLIS))) {
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
            tracing::warn!(error = %error, "a merge of the search index failed");
        }
    }

    fn time_to_wait(&self) -> Duration {
        if self.notes.building.is_some() {
            return Duration::ZERO;
        }
        let time = Duration::from_millis(if self.pending { COMMIT_MILLIS } else { IDLE_MILLIS });
        if self.pending { time.saturating_sub(self.committed.elapsed()) } else { time }
    }

    fn is_due(&self, millis: u64) -> bool {
        self.committed.elapsed() >= Duration::from_millis(millis)
    }

    /// Takes in all that the journal tells; before that, all entries if the index is not built yet.
    fn catch_up(&mut self) -> Result<(), Trouble> {
        self.build()?;
        if self.notes.building.is_some() {
            return Ok(());
        }
        self.notes.number = self.shared.skip(self.notes.number);
        while !self.shared.is_ended() {
            let number = self.notes.number;
            let Some(changes) = self.desk.snapshot_blocking(move |tx| changes_after(tx, number, BITE_EVENTS))? else {
                return Err(Trouble::Useless(format!("the journal does not reach back to {number}")));
            };
            if changes.until == number {
                break;
            }
            self.take_in(&changes)?;
            self.notes.number = changes.until;
        }
        Ok(())
    }

    /// Takes in the entries that there are. Ends before its time if the desk closes.
    fn build(&mut self) -> Result<(), Trouble> {
        while let Some(after) = self.notes.building {
            if self.shared.is_ended() {
                return Ok(());
            }
            let (bases, entries) = self.read_after(after)?;
            self.learn(&bases);
            for entry in &entries {
                self.put(entry)?;
            }
            self.notes.building = entries.last().map(|last| last.id);
            self.pending |= !entries.is_empty();
            if self.pending && (self.notes.building.is_none() || self.is_due(BUILD_COMMIT_MILLIS)) {
                self.commit()?;
            }
            if self.notes.building.is_none() {
                self.merge_all()?;
                self.stems = StemCache::default();
                self.show();
            }
        }
        Ok(())
    }

    fn read_after(&self, after: KnowledgeEntryId) -> Result<(Vec<KnowledgeBase>, Vec<Entry>), AppError> {
        let limit = i64::try_from(BITE_ENTRIES).unwrap_or(i64::MAX);
        self.desk.snapshot_blocking(move |tx| Ok((knowledge::bases(tx)?, knowledge::all_after(tx, after, limit)?)))
    }

    fn take_in(&mut self, changes: &Changes) -> Result<(), Trouble> {
        if !changes.bases.is_empty() {
            let bases = self.desk.snapshot_blocking(knowledge::bases)?;
            for base in &changes.bases {
                self.take_in_base(*base, bases.iter().find(|known| known.id == *base))?;
            }
        }
        let ids: Vec<KnowledgeEntryId> = changes.entries.iter().copied().collect();
        for some in ids.chunks(BITE_ENTRIES) {
            let wanted = some.to_vec();
            let read = self.desk.snapshot_blocking(move |tx| Ok((knowledge::bases(tx)?, knowledge::entries_of(tx, &wanted)?)));
            let (bases, entries): (Vec<KnowledgeBase>, Vec<Entry>) = read?;
            self.learn(&bases);
            for id in some.iter().filter(|id| !entries.iter().any(|entry| entry.id == **id)) {
                let term = self.fields.entry_term(*id);
                self.writer()?.delete_term(term);
            }
            for entry in &entries {
                self.put(entry)?;
            }
            self.pending = true;
        }
        Ok(())
    }

    /// Forgets a base that is gone; reads all entries of one whose language is another now.
    fn take_in_base(&mut self, id: KnowledgeBaseId, base: Option<&KnowledgeBase>) -> Result<(), Trouble> {
        let Some(base) = base else {
            let term = self.fields.base_term(id);
            self.writer()?.delete_term(term);
            self.notes.languages.remove(&id);
            self.pending = true;
            return Ok(());
        };
        let language = Language::of_tag(&base.language);
        let before = self.notes.languages.insert(id, language).unwrap_or(language);
        if before == language {
            return Ok(());
        }
        let read = self.read_again(id);
        if read.is_err() {
            // It is tried again, and must be known as undone.
            self.notes.languages.insert(id, before);
        }
        read
    }

    fn read_again(&mut self, base: KnowledgeBaseId) -> Result<(), Trouble> {
        let mut after = KnowledgeEntryId::from_i64(0);
        loop {
            let (_, entries) = self.read_after(after)?;
            let Some(last) = entries.last() else { return Ok(()) };
            after = last.id;
            for entry in entries.iter().filter(|entry| entry.base == base) {
                self.put(entry)?;
                self.pending = true;
            }
        }
    }

    /// Notes the languages of bases that are new here. Those of others change when the journal says so: their entries have to follow.
    fn learn(&mut self, bases: &[KnowledgeBase]) {
        for base in bases {
            self.notes.languages.entry(base.id).or_insert_with(|| Language::of_tag(&base.language));
        }
    }

    /// Puts an entry in place of what there is of it. What is taken away, but still listed as such, is not searched for.
    fn put(&mut self, entry: &Entry) -> Result<(), Trouble> {
        let language = self.notes.languages.get(&entry.base).copied().unwrap_or(Language::NONE);
        let document = (!entry.deleted).then(|| self.fields.document(&indexed(entry), language, &mut self.stems));
        let term = self.fields.entry_term(entry.id);
        let writer = self.writer()?;
        writer.delete_term(term);
        if let Some(document) = document {
            writer.add_document(document)?;
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
        self.noted = self.notes.number;
        self.pending = false;
        self.committed = Instant::now();
        self.reader.reload()?;
        self.show();
        Ok(())
    }

    /// With nothing pending: shows how far the index is, and now and then takes up what was merged.
    fn refresh(&mut self) -> Result<(), Trouble> {
        if self.refreshed.elapsed() >= Duration::from_millis(IDLE_MILLIS) {
            self.refreshed = Instant::now();
            if self.index.searchable_segment_ids()?.len() != self.reader.searcher().segment_readers().len() {
                self.reader.reload()?;
                self.show();
            }
        }
        if self.shown != self.notes.number {
            self.show();
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

    fn show(&mut self) {
        self.shown = self.notes.number;
        let languages = self.notes.languages.clone();
        let view = View { searcher: self.reader.searcher(), fields: self.fields, languages };
        self.shared.show(Some(view), self.notes.number, self.notes.building.is_some());
    }
}

/// An index's one writer, with one thread of work and one of merges.
pub(crate) fn open_writer(index: &Index, building: bool) -> tantivy::Result<IndexWriter> {
    let options = IndexWriterOptions::builder().memory_budget_per_thread(WRITER_BYTES).num_worker_threads(1).num_merge_threads(1);
    let writer = index.writer_with_options(options.build())?;
    writer.set_merge_policy(merge_policy(building));
    Ok(writer)
}

/// What is built is merged once, at its end.
pub(crate) fn merge_policy(building: bool) -> Box<dyn MergePolicy> {
    if building {
        return Box::new(NoMergePolicy);
    }
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(MERGED_SEGMENTS_MIN);
    policy.set_min_layer_size(SMALL_SEGMENT_ENTRIES);
    policy.set_del_docs_ratio_before_merge(REMOVED_SHARE_MAX);
    Box::new(policy)
}

fn indexed(entry: &Entry) -> Indexed {
    let mut body = plain_text(&entry.content);
    if !entry.description.is_empty() {
        body.push('\n');
        body.push_str(&plain_text(&entry.description));
    }
    Indexed {
        entry: entry.id,
        base: entry.base,
        ancestors: entry.ancestors(),
        public: entry.is_public(),
        title: plain_text(&entry.title),
        keywords: entry.keywords.clone(),
        url_code: entry.url_code.clone(),
        body,
    }
}
