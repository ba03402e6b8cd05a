//! What a caller of the export asks for, and the address that asks for what follows.

use std::fmt::Write;

use deskbell_app::AppError;
use deskbell_http::Input;
use deskbell_http::fields::{Fields, Projection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Ids, Series, Unit};

/// Rows of a page, at most and by default.
pub(super) const PAGE_ROWS_MAX: i64 = 1_000;
const SECOND_MICROS: i64 = 1_000_000;
/// How long a `start_id` may be.
const START_ID_BYTES_MAX: usize = 200;
/// What stands in a query as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// A place in an export: behind everything of earlier times and, of this time, behind everything up to this id. With an empty id all of
/// this time is still to come. The time is in the unit of its series.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) time: i64,
    pub(super) id: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ask {
    series: &'static Series,
    pub(super) start: Place,
    pub(super) projection: Projection,
    /// As they were given, to be echoed.
    limit: Option<i64>,
    fields: Option<String>,
}

impl Ask {
    pub(super) fn read(series: &'static Series, input: &Input) -> Result<Ask, AppError> {
        let time = match input.filled_opt("start_time") {
            Some(text) => Moment::parse(text)
                .ok_or_else(|| AppError::invalid(format!("parameter start_time must be a time in {} since 1970", series.unit.words())))?,
            None => Moment::default(),
        };
        let id = input.filled_opt("start_id").map(str::trim).unwrap_or_default();
        if id.len() > START_ID_BYTES_MAX || id.chars().any(char::is_control) {
            return Err(AppError::invalid("parameter start_id must be the end_id of a page"));
        }
        let limit = input.int_opt("limit", i64::MIN..=i64::MAX)?.map(|limit| limit.min(PAGE_ROWS_MAX));
        if limit.is_some_and(|limit| limit < 1) {
            return Err(AppError::invalid("parameter limit must be at least 1"));
        }
        let fields = input.filled_opt("fields");
        let parsed = Fields::parse(fields.unwrap_or_default())?;
        Ok(Ask {
            series,
            // A fraction of a second lies behind all rows of that second. Rows by microsecond come strictly after it anyway.
            start: if time.fraction && series.unit == Unit::Seconds {
                Place { time: time.whole + 1, id: String::new() }
            } else {
                Place { time: time.whole, id: id.to_owned() }
            },
            projection: parsed.group(series.name).cloned().unwrap_or_else(|| series.unless_expanded.projection()),
            limit,
            fields: fields.map(str::to_owned),
        })
    }

    pub(super) fn limit(&self) -> i64 {
        self.limit.unwrap_or(PAGE_ROWS_MAX)
    }

    /// The second of a place in this export; the next one if it lies within one.
    pub(super) fn second(&self, place: &Place) -> i64 {
        match self.series.unit {
            Unit::Seconds => place.time,
            Unit::Microseconds => place.time / SECOND_MICROS + i64::from(place.time % SECOND_MICROS > 0),
        }
    }

    /// The address of the page that follows; `base` is where the caller reached the API.
    pub(super) fn next_page(&self, base: &str, end: &Place) -> String {
        let mut url = format!("{base}/{}?", self.series.path);
        let escape = |text| utf8_percent_encode(text, ESCAPED);
        let mut write = |name: &str, value: &dyn std::fmt::Display, ending: &str| {
            write!(url, "{name}={value}{ending}").expect("writing to a String cannot fail");
        };
        if let Some(fields) = &self.fields {
            write("fields", &escape(fields), "&");
        }
        if let Some(limit) = self.limit {
            write("limit", &limit, "&");
        }
        match self.series.ids {
            Ids::Told => {
                write("start_time", &end.time, "&");
                write("start_id", &escape(&end.id), "");
            }
            Ids::Untold => write("start_time", &end.time, ""),
        }
        url
    }
}

/// A time in seconds or microseconds, not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Moment {
    whole: i64,
    /// Whether there is more than the whole ones.
    fraction: bool,
}

impl Moment {
    /// Reads an integer or a decimal, also one with an exponent, as some clients write what they keep as a float.
    fn parse(text: &str) -> Option<Moment> {
        let text = text.trim();
        if let Ok(whole) = text.parse::<i64>() {
            return (whole >= 0).then_some(Moment { whole, fraction: false });
        }
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && !value.is_sign_negative())?;
        // Far behind any clock; what is larger is refused as too recent just as well.
        let value = value.min(1e18);
        Some(Moment { whole: value.floor() as i64, fraction: value.fract() > 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, wanted) in [
            ("0", Some((0, false))),
            (" 1697795052 ", Some((1_697_795_052, false))),
            ("1697795052.0", Some((1_697_795_052, false))),
            ("1697795052.25", Some((1_697_795_052, true))),
            ("1.697795052e+09", Some((1_697_795_052, false))),
            ("99999999999999999999", Some((1_000_000_000_000_000_000, false))),
            ("-1", None),
            ("-0.5", None),
            ("inf", None),
            ("NaN", None),
            ("yesterday", None),
            ("1,5", None),
            ("2020-12-22T04:54:59Z", None),
        ] {
            let wanted = wanted.map(|(whole, fraction)| Moment { whole, fraction });
            assert_eq!(Moment::parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn seconds() {
        const MICROS: Series = Series { unit: Unit::Microseconds, ..super::super::CHATS };
        let second = |series, time| {
            let ask = Ask { series, start: Place::default(), projection: Projection::All, limit: None, fields: None };
            ask.second(&Place { time, id: String::new() })
        };
        for (time, wanted) in [(0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (i64::MAX, i64::MAX / 1_000_000 + 1)] {
            assert_eq!((second(&MICROS, time), second(&super::super::CHATS, time)), (wanted, time));
        }
    }

    #[test]
    fn addresses() {
        let start = Place::default();
        let end = Place { time: 1_697_795_052, id: "2310.10414779.TtDaXpxE9Wn3t".to_owned() };
        let mut ask = Ask { series: &super::super::CHATS, start, projection: Projection::All, limit: None, fields: None };
        let base = "https://acme.test/api/v2/chat";
        assert_eq!(
            ask.next_page(base, &end),
            "https://acme.test/api/v2/chat/incremental/chats?start_time=1697795052&start_id=2310.10414779.TtDaXpxE9Wn3t"
        );
        ask.fields = Some("chats(*)".to_owned());
        ask.limit = Some(1_000);
        assert_eq!(
            ask.next_page(base, &Place::default()),
            "https://acme.test/api/v2/chat/incremental/chats?fields=chats%28%2A%29&limit=1000&start_time=0&start_id="
        );
    }
}
