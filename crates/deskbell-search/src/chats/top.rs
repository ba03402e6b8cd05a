//! The best documents by a number, equal ones by a number of their own, and how many there are in all.

use deskbell_app::chat_search::Direction;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::fields::TIE;

/// Orders documents: greater ones come first. Those without a number are last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    number: Option<i64>,
    tie: u64,
}

pub(super) struct Top {
    /// The numbers' name in the index.
    pub(super) column: String,
    pub(super) direction: Direction,
    pub(super) keep: usize,
}

/// How many there are, and the best of them, best first.
#[derive(Default)]
pub(super) struct Best {
    pub(super) count: usize,
    ranked: Vec<(Rank, DocAddress)>,
}

impl Best {
    pub(super) fn addresses(self) -> impl Iterator<Item = DocAddress> {
        self.ranked.into_iter().map(|(_, address)| address)
    }
}

impl Collector for Top {
    type Fruit = Best;
    type Child = OfSegment;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<OfSegment> {
        let columns = reader.fast_fields();
        Ok(OfSegment {
            segment,
            numbers: columns.i64(&self.column)?,
            ties: columns.u64(TIE)?,
            direction: self.direction,
            keep: self.keep,
            count: 0,
            ranked: Vec::new(),
            worst_kept: None,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, of_segments: Vec<Best>) -> tantivy::Result<Best> {
        let mut best = Best::default();
        for mut of_segment in of_segments {
            best.count += of_segment.count;
            best.ranked.append(&mut of_segment.ranked);
        }
        best.ranked.sort_unstable_by(|(a, a_address), (b, b_address)| b.cmp(a).then(a_address.cmp(b_address)));
        best.ranked.truncate(self.keep);
        Ok(best)
    }
}

pub(super) struct OfSegment {
    segment: SegmentOrdinal,
    numbers: Column<i64>,
    ties: Column<u64>,
    direction: Direction,
    keep: usize,
    count: usize,
    /// The best so far, and some that may turn out not to be.
    ranked: Vec<(Rank, DocId)>,
    /// What is not above this is none of the best.
    worst_kept: Option<Rank>,
}

impl SegmentCollector for OfSegment {
    type Fruit = Best;

    fn collect(&mut self, document: DocId, _: Score) {
        self.count += 1;
        let number = self.numbers.first(document).map(|number| match self.direction {
            Direction::Descending => number,
            // Turns the order around and cannot overflow.
            Direction::Ascending => !number,
        });
        if self.keep == 0 || self.worst_kept.is_some_and(|worst| number < worst.number) {
            return;
        }
        let rank = Rank { number, tie: self.ties.first(document).unwrap_or_default() };
        if self.worst_kept.is_some_and(|worst| rank <= worst) {
            return;
        }
        self.ranked.push((rank, document));
        if self.ranked.len() == 2 * self.keep {
            let (_, worst, _) = self.ranked.select_nth_unstable_by(self.keep - 1, |(a, _), (b, _)| b.cmp(a));
            self.worst_kept = Some(worst.0);
            self.ranked.truncate(self.keep);
        }
    }

    fn harvest(self) -> Best {
        let address = |document| DocAddress::new(self.segment, document);
        Best { count: self.count, ranked: self.ranked.into_iter().map(|(rank, document)| (rank, address(document))).collect() }
    }
}
