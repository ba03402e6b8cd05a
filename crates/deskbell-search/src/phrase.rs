//! Raises hits in which words of the question stand side by side as they do in it.

use std::collections::BTreeSet;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, SegmentReader, TERMINATED, Term};

use crate::question::Word;
use crate::rank::{Ground, Hit};

/// What a pair of neighbours is worth, measured by the mean rarity of its words.
const PAIR_WEIGHT: f32 = 1.5;
const TITLE_PAIR_WEIGHT: f32 = 4.0;

/// Raises the scores, and orders the hits anew.
pub(crate) fn raise(ground: &Ground<'_>, sequence: &[Word], hits: &mut [Hit]) -> tantivy::Result<()> {
    if sequence.len() > 1 {
        hits.sort_by_key(|hit| hit.address);
        for group in hits.chunk_by_mut(|a, b| a.address.segment_ord == b.address.segment_ord) {
            let segment = ground.searcher.segment_reader(group[0].address.segment_ord);
            for pair in sequence.windows(2) {
                if ground.deadline.passed() {
                    break;
                }
                let worth = (rarity(ground, &pair[0])? + rarity(ground, &pair[1])?) / 2.0;
                raise_pair(segment, ground.fields.all, pair, worth * PAIR_WEIGHT, group)?;
                raise_pair(segment, ground.fields.title, pair, worth * TITLE_PAIR_WEIGHT, group)?;
            }
        }
    }
    hits.sort_by(|a, b| b.rank(a));
    Ok(())
}

fn rarity(ground: &Ground<'_>, word: &Word) -> tantivy::Result<f32> {
    let mut frequency = 0;
    for stem in &word.stems {
        frequency = ground.frequency(stem)?.max(frequency);
    }
    Ok(ground.rarity(frequency))
}

/// The hits are of one segment, in its order.
fn raise_pair(segment: &SegmentReader, field: Field, pair: &[Word], worth: f32, hits: &mut [Hit]) -> tantivy::Result<()> {
    let mut first = Places::open(segment, field, &pair[0].stems)?;
    let mut second = Places::open(segment, field, &pair[1].stems)?;
    let apart = pair[1].position - pair[0].position;
    for hit in hits {
        let before = first.at(hit.address.doc_id);
        if before.is_empty() {
            continue;
        }
        let after: BTreeSet<u32> = second.at(hit.address.doc_id).iter().copied().collect();
        if before.iter().any(|place| after.contains(&(place + apart))) {
            hit.score += worth;
        }
    }
    Ok(())
}

/// Where a word stands, in whichever of its forms.
struct Places {
    lists: Vec<SegmentPostings>,
    found: Vec<u32>,
}

impl Places {
    fn open(segment: &SegmentReader, field: Field, stems: &BTreeSet<String>) -> tantivy::Result<Places> {
        let index = segment.inverted_index(field)?;
        let mut lists = Vec::with_capacity(stems.len());
        for stem in stems {
            lists.extend(index.read_postings(&Term::from_field_text(field, stem), IndexRecordOption::WithFreqsAndPositions)?);
        }
        Ok(Places { lists, found: Vec::new() })
    }

    /// Its places in a document; documents must be asked for in their order.
    fn at(&mut self, document: u32) -> &[u32] {
        self.found.clear();
        for list in &mut self.lists {
            if list.doc() < document {
                list.seek(document);
            }
            if list.doc() == document && document != TERMINATED {
                list.append_positions_with_offset(0, &mut self.found);
            }
        }
        &self.found
    }
}
