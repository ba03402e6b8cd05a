//! `lk:` patterns of times: `%` stands for any characters, `?` for one. The store knows no texts of times, so a pattern becomes the span
//! that its leading whole fields name, and a test of what is inside, unless the span says it all.

use jiff::{Span as Length, ToSpan, civil};

use crate::moment::{Span, Zone};

/// Characters of a pattern, at most.
const PATTERN_CHARS_MAX: usize = 40;

/// Completes a time that breaks off behind a field.
const SMALLEST: &str = "0000-01-01 00:00:00";

/// Where the fields of `YYYY-MM-DD HH:MM:SS` end, and how long a time each spans.
fn fields() -> [(usize, Length); 6] {
    [(4, 1.year()), (7, 1.month()), (10, 1.day()), (13, 1.hour()), (16, 1.minute()), (19, 1.second())]
}

/// A pattern, read.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    text: String,
    /// What the leading whole fields name; `None` if there is not even a year.
    pub(crate) within: Option<Span>,
    /// Whether everything within matches.
    pub(crate) is_whole: bool,
}

impl Pattern {
    /// `None`: no time can look like this.
    pub(crate) fn parse(text: &str, zone: &Zone) -> Option<Pattern> {
        let known = |byte: u8| byte.is_ascii_digit() || b"-: %?".contains(&byte);
        if text.is_empty() || text.len() > PATTERN_CHARS_MAX || !text.bytes().all(known) {
            return None;
        }
        let literal = text.find(['%', '?']).unwrap_or(text.len());
        let field = fields().into_iter().rev().find(|(end, _)| *end <= literal);
        let Some((end, length)) = field else {
            return Some(Pattern { text: text.to_owned(), within: None, is_whole: text.bytes().all(|byte| byte == b'%') });
        };
        let start = civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", format!("{}{}", &text[..end], &SMALLEST[end..])).ok()?;
        let next = start.checked_add(length).unwrap_or(civil::DateTime::MAX);
        let rest = &text[end..];
        let is_whole = rest == "%"
            || rest.strip_suffix('%').is_some_and(|separator| SMALLEST[end..].starts_with(separator) && separator.len() == 1)
            || (rest.is_empty() && end == SMALLEST.len());
        Some(Pattern { text: text.to_owned(), within: Some(Span { start: zone.moment(start), end: zone.moment(next) }), is_whole })
    }

    /// Whether a written time looks like the pattern.
    pub(crate) fn matches(&self, time: &str) -> bool {
        glob(self.text.as_bytes(), time.as_bytes())
    }
}

/// Goes back to the last `%` where the rest does not fit.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'%') => {
                back = Some((p + 1, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((after, from)) => {
                    back = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'%')
}

#[cfg(test)]
mod tests {
    use deskbell_app::settings::Settings;

    use super::*;

    fn pattern(text: &str) -> Option<Pattern> {
        Pattern::parse(text, &Zone::set(&Settings::default()))
    }

    #[test]
    fn spans() {
        let zone = Zone::set(&Settings::default());
        for (text, wanted, is_whole) in [
            ("2009-01-%", Some(("2009-01-01 00:00:00", "2009-02-01 00:00:00")), true),
            ("2009-01%", Some(("2009-01-01 00:00:00", "2009-02-01 00:00:00")), true),
            ("2009-1%", Some(("2009-01-01 00:00:00", "2010-01-01 00:00:00")), false),
            ("2009%", Some(("2009-01-01 00:00:00", "2010-01-01 00:00:00")), true),
            ("2009-01-31 %", Some(("2009-01-31 00:00:00", "2009-02-01 00:00:00")), true),
            ("2009-12-31 23:%", Some(("2009-12-31 23:00:00", "2010-01-01 00:00:00")), true),
            ("2009-12-31 23:59:59", Some(("2009-12-31 23:59:59", "2010-01-01 00:00:00")), true),
            ("2009-12-31", Some(("2009-12-31 00:00:00", "2010-01-01 00:00:00")), false),
            ("2009-12-31%5", Some(("2009-12-31 00:00:00", "2010-01-01 00:00:00")), false),
            ("2011-12-01 ??:59:59", Some(("2011-12-01 00:00:00", "2011-12-02 00:00:00")), false),
            ("20%", None, false),
            ("%-01", None, false),
            ("%", None, true),
        ] {
            let read = pattern(text).expect(text);
            assert_eq!(
                read.within.map(|span| (zone.text(span.start), zone.text(span.end))),
                wanted.map(|(a, b)| (a.to_owned(), b.to_owned())),
                "{text}"
            );
            assert_eq!(read.is_whole, is_whole, "{text}");
        }
        for text in ["", "2009-13-%", "2009-02-30%", "x%", "2009_01%", &"%".repeat(41)] {
            assert!(pattern(text).is_none(), "{text}");
        }
    }

    #[test]
    fn matches() {
        let time = "2011-12-01 10:59:59";
        for (text, wanted) in [
            ("2011-12-01 ??:59:59", true),
            ("%59", true),
            ("%:59:%", true),
            ("%12%10%", true),
            ("???????????????????", true),
            ("%%%", true),
            ("2011-12-01 10:59:59%", true),
            ("2011-12-01", false),
            ("2011-12-01 ?:59:59", false),
            ("%58", false),
            ("??????????????????", false),
            ("%1%0:59:5?", true),
        ] {
            assert_eq!(pattern(text).expect(text).matches(time), wanted, "{text}");
        }
    }
}
