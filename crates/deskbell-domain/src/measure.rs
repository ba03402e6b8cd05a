//! The registry of measures: every figure of a report is here once, with its unit, how it adds up, and what it counts. Reports, dashboards and
//! pages of metrics take their figures from it, so that a name means the same on every surface.
//!
//! What is stored are sums and counts. A mean is kept as both and divided where it is shown, never a mean of means.
//!
//! They are kept in cells of time: a quarter of an hour of UTC, since hours and days of every time zone are whole numbers of quarters, and
//! larger blocks of such quarters, so that a year is read quickly.

use crate::time::Timestamp;

/// What a measure's number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    Count,
    /// Shown in whole seconds or minutes.
    Micros,
}

/// A stored number of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub measure: Measure,
    /// Stable: stored, and shown by `verify`.
    pub name: &'static str,
    pub unit: Unit,
    /// What it counts, for people.
    pub counts: &'static str,
}

macro_rules! measures {
    ($($variant:ident $name:literal $unit:ident $counts:literal;)+) => {
        /// A number that is added up in cells of time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Measure { $(#[doc = $counts] $variant),+ }

        /// All of them; a measure's place here is its place in stored cells, so that new ones come at the end.
        pub const REGISTRY: &[Entry] =
            &[$(Entry { measure: Measure::$variant, name: $name, unit: Unit::$unit, counts: $counts }),+];
    };
}

measures! {
    Answers "answers" Count "messages that agents send outside live chat, new outgoing tickets included";
    NewAnswers "new_answers" Count "changes from New to Answered";
    NewAnswerTime "new_answer_time" Micros "time from becoming New to Answered";
    NewAnswerTimeSla "new_answer_time_sla" Micros "the same in the business hours of the conversation's level";
    NextAnswers "next_answers" Count "changes from Open to Answered";
    NextAnswerTime "next_answer_time" Micros "time from becoming Open to Answered";
    NextAnswerTimeSla "next_answer_time_sla" Micros "the same in the business hours of the conversation's level";
    FirstAssigns "first_assigns" Count "first assignments of a conversation to an agent";
    FirstAssignTime "first_assign_time" Micros "time from creation to the first assignment";
    FirstAssignTimeSla "first_assign_time_sla" Micros "the same in the business hours of the conversation's level";
    FirstResolves "first_resolves" Count "first resolves of a conversation";
    FirstResolveTime "first_resolve_time" Micros "time from creation to the first resolve";
    FirstResolveTimeSla "first_resolve_time_sla" Micros "the same in the business hours of the conversation's level";
    Chats "chats" Count "chats an agent joined, and one for each further agent who joined; who comes back is counted once";
    ChatPickups "chat_pickups" Count "chats started by the visitor that an agent joined, once for each chat";
    ChatPickupTime "chat_pickup_time" Micros "time from the first offer to the first join";
    ChatPickupTimes "chat_pickup_times" Count "chats that were offered and joined";
    ChatTime "chat_time" Micros "time agents spent in chats, from joining to leaving";
    ChatTimes "chat_times" Count "engagements that ended";
    ChatAnswers "chat_answers" Count "messages of agents in chats";
    MissedChats "missed_chats" Count "offers of chats that expired";
    IncomingChats "incoming_chats" Count "chats that visitors started, answered or not";
    FinishedChats "finished_chats" Count "chats that ended after an agent had joined";
    UnansweredChats "unanswered_chats" Count "chats that visitors started and that ended before anybody joined: what live figures call missed";
    Calls "calls" Count "incoming calls that were answered";
    IncomingCalls "incoming_calls" Count "incoming calls";
    FinishedCalls "finished_calls" Count "incoming calls that ended after they had been answered";
    UnansweredCalls "unanswered_calls" Count "incoming calls that ended before anybody answered, without a voice message";
    MissedCalls "missed_calls" Count "rings of calls that expired";
    Voicemails "voicemails" Count "incoming calls that ended with a voice message";
    CallTime "call_time" Micros "time agents talked in incoming calls";
    CallTimes "call_times" Count "legs of incoming calls that ended: what a mean of talk time is divided by";
    CallPickupTime "call_pickup_time" Micros "time from the first ring to the first answer of incoming calls";
    CallPickupTimes "call_pickup_times" Count "incoming calls that rang and were answered";
    OutgoingCalls "outgoing_calls" Count "outgoing calls, answered or not";
    OutgoingCallTime "outgoing_call_time" Micros "time agents talked in outgoing calls";
    OutgoingCallTimes "outgoing_call_times" Count "legs of outgoing calls that ended";
    InternalCalls "internal_calls" Count "calls from agent to agent";
    InternalCallTime "internal_call_time" Micros "time talked in internal calls";
    InternalCallTimes "internal_call_times" Count "internal calls that ended after they had been answered";
    Rewards "rewards" Count "good ratings, by the time of rating; a changed one counts as it is now";
    Punishments "punishments" Count "bad ratings, the same way";
    NotRanked "not_ranked" Count "ended chats an agent had joined that carry no rating";
    IncomingMessages "incoming_messages" Count "new tickets and replies of customers outside live chat";
    CreatedTickets "created_tickets" Count "conversations that were created, through any channel";
    ResolvedTickets "resolved_tickets" Count "changes to Resolved";
    Notes "notes" Count "notes of agents";
    WorkTime "work_time" Micros "time an agent was signed in";
}

impl Measure {
    /// How many there are.
    pub const COUNT: usize = REGISTRY.len();

    /// Its place in a cell.
    pub const fn place(self) -> usize {
        self as usize
    }

    pub fn entry(self) -> &'static Entry {
        &REGISTRY[self.place()]
    }
}

/// What cells are kept of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The whole desk.
    Account,
    Agent,
    Department,
    /// The channel a conversation came through.
    Channel,
    Tag,
}

impl Dimension {
    pub const ALL: [Dimension; 5] = [Dimension::Account, Dimension::Agent, Dimension::Department, Dimension::Channel, Dimension::Tag];

    /// Stable: stored.
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// For people.
    pub const fn word(self) -> &'static str {
        match self {
            Dimension::Account => "account",
            Dimension::Agent => "agent",
            Dimension::Department => "department",
            Dimension::Channel => "channel",
            Dimension::Tag => "tag",
        }
    }
}

/// The least time a cell is kept of.
pub const QUARTER_MICROS: i64 = 15 * 60 * 1_000_000;

/// How much time a stored cell is of. A longer one holds the sums of the shorter ones within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    Quarter,
    /// An hour of UTC.
    Hour,
    /// A day of UTC.
    Day,
    /// So many days that a year is a dozen of them.
    Block,
}

impl Span {
    /// The longest last.
    pub const ALL: [Span; 4] = [Span::Quarter, Span::Hour, Span::Day, Span::Block];

    /// Stable: stored.
    pub const fn quarters(self) -> i64 {
        match self {
            Span::Quarter => 1,
            Span::Hour => 4,
            Span::Day => 96,
            Span::Block => 96 * 32,
        }
    }

    /// What it is made up of.
    pub const fn shorter(self) -> Option<Span> {
        match self {
            Span::Quarter => None,
            Span::Hour => Some(Span::Quarter),
            Span::Day => Some(Span::Hour),
            Span::Block => Some(Span::Day),
        }
    }

    pub const fn micros(self) -> i64 {
        self.quarters() * QUARTER_MICROS
    }

    /// Which one, counted from 1970, a moment lies in.
    pub const fn slot(self, at: Timestamp) -> i64 {
        at.micros().div_euclid(self.micros())
    }

    pub const fn start(self, slot: i64) -> Timestamp {
        Timestamp::from_micros(slot * self.micros())
    }
}

/// What waits, is served and has people who are there for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Medium {
    Tickets,
    Chats,
    Calls,
}

/// Sums of all measures over some time. Numbers may be taken back: a rating that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell([i64; Measure::COUNT]);

impl Default for Cell {
    fn default() -> Cell {
        Cell([0; Measure::COUNT])
    }
}

impl Cell {
    pub fn get(&self, measure: Measure) -> i64 {
        self.0[measure.place()]
    }

    pub fn add(&mut self, measure: Measure, by: i64) {
        self.0[measure.place()] += by;
    }

    pub fn merge(&mut self, other: &Cell) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    /// The other way round.
    pub fn take_away(&mut self, other: &Cell) {
        for (sum, less) in self.0.iter_mut().zip(other.0) {
            *sum -= less;
        }
    }

    /// Adds at a place of [`REGISTRY`]; `false` if there is none such.
    pub fn add_at(&mut self, place: usize, by: i64) -> bool {
        match self.0.get_mut(place) {
            Some(number) => {
                *number += by;
                true
            }
            None => false,
        }
    }

    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|number| *number == 0)
    }

    /// Measures with a number other than zero, in order.
    pub fn entries(&self) -> impl Iterator<Item = (Measure, i64)> {
        REGISTRY.iter().map(|entry| (entry.measure, self.get(entry.measure))).filter(|(_, number)| *number != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_measure_stands_at_its_place_under_a_name_of_its_own() {
        for (place, entry) in REGISTRY.iter().enumerate() {
            assert_eq!(entry.measure.place(), place);
            assert_eq!(entry.measure.entry(), entry);
        }
        let names: BTreeSet<&str> = REGISTRY.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), Measure::COUNT);
    }

    #[test]
    fn every_moment_lies_in_one_cell_of_each_span() {
        for micros in [0, 1, -1, QUARTER_MICROS, 1_790_000_000_123_456, 96 * 32 * QUARTER_MICROS - 1] {
            let at = Timestamp::from_micros(micros);
            for span in Span::ALL {
                let slot = span.slot(at);
                assert!(span.start(slot) <= at && at < span.start(slot + 1), "{span:?} {micros}");
                let quarter = Span::Quarter.start(Span::Quarter.slot(at));
                assert_eq!(span.slot(quarter), slot, "a quarter lies in one of them as a whole");
            }
        }
        assert_eq!(Span::Day.micros(), 86_400_000_000);
        assert!(Dimension::ALL.iter().enumerate().all(|(place, dimension)| dimension.code() == place as i64));
    }

    #[test]
    fn cells_add_up() {
        let mut cell = Cell::default();
        assert!(cell.is_zero());
        cell.add(Measure::Rewards, 2);
        let mut other = Cell::default();
        other.add(Measure::Rewards, -2);
        other.add(Measure::Notes, 3);
        cell.merge(&other);
        assert_eq!(cell.entries().collect::<Vec<_>>(), [(Measure::Notes, 3)]);
        cell.take_away(&other);
        assert_eq!(cell.entries().collect::<Vec<_>>(), [(Measure::Rewards, 2)]);
    }
}
