//! Reports: the sums of the registry of measures, over time and by agent, department, channel and tag.

pub(crate) mod measures;
pub(crate) mod series;
#[cfg(test)]
mod tests;
pub(crate) mod totals;

use std::collections::BTreeMap;

use deskbell_domain::measure::{Cell, REGISTRY, Unit};

use crate::wire::whole_millis;

/// All measures of a cell by their names: counts, and times in milliseconds.
fn values(cell: &Cell) -> BTreeMap<&'static str, i64> {
    let value = |number: i64, unit: Unit| match unit {
        Unit::Count => number,
        Unit::Micros => whole_millis(number),
    };
    REGISTRY.iter().map(|entry| (entry.name, value(cell.get(entry.measure), entry.unit))).collect()
}
