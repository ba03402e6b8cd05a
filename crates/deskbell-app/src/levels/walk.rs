//! A walk along the cells of a series: what is between two cells stands as it did at the end of the first.

use deskbell_domain::level::{Cell, Course, Standing};
use deskbell_domain::time::Timestamp;

/// Goes forward through time, and sums up between edges. All edges begin slots of the cells.
pub(super) struct Walk {
    edges: Vec<Timestamp>,
    courses: Vec<Course>,
    /// Between which edges it is.
    place: usize,
    at: Timestamp,
    standing: Standing,
}

impl Walk {
    /// From the first edge on, with nothing there.
    pub(super) fn begin(edges: Vec<Timestamp>) -> Walk {
        let courses = vec![Course::default(); edges.len().saturating_sub(1)];
        let at = edges.first().copied().unwrap_or_default();
        Walk { edges, courses, place: 0, at, standing: Standing::default() }
    }

    /// How it stands from here.
    pub(super) fn stands(&mut self, standing: Standing) {
        self.standing = standing;
    }

    /// Takes the next cell in; it lies before the last edge.
    pub(super) fn pass(&mut self, cell: &Cell) {
        self.go_on(cell.slot.start());
        if let Some((course, _)) = self.course() {
            course.merge(&cell.before);
        }
        self.at = cell.changed;
        self.standing = cell.standing;
    }

    /// What came out, if it goes on as it stands until now.
    pub(super) fn end(mut self, now: Timestamp) -> Vec<Course> {
        self.go_on(now);
        self.courses
    }

    fn go_on(&mut self, until: Timestamp) {
        while self.at < until {
            let (at, standing) = (self.at, self.standing);
            let Some((course, end)) = self.course() else { return };
            let end = end.min(until);
            course.add(&standing, end.micros_since(at));
            self.at = end;
        }
    }

    /// What is summed up here, and where that ends; none behind the last edge.
    fn course(&mut self) -> Option<(&mut Course, Timestamp)> {
        while self.edges.get(self.place + 1).is_some_and(|end| *end <= self.at) {
            self.place += 1;
        }
        Some((self.courses.get_mut(self.place)?, self.edges[self.place + 1]))
    }
}
