//! A search: reads the question, and looks for entries in steps until there are enough.
//!
//! 1. All words as they were asked for.
//! 2. All of them, the last one taken for the beginning of longer words.
//! 3. All of them, or as many as possible, typing errors forgiven.
//!
//! What a later step finds stands below what an earlier one found.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use deskbell_app::search::{FOUND_MAX, KnowledgeQuery, Reader};
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use tantivy::{DocAddress, Searcher};

use crate::deadline::Deadline;
use crate::expand::{self, Meant};
use crate::fields::Fields;
use crate::language::Language;
use crate::phrase;
use crate::question::{Question, Word, stems_of};
use crate::rank::{Filter, Ground, Hit, Lane, Need};

/// A search that takes longer answers with what it has found.
const SEARCH_MILLIS_MAX: u64 = 1_000;
/// Hits of a step among which those with phrases are raised, at least.
const RAISED_HITS_MIN: usize = 100;
/// What longer words and words with errors are worth, by the number of errors, measured by the word itself.
const LONGER_WEIGHT: f32 = 0.6;
const ERROR_WEIGHTS: [f32; 3] = [1.0, 0.5, 0.25];

/// The index as it was at some moment.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) searcher: Searcher,
    pub(crate) fields: Fields,
    pub(crate) languages: BTreeMap<KnowledgeBaseId, Language>,
}

/// The entries that answer a question, best first.
pub(crate) fn find(view: &View, query: &KnowledgeQuery) -> tantivy::Result<Vec<KnowledgeEntryId>> {
    let languages: BTreeSet<Language> = match query.base {
        Some(base) => view.languages.get(&base).copied().into_iter().collect(),
        None => view.languages.values().copied().collect(),
    };
    let question = Question::read(&query.text, &languages);
    let hits_max = query.limit.min(FOUND_MAX);
    if question.wanted.is_empty() || hits_max == 0 {
        return Ok(Vec::new());
    }
    let filter = Filter { public_only: query.reader == Reader::Public, base: query.base, top: query.top };
    let deadline = Deadline::after(Duration::from_millis(SEARCH_MILLIS_MAX));
    let ground = Ground::new(&view.searcher, view.fields, filter, deadline)?;
    let mut search = Search { ground, languages, question, hits_max, found: Vec::new(), known: HashSet::new() };
    search.run()?;
    Ok(search.found.into_iter().map(KnowledgeEntryId::from_i64).collect())
}

struct Search<'a> {
    ground: Ground<'a>,
    languages: BTreeSet<Language>,
    question: Question,
    hits_max: usize,
    found: Vec<i64>,
    known: HashSet<DocAddress>,
}

impl Search<'_> {
    fn run(&mut self) -> tantivy::Result<()> {
        let mut lanes: Vec<Lane> = self.wanted().map(own_lane).collect();
        self.step(&lanes, Need::All)?;
        if self.is_enough() {
            return Ok(());
        }
        if let Some(unfinished) = self.question.unfinished {
            let typed = lanes[unfinished].typed.clone().unwrap_or_default();
            let longer = expand::longer(self.ground.searcher, self.ground.fields, &typed, self.ground.deadline)?;
            self.add(&mut lanes[unfinished], &longer, |_| LONGER_WEIGHT);
            if !longer.is_empty() {
                self.step(&lanes, Need::All)?;
            }
        }
        if self.is_enough() {
            return Ok(());
        }
        let words: Vec<(Option<String>, u8)> = self.wanted().map(|word| (word.typed.clone(), word.errors_max())).collect();
        let mut forgiven = false;
        for ((typed, errors_max), lane) in words.into_iter().zip(&mut lanes) {
            if let Some(typed) = typed.filter(|_| errors_max > 0) {
                let similar = expand::similar(self.ground.searcher, self.ground.fields, &typed, errors_max, self.ground.deadline)?;
                self.add(lane, &similar, |meant| ERROR_WEIGHTS[meant.errors.min(2)]);
                forgiven |= !similar.is_empty();
            }
        }
        // Entries with all words come first by themselves.
        if lanes.len() > 1 || forgiven { self.step(&lanes, Need::Any) } else { Ok(()) }
    }

    fn wanted(&self) -> impl Iterator<Item = &Word> {
        self.question.wanted.iter().map(|place| &self.question.sequence[*place])
    }

    fn is_enough(&self) -> bool {
        self.found.len() >= self.hits_max || self.ground.deadline.passed()
    }

    fn step(&mut self, lanes: &[Lane], need: Need) -> tantivy::Result<()> {
        let wanted = self.hits_max - self.found.len();
        let mut hits: Vec<Hit> = self.ground.best(lanes, need, &self.known, wanted.max(RAISED_HITS_MIN))?;
        phrase::raise(&self.ground, &self.question.sequence, &mut hits)?;
        for hit in hits.into_iter().take(wanted) {
            self.known.insert(hit.address);
            self.found.push(hit.entry);
        }
        Ok(())
    }

    /// Lets words stand for the one of a lane; what is found as the word itself is left out.
    fn add(&self, lane: &mut Lane, words: &[Meant], weight: impl Fn(&Meant) -> f32) {
        for meant in words {
            for stem in stems_of(&meant.word, &self.languages) {
                if !lane.own.contains(&stem) && !lane.others.iter().any(|(other, _)| *other == stem) {
                    lane.others.push((stem, weight(meant)));
                }
            }
        }
    }
}

fn own_lane(word: &Word) -> Lane {
    Lane { own: word.stems.iter().cloned().collect(), typed: word.typed.clone(), others: Vec::new() }
}
