//! The reading of parameters: what was written into query and body in any spelling is what [`Input`] gives, and nothing makes it panic.

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use deskbell_app::Kind;
use serde_json::{Map, Value};

use super::tree::text;
use crate::endpoint::Place;
use crate::input::{Input, PAIRS_MAX, UPLOADS_MAX};
use crate::json::{self, JsonStyle};
use crate::surface::BodyReading;

const ALIASES: &[(&str, &str)] = &[("apiKey", "apikey"), ("a[]", "a")];
/// So few that the same name comes more than once.
const NAMES: &[&str] = &["a", "a[]", "apikey", "apiKey", "APIKEY", "message", "n", "u v", "ä", "x=y&z", "%41", "+", "{", "filename"];
/// How many parameters a call has in each of its two places.
const PAIRS: usize = 8;
/// Stands in no text that is grown here.
const BOUNDARY: &str = "--==_boundary '7'";

/// A call as a client may write it, and what it means by it.
#[derive(Debug)]
struct Call {
    query: String,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    reading: BodyReading,
    pairs: Vec<(String, String, Place)>,
    files: Vec<(String, String, String, Vec<u8>)>,
}

/// Grows a call from bytes. An honest one is understood:
///
/// - all pairs of query and body, in this order, those of one name side by side; the last of a name counts;
/// - a tolerated spelling of a name is the name;
/// - `+` and `%20` are a space, `%xx` is a byte in upper and lower case;
/// - a pair without a name is none;
/// - of a JSON object, numbers and flags are texts, `null` is not given, a list is joined by commas, an object stays JSON;
/// - a surface that reads JSON itself has none of its members here.
///
/// Bytes that are no honest call are understood in part or refused as what the caller did wrong, within the limits.
pub fn holds(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    if bytes.ratio(1_u8, 3_u8).unwrap_or(false) {
        anything(&mut bytes).unwrap_or_default();
    } else if let Ok(call) = Call::grow(&mut bytes) {
        honest(call);
    }
}

fn honest(call: Call) {
    let body = Bytes::from(call.body.clone());
    let input = Input::read(&call.query, call.content_type, body.clone(), call.reading, ALIASES);
    let input = input.unwrap_or_else(|error| panic!("{error}\n{call:?}"));
    let read: Vec<_> = input.pairs().iter().map(|pair| (pair.name.clone(), pair.value.clone(), pair.place)).collect();
    assert_eq!(read, call.pairs, "\n{call:?}");
    for (name, _, _) in &call.pairs {
        let last = call.pairs.iter().rev().find(|(other, _, _)| other == name).map(|(_, value, _)| value.as_str());
        assert_eq!(input.text_opt(name), last, "{name}\n{call:?}");
    }
    let files =
        input.files().iter().map(|file| (file.name.clone(), file.file_name.clone(), file.content_type.clone(), file.bytes.to_vec()));
    assert_eq!(files.collect::<Vec<_>>(), call.files, "\n{call:?}");
    let queried: Vec<_> = input.query().map(|(name, value)| (name.to_owned(), value.to_owned(), Place::Query)).collect();
    assert!(call.pairs.starts_with(&queried), "\n{call:?}");
    assert_eq!(*input.body(), body, "\n{call:?}");
}

fn anything(bytes: &mut Unstructured<'_>) -> Result<()> {
    const TYPES: &[&str] = &[
        "application/x-www-form-urlencoded",
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=X",
        "multipart/form-data; charset=utf-8; boundary=\"X\"",
        "multipart/form-data; boundary=",
        "application/octet-stream",
        "",
        ";=",
    ];
    let written;
    let content_type = match bytes.int_in_range(0..=2_u8)? {
        0 => None,
        1 => Some(*bytes.choose(TYPES)?),
        _ => {
            written = text(bytes)?;
            Some(written.as_str())
        }
    };
    let reading = *bytes.choose(&[BodyReading::Lenient, BodyReading::Strict, BodyReading::Raw])?;
    let length = bytes.int_in_range(0..=100_usize)?.min(bytes.len());
    let query = String::from_utf8_lossy(bytes.bytes(length)?).into_owned();
    let body = Bytes::copy_from_slice(bytes.bytes(bytes.len())?);
    match Input::read(&query, content_type, body.clone(), reading, ALIASES) {
        Ok(input) => understood(&input, &body),
        Err(error) => assert!(matches!(error.kind, Kind::Invalid | Kind::TooLarge), "{error}"),
    }
    Ok(())
}

/// Whatever was read, each getter has an answer, and they agree.
fn understood(input: &Input, body: &[u8]) {
    assert!(input.pairs().len() <= PAIRS_MAX && input.files().len() <= UPLOADS_MAX);
    for name in input.pairs().iter().map(|pair| pair.name.as_str()).chain(["not given"]) {
        let last = input.pairs().iter().rev().find(|pair| pair.name == name).map(|pair| pair.value.as_str());
        assert_eq!(input.text_opt(name), last);
        assert!(ALIASES.iter().all(|(variant, _)| *variant != name), "{name} has another name");
        assert_eq!(input.filled_opt(name), last.filter(|text| !text.trim().is_empty()));
        assert_eq!(input.text(name).is_ok(), last.is_some());
        let number = input.int_clamped(name, 7, 1..=1_000);
        assert!(number.is_err() || number.is_ok_and(|number| (1..=1_000).contains(&number)));
        let items = input.list_opt(name).unwrap_or_default();
        assert!(items.iter().all(|item| !item.is_empty() && item.trim() == *item && !item.contains(',')));
        let _ = (input.flag_opt(name), input.one_of_opt(name, &[("a", 1)]), input.int_opt(name, 0..=1));
    }
    let sum: usize = input.files().iter().map(|file| file.bytes.len()).sum();
    assert!(sum <= body.len());
    let _ = input.json::<Value>();
}

impl Call {
    fn grow(bytes: &mut Unstructured<'_>) -> Result<Call> {
        let mut call = Call {
            query: String::new(),
            content_type: None,
            body: Vec::new(),
            reading: *bytes.choose(&[BodyReading::Lenient, BodyReading::Strict, BodyReading::Raw])?,
            pairs: Vec::new(),
            files: Vec::new(),
        };
        call.query = call.form(bytes, Place::Query)?;
        match bytes.int_in_range(0..=3_u8)? {
            0 => {}
            1 => {
                call.body = call.form(bytes, Place::Body)?.into_bytes();
                call.content_type = *bytes
                    .choose(&[Some("application/x-www-form-urlencoded"), Some("Application/X-WWW-Form-URLencoded; charset=utf-8")])?;
                if call.reading != BodyReading::Raw && bytes.arbitrary()? {
                    call.content_type = *bytes.choose(&[None, Some("text/plain")])?;
                }
            }
            2 => call.json(bytes)?,
            _ => call.multipart(bytes)?,
        }
        Ok(call)
    }

    fn means(&mut self, name: &str, value: String, place: Place) {
        let name = ALIASES.iter().find(|(variant, _)| *variant == name).map_or(name, |(_, known)| known);
        self.pairs.push((name.to_owned(), value, place));
    }

    /// A query, or a form.
    fn form(&mut self, bytes: &mut Unstructured<'_>, place: Place) -> Result<String> {
        let mut written = String::new();
        for _ in 0..bytes.int_in_range(0..=PAIRS)? {
            let (name, value) = (*bytes.choose(NAMES)?, text(bytes)?);
            match bytes.int_in_range(0..=9_u8)? {
                // What is no pair.
                0 => written.push_str(bytes.choose(&["&", "&&", "=&", "=x&"])?),
                // A name alone.
                1 => {
                    escape(bytes, name, &mut written)?;
                    written.push('&');
                    self.means(name, String::new(), place);
                }
                _ => {
                    escape(bytes, name, &mut written)?;
                    written.push('=');
                    escape(bytes, &value, &mut written)?;
                    written.push('&');
                    self.means(name, value, place);
                }
            }
        }
        if bytes.arbitrary()? {
            written.pop();
        }
        Ok(written)
    }

    fn json(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        let mut object = Map::new();
        for _ in 0..bytes.int_in_range(0..=PAIRS)? {
            let name = *bytes.choose(NAMES)?;
            if object.contains_key(name) {
                continue;
            }
            let (value, meant) = member(bytes)?;
            object.insert(name.to_owned(), value);
            if let Some(meant) = meant.filter(|_| self.reading != BodyReading::Raw) {
                self.means(name, meant, Place::Body);
            }
        }
        let style = *bytes.choose(&[JsonStyle::Plain, JsonStyle::Php])?;
        json::write(style, &object, &mut self.body).expect("JSON");
        self.content_type = *bytes.choose(&[
            Some("application/json"),
            Some("Application/JSON; charset=utf-8"),
            Some("application/problem+json"),
            Some("application/x-www-form-urlencoded"),
            Some("text/plain"),
            None,
        ])?;
        Ok(())
    }

    fn multipart(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        self.content_type = Some("multipart/form-data; boundary=\"--==_boundary '7'\"");
        if bytes.arbitrary()? {
            self.body.extend_from_slice(b"a preamble\r\n");
        }
        for _ in 0..bytes.int_in_range(0..=PAIRS)? {
            let (name, value) = (*bytes.choose(NAMES)?, text(bytes)?);
            self.body.extend_from_slice(format!("--{BOUNDARY}\r\ncontent-Disposition: form-data; name=\"{name}\"").as_bytes());
            if bytes.ratio(1_u8, 4_u8)? {
                self.body.extend_from_slice(b"; filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\r\n");
                self.files.push((name.to_owned(), "a b.txt".to_owned(), "text/plain".to_owned(), value.clone().into_bytes()));
                self.body.extend_from_slice(value.as_bytes());
            } else {
                self.body.extend_from_slice(b"\r\n\r\n");
                self.body.extend_from_slice(value.as_bytes());
                self.means(name, value, Place::Body);
            }
            self.body.extend_from_slice(b"\r\n");
        }
        self.body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        Ok(())
    }
}

/// A value of a JSON object, and the text it means.
fn member(bytes: &mut Unstructured<'_>) -> Result<(Value, Option<String>)> {
    Ok(match bytes.int_in_range(0..=6_u8)? {
        0 => (Value::Null, None),
        1 => {
            let flag: bool = bytes.arbitrary()?;
            (flag.into(), Some(flag.to_string()))
        }
        2 => {
            let number: i64 = bytes.arbitrary()?;
            (number.into(), Some(number.to_string()))
        }
        3 => {
            let texts = [text(bytes)?, text(bytes)?];
            let list = vec![Value::from(texts[0].clone()), Value::Null, Value::from(5), Value::from(texts[1].clone())];
            (list.into(), Some(format!("{},5,{}", texts[0], texts[1])))
        }
        4 => {
            let object = serde_json::json!({"b": text(bytes)?, "a": [null, {}]});
            let meant = object.to_string();
            (object, Some(meant))
        }
        _ => {
            let text = text(bytes)?;
            (Value::from(text.clone()), Some(text))
        }
    })
}

/// Percent-encodes what must be, and what else chance has it.
fn escape(bytes: &mut Unstructured<'_>, text: &str, written: &mut String) -> Result<()> {
    let style: u8 = bytes.arbitrary()?;
    for (index, char) in text.chars().enumerate() {
        // Blanks at the end of a form are none of its last value, a brace at its beginning makes it JSON: all clients encode both.
        let must = matches!(char, '&' | '=' | '+' | '%' | '{' | '#') || char.is_whitespace() || char.is_control();
        let chance = u32::from(style).rotate_right(index as u32 % 8) & 1 == 1;
        if char == ' ' && chance {
            written.push('+');
        } else if must || chance {
            for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                written.push_str(&if style < 128 { format!("%{byte:02X}") } else { format!("%{byte:02x}") });
            }
        } else {
            written.push(char);
        }
    }
    Ok(())
}
