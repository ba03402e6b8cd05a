//! What an index says of itself, kept with each commit: whose it is, and how far in the journal.

use std::collections::BTreeMap;

use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};

use crate::fields::INDEX_VERSION;
use crate::language::Language;
use crate::trouble::Trouble;

/// The desk and the journal that an index is fed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) account_key: i64,
    pub(crate) epoch: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) source: Source,
    /// All events up to this one are dealt with.
    pub(crate) number: i64,
    /// While the index is built: the last entry in it. Nothing of the journal is dealt with yet.
    pub(crate) building: Option<KnowledgeEntryId>,
    /// The languages by which the entries of the bases are stemmed.
    pub(crate) languages: BTreeMap<KnowledgeBaseId, Language>,
}

impl Notes {
    /// Of an index without entries, begun at this place of the journal.
    pub(crate) fn of_new(source: Source, number: i64) -> Notes {
        Notes { source, number, building: Some(KnowledgeEntryId::from_i64(0)), languages: BTreeMap::new() }
    }

    /// Reads the notes of an index that must belong to this source.
    pub(crate) fn read_of(source: Source, text: &str) -> Result<Notes, Trouble> {
        let notes = Notes::read(text).ok_or_else(|| Trouble::Useless("it is of another version".to_owned()))?;
        if notes.source != source {
            return Err(Trouble::Useless("it belongs to another desk or to a journal that started over".to_owned()));
        }
        Ok(notes)
    }

    /// Fields parted by spaces, lists by commas.
    pub(crate) fn write(&self) -> String {
        let languages: Vec<String> = self.languages.iter().map(|(base, language)| format!("{}:{}", base.get(), language.code())).collect();
        let Source { account_key, epoch } = self.source;
        let building = self.building.map_or_else(|| "-".to_owned(), |last| last.get().to_string());
        format!("{INDEX_VERSION} {account_key} {epoch} {} {building} {}", self.number, languages.join(","))
    }

    /// `None` for notes of another version, and for what are none.
    pub(crate) fn read(text: &str) -> Option<Notes> {
        let mut fields = text.split(' ');
        let mut number = || fields.next()?.parse::<i64>().ok();
        if number()? != i64::from(INDEX_VERSION) {
            return None;
        }
        let source = Source { account_key: number()?, epoch: number()? };
        let number = number()?;
        let building = match fields.next()? {
            "-" => None,
            last => Some(KnowledgeEntryId::from_i64(last.parse().ok()?)),
        };
        let mut languages = BTreeMap::new();
        for pair in fields.next()?.split(',').filter(|pair| !pair.is_empty()) {
            let (base, code) = pair.split_once(':')?;
            languages.insert(KnowledgeBaseId::from_i64(base.parse().ok()?), Language::of_code(code)?);
        }
        fields.next().is_none().then_some(Notes { source, number, building, languages })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_back() {
        let source = Source { account_key: 9_339_545, epoch: -7 };
        let languages = [(1, "en"), (60_466_176_000, "ja")];
        let languages = languages.map(|(base, tag)| (KnowledgeBaseId::from_i64(base), Language::of_tag(tag)));
        for notes in [
            Notes::of_new(source, 0),
            Notes { languages: languages.into(), ..Notes::of_new(source, 12) },
            Notes { building: None, languages: languages.into(), ..Notes::of_new(source, i64::MAX) },
        ] {
            assert_eq!(Notes::read(&notes.write()), Some(notes));
        }
    }

    #[test]
    fn not_understood() {
        let good = format!("{INDEX_VERSION} 1 2 3 - 1:en");
        assert!(Notes::read(&good).is_some());
        let other_version = format!("{} 1 2 3 - 1:en", INDEX_VERSION + 1);
        for text in
            ["", " ", "x", &good[1..], &other_version, &format!("{good},2"), &format!("{good} x"), &good.replace("en", "zz"), &good[..7]]
        {
            assert_eq!(Notes::read(text), None, "{text}");
        }
    }
}
