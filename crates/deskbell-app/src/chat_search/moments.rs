//! Moments as they are written in documents and in searches.

const SECOND_MICROS: i64 = 1_000_000;
const DAY_MICROS: i64 = 86_400 * SECOND_MICROS;

/// What a written moment covers: from its beginning up to, and without, its end. Microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) until: i64,
}

/// Reads a date, which covers its day, or a date with a time, which covers its second, or its microsecond if it has a fraction. Without a
/// zone it is UTC.
pub(super) fn span(text: &str) -> Option<Span> {
    let text = text.trim();
    if let Ok(day) = text.parse::<jiff::civil::Date>()
        && text.len() <= 10
    {
        let from = micros(day.to_datetime(jiff::civil::Time::midnight()))?;
        return Some(Span { from, until: from + DAY_MICROS });
    }
    let from = instant(text)?;
    let until = from + if text.contains(['.', ',']) { 1 } else { SECOND_MICROS };
    Some(Span { from, until })
}

/// A date with a time, in microseconds since 1970.
pub(super) fn instant(text: &str) -> Option<i64> {
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Some(at.as_microsecond()),
        Err(_) => micros(text.parse().ok()?),
    }
}

fn micros(at: jiff::civil::DateTime) -> Option<i64> {
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moments_cover() {
        // 2020-12-20T00:00:00Z
        let day = 1_608_422_400 * SECOND_MICROS;
        let hour = 3_600 * SECOND_MICROS;
        for (text, wanted) in [
            ("2020-12-20", Some((day, day + DAY_MICROS))),
            (" 2020-12-20 ", Some((day, day + DAY_MICROS))),
            ("2020-12-20T00:00:00", Some((day, day + SECOND_MICROS))),
            ("2020-12-20T00:00:00Z", Some((day, day + SECOND_MICROS))),
            ("2020-12-20 01:00:00", Some((day + hour, day + hour + SECOND_MICROS))),
            ("2020-12-20T01:00:00+01:00", Some((day, day + SECOND_MICROS))),
            ("2020-12-20T00:00:00.000007", Some((day + 7, day + 8))),
            ("2020-12-20T00:00:00.000007Z", Some((day + 7, day + 8))),
            ("2020-12-20T02:00:00.5-02:00", Some((day + 4 * hour + 500_000, day + 4 * hour + 500_001))),
            ("2020-13-20", None),
            ("2020-12-20T25:00:00", None),
            ("yesterday", None),
            ("", None),
            ("99999999999999999999-01-01", None),
        ] {
            assert_eq!(span(text), wanted.map(|(from, until)| Span { from, until }), "{text}");
        }
    }
}
