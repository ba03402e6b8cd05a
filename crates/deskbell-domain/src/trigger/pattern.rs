//! Regular expressions of conditions. They take time linear in the text, whatever they are.

use regex::{Regex, RegexBuilder};

use super::Case;

/// Bytes that an expression may take when it is compiled.
const COMPILED_BYTES_MAX: usize = 256 * 1024;

/// A regular expression that whole texts are held against.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    case: Case,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.case == other.case
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// `None` for what is no expression, or too large a one.
    pub fn new(source: &str, case: Case) -> Option<Pattern> {
        // Compiled alone first, so that no parenthesis of it closes ours.
        let build =
            |text: &str| RegexBuilder::new(text).case_insensitive(case == Case::Ignored).size_limit(COMPILED_BYTES_MAX).build().ok();
        build(source)?;
        let regex = build(&format!(r"\A(?:{source})\z"))?;
        Some(Pattern { source: source.to_owned(), case, regex })
    }

    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
