//! When things happen on the demo's desk: office hours and how many people write at which hour. All in UTC, the desk's time zone.

use deskbell_domain::time::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;

const HOUR_SECONDS: i64 = 3_600;
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// How many people write in each hour of a working day, beside each other.
const HOUR_WEIGHTS: [u32; 24] = [3, 2, 1, 1, 2, 4, 8, 16, 34, 52, 60, 58, 44, 50, 58, 54, 48, 36, 28, 24, 20, 16, 10, 6];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weekday {
    Working,
    Saturday,
    Sunday,
}

pub(crate) fn weekday(at: Timestamp) -> Weekday {
    // The first of January 1970 was a Thursday.
    match at.seconds().div_euclid(DAY_SECONDS).rem_euclid(7) {
        2 => Weekday::Saturday,
        3 => Weekday::Sunday,
        _ => Weekday::Working,
    }
}

/// The midnight before a moment.
pub(crate) fn midnight(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds() - at.seconds().rem_euclid(DAY_SECONDS))
}

fn weight(hour_begins: i64) -> u32 {
    let hour = hour_begins.rem_euclid(DAY_SECONDS) / HOUR_SECONDS;
    let weight = HOUR_WEIGHTS[usize::try_from(hour).unwrap_or_default()] * 20;
    match weekday(Timestamp::from_seconds(hour_begins)) {
        Weekday::Working => weight,
        Weekday::Saturday => weight / 2,
        Weekday::Sunday => weight / 4,
    }
}

/// Moments at which people come, in order: more of them when shops have customers.
pub(crate) fn arrivals(chance: &mut StdRng, from: Timestamp, until: Timestamp, count: usize) -> Vec<Timestamp> {
    let mut hours: Vec<(i64, u64)> = Vec::new();
    let mut sum = 0u64;
    let mut begins = from.seconds();
    while begins < until.seconds() {
        sum += u64::from(weight(begins));
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

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn weekdays() {
        // 2024-06-14 was a Friday.
        let friday = Timestamp::from_seconds(1_718_323_200);
        assert_eq!(midnight(friday.plus_seconds(50_000)), friday);
        for (days, expected) in [(0, Weekday::Working), (1, Weekday::Saturday), (2, Weekday::Sunday), (3, Weekday::Working)] {
            assert_eq!(weekday(friday.plus_seconds(days * DAY_SECONDS)), expected);
        }
    }

    #[test]
    fn most_come_in_office_hours() {
        let until = Timestamp::from_seconds(1_718_323_200);
        let from = until.plus_seconds(-28 * DAY_SECONDS);
        let moments = arrivals(&mut StdRng::seed_from_u64(1), from, until, 10_000);
        assert!(moments.is_sorted() && moments[0] >= from && moments[9_999] < until);
        let by_day = moments.iter().filter(|at| (8..18).contains(&(at.seconds().rem_euclid(DAY_SECONDS) / HOUR_SECONDS))).count();
        assert!((7_000..8_500).contains(&by_day), "{by_day}");
        let weekend = moments.iter().filter(|at| weekday(**at) != Weekday::Working).count();
        assert!((800..2_000).contains(&weekend), "{weekend}");
    }
}
