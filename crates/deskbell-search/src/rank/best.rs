//! The best hits of many, in bounded space.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use tantivy::Score;

use super::Hit;

/// Keeps the best.
pub(super) struct Best {
    hits_max: usize,
    /// The worst on top.
    heap: BinaryHeap<Reverse<Ranked>>,
}

struct Ranked(Hit);

impl PartialEq for Ranked {
    fn eq(&self, other: &Ranked) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Ranked) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Ranked) -> Ordering {
        self.0.rank(&other.0)
    }
}

impl Best {
    pub(super) fn new(hits_max: usize) -> Best {
        Best { hits_max, heap: BinaryHeap::new() }
    }

    /// Whether a hit like this might be among the best; spares looking closer at those that cannot.
    pub(super) fn could_take(&self, matched: u8, own: u8, score: Score) -> bool {
        if self.heap.len() < self.hits_max {
            return true;
        }
        self.heap.peek().is_some_and(|Reverse(Ranked(worst))| {
            (matched, own).cmp(&(worst.matched, worst.own)).then(score.total_cmp(&worst.score)) != Ordering::Less
        })
    }

    pub(super) fn push(&mut self, hit: Hit) {
        self.heap.push(Reverse(Ranked(hit)));
        if self.heap.len() > self.hits_max {
            self.heap.pop();
        }
    }

    /// Best first.
    pub(super) fn finish(self) -> Vec<Hit> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(Ranked(hit))| hit).collect()
    }
}
