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
