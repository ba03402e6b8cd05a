//! Words that stand in the index and that a typed word may have been meant for: longer ones that begin with it, and ones it differs from
//! by a typing error or two.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::{Searcher, Term};

use crate::deadline::Deadline;
use crate::fields::Fields;

/// Words that one typed word may stand for.
const WORDS_MAX: usize = 32;
/// Words of a segment that are looked at for one beginning or one misspelling.
const SCANNED_WORDS_MAX: usize = 2_000;

/// A word of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) word: String,
    /// Typing errors between it and what was typed.
    pub(crate) errors: usize,
}

/// The most frequent words that begin with the typed one and are longer.
pub(crate) fn longer(searcher: &Searcher, fields: Fields, typed: &str, deadline: Deadline) -> tantivy::Result<Vec<Meant>> {
    let mut found: HashMap<String, u64> = HashMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(fields.words)?;
        let mut words = index.terms().range().gt(typed).into_stream()?;
        for _ in 0..SCANNED_WORDS_MAX {
            if !words.advance() || !words.key().starts_with(typed.as_bytes()) {
                break;
            }
            note(&mut found, words.key(), words.value().doc_freq);
        }
        if deadline.passed() {
            break;
        }
    }
    Ok(best(found.into_iter().map(|(word, documents)| (Meant { word, errors: 0 }, documents)).collect()))
}

/// The words nearest to the typed one, more frequent ones first. Two letters that changed places are one error.
pub(crate) fn similar(searcher: &Searcher, fields: Fields, typed: &str, errors_max: u8, deadline: Deadline) -> tantivy::Result<Vec<Meant>> {
    let mut found: HashMap<String, u64> = HashMap::new();
    let term = Term::from_field_text(fields.words, typed);
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(fields.words)?;
        let automaton = FuzzyTermQuery::new(term.clone(), errors_max, true).automaton()?;
        let mut words = index.terms().search(automaton).into_stream()?;
        for _ in 0..SCANNED_WORDS_MAX {
            if !words.advance() {
                break;
            }
            note(&mut found, words.key(), words.value().doc_freq);
        }
        if deadline.passed() {
            break;
        }
    }
    found.remove(typed);
    let letters: Vec<char> = typed.chars().collect();
    let meant = found.into_iter().map(|(word, documents)| {
        let errors = errors_between(&letters, &word.chars().collect::<Vec<_>>());
        (Meant { word, errors }, documents)
    });
    Ok(best(meant.collect()))
}

fn note(found: &mut HashMap<String, u64>, word: &[u8], documents: u32) {
    if let Ok(word) = std::str::from_utf8(word) {
        match found.get_mut(word) {
            Some(known) => *known += u64::from(documents),
            None => drop(found.insert(word.to_owned(), u64::from(documents))),
        }
    }
}

fn best(mut found: Vec<(Meant, u64)>) -> Vec<Meant> {
    found.sort_by(|(a, a_documents), (b, b_documents)| {
        a.errors.cmp(&b.errors).then(b_documents.cmp(a_documents)).then_with(|| a.word.cmp(&b.word))
    });
    found.truncate(WORDS_MAX);
    found.into_iter().map(|(meant, _)| meant).collect()
}

/// Letters put in, left out, taken for others or swapped with their neighbour, at least.
fn errors_between(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, a_letter) in a.iter().enumerate() {
        let mut now = Vec::with_capacity(b.len() + 1);
        now.push(row + 1);
        for (column, b_letter) in b.iter().enumerate() {
            let mut errors = (last[column] + usize::from(a_letter != b_letter)).min(last[column + 1] + 1).min(now[column] + 1);
            if row > 0 && column > 0 && *a_letter == b[column - 1] && a[row - 1] == *b_letter {
                errors = errors.min(before_last[column - 1] + 1);
            }
            now.push(errors);
        }
        before_last = std::mem::replace(&mut last, now);
    }
    last.last().copied().unwrap_or_default()
}
