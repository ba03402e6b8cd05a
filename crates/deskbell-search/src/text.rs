//! Texts cut into words: the same way for what is indexed and for what is asked.
//!
//! A word is a run of letters, digits and the marks upon them, in lower case and compatibility form. Scripts that write without spaces
//! make runs of their own, which are indexed as pairs of characters.

mod fold;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub(crate) use fold::fold;

/// Characters of a word that count; more are cut off.
pub(crate) const WORD_CHARS_MAX: usize = 64;

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Words stand apart.
    Spaced,
    /// No spaces between words (Chinese, Japanese, Thai …); Korean too, whose endings stick to its words.
    Unspaced,
}

/// A word, or a run of characters of an unspaced script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) script: Script,
    /// The place of its beginning: each word counts as one, each character of an unspaced run too.
    pub(crate) position: u32,
    /// The word that it makes together with those that hyphens tie to it (`email` for both parts of `e-mail`).
    pub(crate) joined: Option<String>,
}

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Glue {
    Gap,
    Hyphen,
    Apostrophe,
}

/// Cuts a text.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut cutter = Cutter::default();
    let text: Cow<'_, str> = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) };
    for character in text.chars() {
        cutter.take(character);
    }
    cutter.finish()
}

#[derive(Default)]
struct Cutter {
    done: Vec<Part>,
    /// The word or run at work, with its script and its length in characters.
    open: Option<(String, Script, usize)>,
    /// Characters since the last word, if only one, and that one.
    between: Vec<char>,
    position: u32,
    /// Where the group of hyphenated words at the end of `done` begins.
    group: usize,
}

impl Cutter {
    fn take(&mut self, character: char) {
        if is_invisible(character) {
            return;
        }
        let script = if is_apostrophe(character) {
            None
        } else if is_unspaced(character) {
            Some(Script::Unspaced)
        } else if character.is_alphanumeric() || (self.open.is_some() && is_combining_mark(character)) {
            Some(Script::Spaced)
        } else {
            None
        };
        let Some(script) = script else {
            self.close();
            // Two are as good as many: no glue.
            if self.between.len() < 2 {
                self.between.push(character);
            }
            return;
        };
        // A mark belongs to whatever it stands upon.
        let same = self.open.as_ref().is_some_and(|(_, open, _)| *open == script || is_combining_mark(character));
        if !same {
            self.close();
        }
        let (text, script, length) = self.open.get_or_insert_with(|| (String::new(), script, 0));
        if *script == Script::Unspaced || *length < WORD_CHARS_MAX {
            text.extend(character.to_lowercase());
        }
        *length += 1;
    }

    fn close(&mut self) {
        let Some((text, script, length)) = self.open.take() else { return };
        let glue = self.glue(script);
        self.between.clear();
        if glue == Glue::Apostrophe && script == Script::Spaced {
            // `user's` is `user`, `l'eau` is `eau`: what is one letter beside an apostrophe is an ending or an article.
            if length == 1 {
                return;
            }
            if self.done.last().is_some_and(|last| last.text.chars().count() == 1) {
                self.done.pop();
                self.position -= 1;
                self.group = self.group.min(self.done.len());
            }
        }
        if glue != Glue::Hyphen {
            self.join();
            self.group = self.done.len();
        }
        let place = self.position;
        self.position += match script {
            Script::Spaced => 1,
            Script::Unspaced => u32::try_from(text.chars().count()).unwrap_or(u32::MAX / 2),
        };
        self.done.push(Part { text, script, position: place, joined: None });
    }

    /// What ties the word about to be added to the one before it.
    fn glue(&self, script: Script) -> Glue {
        let beside_word = self.done.last().is_some_and(|last| last.script == Script::Spaced) && script == Script::Spaced;
        match self.between[..] {
            [character] if beside_word && is_hyphen(character) => Glue::Hyphen,
            [character] if beside_word && is_apostrophe(character) => Glue::Apostrophe,
            _ => Glue::Gap,
        }
    }

    /// Writes at each word of the group what they make together.
    fn join(&mut self) {
        let group = &mut self.done[self.group..];
        if group.len() < 2 {
            return;
        }
        let joined: String = group.iter().map(|part| part.text.as_str()).collect();
        if joined.chars().count() <= WORD_CHARS_MAX {
            group.iter_mut().for_each(|part| part.joined = Some(joined.clone()));
        }
    }

    fn finish(mut self) -> Vec<Part> {
        self.close();
        self.join();
        self.done
    }
}

fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{2010}' | '\u{2011}')
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}' | '\u{2bc}')
}

/// Soft hyphens, joiners, byte order marks: they neither count nor part words.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_unspaced(character: char) -> bool {
    let block = matches!(character,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Myanmar
        | '\u{1100}'..='\u{11ff}' // Hangul letters
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{31ff}' // Kana, Bopomofo, Hangul letters
        | '\u{3400}'..='\u{4dbf}' // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}');
    block && (character.is_alphanumeric() || is_combining_mark(character))
}
