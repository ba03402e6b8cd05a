//! Short texts that need no memory of their own: ids, times and counts, of which a page of a list has thousands.

use std::fmt::{self, Display, Write};

use deskbell_domain::ids::{BASE36_DIGITS_MAX, spell};
use serde::{Serialize, Serializer};

/// Room for the longest: a time of a year before Christ, a count of twenty digits.
const SHORT_BYTES_MAX: usize = 24;
/// Digits of the largest count.
const COUNT_DIGITS_MAX: usize = 10;

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

    /// The same of a text that is there already.
    pub(crate) fn of(text: &str) -> Short {
        let mut short = Short::default();
        short.write_str(text).expect("ids, times and counts are short");
        short
    }

    /// An id's number in base 36.
    pub(crate) fn id(id: i64) -> Short {
        Short::of(spell(id, &mut [0; BASE36_DIGITS_MAX]))
    }

    /// A count in figures, without the machinery of [`Display`].
    pub(crate) fn count(count: u32) -> Short {
        let (mut digits, mut at, mut rest) = ([0; COUNT_DIGITS_MAX], COUNT_DIGITS_MAX, count);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        Short::of(std::str::from_utf8(&digits[at..]).expect("digits are ASCII"))
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
    fn numbers() {
        for count in [0, 1, 9, 10, 99, 100, 12_345, u32::MAX] {
            assert_eq!(Short::count(count).as_str(), count.to_string());
        }
        for id in [0, 35, 36, 46_656, 2_821_109_907_455, i64::MAX] {
            assert_eq!(Short::id(id).as_str(), deskbell_domain::ids::to_base36(id));
        }
    }

    #[test]
    fn holds_what_it_is_given() {
        for text in ["", "ü", "-9999-12-31 23:59:59", &i64::MIN.to_string(), &"x".repeat(SHORT_BYTES_MAX)] {
            assert_eq!((Short::new(text).as_str(), Short::of(text).as_str()), (text, text));
        }
        assert!(Short::default().write_str(&"x".repeat(SHORT_BYTES_MAX + 1)).is_err());
    }
}
