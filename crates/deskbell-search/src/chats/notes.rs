//! What an index of chats says of itself, kept with each commit: whose it is, and how far in the writing of documents.

use super::fields::INDEX_VERSION;
use crate::notes::Source;
use crate::trouble::Trouble;

/// Stands before the id that a building index has reached.
const REACHED: char = '=';

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notes {
    pub(super) source: Source,
    /// All writes of documents up to this one are dealt with.
    pub(super) written: i64,
    /// While the index is built: the last id in it. Documents written again meanwhile come later.
    pub(super) building: Option<String>,
}

impl Notes {
    /// Of an index without documents, begun after this write.
    pub(super) fn of_new(source: Source, written: i64) -> Notes {
        Notes { source, written, building: Some(String::new()) }
    }

    /// Fields parted by spaces; the last one is an id, which may hold anything.
    pub(super) fn write(&self) -> String {
        let Source { account_key, epoch } = self.source;
        let building = self.building.as_ref().map_or_else(|| "-".to_owned(), |reached| format!("{REACHED}{reached}"));
        format!("{INDEX_VERSION} {account_key} {epoch} {} {building}", self.written)
    }

    fn read(text: &str) -> Option<Notes> {
        let mut fields = text.splitn(5, ' ');
        let mut number = || fields.next()?.parse::<i64>().ok();
        if number()? != i64::from(INDEX_VERSION) {
            return None;
        }
        let source = Source { account_key: number()?, epoch: number()? };
        let written = number()?;
        let building = match fields.next()? {
            "-" => None,
            reached => Some(reached.strip_prefix(REACHED)?.to_owned()),
        };
        Some(Notes { source, written, building })
    }

    /// Reads the notes of an index that must belong to this source.
    pub(super) fn read_of(source: Source, text: &str) -> Result<Notes, Trouble> {
        match Notes::read(text) {
            Some(notes) if notes.source == source => Ok(notes),
            Some(_) => Err(Trouble::Useless("it belongs to another desk or to one that started over".to_owned())),
            None => Err(Trouble::Useless("it is of another version".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_back() {
        let source = Source { account_key: 9_339_545, epoch: -7 };
        for building in [None, Some(String::new()), Some("2611.1.X".to_owned()), Some("a b = c".to_owned())] {
            let notes = Notes { building, ..Notes::of_new(source, 12) };
            assert_eq!(Notes::read(&notes.write()), Some(notes));
        }
        let other = Source { epoch: 8, ..source };
        assert!(Notes::read_of(other, &Notes::of_new(source, 1).write()).is_err());
        for text in ["", "x", "1 2 3", "1 2 3 4", "1 2 3 4 x", "2 2 3 4 -"] {
            assert_eq!(Notes::read(text), None, "{text}");
        }
    }
}
