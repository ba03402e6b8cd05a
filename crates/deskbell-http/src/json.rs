//! JSON writing in two spellings: serde_json's own, and that of PHP's `json_encode` (`/` as `\/`, non-ASCII as `\uXXXX`).

use std::io::{self, Write};

use deskbell_app::AppError;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

/// How strings are spelled. Both mean the same to a JSON reader; clients that compare texts care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum JsonStyle {
    #[default]
    Plain,
    /// `/` as `\/` and everything beyond ASCII as `\uXXXX`, as PHP's `json_encode` writes by default.
    Php,
}

/// Writes a value.
pub fn write<T: Serialize + ?Sized>(style: JsonStyle, value: &T, out: &mut Vec<u8>) -> Result<(), AppError> {
    let out = Buffer(out);
    let outcome = match style {
        JsonStyle::Plain => value.serialize(&mut serde_json::Serializer::with_formatter(out, CompactFormatter)),
        JsonStyle::Php => value.serialize(&mut serde_json::Serializer::with_formatter(out, PhpFormatter)),
    };
    outcome.map_err(|error| AppError::internal(format!("JSON: {error}")))
}

/// Most of what is written is one byte: a quote, a comma, a brace. Those are worth a way of their own.
struct Buffer<'a>(&'a mut Vec<u8>);

impl Write for Buffer<'_> {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline(always)]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match bytes {
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The value as text in serde_json's own spelling.
pub fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, AppError> {
    serde_json::to_string(value).map_err(|error| AppError::internal(format!("JSON: {error}")))
}

struct PhpFormatter;

impl Formatter for PhpFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = special(rest.as_bytes()) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let special = rest[at..].chars().next().expect("position() found a byte there, and ASCII bytes precede it");
            if special == '/' {
                writer.write_all(b"\\/")?;
            } else {
                for unit in special.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = &rest[at + special.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// The first byte that is spelled otherwise: a slash, or one beyond ASCII.
fn special(bytes: &[u8]) -> Option<usize> {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const SLASHES: u64 = u64::from_ne_bytes([b'/'; 8]);
    let (words, _) = bytes.as_chunks::<8>();
    let plain = words.iter().take_while(|word| {
        let word = u64::from_ne_bytes(**word);
        // A zero byte, wherever a slash stands, borrows from its high bit.
        let slashes = (word ^ SLASHES).wrapping_sub(LOW) & !(word ^ SLASHES);
        (word | slashes) & HIGH == 0
    });
    let plain = plain.count() * 8;
    bytes[plain..].iter().position(|byte| *byte == b'/' || !byte.is_ascii()).map(|at| plain + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (value, plain, php) in [
            ("a/b", r#""a/b""#, r#""a\/b""#),
            ("</script>", r#""</script>""#, r#""<\/script>""#),
            ("é", "\"é\"", r#""\u00e9""#),
            ("a😀b/", "\"a😀b/\"", r#""a\ud83d\ude00b\/""#),
            ("q\"\\\n\u{1}", r#""q\"\\\n\u0001""#, r#""q\"\\\n\u0001""#),
            ("", r#""""#, r#""""#),
        ] {
            for (style, wanted) in [(JsonStyle::Plain, plain), (JsonStyle::Php, php)] {
                let mut out = Vec::new();
                write(style, value, &mut out).expect("writes");
                let text = String::from_utf8(out).expect("UTF-8");
                assert_eq!(text, wanted, "{style:?}");
                assert_eq!(serde_json::from_str::<String>(&text).expect("reads back"), value);
            }
        }
    }

    #[test]
    fn special_bytes_are_found_wherever_they_stand() {
        for length in 0..40 {
            for at in 0..length {
                for byte in [b'/', 0x80, 0xff] {
                    let mut bytes = vec![b'.'; length];
                    bytes[at] = byte;
                    assert_eq!(special(&bytes), Some(at), "{byte} at {at} of {length}");
                }
            }
            for byte in [b'.', b'0', 0, 0x7f] {
                assert_eq!(special(&vec![byte; length]), None, "{length} times {byte}");
            }
        }
    }

    #[test]
    fn keys_are_spelled_like_values() {
        let mut out = Vec::new();
        write(JsonStyle::Php, &serde_json::json!({"a/ü": [1, null, true, 0.5]}), &mut out).expect("writes");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), r#"{"a\/\u00fc":[1,null,true,0.5]}"#);
    }
}
