//! Times on pages: in the desk's time zone, as the reader's language writes them.

use deskbell_app::settings::Settings;
use deskbell_domain::time::Timestamp;
use jiff::tz::TimeZone;

/// A time twice over: for programs, and for readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) machine: String,
    pub(crate) shown: String,
}

impl Moment {
    /// An unknown zone counts as GMT.
    pub(crate) fn of(settings: &Settings, at: Timestamp) -> Moment {
        let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
        let at = jiff::Timestamp::from_second(at.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = at.to_zoned(zone);
        // The one order that is read alike everywhere.
        Moment { machine: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), shown: local.strftime("%Y-%m-%d %H:%M").to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_desks_zone() {
        let settings = Settings { time_zone: "Asia/Tokyo".to_owned(), ..Settings::default() };
        let moment = Moment::of(&settings, Timestamp::from_seconds(1_333_455_681));
        assert_eq!((moment.machine.as_str(), moment.shown.as_str()), ("2012-04-03T12:21:21Z", "2012-04-03 21:21"));
        let nowhere = Settings { time_zone: "Nowhere".to_owned(), ..Settings::default() };
        assert_eq!(Moment::of(&nowhere, Timestamp::EPOCH).shown, "1970-01-01 00:00");
    }
}
