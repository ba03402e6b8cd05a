//! What a file is: found out from its first bytes, never believed. What a sender declares is kept as a word to show where it does not
//! contradict the contents; whether a browser may show a file in the desk's own origin is decided by the contents alone.

/// Bytes at the beginning of a file that are looked at.
pub const HEAD_BYTES_MAX: usize = 4_096;
/// Bytes of a declared type, at most.
const DECLARED_BYTES_MAX: usize = 100;

const UNKNOWN: &str = "application/octet-stream";
const TEXT: &str = "text/plain";
const HTML: &str = "text/html";
const XML: &str = "text/xml";
const SVG: &str = "image/svg+xml";

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// A format known by its signature.
    Known(&'static str),
    /// HTML, XML or SVG: what a browser would run.
    Markup(&'static str),
    /// UTF-8 without control characters.
    Text,
    /// No control characters, but no UTF-8 either: perhaps a text in another character set.
    Bytes,
    /// Anything else.
    Binary,
}

/// Where a signature stands, what it is, and the format.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\x01\0", "image/x-icon"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\0asm", "application/wasm"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"MThd", "audio/midi"),
];

/// Signatures of two characters that a text can begin with: they count only where the rest is no text.
const WEAK: &[&str] = &["image/bmp", "application/vnd.microsoft.portable-executable", "audio/mpeg", "application/x-bzip2"];

/// Other words for formats, and the one used here.
const ALIASES: &[(&str, &str)] = &[
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/x-png", "image/png"),
    ("image/x-ms-bmp", "image/bmp"),
    ("image/vnd.microsoft.icon", "image/x-icon"),
    ("image/heif", "image/heic"),
    ("application/x-pdf", "application/pdf"),
    ("text/pdf", "application/pdf"),
    ("application/x-zip", "application/zip"),
    ("application/x-zip-compressed", "application/zip"),
    ("application/x-gzip", "application/gzip"),
    ("application/x-rar-compressed", "application/vnd.rar"),
    ("text/rtf", "application/rtf"),
    ("audio/mp3", "audio/mpeg"),
    ("audio/x-mp3", "audio/mpeg"),
    ("audio/x-mpeg", "audio/mpeg"),
    ("audio/wave", "audio/wav"),
    ("audio/x-wav", "audio/wav"),
    ("audio/vnd.wave", "audio/wav"),
    ("audio/x-flac", "audio/flac"),
    ("audio/x-aac", "audio/aac"),
    ("audio/opus", "audio/ogg"),
    ("video/ogg", "audio/ogg"),
    ("application/ogg", "audio/ogg"),
    ("audio/mp4", "video/mp4"),
    ("audio/x-m4a", "video/mp4"),
    ("audio/m4a", "video/mp4"),
    ("video/x-m4v", "video/mp4"),
    ("video/quicktime", "video/mp4"),
    ("video/3gpp", "video/mp4"),
    ("audio/webm", "video/webm"),
    ("video/x-matroska", "video/webm"),
    ("audio/x-matroska", "video/webm"),
    ("video/avi", "video/x-msvideo"),
];

/// Formats that many others are made in: a document of an office program is a ZIP file.
const CONTAINERS: &[&str] =
    &["application/zip", "application/gzip", "application/x-ole-storage", "application/x-executable", "application/postscript"];

/// Formats found by more than a signature.
const OTHERS: &[&str] =
    &["image/webp", "image/avif", "image/heic", "audio/wav", "audio/aac", "audio/ogg", "video/mp4", "video/webm", "video/x-msvideo"];

/// Types of texts that are as harmless as they look.
const PLAIN_TEXTS: &[&str] = &[TEXT, "text/csv", "text/markdown", "text/tab-separated-values", "text/x-log"];

/// Looks at the first [`HEAD_BYTES_MAX`] bytes.
pub fn sniff(bytes: &[u8]) -> Sniffed {
    let head = &bytes[..bytes.len().min(HEAD_BYTES_MAX)];
    let looks = text(head);
    if let Some(known) = signature(head)
        && !(WEAK.contains(&known) && looks == Sniffed::Text)
    {
        return Sniffed::Known(known);
    }
    match looks {
        Sniffed::Text | Sniffed::Bytes => markup(head).map_or(looks, Sniffed::Markup),
        Sniffed::Known(_) | Sniffed::Markup(_) | Sniffed::Binary => looks,
    }
}

fn signature(head: &[u8]) -> Option<&'static str> {
    let at = |place: usize, wanted: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(wanted));
    if let Some((_, _, known)) = SIGNATURES.iter().find(|(place, magic, _)| at(*place, magic)) {
        return Some(known);
    }
    if at(0, b"RIFF") {
        return [(b"WEBP", "image/webp"), (b"WAVE", "audio/wav"), (b"AVI ", "video/x-msvideo")]
            .into_iter()
            .find_map(|(form, known)| at(8, form).then_some(known));
    }
    if at(4, b"ftyp") {
        return Some(match head.get(8..12).unwrap_or_default() {
            b"avif" | b"avis" => "image/avif",
            b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" => "image/heic",
            _ => "video/mp4",
        });
    }
    if at(0, b"\x1aE\xdf\xa3") {
        return Some("video/webm");
    }
    if at(0, b"OggS") {
        return Some("audio/ogg");
    }
    mpeg_audio(head)
}

/// A frame of MPEG audio begins with eleven set bits; the fields behind them have values that are not used.
fn mpeg_audio(head: &[u8]) -> Option<&'static str> {
    let [0xff, second, third, ..] = *head else { return None };
    match second & 0xf6 {
        0xf0 => Some("audio/aac"),
        _ => {
            let (version, layer) = ((second >> 3) & 3, (second >> 1) & 3);
            let sound = second >= 0xe0 && version != 1 && layer != 0 && third >> 4 != 15 && (third >> 2) & 3 != 3;
            sound.then_some("audio/mpeg")
        }
    }
}

fn text(head: &[u8]) -> Sniffed {
    if head.iter().any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f)) {
        return Sniffed::Binary;
    }
    match std::str::from_utf8(head) {
        Ok(_) => Sniffed::Text,
        // The last character may be cut in two.
        Err(error) if error.error_len().is_none() && head.len() == HEAD_BYTES_MAX => Sniffed::Text,
        Err(_) => Sniffed::Bytes,
    }
}

/// Markup, if a browser that guesses could take the text for it: rather too often than too rarely.
fn markup(head: &[u8]) -> Option<&'static str> {
    let low: Vec<u8> = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).to_ascii_lowercase();
    let low = low.trim_ascii_start();
    let holds = |wanted: &[u8]| low.windows(wanted.len()).any(|window| window == wanted);
    if holds(b"<svg") {
        return Some(SVG);
    }
    if low.starts_with(b"<?xml") && !holds(b"<html") {
        return Some(XML);
    }
    const SIGNS: [&[u8]; 9] = [b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<object", b"<embed", b"javascript:"];
    if SIGNS.into_iter().any(holds) {
        return Some(HTML);
    }
    match low {
        [b'<', b'a'..=b'z' | b'!' | b'/', ..] => Some(HTML),
        [b'<', b'?', ..] => Some(XML),
        _ => None,
    }
}

fn canonical(declared: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == declared).map_or(declared, |(_, known)| known)
}

/// Whether contents of this type would have been known as such.
fn is_recognised(declared: &str) -> bool {
    let declared = canonical(declared);
    SIGNATURES.iter().any(|(_, _, known)| *known == declared) || OTHERS.contains(&declared)
}

/// The type to show: what was declared, unless the contents are something else.
pub fn shown_type(declared: &str, sniffed: Sniffed) -> String {
    match tidy(declared) {
        Some(declared) if agrees(&declared, sniffed) => declared,
        Some(_) | None => match sniffed {
            Sniffed::Known(known) | Sniffed::Markup(known) => known.to_owned(),
            Sniffed::Text => TEXT.to_owned(),
            Sniffed::Bytes | Sniffed::Binary => UNKNOWN.to_owned(),
        },
    }
}

/// A declared type without parameters, if it is one and says something.
fn tidy(declared: &str) -> Option<String> {
    let plain = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let token = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte));
    let known = plain.len() <= DECLARED_BYTES_MAX && plain.split_once('/').is_some_and(|(kind, rest)| token(kind) && token(rest));
    (known && plain != UNKNOWN).then_some(plain)
}

fn agrees(declared: &str, sniffed: Sniffed) -> bool {
    let textual = declared.starts_with("text/") || declared.starts_with("application/") || declared.starts_with("message/");
    let xml = declared.ends_with("+xml") || declared.ends_with("/xml");
    match sniffed {
        Sniffed::Known(known) if canonical(declared) == known => true,
        Sniffed::Known(known) => CONTAINERS.contains(&known) && declared.starts_with("application/") && !is_recognised(declared),
        Sniffed::Markup(known) => declared == known || (!is_recognised(declared) && (textual || (xml && known != HTML))),
        Sniffed::Text => !is_recognised(declared) && textual,
        Sniffed::Bytes => !is_recognised(declared),
        Sniffed::Binary => !is_recognised(declared) && !declared.starts_with("text/") && !xml,
    }
}

/// The type that a browser is given to show the file; `None`: it is only to be saved. Images, sound, pictures that move, PDF and plain
/// texts are shown, each only if the contents say so.
pub fn inline_type(content_type: &str, sniffed: Sniffed) -> Option<&'static str> {
    match sniffed {
        Sniffed::Known(known @ ("image/png" | "image/jpeg" | "image/gif" | "image/webp" | "application/pdf")) => Some(known),
        Sniffed::Known(known) if known.starts_with("audio/") || known.starts_with("video/") => Some(known),
        Sniffed::Text if PLAIN_TEXTS.contains(&content_type) => Some("text/plain; charset=utf-8"),
        Sniffed::Known(_) | Sniffed::Markup(_) | Sniffed::Text | Sniffed::Bytes | Sniffed::Binary => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes() {
        for (bytes, wanted) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Sniffed::Known("image/png")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Sniffed::Known("image/jpeg")),
            (b"GIF89a<script>alert(1)</script>", Sniffed::Known("image/gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Sniffed::Known("image/webp")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Sniffed::Known("audio/wav")),
            (b"RIFF\x24\0\0\0ACON", Sniffed::Binary),
            (b"%PDF-1.7\n", Sniffed::Known("application/pdf")),
            (b"\0\0\0\x20ftypisom", Sniffed::Known("video/mp4")),
            (b"\0\0\0\x20ftypheic", Sniffed::Known("image/heic")),
            (b"\x1aE\xdf\xa3\x01\0", Sniffed::Known("video/webm")),
            (b"OggS\0\x02\0\0", Sniffed::Known("audio/ogg")),
            (b"ID3\x04\0\0\0", Sniffed::Known("audio/mpeg")),
            (b"\xff\xfb\x90\x64\0\0", Sniffed::Known("audio/mpeg")),
            (b"\xff\xf1\x50\x80\0\0", Sniffed::Known("audio/aac")),
            (b"\xff\xfe\xff\xff\0\0", Sniffed::Binary),
            (b"PK\x03\x04\x14\0", Sniffed::Known("application/zip")),
            (b"MZ\x90\0\x03", Sniffed::Known("application/vnd.microsoft.portable-executable")),
            (b"MZ is a magazine", Sniffed::Text),
            (b"BM is short", Sniffed::Text),
            (b"ID3 tags, explained", Sniffed::Text),
            (b"plain words\r\n\tand more", Sniffed::Text),
            ("größer".as_bytes(), Sniffed::Text),
            (b"gr\xf6\xdfer", Sniffed::Bytes),
            (b"a\0b", Sniffed::Binary),
            (b"", Sniffed::Text),
            (b"<!DOCTYPE html><p>", Sniffed::Markup(HTML)),
            (b" \n\xef\xbb\xbf<HTML>", Sniffed::Markup(HTML)),
            (b"\xef\xbb\xbf  <p>", Sniffed::Markup(HTML)),
            (b"words <ScRiPt>alert(1)</script>", Sniffed::Markup(HTML)),
            (b"gr\xf6\xdfer <script>", Sniffed::Markup(HTML)),
            (b"<?xml version=\"1.0\"?><a/>", Sniffed::Markup(XML)),
            (b"<?xml version=\"1.0\"?><svg onload=\"x\"/>", Sniffed::Markup(SVG)),
            (b"<svg xmlns='x'>", Sniffed::Markup(SVG)),
            (b"<?php echo 1;", Sniffed::Markup(XML)),
            (b"2 < 3", Sniffed::Text),
        ] {
            assert_eq!(sniff(bytes), wanted, "{}", String::from_utf8_lossy(bytes));
        }
        let mut cut = vec![b'a'; HEAD_BYTES_MAX - 1];
        cut.extend_from_slice("ü".as_bytes());
        assert_eq!(sniff(&cut), Sniffed::Text, "a character across the end of what is looked at");
    }

    #[test]
    fn declared_types_are_shown_where_they_can_be_true() {
        let png = Sniffed::Known("image/png");
        let jpeg = Sniffed::Known("image/jpeg");
        let zip = Sniffed::Known("application/zip");
        for (declared, sniffed, wanted) in [
            ("image/png", png, "image/png"),
            ("IMAGE/PNG; charset=x", png, "image/png"),
            ("image/jpg", jpeg, "image/jpg"),
            ("image/png", jpeg, "image/jpeg"),
            ("text/html", png, "image/png"),
            ("", png, "image/png"),
            ("application/octet-stream", png, "image/png"),
            ("image/png", Sniffed::Text, TEXT),
            ("image/png", Sniffed::Binary, UNKNOWN),
            ("image/png", Sniffed::Markup(HTML), HTML),
            ("image/svg+xml", Sniffed::Markup(SVG), SVG),
            ("image/svg+xml", Sniffed::Text, TEXT),
            ("application/pdf", Sniffed::Markup(HTML), HTML),
            ("application/xhtml+xml", Sniffed::Markup(HTML), "application/xhtml+xml"),
            ("text/csv", Sniffed::Text, "text/csv"),
            ("application/json", Sniffed::Text, "application/json"),
            ("text/plain", Sniffed::Bytes, "text/plain"),
            ("text/plain", Sniffed::Binary, UNKNOWN),
            ("application/x-sketch", Sniffed::Binary, "application/x-sketch"),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                zip,
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("application/pdf", zip, "application/zip"),
            ("image/x-icon", zip, "application/zip"),
            ("audio/x-m4a", Sniffed::Known("video/mp4"), "audio/x-m4a"),
            ("no type", Sniffed::Text, TEXT),
            ("a/b\r\nx: y", Sniffed::Text, TEXT),
            ("text/<b>", Sniffed::Text, TEXT),
        ] {
            assert_eq!(shown_type(declared, sniffed), wanted, "{declared} {sniffed:?}");
        }
        assert_eq!(shown_type(&format!("a/{}", "b".repeat(200)), Sniffed::Text), TEXT);
    }

    #[test]
    fn only_harmless_contents_are_shown() {
        for (content_type, sniffed, wanted) in [
            ("image/png", Sniffed::Known("image/png"), Some("image/png")),
            ("text/html", Sniffed::Known("image/png"), Some("image/png")),
            ("audio/x-m4a", Sniffed::Known("video/mp4"), Some("video/mp4")),
            ("application/pdf", Sniffed::Known("application/pdf"), Some("application/pdf")),
            ("text/plain", Sniffed::Text, Some("text/plain; charset=utf-8")),
            ("text/csv", Sniffed::Text, Some("text/plain; charset=utf-8")),
            ("text/javascript", Sniffed::Text, None),
            ("application/json", Sniffed::Text, None),
            ("text/plain", Sniffed::Bytes, None),
            ("text/plain", Sniffed::Markup(HTML), None),
            ("image/png", Sniffed::Markup(SVG), None),
            ("image/png", Sniffed::Binary, None),
            ("image/bmp", Sniffed::Known("image/bmp"), None),
            ("image/heic", Sniffed::Known("image/heic"), None),
        ] {
            assert_eq!(inline_type(content_type, sniffed), wanted, "{content_type} {sniffed:?}");
        }
    }
}
