//! Languages: which stemmer a base's language tag stands for, and which of its words say nothing by themselves.

mod stop_words;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use frostem::{Algorithm, Stemmer};

use crate::text::fold;

/// Words whose forms are remembered while entries are indexed.
const FORMS_MAX: usize = 50_000;

/// A language by its place in the table; the first one has no stemmer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Language(usize);

struct Row {
    code: &'static str,
    /// Other tags for it.
    aliases: &'static [&'static str],
    algorithm: Option<Algorithm>,
}

const fn row(code: &'static str, aliases: &'static [&'static str], algorithm: Algorithm) -> Row {
    Row { code, aliases, algorithm: Some(algorithm) }
}

const LANGUAGES: &[Row] = &[
    Row { code: "-", aliases: &[], algorithm: None },
    row("ar", &[], Algorithm::Arabic),
    row("ca", &[], Algorithm::Catalan),
    row("cs", &[], Algorithm::Czech),
    row("da", &[], Algorithm::Danish),
    row("de", &[], Algorithm::German),
    row("el", &[], Algorithm::Greek),
    row("en", &[], Algorithm::English),
    row("eo", &[], Algorithm::Esperanto),
    row("es", &[], Algorithm::Spanish),
    row("et", &[], Algorithm::Estonian),
    row("eu", &[], Algorithm::Basque),
    row("fa", &[], Algorithm::Persian),
    row("fi", &[], Algorithm::Finnish),
    row("fr", &[], Algorithm::French),
    row("ga", &[], Algorithm::Irish),
    row("hi", &[], Algorithm::Hindi),
    row("hu", &[], Algorithm::Hungarian),
    row("hy", &[], Algorithm::Armenian),
    row("id", &["in"], Algorithm::Indonesian),
    row("it", &[], Algorithm::Italian),
    row("lt", &[], Algorithm::Lithuanian),
    row("ne", &[], Algorithm::Nepali),
    row("nl", &[], Algorithm::Dutch),
    row("no", &["nb", "nn"], Algorithm::Norwegian),
    row("pl", &[], Algorithm::Polish),
    row("pt", &[], Algorithm::Portuguese),
    row("ro", &["mo"], Algorithm::Romanian),
    row("ru", &[], Algorithm::Russian),
    row("sr", &["hr", "bs", "sh"], Algorithm::Serbian),
    row("sv", &[], Algorithm::Swedish),
    row("ta", &[], Algorithm::Tamil),
    row("tr", &[], Algorithm::Turkish),
    row("yi", &["ji"], Algorithm::Yiddish),
];

impl Language {
    /// Words stay as they are.
    pub(crate) const NONE: Language = Language(0);

    /// Reads a tag such as `en`, `pt-BR` or `de_AT`; a language without a stemmer is [`Language::NONE`].
    pub(crate) fn of_tag(tag: &str) -> Language {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let known = |row: &Row| row.algorithm.is_some() && (row.code == primary || row.aliases.contains(&primary.as_str()));
        LANGUAGES.iter().position(known).map_or(Language::NONE, Language)
    }

    /// Its code in the index's notes.
    pub(crate) fn code(self) -> &'static str {
        LANGUAGES[self.0].code
    }

    pub(crate) fn of_code(code: &str) -> Option<Language> {
        LANGUAGES.iter().position(|row| row.code == code).map(Language)
    }

    /// Whether a word (in lower case) is one that nearly every text has.
    pub(crate) fn is_stop_word(self, word: &str) -> bool {
        stop_words::of(self.code()).split_ascii_whitespace().any(|stop| stop == word)
    }

    /// What a word (in lower case) is indexed and looked for as: its stem without diacritics, and the stem of the word without
    /// diacritics where that is another.
    pub(crate) fn stems(self, word: &str) -> Stems {
        let folded = fold(word);
        let bare = folded.as_deref().unwrap_or(word);
        let stemmer = LANGUAGES[self.0].algorithm.map(Stemmer::new);
        let Some(stemmer) = stemmer.filter(|_| !word.contains(|character: char| character.is_numeric())) else {
            return Stems { first: bare.to_owned(), second: None };
        };
        let stem =
            |word: &str| Some(stemmer.stem(word)).filter(|stem| !stem.is_empty()).map_or_else(|| word.to_owned(), |stem| stem.into_owned());
        let first = stem(word);
        let first = fold(&first).unwrap_or(first);
        let second = folded.map(|folded| stem(&folded)).filter(|second| *second != first);
        Stems { first, second }
    }
}

/// The one or two stems of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stems {
    pub(crate) first: String,
    pub(crate) second: Option<String>,
}

impl Stems {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.first.as_str()).chain(self.second.as_deref())
    }
}

/// Remembers the stems of words that come again and again.
#[derive(Default)]
pub(crate) struct StemCache {
    of: HashMap<Language, HashMap<String, Stems>>,
    words: usize,
}

impl StemCache {
    pub(crate) fn stems(&mut self, language: Language, word: &str) -> &Stems {
        if self.words >= FORMS_MAX {
            self.of.clear();
            self.words = 0;
        }
        let known = self.of.entry(language).or_default();
        // Looked up twice: a borrow cannot be kept through the insertion.
        if !known.contains_key(word) {
            self.words += 1;
            known.insert(word.to_owned(), language.stems(word));
        }
        &known[word]
    }
}
