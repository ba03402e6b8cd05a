//! `multipart/form-data` held in memory: PHP clients send it for plain fields, browsers for files. The body's limit is the endpoint's.

use bytes::Bytes;
use deskbell_app::AppError;
use memchr::memmem::find;

use super::{Aliases, Pair, Upload, decode};
use crate::endpoint::Place;

/// How many files one request may carry.
pub const UPLOADS_MAX: usize = 32;

/// The boundary named by a content type, if it is `multipart/form-data`.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty())
}

/// Splits a body into pairs and uploads.
pub(crate) fn read(body: &Bytes, boundary: &str, aliases: Aliases, pairs: &mut Vec<Pair>, files: &mut Vec<Upload>) -> Result<(), AppError> {
    let delimiter = format!("--{boundary}");
    let Some(first) = find(body, delimiter.as_bytes()) else { return Err(malformed()) };
    let mut at = first + delimiter.len();
    let next = format!("\r\n{delimiter}");
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") {
            return Ok(());
        }
        // RFC 2046 allows blanks between the delimiter and the end of its line.
        let line = find(rest, b"\r\n").ok_or_else(malformed)?;
        let part = at + line + 2;
        // A part without headers begins with the empty line at once.
        let (head, content) = if body[part..].starts_with(b"\r\n") {
            (part, part + 2)
        } else {
            let end = part + find(&body[part..], b"\r\n\r\n").ok_or_else(malformed)?;
            (end, end + 4)
        };
        let end = content + find(&body[content..], next.as_bytes()).ok_or_else(malformed)?;
        keep(&body[part..head], body.slice(content..end), aliases, pairs, files)?;
        at = end + next.len();
    }
}

fn keep(head: &[u8], content: Bytes, aliases: Aliases, pairs: &mut Vec<Pair>, files: &mut Vec<Upload>) -> Result<(), AppError> {
    let head = std::str::from_utf8(head).map_err(|_| malformed())?;
    let header = |name: &str| {
        head.split("\r\n").filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    };
    let disposition = header("content-disposition").unwrap_or_default();
    let Some(name) = parameter(disposition, "name") else { return Ok(()) };
    let Some(file_name) = parameter(disposition, "filename") else {
        let value = String::from_utf8(content.into()).map_err(|_| AppError::invalid("a parameter is not valid UTF-8"))?;
        return decode::push(name.to_owned(), value, Place::Body, aliases, pairs);
    };
    if files.len() == UPLOADS_MAX {
        return Err(AppError::too_large(format!("more than {UPLOADS_MAX} files")));
    }
    let content_type = header("content-type").unwrap_or("application/octet-stream").to_owned();
    files.push(Upload { name: name.to_owned(), file_name: file_name.to_owned(), content_type, bytes: content });
    Ok(())
}

/// A parameter of a header value: `name="value"` or `name=value`. Browsers percent-encode quotes inside, so no escapes are read.
fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let (key, after) = rest.split_once('=')?;
        // A word without a value, such as the leading `form-data`, is passed over.
        if let Some((_, later)) = key.rsplit_once(';') {
            rest = &rest[rest.len() - after.len() - 1 - later.len()..];
            continue;
        }
        let (value, later) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim(), &after[end..])
            }
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = later;
    }
}

fn malformed() -> AppError {
    AppError::invalid("the multipart body is malformed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries() {
        for (content_type, wanted) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", Some("a b")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/mixed; boundary=abc", None),
        ] {
            assert_eq!(boundary(content_type), wanted, "{content_type}");
        }
    }

    #[test]
    fn fields_and_files() {
        let body = concat!(
            "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"apiKey\"\r\n\r\nk\r\n",
            "--XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\r\nline\r\n--X\r\n\r\n",
            "--XX  \r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n",
            "--XX\r\n\r\nno headers\r\n--XX--\r\nepilogue"
        );
        let (mut pairs, mut files) = (Vec::new(), Vec::new());
        read(&Bytes::from_static(body.as_bytes()), "XX", &[("apiKey", "apikey")], &mut pairs, &mut files).expect("reads");
        let seen: Vec<_> = pairs.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())).collect();
        assert_eq!(seen, [("apikey", "k"), ("empty", "")]);
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].name.as_str(), files[0].file_name.as_str()), ("f", "a b.txt"));
        assert_eq!((files[0].content_type.as_str(), &files[0].bytes[..]), ("text/plain", &b"line\r\n--X\r\n"[..]));
    }

    #[test]
    fn malformed_bodies() {
        for body in [
            "",
            "--XX",
            "--XX\r\n",
            "--XX\r\nContent-Disposition: form-data; name=\"a\"",
            "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv",
            "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n--XX",
            "--XX\r\n\r\n",
        ] {
            let outcome = read(&Bytes::from_static(body.as_bytes()), "XX", &[], &mut Vec::new(), &mut Vec::new());
            assert!(outcome.is_err(), "{body:?}");
        }
    }
}
