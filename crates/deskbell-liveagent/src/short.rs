//! Short texts that need no memory of their own: ids, times and counts, of which a page of a list has thousands.

use std::fmt::{self, Display, Write};

use serde::{Serialize, Serializer};

/// Room for the longest: a time of a year before Christ, a count of twenty digits.
const SHORT_BYTES_MAX: usize = 24;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Short {
    bytes: [u8; SHORT_BYTES_MAX],
    length: usize,
}

impl Short {
    /// What is longer than a short text may be is a defect.
    pub(crate) fn new(text: impl Display) -> Short {
        let mut short = Short::default();
        write!(short, "{text}").expect("ids, times and counts are short");
        short
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("made of whole texts")
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..self.length + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_it_is_given() {
        for text in ["", "ü", "-9999-12-31 23:59:59", &i64::MIN.to_string(), &"x".repeat(SHORT_BYTES_MAX)] {
            assert_eq!(Short::new(text).as_str(), text);
        }
        assert!(Short::default().write_str(&"x".repeat(SHORT_BYTES_MAX + 1)).is_err());
    }
}
