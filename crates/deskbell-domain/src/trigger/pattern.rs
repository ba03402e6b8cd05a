//! Regular expressions of conditions. They take time linear in the text, whatever they are.

use regex::{Regex, RegexBuilder};

use super::Case;

/// Bytes that an expression may take when it is compiled.
const COMPILED_BYTES_MAX: usize = 256 * 1024;

/// How much of a text an expression has to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    Part,
}

/// A regular expression that texts are held against.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    case: Case,
    fit: Fit,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.case == other.case && self.fit == other.fit
    }
}

impl Eq for Pattern {}

fn build(source: &str, case: Case) -> Option<Regex> {
    RegexBuilder::new(source).case_insensitive(case == Case::Ignored).size_limit(COMPILED_BYTES_MAX).build().ok()
}

impl Pattern {
    /// One that whole texts have to fit; `None` for what is no expression, or too large a one.
    pub fn new(source: &str, case: Case) -> Option<Pattern> {
        // Compiled alone first, so that no parenthesis of it closes ours.
        build(source, case)?;
        let regex = build(&format!(r"\A(?:{source})\z"), case)?;
        Some(Pattern { source: source.to_owned(), case, fit: Fit::Whole, regex })
    }

    /// One that some part of a text has to fit; else as [`Pattern::new`].
    pub fn within(source: &str, case: Case) -> Option<Pattern> {
        let regex = build(source, case)?;
        Some(Pattern { source: source.to_owned(), case, fit: Fit::Part, regex })
    }

    /// Whether a text fits.
    pub fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
