//! How often widgets were shown: counted in memory, written in batches by the timers. What was not written yet when the program dies is
//! not counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deskbell_domain::ids::WidgetId;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables;

use super::URL_BYTES_MAX;
use crate::desk::Desk;
use crate::error::AppError;

/// Widgets written in one job, so that no job takes long.
const BITE: usize = 500;
/// Widgets counted in one batch: all that a desk can have, and as many again that pages name and the desk does not know.
const COUNTED_WIDGETS_MAX: usize = 2 * super::WIDGETS_MAX as usize;

/// How often one widget was shown, and when and where at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub count: i64,
    pub last: Timestamp,
    pub url: String,
}

/// Impressions since the last batch.
#[derive(Debug, Default)]
pub struct Impressions(Mutex<HashMap<WidgetId, Shown>>);

impl Impressions {
    pub(crate) fn count(&self, widget: WidgetId, url: &str, now: Timestamp) {
        let shown = Shown { count: 1, last: now, url: tidy(url) };
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() < COUNTED_WIDGETS_MAX || counted.contains_key(&widget) {
            add(&mut counted, widget, shown);
        }
    }

    /// Impressions of a widget that are not written yet.
    pub fn waiting(&self, widget: WidgetId) -> Option<Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&widget).cloned()
    }

    fn take(&self) -> HashMap<WidgetId, Shown> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn give_back(&self, taken: HashMap<WidgetId, Shown>) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (widget, shown) in taken {
            add(&mut counted, widget, shown);
        }
    }
}

fn add(counted: &mut HashMap<WidgetId, Shown>, widget: WidgetId, shown: Shown) {
    match counted.get_mut(&widget) {
        Some(known) => {
            let count = known.count + shown.count;
            if shown.last >= known.last {
                *known = shown;
            }
            known.count = count;
        }
        None => {
            counted.insert(widget, shown);
        }
    }
}

/// An address that can be stored: no control characters, cut where it is too long.
fn tidy(url: &str) -> String {
    let mut tidy: String = url.chars().filter(|letter| !letter.is_control()).take(URL_BYTES_MAX).collect();
    let end = (0..=URL_BYTES_MAX.min(tidy.len())).rev().find(|end| tidy.is_char_boundary(*end)).unwrap_or(0);
    tidy.truncate(end);
    tidy
}

/// Writes what was counted; what cannot be written counts on.
pub(crate) async fn write(desk: &Desk) -> Result<(), AppError> {
    let taken = desk.impressions().take();
    if taken.is_empty() {
        return Ok(());
    }
    let mut left: Vec<(WidgetId, Shown)> = taken.into_iter().collect();
    while !left.is_empty() {
        let batch = left.split_off(left.len().saturating_sub(BITE));
        let given = batch.clone();
        let written = desk.write(move |tx, _| {
            given
                .iter()
                .try_for_each(|(widget, shown)| Ok(tables::widgets::add_impressions(tx, *widget, shown.count, shown.last, &shown.url)?))
        });
        if let Err(error) = written.await {
            desk.impressions().give_back(left.into_iter().chain(batch).collect());
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_page_counts() {
        let (impressions, widget) = (Impressions::default(), WidgetId::from_i64(1));
        impressions.count(widget, "https://a.test/", Timestamp::from_seconds(2));
        let earlier = impressions.take();
        impressions.count(widget, "https://b.test/\0\n", Timestamp::from_seconds(3));
        impressions.give_back(earlier);
        let wanted = Shown { count: 2, last: Timestamp::from_seconds(3), url: "https://b.test/".to_owned() };
        assert_eq!(impressions.waiting(widget), Some(wanted));
    }

    #[test]
    fn addresses_are_cut_between_characters() {
        assert_eq!(tidy(&"é".repeat(5_000)).len(), URL_BYTES_MAX);
        assert_eq!(tidy(&format!("a{}", "é".repeat(5_000))).len(), URL_BYTES_MAX - 1);
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let impressions = Impressions::default();
        for id in 0..2 * COUNTED_WIDGETS_MAX as i64 {
            impressions.count(WidgetId::from_i64(id), "", Timestamp::EPOCH);
        }
        assert_eq!(impressions.take().len(), COUNTED_WIDGETS_MAX);
    }
}
