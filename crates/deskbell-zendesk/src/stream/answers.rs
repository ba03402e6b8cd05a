//! Answers that are ready: bytes for each question, good until the figures or the second change (durations and windows move with the
//! clock). Requests and subscribers get the same ones.
//!
//! A request takes one short read lock. Answers are few: only departments that exist have any.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use deskbell_app::figures::WINDOWS_MINUTES;

use crate::topics::{Shown, TOPICS};

/// Answers about one department, or about the whole account: both families and each figure, with either window and with both.
const PLACES: usize = (TOPICS.len() + 2) * (WINDOWS_MINUTES.len() + 1);

/// All that an answer depends on beside the figures and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Question {
    pub(super) shown: Shown,
    /// As the caller gave it; it is echoed.
    pub(super) department: Option<i64>,
    /// A place in the table of windows.
    pub(super) window: Option<usize>,
}

impl Question {
    fn place(&self) -> usize {
        let shown = match self.shown {
            Shown::All(family) => TOPICS.len() + family as usize,
            Shown::One(place) => place,
        };
        shown * (WINDOWS_MINUTES.len() + 1) + self.window.map_or(0, |window| window + 1)
    }
}

/// An answer with the moment it is true at.
#[derive(Debug, Clone)]
pub(super) struct Rendered {
    /// The journal number of the figures.
    pub(super) number: i64,
    pub(super) second: i64,
    pub(super) bytes: Bytes,
}

/// What is known about a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Fresh(Bytes),
    /// Something about the department was answered before, so it exists.
    Stale,
    /// Nothing was ever answered about the department.
    Nothing,
}

#[derive(Debug)]
struct Places([Option<Rendered>; PLACES]);

impl Default for Places {
    fn default() -> Self {
        Places([const { None }; PLACES])
    }
}

#[derive(Debug, Default)]
struct Inner {
    account: Places,
    departments: HashMap<i64, Box<Places>>,
}

#[derive(Debug, Default)]
pub(super) struct Answers(RwLock<Inner>);

impl Answers {
    /// The answer, if it is true at this journal number and this second. Figures may be ahead of the number that a caller has read.
    pub(super) fn look(&self, question: &Question, number: i64, second: i64) -> Found {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let places = match question.department {
            None => &inner.account,
            Some(department) => match inner.departments.get(&department) {
                Some(places) => places,
                None => return Found::Nothing,
            },
        };
        match &places.0[question.place()] {
            Some(rendered) if rendered.number >= number && rendered.second == second => Found::Fresh(rendered.bytes.clone()),
            Some(_) | None => Found::Stale,
        }
    }

    /// Keeps an answer about the account or about a department that exists.
    pub(super) fn keep(&self, question: &Question, rendered: Rendered) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let places = match question.department {
            None => &mut inner.account,
            Some(department) => inner.departments.entry(department).or_default(),
        };
        places.0[question.place()] = Some(rendered);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::topics::Family;

    const ALL: Question = Question { shown: Shown::All(Family::Chats), department: None, window: None };

    #[test]
    fn an_answer_is_good_for_its_second_and_its_figures() {
        let answers = Answers::default();
        assert_eq!(answers.look(&ALL, 5, 100), Found::Stale);
        answers.keep(&ALL, Rendered { number: 5, second: 100, bytes: Bytes::from_static(b"{}") });
        for (number, second, fresh) in [(5, 100, true), (4, 100, true), (6, 100, false), (5, 101, false), (5, 99, false)] {
            let found = answers.look(&ALL, number, second);
            assert_eq!(found, if fresh { Found::Fresh(Bytes::from_static(b"{}")) } else { Found::Stale }, "{number} {second}");
        }
        assert_eq!(answers.look(&Question { window: Some(1), ..ALL }, 5, 100), Found::Stale);
        let other = Question { department: Some(7), ..ALL };
        assert_eq!(answers.look(&other, 5, 100), Found::Nothing);
        answers.keep(&Question { window: Some(0), ..other }, Rendered { number: 5, second: 100, bytes: Bytes::new() });
        assert_eq!(answers.look(&other, 5, 100), Found::Stale, "the department is known now");
    }

    #[test]
    fn every_question_has_a_place_of_its_own() {
        let shown = (0..TOPICS.len()).map(Shown::One).chain([Shown::All(Family::Chats), Shown::All(Family::Agents)]);
        let questions = shown.flat_map(|shown| [None, Some(0), Some(1)].map(|window| Question { shown, window, ..ALL }));
        let places: HashSet<usize> = questions.map(|question| question.place()).collect();
        assert_eq!((places.len(), places.iter().max()), (PLACES, Some(&(PLACES - 1))));
    }
}
