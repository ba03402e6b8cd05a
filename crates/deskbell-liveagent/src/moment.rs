//! Times as this API writes them: `YYYY-MM-DD HH:MM:SS` in the desk's time zone, without naming it. Source: the reference, "Datafield
//! formats".

use deskbell_app::settings::Settings;
use deskbell_app::{AppError, Desk};
use deskbell_domain::time::Timestamp;
use deskbell_domain::zone::{self, Edges};
use deskbell_http::Input;
use jiff::civil;

use crate::short::Short;

pub(crate) use deskbell_domain::zone::Interval;

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";
const DATE: &str = "%Y-%m-%d";

/// The time zone of a desk.
#[derive(Debug, Clone)]
pub(crate) struct Zone(zone::Zone);

/// What a text names: a second, or a whole day. The end does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Zone {
    pub(crate) fn of(desk: &Desk) -> Zone {
        Zone::set(&desk.settings())
    }

    /// An unknown name counts as GMT.
    pub(crate) fn set(settings: &Settings) -> Zone {
        Zone(zone::Zone::named(&settings.time_zone))
    }

    /// The zone that is the same everywhere.
    pub(crate) fn gmt() -> Zone {
        Zone(zone::Zone::gmt())
    }

    /// Where intervals begin and end from one moment to a later one; what these cut is a shorter interval.
    pub(crate) fn edges(&self, from: Timestamp, until: Timestamp, interval: Interval) -> Edges<'_> {
        self.0.edges(from, until, interval)
    }

    /// The beginning of the hour that a moment is in.
    pub(crate) fn hour_begins(&self, at: Timestamp) -> Timestamp {
        self.0.hour_begins(at)
    }

    /// The end of the hour that a moment is in; the moment itself, if an hour begins with it.
    pub(crate) fn hour_ends(&self, at: Timestamp) -> Timestamp {
        self.0.hour_ends(at)
    }

    /// The date that the clock shows.
    pub(crate) fn date(&self, at: Timestamp) -> civil::Date {
        self.0.date(at)
    }

    /// The first moment of a date.
    pub(crate) fn day_begins(&self, date: civil::Date) -> Timestamp {
        self.0.day_begins(date)
    }

    pub(crate) fn text(&self, at: Timestamp) -> String {
        self.short(at).as_str().to_owned()
    }

    /// The same for lists.
    pub(crate) fn short(&self, at: Timestamp) -> Short {
        let at = jiff::Timestamp::from_second(at.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = self.0.time_zone().to_datetime(at);
        if !(0..=9_999).contains(&local.year()) {
            return Short::new(local.strftime(FORMAT));
        }
        // By hand: a page is full of times.
        let mut text = *b"0000-00-00 00:00:00";
        let mut two = |place: usize, number: i16| {
            text[place] += (number / 10) as u8;
            text[place + 1] += (number % 10) as u8;
        };
        two(0, local.year() / 100);
        two(2, local.year() % 100);
        for (place, number) in [(5, local.month()), (8, local.day()), (11, local.hour()), (14, local.minute()), (17, local.second())] {
            two(place, number.into());
        }
        Short::of(std::str::from_utf8(&text).expect("digits are ASCII"))
    }

    /// The moment of a local time. Of an hour that comes twice the first, of one that is left out the moment it would have been; what lies
    /// beyond the calendar becomes its end.
    pub(crate) fn moment(&self, local: civil::DateTime) -> Timestamp {
        let at =
            self.0.time_zone().to_timestamp(local).unwrap_or(if local.year() < 1970 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX });
        Timestamp::from_seconds(at.as_second())
    }

    /// Reads a time, or a date for the whole day. `name` is the parameter's.
    pub(crate) fn span(&self, name: &str, text: &str) -> Result<Span, AppError> {
        let text = text.trim();
        if let Ok(local) = civil::DateTime::strptime(FORMAT, text) {
            let start = self.moment(local);
            return Ok(Span { start, end: start.plus_seconds(1) });
        }
        let Ok(day) = civil::Date::strptime(DATE, text) else {
            return Err(AppError::invalid(format!("parameter {name} must be a date like 2012-11-05 or 2012-11-05 17:02:01")));
        };
        let next = day.tomorrow().unwrap_or(civil::Date::MAX);
        Ok(Span { start: self.moment(day.into()), end: self.moment(next.into()) })
    }

    /// Reads two bounds, both of which belong to what they enclose; a date alone as upper bound means its end. Bounds the wrong way round
    /// are swapped. The second moment does not belong to it.
    pub(crate) fn between(&self, input: &Input, from: &str, to: &str) -> Result<(Option<Timestamp>, Option<Timestamp>), AppError> {
        let read = |name: &str| input.filled_opt(name).map(|text| self.span(name, text)).transpose();
        Ok(match (read(from)?, read(to)?) {
            (Some(a), Some(b)) => {
                let whole = a.and(b);
                (Some(whole.start), Some(whole.end))
            }
            (a, b) => (a.map(|span| span.start), b.map(|span| span.end)),
        })
    }
}

impl Span {
    /// From the beginning of the one to the end of the other; if that lies before, the other way round. So a date as second bound adds
    /// nothing before the first one.
    pub(crate) fn and(self, other: Span) -> Span {
        let (first, last) = if other.end <= self.start { (other, self) } else { (self, other) };
        Span { start: first.start, end: last.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::set(&Settings { time_zone: name.to_owned(), ..Settings::default() })
    }

    #[test]
    fn texts_in_the_desks_zone() {
        for (name, seconds, wanted) in [
            ("GMT", 0, "1970-01-01 00:00:00"),
            ("GMT", 1_333_455_681, "2012-04-03 12:21:21"),
            ("Europe/Bratislava", 1_333_455_681, "2012-04-03 14:21:21"),
            ("Europe/Bratislava", 1_325_376_000, "2012-01-01 01:00:00"),
            ("America/Los_Angeles", 1_325_376_000, "2011-12-31 16:00:00"),
            ("no such zone", 1_325_376_000, "2012-01-01 00:00:00"),
            ("GMT", 253_402_207_200, "9999-12-30 22:00:00"),
        ] {
            let at = Timestamp::from_seconds(seconds);
            assert_eq!(zone(name).text(at.plus_micros(999_999)), wanted, "fractions are cut off");
            assert_eq!(zone(name).span("x", wanted).unwrap(), Span { start: at, end: at.plus_seconds(1) });
        }
    }

    #[test]
    fn written_by_hand_and_by_jiff() {
        let zone = zone("Europe/Bratislava");
        for step in -2_000..2_000 {
            let at = Timestamp::from_seconds(step * 123_456_789);
            let local = zone.0.time_zone().to_datetime(jiff::Timestamp::from_second(at.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH));
            assert_eq!(zone.text(at), local.strftime(FORMAT).to_string());
        }
    }

    #[test]
    fn days() {
        let span = zone("Europe/Bratislava").span("x", " 2012-03-25 ").unwrap();
        assert_eq!(span.start, Timestamp::from_seconds(1_332_630_000));
        assert_eq!(span.end.seconds_since(span.start), 23 * 3_600, "the day summer time begins");
        assert!(zone("GMT").span("x", "9999-12-31").is_ok());
        assert!(zone("GMT").span("x", "0001-01-01 00:00:00").is_ok());
    }

    #[test]
    fn bounds_in_either_order() {
        let zone = zone("GMT");
        for (from, to, start, end) in [
            ("2012-04-03", "2012-04-05", "2012-04-03 00:00:00", "2012-04-06 00:00:00"),
            ("2012-04-05", "2012-04-03", "2012-04-03 00:00:00", "2012-04-06 00:00:00"),
            ("2012-04-03", "2012-04-03", "2012-04-03 00:00:00", "2012-04-04 00:00:00"),
            ("2012-04-03 11:00:00", "2012-04-03", "2012-04-03 11:00:00", "2012-04-04 00:00:00"),
            ("2012-04-03", "2012-04-03 11:00:00", "2012-04-03 00:00:00", "2012-04-03 11:00:01"),
            ("2012-04-03 11:00:00", "2012-04-03 10:00:00", "2012-04-03 10:00:00", "2012-04-03 11:00:01"),
            ("2012-04-03 11:00:00", "2012-04-03 11:00:00", "2012-04-03 11:00:00", "2012-04-03 11:00:01"),
            ("2012-04-04 11:00:00", "2012-04-03", "2012-04-03 00:00:00", "2012-04-04 11:00:01"),
        ] {
            let read = |text: &str| zone.span("x", text).unwrap();
            let whole = read(from).and(read(to));
            assert_eq!((whole.start, whole.end), (read(start).start, read(end).start), "{from} to {to}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in
            ["", "x", "2012", "2012-13-01", "2012-02-30", "2012-01-01 25:00:00", "2012-01-01 10:00", "0000-00-00 00:00:00", "gt:2012"]
        {
            let error = zone("GMT").span("dateto", text).unwrap_err();
            assert!(error.public.starts_with("parameter dateto must be a date"), "{text}");
        }
    }
}
