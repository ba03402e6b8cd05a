//! `since_id`, `max_id` and `limit`: a window on a list that is sorted by id. Both ids are included: clients ask on with the last id plus 1.

use deskbell_app::AppError;
use deskbell_app::bans::RangeEnd;
use deskbell_http::{Input, Param, Place};

/// Rows of a page, at most.
pub(super) const PAGE_ROWS_MAX: i64 = 1_000;

pub(super) const SINCE_ID: Param = Param::int("since_id").placed(Place::Query).about("the lowest id that is wanted");
pub(super) const MAX_ID: Param =
    Param::int("max_id").placed(Place::Query).about("the highest id that is wanted; alone, the page ends with it");
pub(super) const LIMIT: Param = Param::int("limit").placed(Place::Query).about("1 to 1000; larger ones become 1000");

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IdRange {
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) end: RangeEnd,
    pub(super) limit: i64,
}

impl IdRange {
    pub(super) fn read(input: &Input, limit_default: i64) -> Result<IdRange, AppError> {
        let any = 0..=i64::MAX;
        let (since, max) = (input.int_opt("since_id", any.clone())?, input.int_opt("max_id", any)?);
        let limit = input.int_opt("limit", 1..=i64::MAX)?.unwrap_or(limit_default).min(PAGE_ROWS_MAX);
        let end = if since.is_none() && max.is_some() { RangeEnd::Highest } else { RangeEnd::Lowest };
        Ok(IdRange { low: since.unwrap_or(0), high: max.unwrap_or(i64::MAX), end, limit })
    }

    /// The rows of the page, out of all that are sorted by id.
    pub(super) fn of<T>(&self, all: Vec<T>, id: impl Fn(&T) -> i64) -> Vec<T> {
        let mut within: Vec<T> = all.into_iter().filter(|row| (self.low..=self.high).contains(&id(row))).collect();
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        match self.end {
            RangeEnd::Lowest => within.truncate(limit),
            RangeEnd::Highest => drop(within.drain(..within.len().saturating_sub(limit))),
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use deskbell_http::BodyReading;

    use super::*;

    #[test]
    fn windows() {
        let page = |query: &str| {
            let input = Input::read(query, None, bytes::Bytes::new(), BodyReading::Raw, &[]).unwrap();
            IdRange::read(&input, 3).map(|range| range.of(vec![10, 20, 30, 40, 50], |id| *id))
        };
        for (query, wanted) in [
            ("", vec![10, 20, 30]),
            ("limit=1000", vec![10, 20, 30, 40, 50]),
            ("limit=99999999", vec![10, 20, 30, 40, 50]),
            ("since_id=20&limit=2", vec![20, 30]),
            ("since_id=21&limit=2", vec![30, 40]),
            ("since_id=51", vec![]),
            ("max_id=40&limit=2", vec![30, 40]),
            ("max_id=39&limit=9", vec![10, 20, 30]),
            ("max_id=40&since_id=20&limit=2", vec![20, 30]),
            ("max_id=9", vec![]),
            ("since_id=&max_id=&limit=", vec![10, 20, 30]),
        ] {
            assert_eq!(page(query).unwrap(), wanted, "{query}");
        }
        for wrong in ["since_id=-1", "max_id=x", "limit=0", "limit=-5", "limit=ten"] {
            assert!(page(wrong).is_err(), "{wrong}");
        }
    }
}
