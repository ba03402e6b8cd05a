//! `$1` to `?1`: SQLite takes `$1` for a *name* and numbers names as they come.

use std::borrow::Cow;

/// Rewrites placeholders, leaving quoted texts, quoted names and comments alone.
pub(super) fn for_sqlite(sql: &str) -> Cow<'_, str> {
    if !sql.contains('$') {
        return Cow::Borrowed(sql);
    }
    let bytes = sql.as_bytes();
    let mut out = String::with_capacity(sql.len());
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => at = past(bytes, at + 1, &[quote]),
            b'-' if bytes.get(at + 1) == Some(&b'-') => at = past(bytes, at, b"\n"),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at = past(bytes, at + 2, b"*/"),
            b'$' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                out.push_str(&sql[copied..at]);
                out.push('?');
                at += 1;
                copied = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&sql[copied..]);
    Cow::Owned(out)
}

/// The place behind the next `end`; a doubled quote merely opens the next text.
fn past(bytes: &[u8], from: usize, end: &[u8]) -> usize {
    (from..bytes.len()).find(|&at| bytes[at..].starts_with(end)).map_or(bytes.len(), |at| at + end.len())
}

#[cfg(test)]
mod tests {
    use super::for_sqlite;

    #[test]
    fn only_placeholders_change() {
        for (sql, expected) in [
            ("SELECT 1", "SELECT 1"),
            ("SELECT $2, $1", "SELECT ?2, ?1"),
            ("SELECT '$1', $1", "SELECT '$1', ?1"),
            ("SELECT 'it''s $1' || $12", "SELECT 'it''s $1' || ?12"),
            ("SELECT \"a$1\" FROM t WHERE a=$1", "SELECT \"a$1\" FROM t WHERE a=?1"),
            ("SELECT $1 -- costs $2\n, $2", "SELECT ?1 -- costs $2\n, ?2"),
            ("SELECT /* $1 */ $1", "SELECT /* $1 */ ?1"),
            ("SELECT 'é$1é', $1 -- $", "SELECT 'é$1é', ?1 -- $"),
            ("SELECT '$1", "SELECT '$1"),
            ("a $", "a $"),
        ] {
            assert_eq!(for_sqlite(sql), expected);
        }
    }
}
