//! Words that are cut already, handed to the index as one text: a mark stands before each and says where it is.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name by which fields ask for it.
pub(crate) const NAME: &str = "prepared";
/// The word after it stands in the next place.
const NEXT: char = '\u{1}';
/// It stands in the same place as the one before.
const AGAIN: char = '\u{2}';
/// Another text follows.
const GAP: char = '\u{3}';
/// Places between two texts.
const GAP_PLACES: usize = 100;

/// Writes such a text. Words hold no control characters, so nothing needs escaping.
#[derive(Default)]
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn next(&mut self, word: &str) {
        self.0.push(NEXT);
        self.0.push_str(word);
    }

    pub(crate) fn again(&mut self, word: &str) {
        self.0.push(AGAIN);
        self.0.push_str(word);
    }

    pub(crate) fn gap(&mut self) {
        self.0.push(GAP);
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Reads it back.
#[derive(Clone)]
pub(crate) struct Prepared;

impl Tokenizer for Prepared {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        Stream { text, read: 0, next_place: 0, token: Token::default() }
    }
}

pub(crate) struct Stream<'a> {
    text: &'a str,
    read: usize,
    next_place: usize,
    token: Token,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            let Some(mark) = self.text[self.read..].chars().next() else { return false };
            self.read += mark.len_utf8();
            match mark {
                GAP => self.next_place += GAP_PLACES,
                NEXT => self.next_place += 1,
                _ => {}
            }
            if mark != GAP {
                break;
            }
        }
        let rest = &self.text[self.read..];
        let length = rest.find([NEXT, AGAIN, GAP]).unwrap_or(rest.len());
        self.token.text.clear();
        self.token.text.push_str(&rest[..length]);
        self.token.position = self.next_place.saturating_sub(1);
        self.token.offset_from = self.read;
        self.read += length;
        self.token.offset_to = self.read;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
