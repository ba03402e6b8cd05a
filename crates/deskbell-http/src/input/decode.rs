//! Reads parameters out of a query, a form, or a JSON object.

use deskbell_app::AppError;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Aliases, Pair};
use crate::endpoint::Place;

/// How many parameters one request may carry.
pub const PAIRS_MAX: usize = 1_000;

/// Reads `a=1&b=2`, in one pass: a value of many megabytes is copied once. A `+` is a space, empty pairs (a leading `&`, `&&`) are skipped, a name without `=` has an empty value, a broken
/// percent escape stays as it is.
pub(crate) fn urlencoded(text: &str, place: Place, aliases: Aliases, pairs: &mut Vec<Pair>) -> Result<(), AppError> {
    for piece in text.split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let name = component(name)?;
        if name.is_empty() {
            continue;
        }
        let value = component(value)?;
        push(name, value, place, aliases, pairs)?;
    }
    Ok(())
}

/// Reads the members of a JSON object. `None`: the text is not a JSON object.
pub(crate) fn json_object(bytes: &[u8], aliases: Aliases, pairs: &mut Vec<Pair>) -> Result<Option<()>, AppError> {
    let Ok(Value::Object(members)) = serde_json::from_slice(bytes) else { return Ok(None) };
    for (name, value) in members {
        if let Some(value) = plain(value) {
            push(name, value, Place::Body, aliases, pairs)?;
        }
    }
    Ok(Some(()))
}

/// Appends one pair, under the name the surface uses.
pub(crate) fn push(name: String, value: String, place: Place, aliases: Aliases, pairs: &mut Vec<Pair>) -> Result<(), AppError> {
    if pairs.len() == PAIRS_MAX {
        return Err(AppError::too_large(format!("more than {PAIRS_MAX} parameters")));
    }
    let name = match aliases.iter().find(|(variant, _)| *variant == name) {
        Some((_, known)) => (*known).to_owned(),
        None => name,
    };
    pairs.push(Pair { name, value, place });
    Ok(())
}

/// Percent-decodes a piece of a path.
pub(crate) fn path_segment(text: &str) -> Result<String, AppError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(AppError::invalid("the path is not valid UTF-8")),
    }
}

/// One name or value: `+` is a space, `%xx` a byte.
fn component(text: &str) -> Result<String, AppError> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'+', b'%', rest) {
        decoded.extend_from_slice(&rest[..at]);
        let (byte, length) = match &rest[at..] {
            [b'+', ..] => (b' ', 1),
            [_, high, low, ..] => match (hexadecimal(*high), hexadecimal(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                (None, _) | (_, None) => (b'%', 1),
            },
            _ => (b'%', 1),
        };
        decoded.push(byte);
        rest = &rest[at + length..];
    }
    decoded.extend_from_slice(rest);
    String::from_utf8(decoded).map_err(|_| AppError::invalid("a parameter is not valid UTF-8"))
}

fn hexadecimal(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// A JSON value as the text that a form would carry: lists of scalars are joined with commas, `null` counts as not given, a nested object
/// stays JSON.
fn plain(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            Some(items.into_iter().filter_map(plain).collect::<Vec<_>>().join(","))
        }
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, AppError> {
        let mut pairs = Vec::new();
        urlencoded(text, Place::Query, &[("apiKey", "apikey")], &mut pairs)?;
        Ok(pairs.into_iter().map(|pair| (pair.name, pair.value)).collect())
    }

    #[test]
    fn queries() {
        for (text, wanted) in [
            ("", vec![]),
            ("&apikey=k", vec![("apikey", "k")]),
            ("apiKey=k", vec![("apikey", "k")]),
            ("a=1&&b=2&", vec![("a", "1"), ("b", "2")]),
            ("b=1&a=2&b=3", vec![("b", "1"), ("a", "2"), ("b", "3")]),
            ("a", vec![("a", "")]),
            ("=x", vec![]),
            ("a=b=c", vec![("a", "b=c")]),
            ("a=x+y%20z%2B", vec![("a", "x y z+")]),
            ("a%5B%5D=1", vec![("a[]", "1")]),
            ("a=%zz%4", vec![("a", "%zz%4")]),
            ("a=%&b=%%41%2&c=%2+", vec![("a", "%"), ("b", "%A%2"), ("c", "%2 ")]),
            ("a=%C3%BC", vec![("a", "ü")]),
        ] {
            let wanted: Vec<_> = wanted.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(read(text).expect("reads"), wanted, "{text}");
        }
        assert!(read("a=%ff").is_err());
        assert!(read("%ff=a").is_err());
        assert!(read(&"a&".repeat(PAIRS_MAX)).is_ok());
        assert!(read(&"a&".repeat(PAIRS_MAX + 1)).is_err());
    }

    #[test]
    fn objects() {
        let text = r#"{"a":"x","b":5,"c":true,"d":null,"e":["p","q",3],"f":{"g":1},"h":[[1]],"apiKey":"k"}"#;
        let mut pairs = Vec::new();
        assert_eq!(json_object(text.as_bytes(), &[("apiKey", "apikey")], &mut pairs).expect("reads"), Some(()));
        let seen: Vec<_> = pairs.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())).collect();
        assert_eq!(seen, [("a", "x"), ("b", "5"), ("c", "true"), ("e", "p,q,3"), ("f", r#"{"g":1}"#), ("h", "[[1]]"), ("apikey", "k")]);
        for bad in ["", "[1]", "5", "{", "{\"a\":1}x"] {
            assert_eq!(json_object(bad.as_bytes(), &[], &mut pairs).expect("is no error here"), None, "{bad}");
        }
    }
}
