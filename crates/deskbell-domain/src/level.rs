//! Levels: how many wait, are served and could be served, at each moment, for each medium; and what of it is kept of each quarter hour and
//! each hour, so that means over time come from the changes themselves.

#[cfg(test)]
mod tests;

use crate::agent::AgentStatus;
use crate::ids::{AgentId, DepartmentId};
use crate::measure::Medium;
use crate::spelled;
use crate::time::Timestamp;

impl Medium {
    pub const ALL: [Medium; 3] = [Medium::Tickets, Medium::Chats, Medium::Calls];
}

/// How long the stretches of time are that cells are kept of. Hours of every time zone in use begin on a quarter hour, those of most zones on
/// an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    Quarter,
    Hour,
}

impl Grain {
    pub const ALL: [Grain; 2] = [Grain::Quarter, Grain::Hour];

    pub const fn micros(self) -> i64 {
        match self {
            Grain::Quarter => 900_000_000,
            Grain::Hour => 3_600_000_000,
        }
    }
}

/// A quarter hour or an hour of UTC, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    grain: Grain,
    number: i64,
}

impl Slot {
    /// The one that a moment is in.
    pub const fn of(grain: Grain, at: Timestamp) -> Slot {
        Slot { grain, number: at.micros().div_euclid(grain.micros()) }
    }

    pub const fn from_i64(grain: Grain, number: i64) -> Slot {
        Slot { grain, number }
    }

    pub const fn grain(self) -> Grain {
        self.grain
    }

    pub const fn get(self) -> i64 {
        self.number
    }

    pub const fn start(self) -> Timestamp {
        Timestamp::from_micros(self.number * self.grain.micros())
    }

    #[must_use]
    pub const fn next(self) -> Slot {
        Slot { grain: self.grain, number: self.number + 1 }
    }

    /// The one of another length that begins with it or in which it begins.
    #[must_use]
    pub const fn to(self, grain: Grain) -> Slot {
        Slot::of(grain, self.start())
    }
}

/// Whose levels: the whole desk's, a department's, an agent's, or an agent's in a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub medium: Medium,
    pub department: Option<DepartmentId>,
    pub agent: Option<AgentId>,
}

/// What there is at one moment; or by how much it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Tickets that are New or Open; chats and calls that nobody was asked to take.
    pub queue: i64,
    /// Agents who are there for it; of chats: how many these may have at once.
    pub slots: i64,
    /// Tickets of the queue that have an agent; chats and calls that are served.
    pub service: i64,
    /// Agents who are there for it.
    pub agents: i64,
}

impl Standing {
    pub fn add(&mut self, by: &Standing) {
        self.queue += by.queue;
        self.slots += by.slots;
        self.service += by.service;
        self.agents += by.agents;
    }

    #[must_use]
    pub fn minus(&self, other: &Standing) -> Standing {
        Standing {
            queue: self.queue - other.queue,
            slots: self.slots - other.slots,
            service: self.service - other.service,
            agents: self.agents - other.agents,
        }
    }

    pub fn is_zero(&self) -> bool {
        *self == Standing::default()
    }
}

/// A level over some time. A value that held for no time is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How long, altogether.
    pub micros: i64,
    /// Value times microseconds.
    pub sum: i128,
    pub max: i64,
    pub min: i64,
}

impl Tally {
    /// The value held for so long.
    pub fn add(&mut self, value: i64, micros: i64) {
        self.merge(&Tally { micros, sum: i128::from(value) * i128::from(micros), max: value, min: value });
    }

    pub fn merge(&mut self, other: &Tally) {
        if other.micros <= 0 {
            return;
        }
        if self.micros == 0 {
            *self = *other;
            return;
        }
        self.micros += other.micros;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
        self.min = self.min.min(other.min);
    }

    /// The mean weighted by time, in hundredths, rounded half up; 0 over no time.
    pub fn mean_hundredths(&self) -> i64 {
        if self.micros == 0 {
            return 0;
        }
        let (twice, by) = (self.sum * 200 + i128::from(self.micros), i128::from(self.micros) * 2);
        // Of an hour they are small, and a report has thousands.
        match (i64::try_from(twice), i64::try_from(by)) {
            (Ok(twice), Ok(by)) => twice.div_euclid(by),
            (Err(_), _) | (_, Err(_)) => twice.div_euclid(by) as i64,
        }
    }
}

/// The three levels over some time, and how long somebody was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Course {
    pub queue: Tally,
    pub slots: Tally,
    pub service: Tally,
    /// How long at least one agent was there for it.
    pub available_micros: i64,
}

impl Course {
    /// So it stood for so long.
    pub fn add(&mut self, standing: &Standing, micros: i64) {
        self.queue.add(standing.queue, micros);
        self.slots.add(standing.slots, micros);
        self.service.add(standing.service, micros);
        if standing.agents > 0 {
            self.available_micros += micros.max(0);
        }
    }

    pub fn merge(&mut self, other: &Course) {
        self.queue.merge(&other.queue);
        self.slots.merge(&other.slots);
        self.service.merge(&other.service);
        self.available_micros += other.available_micros;
    }
}

/// What is kept of a quarter hour or an hour in which something changed. Until the next one that is kept, it stands as it did at the end of
/// this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub slot: Slot,
    /// The moment of the last change.
    pub changed: Timestamp,
    /// From the slot's beginning to the last change.
    pub before: Course,
    /// From the last change on.
    pub standing: Standing,
}

impl Cell {
    /// One that begins as it stood before it.
    pub fn begin(slot: Slot, standing: Standing) -> Cell {
        Cell { slot, changed: slot.start(), before: Course::default(), standing }
    }

    /// Takes a change in; the cell of an earlier slot is whole then, and is returned while this one begins anew. Changes of one moment are
    /// one: what held for no time counts for nothing.
    pub fn change(&mut self, at: Timestamp, by: &Standing) -> Option<Cell> {
        let slot = Slot::of(self.slot.grain, at);
        let whole = (slot > self.slot).then(|| std::mem::replace(self, Cell::begin(slot, self.standing)));
        self.before.add(&self.standing, at.micros_since(self.changed));
        self.changed = self.changed.max(at);
        self.standing.add(by);
        whole
    }

    /// Takes in what is kept of a quarter hour of this hour, behind those that were taken in.
    pub fn take(&mut self, quarter: &Cell) {
        self.before.add(&self.standing, quarter.slot.start().micros_since(self.changed));
        self.before.merge(&quarter.before);
        self.changed = quarter.changed;
        self.standing = quarter.standing;
    }
}

/// The cells of hours, from all that there are of their quarters, in order, and how it stood before these.
pub fn hours(mut standing: Standing, quarters: &[Cell]) -> Vec<Cell> {
    let hour = |quarter: &Cell| quarter.slot.to(Grain::Hour);
    let of_an_hour = quarters.chunk_by(|one, next| hour(one) == hour(next));
    let cells = of_an_hour.map(|quarters| {
        let mut cell = Cell::begin(hour(&quarters[0]), standing);
        quarters.iter().for_each(|quarter| cell.take(quarter));
        standing = cell.standing;
        cell
    });
    cells.collect()
}

spelled! {
    /// Where a ticket, a chat or a call stands in a queue.
    pub enum Stage {
        /// Waits for nobody of the desk: answered, or asked for and not yet taken.
        Aside = "aside",
        Waiting = "waiting",
        Served = "served",
    }
}

/// A ticket, or a chat or a call that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub department: DepartmentId,
    /// Whom a ticket is assigned to; whom a chat or a call that waits was handed to.
    pub agent: Option<AgentId>,
    pub stage: Stage,
    /// Who serves it.
    pub engaged: Vec<AgentId>,
}

impl Item {
    pub fn new(department: DepartmentId, stage: Stage) -> Item {
        Item { department, agent: None, stage, engaged: Vec::new() }
    }

    /// What it counts for, and for whom.
    pub fn counts(&self, medium: Medium) -> Vec<(Key, Standing)> {
        let (counted, agents) = match self.stage {
            Stage::Aside => return Vec::new(),
            Stage::Waiting => {
                let worked_on = medium == Medium::Tickets && self.agent.is_some();
                (Standing { queue: 1, service: i64::from(worked_on), ..Standing::default() }, self.agent.as_slice())
            }
            Stage::Served => (Standing { service: 1, ..Standing::default() }, self.engaged.as_slice()),
        };
        let of = |department, agent| (Key { medium, department, agent }, counted);
        let mut counts = vec![of(None, None), of(Some(self.department), None)];
        for agent in agents {
            counts.extend([of(None, Some(*agent)), of(Some(self.department), Some(*agent))]);
        }
        counts
    }
}

/// What counts of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    pub enabled: bool,
    pub online: AgentStatus,
    /// Chats at once, as the agent's own number says.
    pub slots: u16,
}

impl Default for Attendance {
    /// Of whom nothing was heard yet.
    fn default() -> Attendance {
        Attendance { enabled: true, online: AgentStatus::OFFLINE, slots: 0 }
    }
}

impl Attendance {
    /// Whether he is there for it.
    pub fn is_there_for(&self, medium: Medium) -> bool {
        self.enabled
            && match medium {
                Medium::Tickets => self.online.has(AgentStatus::TICKETS),
                Medium::Chats => self.online.takes_chats(),
                Medium::Calls => self.online.takes_calls(),
            }
    }

    /// What he counts for: on the whole desk, by himself, and in these departments of his.
    pub fn counts(&self, agent: AgentId, departments: impl Iterator<Item = DepartmentId> + Clone) -> Vec<(Key, Standing)> {
        let mut counts = Vec::new();
        for medium in Medium::ALL.into_iter().filter(|medium| self.is_there_for(*medium)) {
            let slots = if medium == Medium::Chats { i64::from(self.slots) } else { 1 };
            let counted = Standing { slots, agents: 1, ..Standing::default() };
            for department in std::iter::once(None).chain(departments.clone().map(Some)) {
                counts.push((Key { medium, department, agent: None }, counted));
                counts.push((Key { medium, department, agent: Some(agent) }, counted));
            }
        }
        counts
    }
}

/// A time in which an agent was there for a medium, in a department of his.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    pub agent: AgentId,
    pub department: DepartmentId,
    pub from: Timestamp,
    /// `None` while it lasts.
    pub until: Option<Timestamp>,
}
