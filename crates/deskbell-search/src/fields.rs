//! What the index holds of an entry: texts as stems, its words as they are written, and where it belongs.

pub(crate) mod prepared;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, TantivyDocument, Term};

use crate::language::{Language, StemCache};
use crate::text::{Part, Script, fold, parts};

/// Changes with whatever makes an older index unusable: fields, the cutting of texts, stemming.
pub(crate) const INDEX_VERSION: u32 = 1;
/// Characters of an entry's text that are indexed.
pub(crate) const BODY_CHARS_MAX: usize = 1_000_000;

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) entry: Field,
    pub(crate) base: Field,
    /// The entry itself and all above it.
    pub(crate) tree: Field,
    /// 1 for what anybody may read.
    pub(crate) public: Field,
    /// Stems of title, keywords, address and text: what a word is looked for in.
    pub(crate) all: Field,
    /// Stems of the title: they rank an entry higher.
    pub(crate) title: Field,
    /// Stems of keywords and address: they rank it higher, too.
    pub(crate) keywords: Field,
    /// Words as they are written, with and without diacritics: what beginnings and typing errors are looked up in.
    pub(crate) words: Field,
}

/// What is indexed of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub(crate) entry: KnowledgeEntryId,
    pub(crate) base: KnowledgeBaseId,
    pub(crate) ancestors: Vec<KnowledgeEntryId>,
    pub(crate) public: bool,
    pub(crate) title: String,
    pub(crate) keywords: String,
    pub(crate) url_code: String,
    pub(crate) body: String,
}

pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let number = NumericOptions::default().set_indexed();
    let looked_up = number.clone().set_fast();
    let text = |record: IndexRecordOption, norms: bool| {
        let indexing = TextFieldIndexing::default().set_tokenizer(prepared::NAME).set_index_option(record).set_fieldnorms(norms);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        entry: schema.add_i64_field("entry", looked_up.clone()),
        base: schema.add_i64_field("base", looked_up.clone()),
        tree: schema.add_i64_field("tree", number),
        public: schema.add_u64_field("public", NumericOptions::default().set_fast()),
        all: schema.add_text_field("all", text(IndexRecordOption::WithFreqsAndPositions, true)),
        title: schema.add_text_field("title", text(IndexRecordOption::WithFreqsAndPositions, true)),
        keywords: schema.add_text_field("keywords", text(IndexRecordOption::Basic, false)),
        words: schema.add_text_field("words", text(IndexRecordOption::Basic, false)),
    };
    (schema.build(), fields)
}

/// Must be called on every index that is opened or made: how texts are read is not kept in it.
pub(crate) fn register(index: &Index) {
    index.tokenizers().register(prepared::NAME, prepared::Prepared);
}

impl Fields {
    pub(crate) fn entry_term(self, entry: KnowledgeEntryId) -> Term {
        Term::from_field_i64(self.entry, entry.get())
    }

    pub(crate) fn base_term(self, base: KnowledgeBaseId) -> Term {
        Term::from_field_i64(self.base, base.get())
    }

    pub(crate) fn tree_term(self, top: KnowledgeEntryId) -> Term {
        Term::from_field_i64(self.tree, top.get())
    }

    /// The entry as the index takes it, its words stemmed by its base's language.
    pub(crate) fn document(self, indexed: &Indexed, language: Language, cache: &mut StemCache) -> TantivyDocument {
        let title = parts(&indexed.title);
        let keywords: Vec<Vec<Part>> = [&indexed.keywords, &indexed.url_code].map(|text| parts(text)).into();
        let body = parts(beginning(&indexed.body, BODY_CHARS_MAX));
        let everything = || std::iter::once(&title).chain(&keywords).chain(std::iter::once(&body));
        let mut document = TantivyDocument::default();
        document.add_i64(self.entry, indexed.entry.get());
        document.add_i64(self.base, indexed.base.get());
        for above in indexed.ancestors.iter().chain([&indexed.entry]) {
            document.add_i64(self.tree, above.get());
        }
        document.add_u64(self.public, u64::from(indexed.public));
        document.add_text(self.all, stems(everything(), language, cache));
        document.add_text(self.title, stems([&title], language, cache));
        document.add_text(self.keywords, stems(&keywords, language, cache));
        document.add_text(self.words, words(everything()));
        document
    }
}

fn beginning(text: &str, chars_max: usize) -> &str {
    text.char_indices().nth(chars_max).map_or(text, |(end, _)| &text[..end])
}

/// The stems of some texts, with a gap after each, so that no phrase reaches over it.
fn stems<'a>(texts: impl IntoIterator<Item = &'a Vec<Part>>, language: Language, cache: &mut StemCache) -> String {
    let mut out = prepared::Writer::default();
    for text in texts {
        for part in text {
            match part.script {
                Script::Spaced => {
                    let stems = cache.stems(language, &part.text);
                    out.next(&stems.first);
                    stems.second.iter().for_each(|second| out.again(second));
                    if let Some(joined) = &part.joined {
                        cache.stems(language, joined).iter().for_each(|stem| out.again(stem));
                    }
                }
                Script::Unspaced => {
                    for (pair, single) in pairs(&part.text) {
                        out.next(single);
                        if let Some(pair) = pair {
                            out.again(pair);
                        }
                    }
                }
            }
        }
        out.gap();
    }
    out.finish()
}

/// Each character of a run, with the pair that begins with it.
pub(crate) fn pairs(run: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    let ends = |from: usize, chars: usize| run[from..].char_indices().nth(chars).map_or(run.len(), |(end, _)| from + end);
    run.char_indices().map(move |(from, character)| {
        let end = from + character.len_utf8();
        let pair = (end < run.len()).then(|| &run[from..ends(from, 2)]);
        (pair, &run[from..end])
    })
}

/// Every word that is written with spaces, once, with and without diacritics.
fn words<'a>(texts: impl Iterator<Item = &'a Vec<Part>>) -> String {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut folded: HashSet<String> = HashSet::new();
    for part in texts.flatten().filter(|part| part.script == Script::Spaced) {
        for word in std::iter::once(part.text.as_str()).chain(part.joined.as_deref()) {
            if seen.insert(word) {
                folded.extend(fold(word));
            }
        }
    }
    let mut out = prepared::Writer::default();
    for word in &seen {
        out.next(word);
    }
    for word in folded.iter().filter(|word| !seen.contains(word.as_str())) {
        out.next(word);
    }
    out.finish()
}
