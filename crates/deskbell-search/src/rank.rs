//! Finds the entries that hold given words, and orders them.
//!
//! First counts how many of the words an entry holds, then how many of them as they were asked for, then a score: the sum over the words
//! of BM25 in all of the entry's text, raised by far if the title holds the word, by less if the keywords do: no number of words in the
//! text outweighs one among the keywords, and none there one in the title. All scores of a word share one rarity, that in all text.
//!
//! One word after the other, the lists of entries that hold it are read whole: some tens of thousands of entries take a millisecond.

mod best;
mod gate;

use std::collections::HashSet;

use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::BlockSegmentPostings;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentReader, Term};

use crate::deadline::Deadline;
use crate::fields::Fields;
use best::Best;
use gate::Gate;

/// BM25: how soon more of the same word counts no more, and how much long texts are held back.
const SATURATION: f32 = 1.2;
const LENGTH_SHARE: f32 = 0.75;
/// What a word in the title or among the keywords is worth, measured by one in a text of middling length, which is worth 2.2 at most
/// however often it stands there. Of titles shorter ones are worth more.
const TITLE_WEIGHT: f32 = 6.0;
const SHORT_TITLE_WEIGHT: f32 = 6.0;
const KEYWORDS_WEIGHT: f32 = 3.0;
/// A word that stands there as it was typed, diacritics and ending and all.
const AS_TYPED_WEIGHT: f32 = 0.5;

/// What is looked for in place of one word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lane {
    /// Stems of the word itself.
    pub(crate) own: Vec<String>,
    /// The word as it was typed.
    pub(crate) typed: Option<String>,
    /// Stems of words that it may have been meant for, with weights below 1.
    pub(crate) others: Vec<(String, f32)>,
}

/// How many of the words an entry must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    All,
    Any,
}

/// Which entries may be found at all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter {
    pub(crate) public_only: bool,
    pub(crate) base: Option<KnowledgeBaseId>,
    pub(crate) top: Option<KnowledgeEntryId>,
}

/// An entry found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    /// How many words it holds, and how many of them as they were asked for.
    pub(crate) matched: u8,
    pub(crate) own: u8,
    pub(crate) score: Score,
    pub(crate) entry: i64,
    pub(crate) address: DocAddress,
}

impl Hit {
    /// Greater is better. Entries that are worth the same come in the order of their making.
    pub(crate) fn rank(&self, other: &Hit) -> std::cmp::Ordering {
        (self.matched, self.own)
            .cmp(&(other.matched, other.own))
            .then_with(|| self.score.total_cmp(&other.score))
            .then_with(|| other.entry.cmp(&self.entry))
    }
}

/// What searches of one moment share.
pub(crate) struct Ground<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) fields: Fields,
    pub(crate) filter: Filter,
    pub(crate) deadline: Deadline,
    documents: f32,
    text_norms: Norms,
    title_norms: Norms,
}

/// What the length of an entry's field does to its scores, by the code of that length.
struct Norms(Field, Box<[f32; 256]>);

impl Norms {
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^24, and means need no more")]
    fn read(searcher: &Searcher, field: Field) -> tantivy::Result<Norms> {
        let (mut words, mut documents) = (0u64, 0u64);
        for segment in searcher.segment_readers() {
            words += segment.inverted_index(field)?.total_num_tokens();
            documents += u64::from(segment.max_doc());
        }
        let mean = (words as f32 / documents.max(1) as f32).max(1.0);
        let norm = |code: u8| SATURATION * (1.0 - LENGTH_SHARE + LENGTH_SHARE * FieldNormReader::id_to_fieldnorm(code) as f32 / mean);
        let mut norms = Box::new([0.0; 256]);
        for (code, place) in (0..=u8::MAX).zip(norms.iter_mut()) {
            *place = norm(code);
        }
        Ok(Norms(field, norms))
    }
}

impl<'a> Ground<'a> {
    #[expect(clippy::cast_precision_loss, reason = "rarity needs no more")]
    pub(crate) fn new(searcher: &'a Searcher, fields: Fields, filter: Filter, deadline: Deadline) -> tantivy::Result<Ground<'a>> {
        let documents: u64 = searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
        let (text_norms, title_norms) = (Norms::read(searcher, fields.all)?, Norms::read(searcher, fields.title)?);
        Ok(Ground { searcher, fields, filter, deadline, documents: documents as f32, text_norms, title_norms })
    }

    /// How many entries hold a stem.
    pub(crate) fn frequency(&self, stem: &str) -> tantivy::Result<u64> {
        self.searcher.doc_freq(&Term::from_field_text(self.fields.all, stem))
    }

    /// BM25's rarity of a word that so many entries hold.
    #[expect(clippy::cast_precision_loss, reason = "rarity needs no more")]
    pub(crate) fn rarity(&self, frequency: u64) -> f32 {
        let frequency = (frequency as f32).min(self.documents);
        (1.0 + (self.documents - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    /// The best entries that hold all, or any, of the words, best first; `known` ones are left out.
    pub(crate) fn best(&self, lanes: &[Lane], need: Need, known: &HashSet<DocAddress>, hits_max: usize) -> tantivy::Result<Vec<Hit>> {
        let mut ordered: Vec<(u64, &Lane)> = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let mut frequency = 0;
            for stem in lane.own.iter().chain(lane.others.iter().map(|(stem, _)| stem)) {
                frequency = self.frequency(stem)?.max(frequency);
            }
            ordered.push((frequency, lane));
        }
        ordered.sort_by_key(|(frequency, _)| *frequency);
        let mut best = Best::new(hits_max);
        if need == Need::All && ordered.first().is_none_or(|(frequency, _)| *frequency == 0) {
            return Ok(Vec::new());
        }
        for (number, segment) in (0..).zip(self.searcher.segment_readers()) {
            if self.deadline.passed() {
                break;
            }
            let mut counts = Counts::new(segment.max_doc());
            for (lane, (frequency, words)) in (0..).zip(&ordered) {
                counts.take(self, segment, words, self.rarity(*frequency), lane, need)?;
                if self.deadline.passed() || (need == Need::All && counts.touched.is_empty()) {
                    break;
                }
            }
            if counts.touched.is_empty() && need == Need::All {
                continue;
            }
            let least = if need == Need::All { u8::try_from(lanes.len()).unwrap_or(u8::MAX) } else { 1 };
            self.collect(segment, number, &counts, least, known, &mut best)?;
        }
        Ok(best.finish())
    }

    fn collect(
        &self,
        segment: &SegmentReader,
        number: u32,
        counts: &Counts,
        least: u8,
        known: &HashSet<DocAddress>,
        best: &mut Best,
    ) -> tantivy::Result<()> {
        let gate = Gate::new(self, segment)?;
        let entries = segment.fast_fields().column_first_or_default::<i64>("entry")?;
        for (document, matched) in (0..).zip(&counts.matched) {
            if *matched < least {
                continue;
            }
            let (own, score) = (counts.own[document as usize], counts.score[document as usize]);
            let address = DocAddress::new(number, document);
            if best.could_take(*matched, own, score) && gate.lets_through(document) && !known.contains(&address) {
                best.push(Hit { matched: *matched, own, score, entry: entries.get_val(document), address });
            }
        }
        Ok(())
    }
}

/// What is known of each entry of a segment after some words.
struct Counts {
    matched: Vec<u8>,
    own: Vec<u8>,
    score: Vec<Score>,
    /// For the word at work: its score in all text, what title or keywords add, whether the word itself was there.
    text: Vec<Score>,
    raise: Vec<Score>,
    is_own: Vec<bool>,
    /// The entries that hold it.
    touched: Vec<DocId>,
}

impl Counts {
    fn new(documents: u32) -> Counts {
        let size = documents as usize;
        Counts {
            matched: vec![0; size],
            own: vec![0; size],
            score: vec![0.0; size],
            text: vec![0.0; size],
            raise: vec![0.0; size],
            is_own: vec![false; size],
            touched: Vec::new(),
        }
    }

    /// Adds a word. If all are needed, entries that lack one of the `lane` words before it are not looked at.
    fn take(
        &mut self,
        ground: &Ground<'_>,
        segment: &SegmentReader,
        lane: &Lane,
        rarity: f32,
        number: u8,
        need: Need,
    ) -> tantivy::Result<()> {
        self.touched.clear();
        let own = lane.own.iter().map(|stem| (stem, 1.0, true));
        let others = lane.others.iter().map(|(stem, weight)| (stem, *weight, false));
        for (stem, weight, is_own) in own.chain(others) {
            let worth = weight * rarity;
            each_scored(segment, &ground.text_norms, stem, |document, score| {
                let place = document as usize;
                if need == Need::All && self.matched[place] != number {
                    return;
                }
                if self.text[place] == 0.0 {
                    self.touched.push(document);
                }
                self.text[place] = self.text[place].max(worth * score);
                self.is_own[place] |= is_own;
            })?;
            let mut raise = |document: DocId, weight: f32| {
                let raise = &mut self.raise[document as usize];
                *raise = raise.max(worth * weight);
            };
            each_holding(segment, ground.fields.keywords, stem, |document| raise(document, KEYWORDS_WEIGHT))?;
            each_scored(segment, &ground.title_norms, stem, |document, score| {
                raise(document, TITLE_WEIGHT + SHORT_TITLE_WEIGHT * score);
            })?;
        }
        if let Some(typed) = &lane.typed {
            each_holding(segment, ground.fields.words, typed, |document| {
                let place = document as usize;
                if self.is_own[place] {
                    self.raise[place] += AS_TYPED_WEIGHT * rarity;
                }
            })?;
        }
        for document in &self.touched {
            let place = *document as usize;
            self.matched[place] += 1;
            self.own[place] += u8::from(self.is_own[place]);
            self.score[place] += self.text[place] + self.raise[place];
            self.text[place] = 0.0;
            self.is_own[place] = false;
        }
        self.raise.fill(0.0);
        Ok(())
    }
}

/// The entries of a segment that hold a stem in a field, with BM25 but for the rarity.
#[expect(clippy::cast_precision_loss, reason = "counts of a word in a text are far below 2^24")]
fn each_scored(segment: &SegmentReader, norms: &Norms, stem: &str, mut each: impl FnMut(DocId, Score)) -> tantivy::Result<()> {
    let Norms(field, norms) = norms;
    let index = segment.inverted_index(*field)?;
    let Some(postings) = index.read_block_postings(&Term::from_field_text(*field, stem), IndexRecordOption::WithFreqs)? else {
        return Ok(());
    };
    let lengths = segment.get_fieldnorms_reader(*field)?;
    each_block(Some(postings), |documents, counts| {
        for (document, count) in documents.iter().zip(counts) {
            let (count, norm) = (*count as f32, norms[usize::from(lengths.fieldnorm_id(*document))]);
            each(*document, count * (SATURATION + 1.0) / (count + norm));
        }
    });
    Ok(())
}

/// The entries of a segment that hold a word in a field.
fn each_holding(segment: &SegmentReader, field: Field, word: &str, mut each: impl FnMut(DocId)) -> tantivy::Result<()> {
    let index = segment.inverted_index(field)?;
    let postings = index.read_block_postings(&Term::from_field_text(field, word), IndexRecordOption::Basic)?;
    each_block(postings, |documents, _| documents.iter().for_each(|document| each(*document)));
    Ok(())
}

fn each_block(postings: Option<BlockSegmentPostings>, mut each: impl FnMut(&[DocId], &[u32])) {
    let Some(mut postings) = postings else { return };
    while !postings.docs().is_empty() {
        each(postings.docs(), postings.freqs());
        postings.advance();
    }
}
