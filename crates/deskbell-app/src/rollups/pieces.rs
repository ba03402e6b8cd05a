//! Which stored cells times are made of. A cell of a day is the sum of its quarters: so where most of a day belongs to a time, the day is taken
//! whole, and the quarters that do not belong to it are taken away again.

use std::ops::Range;

use deskbell_domain::measure::Span;
use deskbell_store::tables::rollups::{SLOTS_PER_STATEMENT, Slots};

/// Slots that follow each other are read as a range when they are at least so many.
const RANGE_SLOTS_MIN: i64 = 32;

/// A time that a slot counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    slot: i64,
    pub(super) place: usize,
    pub(super) is_taken_away: bool,
}

/// The slots of one span that times take, in order.
pub(super) struct Uses(Vec<Use>);

impl Uses {
    /// `bounds` are times in quarters; they rise.
    pub(super) fn of(bounds: &[Range<i64>], span: Span) -> Uses {
        let mut uses = Vec::new();
        for (place, bound) in bounds.iter().enumerate() {
            for (slots, is_taken_away) in pieces(bound, span) {
                uses.extend(slots.map(|slot| Use { slot, place, is_taken_away }));
            }
        }
        uses.sort_unstable();
        Uses(uses)
    }

    /// What a slot counts for.
    pub(super) fn at(&self, slot: i64) -> &[Use] {
        let first = self.0.partition_point(|used| used.slot < slot);
        let many = self.0[first..].iter().take_while(|used| used.slot == slot).count();
        &self.0[first..first + many]
    }

    /// Calls `read` for all slots, with as few statements as may be.
    pub(super) fn read<E>(&self, mut read: impl FnMut(Slots<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut single = Vec::new();
        let mut slots = self.0.iter().map(|used| used.slot).peekable();
        while let Some(first) = slots.next() {
            let mut end = first + 1;
            while let Some(next) = slots.next_if(|next| *next <= end) {
                end = end.max(next + 1);
            }
            if end - first < RANGE_SLOTS_MIN {
                single.extend(first..end);
            } else {
                read(Slots::Range(first..end))?;
            }
        }
        single.chunks(SLOTS_PER_STATEMENT).try_for_each(|some| read(Slots::Each(some)))
    }
}

/// The slots of a span that a time takes, and whether they are taken away from it.
fn pieces(bound: &Range<i64>, span: Span) -> Vec<(Range<i64>, bool)> {
    let (days, quarters) = days(bound);
    match span {
        Span::Quarter => quarters,
        Span::Day => {
            let blocks = blocks(&days);
            let times = Span::Block.quarters() / Span::Day.quarters();
            let (start, end) = (blocks.start * times, blocks.end * times);
            if blocks.is_empty() { some(&[(days, false)]) } else { some(&[(days.start..start, false), (end..days.end, false)]) }
        }
        Span::Block => some(&[(blocks(&days), false)]),
    }
}

fn some(pieces: &[(Range<i64>, bool)]) -> Vec<(Range<i64>, bool)> {
    pieces.iter().filter(|(slots, _)| !slots.is_empty()).cloned().collect()
}

/// The days that a time takes whole, and the quarters that it has beside them or has not of them.
fn days(bound: &Range<i64>) -> (Range<i64>, Vec<(Range<i64>, bool)>) {
    let day = Span::Day.quarters();
    if bound.is_empty() {
        return (0..0, Vec::new());
    }
    // Rounded to the nearer beginning of a day.
    let (first, end) = ((bound.start + day / 2).div_euclid(day), (bound.end + (day - 1) / 2).div_euclid(day));
    if first >= end {
        return (0..0, vec![(bound.clone(), false)]);
    }
    let edge = |edge: i64, wanted: i64, is_start: bool| {
        let (low, high) = (edge.min(wanted), edge.max(wanted));
        // Before the first whole day lies what is added, behind it what is taken away; at the end it is the other way round.
        (low..high, (edge < wanted) == is_start)
    };
    (first..end, some(&[edge(first * day, bound.start, true), edge(end * day, bound.end, false)]))
}

/// The blocks within days.
fn blocks(days: &Range<i64>) -> Range<i64> {
    let times = Span::Block.quarters() / Span::Day.quarters();
    let (start, end) = (days.start.div_euclid(times) + i64::from(days.start.rem_euclid(times) > 0), days.end.div_euclid(times));
    if start < end { start..end } else { 0..0 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// How often each quarter counts for each time, as the cells of all spans come to.
    fn covered(bounds: &[Range<i64>]) -> BTreeMap<(usize, i64), i64> {
        let mut found = BTreeMap::new();
        for span in Span::ALL {
            let uses = Uses::of(bounds, span);
            let mut read = Vec::new();
            uses.read(|slots| {
                match slots {
                    Slots::Range(range) => read.extend(range),
                    Slots::Each(each) => {
                        assert!(each.len() <= SLOTS_PER_STATEMENT);
                        read.extend(each);
                    }
                }
                Ok::<_, ()>(())
            })
            .unwrap();
            let all = read.len();
            read.sort_unstable();
            read.dedup();
            assert_eq!(read.len(), all, "nothing is read twice");
            for slot in read {
                assert!(!uses.at(slot).is_empty(), "nothing is read in vain");
                for used in uses.at(slot) {
                    for quarter in slot * span.quarters()..(slot + 1) * span.quarters() {
                        *found.entry((used.place, quarter)).or_default() += if used.is_taken_away { -1 } else { 1 };
                    }
                }
            }
        }
        found.retain(|_, times| *times != 0);
        found
    }

    proptest! {
        #[test]
        fn every_quarter_counts_once_for_its_own_time(start in -9_000i64..9_000, steps in prop::collection::vec(0i64..700, 1..30)) {
            let mut edges = vec![start];
            edges.extend(steps.iter().scan(start, |edge, step| { *edge += step; Some(*edge) }));
            let bounds: Vec<Range<i64>> = edges.windows(2).map(|pair| pair[0]..pair[1]).collect();
            let wanted: BTreeMap<(usize, i64), i64> =
                bounds.iter().enumerate().flat_map(|(place, bound)| bound.clone().map(move |quarter| ((place, quarter), 1))).collect();
            prop_assert_eq!(covered(&bounds), wanted);
        }
    }

    #[test]
    fn days_of_a_zone_cost_a_few_quarters_each() {
        // Two hours before those of UTC.
        let bounds: Vec<Range<i64>> = (0..365).map(|day| day * 96 - 8..(day + 1) * 96 - 8).collect();
        let many = |span| {
            let mut slots = 0;
            let mut statements = 0;
            Uses::of(&bounds, span)
                .read(|read| {
                    statements += 1;
                    slots += match read {
                        Slots::Range(range) => range.end - range.start,
                        Slots::Each(each) => each.len() as i64,
                    };
                    Ok::<_, ()>(())
                })
                .unwrap();
            (slots, statements)
        };
        assert_eq!(many(Span::Quarter), (366 * 8, 6));
        assert_eq!(many(Span::Day), (365, 1));
        assert_eq!(many(Span::Block), (0, 0));
        let year = 0..96 * 32 * 12;
        assert_eq!(Uses::of(std::slice::from_ref(&year), Span::Block).0.len(), 12);
    }
}
