//! The metrics of one endpoint, registered when first used and kept, so that counting a request builds no labels.
//!
//! The recorder must be installed before the first request.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram};

/// The statuses that get a kept counter; others are looked up each time.
const STATUSES: [(u16, &str); 12] = [
    (200, "200"),
    (201, "201"),
    (204, "204"),
    (304, "304"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (409, "409"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
];

pub(super) struct Meters {
    surface: &'static str,
    verb: &'static str,
    endpoint: &'static str,
    counters: [OnceLock<Counter>; STATUSES.len()],
    seconds: OnceLock<Histogram>,
}

impl Meters {
    pub(super) fn new(surface: &'static str, verb: &'static str, endpoint: &'static str) -> Meters {
        Meters { surface, verb, endpoint, counters: [const { OnceLock::new() }; STATUSES.len()], seconds: OnceLock::new() }
    }

    pub(super) fn count(&self, status: u16, took: Duration) {
        match STATUSES.iter().zip(&self.counters).find(|((known, _), _)| *known == status) {
            Some(((_, text), counter)) => counter.get_or_init(|| self.counter((*text).into())).increment(1),
            None => self.counter(status.to_string().into()).increment(1),
        }
        self.seconds.get_or_init(|| self.histogram()).record(took.as_secs_f64());
    }

    fn counter(&self, status: metrics::SharedString) -> Counter {
        metrics::counter!(
            "deskbell_http_requests_total",
            "surface" => self.surface, "verb" => self.verb, "endpoint" => self.endpoint, "status" => status
        )
    }

    fn histogram(&self) -> Histogram {
        metrics::histogram!(
            "deskbell_http_request_seconds",
            "surface" => self.surface, "verb" => self.verb, "endpoint" => self.endpoint
        )
    }
}
