//! When things happen on the demo's desk: office hours, holidays and how many people write at which hour, by the clock on the shop's wall.

use anyhow::Context as _;
use deskbell_domain::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rand::RngExt;
use rand::rngs::StdRng;

/// Where the shop is: its clocks are changed twice a year.
pub(crate) const ZONE: &str = "Europe/Berlin";
/// Days of the year, month first, on which nobody works.
pub(crate) const HOLIDAYS: [(i8, i8); 3] = [(1, 1), (12, 25), (12, 26)];
pub(crate) const HOUR_SECONDS: i64 = 3_600;
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// How many people write in each hour of a working day, beside each other.
const HOUR_WEIGHTS: [u32; 24] = [3, 2, 1, 1, 2, 4, 8, 16, 34, 52, 60, 58, 44, 50, 58, 54, 48, 36, 28, 24, 20, 16, 10, 6];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    Working,
    Saturday,
    /// A Sunday or a holiday.
    Closed,
}

/// The clock on the wall.
#[derive(Debug, Clone)]
pub(crate) struct Wall(TimeZone);

impl Wall {
    pub(crate) fn new() -> anyhow::Result<Wall> {
        Ok(Wall(TimeZone::get(ZONE).with_context(|| format!("no time zone {ZONE}"))?))
    }

    fn shows(&self, at: Timestamp) -> DateTime {
        let at = jiff::Timestamp::from_second(at.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.0.to_datetime(at)
    }

    pub(crate) fn day(&self, at: Timestamp) -> Day {
        let date = self.shows(at).date();
        if HOLIDAYS.contains(&(date.month(), date.day())) {
            return Day::Closed;
        }
        match date.weekday() {
            jiff::civil::Weekday::Saturday => Day::Saturday,
            jiff::civil::Weekday::Sunday => Day::Closed,
            _ => Day::Working,
        }
    }

    /// The midnight before a moment.
    pub(crate) fn midnight(&self, at: Timestamp) -> Timestamp {
        let date = self.shows(at).date();
        let begins = self.0.to_timestamp(date.into()).map_or(at.seconds(), |begins| begins.as_second());
        Timestamp::from_seconds(begins)
    }

    /// The midnight after one: 23 or 25 hours later where the clock is changed.
    pub(crate) fn next_midnight(&self, midnight: Timestamp) -> Timestamp {
        self.midnight(midnight.plus_seconds(DAY_SECONDS + 2 * HOUR_SECONDS))
    }

    /// Beginnings of hours after which the clock shows the same hour again.
    pub(crate) fn repeated_hours(&self, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let first = from.seconds().div_euclid(HOUR_SECONDS) + 1;
        let hours = (first..until.seconds().div_euclid(HOUR_SECONDS) - 1).map(|hour| Timestamp::from_seconds(hour * HOUR_SECONDS));
        hours.filter(|hour| self.shows(*hour).hour() == self.shows(hour.plus_seconds(HOUR_SECONDS)).hour()).collect()
    }

    fn weight(&self, hour_begins: Timestamp) -> u32 {
        let hour = usize::try_from(self.shows(hour_begins).hour()).unwrap_or_default();
        let weight = HOUR_WEIGHTS[hour] * 20;
        match self.day(hour_begins) {
            Day::Working => weight,
            Day::Saturday => weight / 2,
            Day::Closed => weight / 4,
        }
    }

    /// Moments at which people come, in order: more of them when shops have customers.
    pub(crate) fn arrivals(&self, chance: &mut StdRng, from: Timestamp, until: Timestamp, count: usize) -> Vec<Timestamp> {
        let mut hours: Vec<(i64, u64)> = Vec::new();
        let mut sum = 0u64;
        let mut begins = from.seconds();
        while begins < until.seconds() {
            sum += u64::from(self.weight(Timestamp::from_seconds(begins)));
            hours.push((begins, sum));
            begins += HOUR_SECONDS;
        }
        let last = until.micros() - 1;
        let mut moments: Vec<Timestamp> = (0..count)
            .map(|_| {
                let drawn = chance.random_range(0..sum.max(1));
                let place = hours.partition_point(|hour| hour.1 <= drawn);
                let begins = hours.get(place).map_or(from.seconds(), |hour| hour.0);
                let micros = begins * 1_000_000 + chance.random_range(0..HOUR_SECONDS * 1_000_000);
                Timestamp::from_micros(micros.min(last))
            })
            .collect();
        moments.sort_unstable();
        moments
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    /// 2024-06-14, a Friday, in Berlin.
    const FRIDAY: Timestamp = Timestamp::from_seconds(1_718_316_000);

    #[test]
    fn days() {
        let wall = Wall::new().unwrap();
        assert_eq!(wall.midnight(FRIDAY.plus_seconds(50_000)), FRIDAY);
        for (days, expected) in [(0, Day::Working), (1, Day::Saturday), (2, Day::Closed), (3, Day::Working)] {
            assert_eq!(wall.day(FRIDAY.plus_seconds(days * DAY_SECONDS)), expected);
        }
        // Christmas Eve, Christmas and the day after in 2024, a Tuesday and so on.
        for (seconds, expected) in [(1_735_040_000, Day::Working), (1_735_130_000, Day::Closed), (1_735_216_000, Day::Closed)] {
            assert_eq!(wall.day(Timestamp::from_seconds(seconds)), expected);
        }
    }

    #[test]
    fn the_clock_is_changed() {
        let wall = Wall::new().unwrap();
        // 2024-10-27 and 2025-03-30.
        for (seconds, hours) in [(1_729_980_000, 25), (1_743_289_200, 23), (1_743_372_000, 24)] {
            let midnight = Timestamp::from_seconds(seconds);
            assert_eq!(wall.midnight(midnight.plus_seconds(9 * HOUR_SECONDS)), midnight, "{seconds}");
            assert_eq!(wall.next_midnight(midnight).seconds_since(midnight), hours * HOUR_SECONDS, "{seconds}");
        }
        let year = (Timestamp::from_seconds(1_719_784_800), Timestamp::from_seconds(1_751_320_800));
        let repeated = wall.repeated_hours(year.0, year.1);
        assert_eq!(repeated, [Timestamp::from_seconds(1_729_987_200)], "two o'clock of summer time");
    }

    #[test]
    fn most_come_in_office_hours() {
        let wall = Wall::new().unwrap();
        let from = FRIDAY.plus_seconds(-28 * DAY_SECONDS);
        let moments = wall.arrivals(&mut StdRng::seed_from_u64(1), from, FRIDAY, 10_000);
        assert!(moments.is_sorted() && moments[0] >= from && moments[9_999] < FRIDAY);
        let by_day = moments.iter().filter(|at| (8..18).contains(&wall.shows(**at).hour())).count();
        assert!((7_000..8_500).contains(&by_day), "{by_day}");
        let weekend = moments.iter().filter(|at| wall.day(**at) != Day::Working).count();
        assert!((800..2_000).contains(&weekend), "{weekend}");
    }
}
