//! What the index holds of a document.

use std::collections::HashMap;

use deskbell_app::chat_search::fields::{FIELDS, Field as ChatField, Held, Kind, Searched};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, STORED, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::{TantivyDocument, Term};

use super::words::spots;
use crate::fields::prepared::{self, Writer};

/// Changes with whatever makes an older index unusable: fields, the cutting of texts.
pub(super) const INDEX_VERSION: u32 = 1;
/// Bytes of the texts of one field that are indexed.
const TEXT_BYTES_MAX: usize = 2_000_000;
/// Stands between a field's name and a value.
const NAMED: char = '\u{1}';
/// Sorts behind it.
const BEHIND_NAMED: char = '\u{2}';
/// What stands in the place of a name where it is said that a field has a value.
const HAS: &str = "has";
/// The name of the numbers that order documents of equal rank.
pub(super) const TIE: &str = "tie";

/// The fields of the index.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    /// The outside id.
    pub(super) key: Field,
    /// Words of all texts.
    pub(super) everywhere: Field,
    /// Values as a whole, each behind its field's name.
    pub(super) exact: Field,
    tie: Field,
    /// Words and numbers of single fields, by name.
    of: HashMap<&'static str, Field>,
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(prepared::NAME)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions)
        .set_fieldnorms(false);
    let text = TextOptions::default().set_indexing_options(indexing);
    let key = schema.add_text_field("key", STRING | STORED);
    let whole = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::Basic).set_fieldnorms(false);
    let exact = schema.add_text_field("exact", TextOptions::default().set_indexing_options(whole));
    let everywhere = schema.add_text_field("everywhere", text.clone());
    let tie = schema.add_u64_field(TIE, NumericOptions::default().set_fast());
    let mut of = HashMap::new();
    for field in FIELDS {
        match field.kind {
            Kind::Text => drop(of.insert(field.name, schema.add_text_field(&column(field), text.clone()))),
            Kind::Number | Kind::Moment => {
                of.insert(field.name, schema.add_i64_field(&column(field), NumericOptions::default().set_fast()));
            }
            Kind::Exact | Kind::Address | Kind::Flag => {}
        }
    }
    (schema.build(), Fields { key, everywhere, exact, tie, of })
}

/// The name of a field in the index. A dot there would mean something.
pub(super) fn column(field: &ChatField) -> String {
    format!("of_{}", field.name.replace('.', "_"))
}

impl Fields {
    pub(super) fn key_term(&self, id: &str) -> Term {
        Term::from_field_text(self.key, id)
    }

    /// The words or numbers of one field; none of a field whose values are compared as a whole.
    pub(super) fn of(&self, field: &ChatField) -> Option<Field> {
        self.of.get(field.name).copied()
    }

    pub(super) fn exact_term(&self, field: &ChatField, value: &str) -> Term {
        Term::from_field_text(self.exact, &format!("{}{NAMED}{value}", field.name))
    }

    /// Behind all values of a field.
    pub(super) fn exact_end(&self, field: &ChatField) -> Term {
        Term::from_field_text(self.exact, &format!("{}{BEHIND_NAMED}", field.name))
    }

    pub(super) fn has_term(&self, field: &ChatField) -> Term {
        Term::from_field_text(self.exact, &format!("{HAS}{NAMED}{}", field.name))
    }

    /// The document as the index takes it.
    pub(super) fn document(&self, searched: &Searched) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.key, &searched.id);
        document.add_u64(self.tie, tie(&searched.id));
        document.add_text(self.everywhere, prepared_text(searched.texts.iter().map(String::as_str)));
        for field in FIELDS {
            let held: Vec<&Held> = searched.values.iter().filter(|(of, _)| *of == field).map(|(_, held)| held).collect();
            if held.is_empty() {
                continue;
            }
            document.add_text(self.exact, format!("{HAS}{NAMED}{}", field.name));
            let mut texts: Vec<&str> = Vec::new();
            for value in held {
                match (value, self.of(field)) {
                    (Held::Text(text), _) => texts.push(text),
                    (Held::Exact(value), _) => document.add_text(self.exact, format!("{}{NAMED}{value}", field.name)),
                    (Held::Number(number), Some(of)) => document.add_i64(of, *number),
                    (Held::Number(_), None) => {}
                }
            }
            if let (false, Some(of)) = (texts.is_empty(), self.of(field)) {
                document.add_text(of, prepared_text(texts.into_iter()));
            }
        }
        document
    }
}

/// Words of some texts, with a gap after each, so that no phrase reaches over it.
fn prepared_text<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut out = Writer::default();
    let mut left = TEXT_BYTES_MAX;
    for text in texts {
        let text = beginning(text, left);
        left -= text.len();
        for forms in spots(text) {
            for (place, form) in forms.iter().enumerate() {
                if place == 0 { out.next(form) } else { out.again(form) }
            }
        }
        out.gap();
    }
    out.finish()
}

fn beginning(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// A number that any two ids have different ones of, very likely (FNV-1a).
pub(super) fn tie(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
