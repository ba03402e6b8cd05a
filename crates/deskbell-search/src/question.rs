//! What was asked, as words to look for. Nothing in a question is an operator: what is neither letter nor digit only parts words.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use deskbell_app::search::QUERY_CHARS_MAX;

use crate::fields::pairs;
use crate::language::Language;
use crate::text::{Script, parts};

/// Words of a question that are looked for.
pub(crate) const WORDS_MAX: usize = 16;
/// Characters that the last word must have to count as the beginning of a longer one.
const BEGINNING_CHARS_MIN: usize = 2;
/// Letters from which a word may have one typing error, and two.
const ONE_ERROR_LETTERS_MIN: usize = 4;
const TWO_ERRORS_LETTERS_MIN: usize = 8;

/// One word, or one pair of characters of an unspaced script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// What it is indexed as, in every language that is searched.
    pub(crate) stems: BTreeSet<String>,
    /// As it was typed, in lower case; `None` for pairs of characters.
    pub(crate) typed: Option<String>,
    /// Its place in the question.
    pub(crate) position: u32,
}

/// A question read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Question {
    /// In the order of the question, stop words too: what phrases are made of.
    pub(crate) sequence: Vec<Word>,
    /// Places in the sequence of the words that answers should have: each once, without stop words unless there are no others.
    pub(crate) wanted: Vec<usize>,
    /// Of the wanted ones, the one that may be the beginning of a longer word: the question ended with it.
    pub(crate) unfinished: Option<usize>,
}

impl Question {
    /// Reads a question that goes to bases in these languages.
    pub(crate) fn read(text: &str, languages: &BTreeSet<Language>) -> Question {
        let text = text.char_indices().nth(QUERY_CHARS_MAX).map_or(text, |(end, _)| &text[..end]);
        let mut sequence = Vec::new();
        for part in parts(text) {
            match part.script {
                Script::Spaced => {
                    let mut stems = stems_of(&part.text, languages);
                    stems.extend(part.joined.iter().flat_map(|joined| stems_of(joined, languages)));
                    sequence.push(Word { stems, typed: Some(part.text), position: part.position });
                }
                Script::Unspaced => sequence.extend(run(&part.text, part.position)),
            }
        }
        let whole = sequence.len() <= WORDS_MAX;
        sequence.truncate(WORDS_MAX);
        let is_stop = |word: &Word| word.typed.as_ref().is_some_and(|typed| languages.iter().any(|language| language.is_stop_word(typed)));
        let only_stop_words = sequence.iter().all(is_stop);
        let mut wanted: Vec<usize> = Vec::new();
        for (place, word) in sequence.iter().enumerate() {
            let again = wanted.iter().any(|earlier| sequence[*earlier].stems == word.stems);
            if !again && (only_stop_words || !is_stop(word)) {
                wanted.push(place);
            }
        }
        let unfinished = sequence.last().filter(|_| whole).and_then(|last| {
            let long = last.typed.as_ref().is_some_and(|typed| typed.chars().count() >= BEGINNING_CHARS_MIN);
            wanted.iter().position(|place| long && sequence[*place].stems == last.stems)
        });
        Question { sequence, wanted, unfinished }
    }
}

impl Word {
    /// Typing errors that it may have. Numbers and codes are meant as they are.
    pub(crate) fn errors_max(&self) -> u8 {
        let Some(typed) = self.typed.as_ref().filter(|typed| !typed.contains(|character: char| character.is_numeric())) else { return 0 };
        match typed.chars().count() {
            0..ONE_ERROR_LETTERS_MIN => 0,
            ONE_ERROR_LETTERS_MIN..TWO_ERRORS_LETTERS_MIN => 1,
            _ => 2,
        }
    }
}

/// The pairs of a run; of a single character that one.
fn run(text: &str, position: u32) -> Vec<Word> {
    let word = |text: &str, position: u32| Word { stems: BTreeSet::from([text.to_owned()]), typed: None, position };
    let whole: Vec<Word> = (position..).zip(pairs(text)).filter_map(|(position, (pair, _))| Some(word(pair?, position))).collect();
    if whole.is_empty() { vec![word(text, position)] } else { whole }
}

pub(crate) fn stems_of(word: &str, languages: &BTreeSet<Language>) -> BTreeSet<String> {
    languages.iter().flat_map(|language| language.stems(word).iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}
