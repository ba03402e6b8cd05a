//! One range of bytes, and the tags by which a caller says what he has. Source: RFC 9110.

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Whole,
    Part {
        start: u64,
        length: u64,
    },
    /// A range that begins behind the end.
    Beyond,
}

/// Reads a `Range` header. One that cannot be read, or that names several ranges, counts as none.
pub(super) fn read(header: Option<&str>, bytes: u64) -> Wanted {
    let Some((unit, set)) = header.and_then(|text| text.split_once('=')) else { return Wanted::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Wanted::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::Whole;
    }
    match (number(first), number(last)) {
        (Some(start), Some(last)) if start > last => Wanted::Whole,
        (Some(_), None) if !last.is_empty() => Wanted::Whole,
        (Some(start), last) if start < bytes => {
            let end = last.map_or(bytes, |last| last.saturating_add(1).min(bytes));
            Wanted::Part { start, length: end - start }
        }
        (Some(_), _) => Wanted::Beyond,
        // The last so many bytes.
        (None, Some(length)) if first.is_empty() => match length.min(bytes) {
            0 => Wanted::Beyond,
            length => Wanted::Part { start: bytes - length, length },
        },
        (None, _) => Wanted::Whole,
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Whether one of the tags of `If-None-Match` is this one. Weak tags count: the bytes are the same.
pub(super) fn any_matches(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let part = |start, length| Wanted::Part { start, length };
        for (text, wanted) in [
            ("bytes=0-", part(0, 10)),
            ("bytes=0-0", part(0, 1)),
            ("bytes=2-4", part(2, 3)),
            (" BYTES = 2-4", part(2, 3)),
            ("bytes=5-99", part(5, 5)),
            ("bytes=5-99999999999999999999999", part(5, 5)),
            ("bytes=-3", part(7, 3)),
            ("bytes=-99", part(0, 10)),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=99999999999999999999999-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=4-2", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=1-b", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("bytes", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(read(Some(text), 10), wanted, "{text}");
        }
        assert_eq!(read(None, 10), Wanted::Whole);
        assert_eq!(read(Some("bytes=0-"), 0), Wanted::Beyond);
        assert_eq!(read(Some("bytes=-5"), 0), Wanted::Beyond);
    }

    #[test]
    fn tags() {
        for (known, wanted) in [("\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), ("\"b\"", false), ("a", false), ("", false)] {
            assert_eq!(any_matches(known, "\"a\""), wanted, "{known}");
        }
    }
}
