//! Visits: a browser on the site.

use crate::ids::{CustomerId, VisitId, VisitorId};
use crate::time::Timestamp;

/// Seconds after the last sign of life for which a visit counts as present.
pub const VISIT_PRESENT_SECONDS: i64 = 45;
/// Pages kept of one visit; later ones replace the last.
pub const VISIT_PAGES_MAX: usize = 200;

/// A browser on the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub id: VisitId,
    pub visitor: VisitorId,
    pub customer: CustomerId,
    pub started: Timestamp,
    /// Last sign of life.
    pub seen: Timestamp,
    pub user_agent: String,
    pub address: String,
    pub referrer: String,
    pub language: String,
}

/// A page that a visit has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub visit: VisitId,
    pub at: Timestamp,
    pub url: String,
    pub title: String,
    /// The page before this one within the visit, or the referrer; empty if unknown.
    pub from: String,
}

/// Seconds after which a browser that comes back begins another stay.
pub const STAY_GAP_SECONDS: i64 = 30 * 60;

/// How a browser has come: every loading of a page may be a visit of its own, and what follows soon belongs to the same stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stays {
    /// When the present stay began.
    pub began: Timestamp,
    /// Stays before it.
    pub earlier: usize,
}

/// The stays of one browser from its visits, newest first; `None` without a visit.
pub fn stays(visits: &[Visit]) -> Option<Stays> {
    let newest = visits.first()?;
    let mut stays = Stays { began: newest.started, earlier: 0 };
    for pair in visits.windows(2) {
        let (later, before) = (&pair[0], &pair[1]);
        if later.started.seconds_since(before.seen) >= STAY_GAP_SECONDS {
            stays.earlier += 1;
        } else if stays.earlier == 0 {
            stays.began = before.started;
        }
    }
    Some(stays)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(started: i64, seen: i64) -> Visit {
        Visit {
            id: VisitId::from_i64(started),
            visitor: VisitorId::from_i64(1),
            customer: CustomerId::from_i64(1),
            started: Timestamp::from_seconds(started),
            seen: Timestamp::from_seconds(seen),
            user_agent: String::new(),
            address: String::new(),
            referrer: String::new(),
            language: String::new(),
        }
    }

    #[test]
    fn pages_loaded_one_after_the_other_are_one_stay() {
        assert_eq!(stays(&[]), None);
        let day = 86_400;
        for (visits, began, earlier) in [
            (vec![visit(day, day)], day, 0),
            (vec![visit(day + 60, day + 60), visit(day + 30, day + 50), visit(day, day + 20)], day, 0),
            (vec![visit(2 * day, 2 * day), visit(day + 30, day + 50), visit(day, day + 20), visit(0, 5)], 2 * day, 2),
            (vec![visit(day + STAY_GAP_SECONDS, day), visit(0, day)], day + STAY_GAP_SECONDS, 1),
        ] {
            assert_eq!(stays(&visits), Some(Stays { began: Timestamp::from_seconds(began), earlier }), "{visits:?}");
        }
    }
}
