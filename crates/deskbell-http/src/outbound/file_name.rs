//! The name of what was fetched: one path segment that is safe to show and to store.

use percent_encoding::percent_decode_str;
use url::Url;

/// How long a name may be.
pub(super) const FILE_NAME_CHARS_MAX: usize = 200;

/// The name in `Content-Disposition` (RFC 6266), else the last segment of the URL's path, if anything is left of it.
pub(super) fn of(disposition: Option<&str>, url: &Url) -> Option<String> {
    disposition.and_then(disposed).or_else(|| {
        let segment = url.path_segments()?.next_back()?;
        clean(&percent_decode_str(segment).decode_utf8().ok()?)
    })
}

/// `filename*` counts before `filename`, as the RFC says.
fn disposed(text: &str) -> Option<String> {
    let mut plain = None;
    for (key, value) in parameters(text) {
        if key.eq_ignore_ascii_case("filename*") {
            if let Some(name) = extended(&value).and_then(|name| clean(&name)) {
                return Some(name);
            }
        } else if key.eq_ignore_ascii_case("filename") && plain.is_none() {
            plain = clean(&value);
        }
    }
    plain
}

/// The `key=value` and `key="value"` of a header, whose first word (`attachment`) is passed over; `\` in quotes takes the next character
/// as it is.
fn parameters(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(';') {
        let end = after.find([';', '=']).unwrap_or(after.len());
        let key = after[..end].trim();
        let Some(value) = after[end..].strip_prefix('=').map(str::trim_start) else {
            rest = &after[end..];
            continue;
        };
        match value.strip_prefix('"') {
            None => {
                let end = value.find(';').unwrap_or(value.len());
                found.push((key, value[..end].trim().to_owned()));
                rest = &value[end..];
            }
            Some(quoted) => {
                let (value, later) = unquoted(quoted);
                found.push((key, value));
                rest = later;
            }
        }
    }
    found
}

/// What stands before the closing quote, and what follows it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, next)| next)),
            _ => value.push(char),
        }
    }
    (value, "")
}

/// `UTF-8'en'na%20me` (RFC 8187); of the two charsets it names, the other is Latin-1.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, name) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_decode_str(name).collect();
    if charset.eq_ignore_ascii_case("utf-8") {
        String::from_utf8(bytes).ok()
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(bytes.into_iter().map(char::from).collect())
    } else {
        None
    }
}

/// Marks of direction: they can make `exe.gpj` of `jpg.exe` for the one who reads the name.
fn turns_around(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The last segment without control characters, of bounded length; a long one keeps its ending. None if nothing but dots and blanks is left.
fn clean(name: &str) -> Option<String> {
    let name: String = name.rsplit(['/', '\\']).next()?.chars().filter(|char| !char.is_control() && !turns_around(*char)).collect();
    let name = name.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return None;
    }
    let length = name.chars().count();
    if length <= FILE_NAME_CHARS_MAX {
        return Some(name.to_owned());
    }
    let ending = match name.rsplit_once('.') {
        Some((_, ending)) if ending.len() < FILE_NAME_CHARS_MAX / 4 => format!(".{ending}"),
        Some(_) | None => String::new(),
    };
    let kept = FILE_NAME_CHARS_MAX - ending.chars().count();
    Some(name.chars().take(kept).chain(ending.chars()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = format!("attachment; filename=\"{}.tar.gz\"", "ä".repeat(400));
        let shortened = format!("{}.gz", "ä".repeat(FILE_NAME_CHARS_MAX - 3));
        let endless = format!("attachment; filename=\"{}\"", "ä.".to_owned() + &"x".repeat(400));
        let cut = format!("ä.{}", "x".repeat(FILE_NAME_CHARS_MAX - 2));
        for (disposition, path, name) in [
            ("", "a/b.png", Some("b.png")),
            ("", "a/b%20c.png?x=/y.png#/z.png", Some("b c.png")),
            ("", "a%2f..%2fpasswd", Some("passwd")),
            ("", "a%5Cb.png", Some("b.png")),
            ("", "a%00b%0ac.png", Some("abc.png")),
            ("", "a/", None),
            ("", "", None),
            ("", "%ff.png", None),
            ("", "...", None),
            ("", ".htaccess", Some("htaccess")),
            ("", "x%e2%80%aegpj.exe", Some("xgpj.exe")),
            ("attachment", "u", Some("u")),
            ("attachment; filename=r.pdf", "u", Some("r.pdf")),
            ("attachment;filename = r.pdf ; size=3", "u", Some("r.pdf")),
            ("attachment; FileName=\"a b.pdf\"; size=3", "u", Some("a b.pdf")),
            ("attachment; filename=\"q\\\"uo\\\\te.pdf\"", "u", Some("te.pdf")),
            ("attachment; filename=\"semi;colon.pdf\"", "u", Some("semi;colon.pdf")),
            ("attachment; filename=\"open.pdf", "u", Some("open.pdf")),
            ("attachment; filename=\"ends in\\", "u", Some("ends in")),
            ("attachment; filename=\"../../etc/passwd\"", "u", Some("passwd")),
            ("attachment; filename=\"C:\\\\x\\\\y.exe\"", "u", Some("y.exe")),
            ("attachment; filename=\"..\"", "u", Some("u")),
            ("attachment; filename=a.pdf; filename*=UTF-8''%e2%82%ac.pdf", "u", Some("€.pdf")),
            ("attachment; filename*=iso-8859-1'en'%fc.pdf; filename=a.pdf", "u", Some("ü.pdf")),
            ("attachment; filename*=UTF-8''%ff; filename=a.pdf", "u", Some("a.pdf")),
            ("attachment; filename*=koi8-r''x; filename=a.pdf", "u", Some("a.pdf")),
            ("attachment; filename*=x; filename=\"\"", "u", Some("u")),
            ("attachment; x; filename=a.pdf", "u", Some("a.pdf")),
            (";;;=;\";", "u", Some("u")),
            (long.as_str(), "u", Some(shortened.as_str())),
            (endless.as_str(), "u", Some(cut.as_str())),
        ] {
            let url = Url::parse(&format!("http://h/{path}")).expect("a URL");
            let found = of(Some(disposition).filter(|text| !text.is_empty()), &url);
            assert_eq!(found.as_deref(), name, "{disposition:?} {path:?}");
        }
    }
}
