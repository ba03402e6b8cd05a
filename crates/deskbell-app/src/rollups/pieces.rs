//! Which stored cells times are made of. A longer cell is the sum of the shorter ones within it: so where most of a block, a day or an hour
//! belongs to a time, it is taken whole, and what does not belong to it is taken away again.

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
    /// `bounds` are times in quarters; they rise. Hours before `whole_hours_from` are read by their quarters.
    pub(super) fn of(bounds: &[Range<i64>], span: Span, whole_hours_from: i64) -> Uses {
        let mut uses = Vec::new();
        for (place, bound) in bounds.iter().enumerate() {
            let mut found = Vec::new();
            take(Span::Block, bound.clone(), false, whole_hours_from, &mut found);
            let of_span = found.into_iter().filter(|piece| piece.span == span);
            uses.extend(of_span.flat_map(|Piece { slots, is_taken_away, .. }| slots.map(move |slot| Use { slot, place, is_taken_away })));
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

/// Slots of a span that belong to a time, or are taken away from it.
struct Piece {
    span: Span,
    slots: Range<i64>,
    is_taken_away: bool,
}

/// Finds what `quarters` are made of, with cells of `span` at most.
fn take(span: Span, quarters: Range<i64>, is_taken_away: bool, whole_hours_from: i64, found: &mut Vec<Piece>) {
    if quarters.is_empty() {
        return;
    }
    let Some(shorter) = span.shorter() else {
        found.push(Piece { span, slots: quarters, is_taken_away });
        return;
    };
    // Rounded to the nearer beginnings of slots.
    let length = span.quarters();
    let slots = (quarters.start + length / 2).div_euclid(length)..(quarters.end + (length - 1) / 2).div_euclid(length);
    let is_most = !slots.is_empty() && (quarters.end - quarters.start) * 2 > length;
    if !is_most || (span == Span::Hour && slots.start < whole_hours_from) {
        return take(shorter, quarters, is_taken_away, whole_hours_from, found);
    }
    let (start, end) = (slots.start * length, slots.end * length);
    // At either end some is missing, or there is too much.
    take(shorter, quarters.start..start, is_taken_away, whole_hours_from, found);
    take(shorter, start..quarters.start, !is_taken_away, whole_hours_from, found);
    take(shorter, end..quarters.end, is_taken_away, whole_hours_from, found);
    take(shorter, quarters.end..end, !is_taken_away, whole_hours_from, found);
    found.push(Piece { span, slots, is_taken_away });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// How often each quarter counts for each time, as the cells of all spans come to.
    fn covered(bounds: &[Range<i64>], whole_hours_from: i64) -> BTreeMap<(usize, i64), i64> {
        let mut found = BTreeMap::new();
        for span in Span::ALL {
            let uses = Uses::of(bounds, span, whole_hours_from);
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
                assert!(span != Span::Hour || slot >= whole_hours_from, "an hour that is not whole is not read");
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
        fn every_quarter_counts_once_for_its_own_time(
            start in -9_000i64..9_000,
            steps in prop::collection::vec(prop_oneof![0i64..700, (0i64..200).prop_map(|hours| hours * 4)], 1..30),
            whole_hours_from in prop_oneof![Just(i64::MIN), -3_000i64..7_000],
        ) {
            let mut edges = vec![start];
            edges.extend(steps.iter().scan(start, |edge, step| { *edge += step; Some(*edge) }));
            let bounds: Vec<Range<i64>> = edges.windows(2).map(|pair| pair[0]..pair[1]).collect();
            let wanted: BTreeMap<(usize, i64), i64> =
                bounds.iter().enumerate().flat_map(|(place, bound)| bound.clone().map(move |quarter| ((place, quarter), 1))).collect();
            prop_assert_eq!(covered(&bounds, whole_hours_from), wanted);
        }
    }

    /// Slots that are read of a span, and by how many statements.
    fn cost(bounds: &[Range<i64>], span: Span) -> (i64, i64) {
        let (mut slots, mut statements) = (0, 0);
        Uses::of(bounds, span, 0)
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
    }

    #[test]
    fn what_a_year_of_a_zone_costs() {
        let of = |bounds: &[Range<i64>]| Span::ALL.map(|span| cost(bounds, span));
        let year = |step: i64, shift: i64| {
            (100..100 + 35_040 / step).map(|slot| slot * step + shift..(slot + 1) * step + shift).collect::<Vec<_>>()
        };
        // Two hours before UTC.
        assert_eq!(of(&year(4, -8)), [(0, 0), (8_760, 1), (0, 0), (0, 0)], "by hour");
        assert_eq!(of(&year(96, -8)), [(0, 0), (366 * 2, 2), (365, 1), (0, 0)], "by day");
        // Five and a half: an hour is half of one and half of the next.
        assert_eq!(of(&year(4, -22)), [(35_040, 1), (0, 0), (0, 0), (0, 0)], "by hour");
        assert_eq!(of(&year(96, -22)), [(366 * 2, 2), (366 * 5, 4), (365, 1), (0, 0)], "by day");
        let one = |bound: Range<i64>| of(std::slice::from_ref(&bound));
        assert_eq!(one(15 * 96 + 46..15 * 96 + 50), [(4, 1), (0, 0), (0, 0), (0, 0)], "about noon");
        assert_eq!(one(15 * 96..17 * 96), [(0, 0), (0, 0), (2, 1), (0, 0)], "in the middle of a block");
        assert_eq!(one(96 * 32 * 500..96 * 32 * 512), [(0, 0), (0, 0), (0, 0), (12, 1)], "blocks");
    }
}
