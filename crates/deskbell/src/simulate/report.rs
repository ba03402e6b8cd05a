//! What a run comes to: as a table for people, as JSON for tests.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::ledger::{Closed, Counts};

/// What is known of a run beside its book.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) visitors: usize,
    pub(super) agents: usize,
    /// How long the clock ran, and how long all of it took.
    pub(super) lasted: Duration,
    pub(super) total: Duration,
    pub(super) seed: u64,
}

/// The outcome of a run. Shown as the table, or as one JSON object if that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct SimulateReport {
    facts: Facts,
    closed: Closed,
    as_json: bool,
}

/// The least value that so many per cent of all do not exceed, of sorted values: the nearest rank.
pub(super) fn percentile(sorted: &[u32], per_cent: f64) -> Option<u32> {
    let rank = (per_cent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// Milliseconds of the usual percentiles.
fn spread(sorted: &[u32]) -> [Option<f64>; 4] {
    let millis = |micros: u32| f64::from(micros) / 1_000.0;
    [50.0, 90.0, 99.0, 100.0].map(|share| percentile(sorted, share).map(millis))
}

impl SimulateReport {
    pub(super) fn new(facts: Facts, closed: Closed, as_json: bool) -> SimulateReport {
        SimulateReport { facts, closed, as_json }
    }

    /// Nothing that was acknowledged was lost or doubled, or kept from somebody who was there.
    pub(crate) fn is_clean(&self) -> bool {
        self.closed.lost == 0 && self.closed.doubled == 0 && self.closed.missed_by_visitor == 0
    }

    pub(crate) fn json(&self) -> Value {
        let Facts { visitors, agents, lasted, total, seed } = self.facts;
        let closed = &self.closed;
        let counts = &closed.counts;
        let spread = |sorted: &[u32]| {
            let [p50, p90, p99, max] = spread(sorted);
            json!({"count": sorted.len(), "p50": p50, "p90": p90, "p99": p99, "max": max})
        };
        json!({
            "visitors": visitors, "agents": agents, "seconds": lasted.as_secs_f64(), "total_seconds": total.as_secs_f64(), "seed": seed,
            "sent": closed.acknowledged_visitors + closed.acknowledged_agents,
            "sent_by_visitors": closed.acknowledged_visitors, "sent_by_agents": closed.acknowledged_agents,
            "seen": closed.seen, "unseen": closed.unseen, "missed_by_visitor": closed.missed_by_visitor,
            "lost": closed.lost, "doubled": closed.doubled,
            "unacknowledged": closed.unacknowledged, "unverified": closed.unverified,
            "send_to_seen_ms": spread(&closed.send_to_seen), "send_to_ok_ms": spread(&closed.send_to_ok),
            "visits": counts.visits, "connects": counts.connects, "connect_failures": counts.connect_failures,
            "resumes": counts.resumes, "fresh_starts": counts.fresh_starts, "breaks": counts.breaks, "cut_off": counts.cut_off,
            "chats": counts.chats, "chats_served": counts.chats_served, "chats_ended": counts.chats_ended,
            "chats_missed": counts.chats_missed, "transfers": counts.transfers, "ratings": counts.ratings,
            "messages_left": counts.messages_left, "frames": counts.frames, "resent": counts.resent,
            "out_of_order": counts.out_of_order, "errors": counts.errors,
        })
    }

    pub(crate) fn table(&self) -> String {
        let Facts { visitors, agents, lasted, .. } = self.facts;
        let closed = &self.closed;
        let Counts { connects, connect_failures, resumes, fresh_starts, breaks, cut_off, chats, chats_served, .. } = closed.counts;
        let Counts { chats_ended, chats_missed, transfers, ratings, messages_left, frames, resent, out_of_order, .. } = closed.counts;
        let sent = closed.acknowledged_visitors + closed.acknowledged_agents;
        let rate = sent as f64 / lasted.as_secs_f64().max(0.001);
        let mut lines = vec![
            format!("people        {visitors} visitors, {agents} agents, {:.0} s", lasted.as_secs_f64()),
            format!(
                "chats         {chats} asked for, {chats_served} served, {chats_ended} ended, {chats_missed} missed, {transfers} handed over"
            ),
            format!("              {ratings} rated, {messages_left} messages left while nobody was there"),
            format!("messages      {sent} acknowledged ({rate:.1}/s), {} seen, {resent} sent again", closed.seen),
            format!("lost          {}, {} missed by visitors who were there", closed.lost, closed.missed_by_visitor),
            format!("doubled       {}", closed.doubled),
            format!("open          {} never acknowledged, {} not verified", closed.unacknowledged, closed.unverified),
            format!("unseen        {} (nobody on the other side was there)", closed.unseen),
        ];
        for (name, sorted) in [("send to seen", &closed.send_to_seen), ("send to ok", &closed.send_to_ok)] {
            let [p50, p90, p99, max] = spread(sorted).map(|millis| millis.map_or("–".to_owned(), |millis| format!("{millis:.1}")));
            lines.push(format!("{name:<13} p50 {p50}  p90 {p90}  p99 {p99}  max {max}  ms"));
        }
        lines.push(format!("connections   {connects} made, {connect_failures} failed, {breaks} broken off here, {cut_off} cut off there"));
        lines.push(format!("              {resumes} resumed, {fresh_starts} started afresh, {frames} frames, {out_of_order} out of order"));
        if !closed.counts.errors.is_empty() {
            let errors: Vec<String> = closed.counts.errors.iter().map(|(code, count)| format!("{code} {count}")).collect();
            lines.push(format!("errors        {}", errors.join(", ")));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl fmt::Display for SimulateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.as_json { writeln!(f, "{}", self.json()) } else { f.write_str(&self.table()) }
    }
}
