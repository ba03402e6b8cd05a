//! The figures of the real-time API: one row each. Keys, order, data and documentation follow from the table.

use std::fmt::Write;

use deskbell_app::figures::{AgentFigures, ChatFigures, Figures, WINDOWS_MINUTES};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;

/// What a figure is told of; the `topic` of its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Chats,
    Agents,
}

impl Family {
    pub const fn text(self) -> &'static str {
        match self {
            Family::Chats => "chats",
            Family::Agents => "agents",
        }
    }
}

/// Where a figure comes from, and its shape.
#[derive(Debug, Clone, Copy)]
pub enum Figure {
    /// An integer.
    Count(fn(&ChatFigures) -> i64),
    /// Whole seconds, or null.
    Seconds(fn(&ChatFigures) -> Option<i64>),
    /// An object with an integer for each window.
    Windows(fn(&ChatFigures) -> [i64; 2]),
    /// An integer.
    Agents(fn(&AgentFigures) -> i64),
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Topic {
    pub key: &'static str,
    pub figure: Figure,
    pub about: &'static str,
}

impl Topic {
    const fn new(key: &'static str, figure: Figure, about: &'static str) -> Topic {
        Topic { key, figure, about }
    }

    pub const fn family(&self) -> Family {
        match self.figure {
            Figure::Count(_) | Figure::Seconds(_) | Figure::Windows(_) => Family::Chats,
            Figure::Agents(_) => Family::Agents,
        }
    }

    pub const fn windowed(&self) -> bool {
        matches!(self.figure, Figure::Windows(_))
    }
}

/// All figures, in the order in which they are shown.
pub const TOPICS: &[Topic] = &[
    Topic::new("incoming_chats", Figure::Count(|chats| chats.incoming), "Chats queued now and offered to nobody."),
    Topic::new("assigned_chats", Figure::Count(|chats| chats.assigned), "Chats offered now and not yet joined."),
    Topic::new("active_chats", Figure::Count(|chats| chats.active), "Chats served now."),
    Topic::new("missed_chats", Figure::Windows(|chats| chats.missed), "Chats that became missed."),
    Topic::new("waiting_time_avg", Figure::Seconds(|chats| chats.waiting.average), "How long the chats queued or offered now have waited."),
    Topic::new("waiting_time_max", Figure::Seconds(|chats| chats.waiting.maximum), "The longest of them."),
    Topic::new("chat_duration_avg", Figure::Seconds(|chats| chats.duration.average), "How long the chats served now have gone on."),
    Topic::new("chat_duration_max", Figure::Seconds(|chats| chats.duration.maximum), "The longest of them."),
    Topic::new(
        "response_time_avg",
        Figure::Seconds(|chats| chats.response.average),
        "How long visitors in served chats now wait for an answer.",
    ),
    Topic::new("response_time_max", Figure::Seconds(|chats| chats.response.maximum), "The longest of them."),
    Topic::new("satisfaction_good", Figure::Windows(|chats| chats.good), "Chats rated good, as they are rated now."),
    Topic::new("satisfaction_bad", Figure::Windows(|chats| chats.bad), "Chats rated bad, as they are rated now."),
    Topic::new("agents_online", Figure::Agents(|agents| agents.online), "Agents who are online now."),
    Topic::new("agents_away", Figure::Agents(|agents| agents.away), "Agents who are away now."),
    Topic::new("agents_invisible", Figure::Agents(|agents| agents.invisible), "Agents who are invisible now."),
];

/// A family's figure by its key: its place in [`TOPICS`].
pub fn find(family: Family, key: &str) -> Option<usize> {
    TOPICS.iter().position(|topic| topic.family() == family && topic.key == key)
}

/// What is shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// All figures of a family.
    All(Family),
    /// One, by its place in [`TOPICS`].
    One(usize),
}

impl Shown {
    /// The places of its figures in [`TOPICS`].
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..TOPICS.len()).filter(move |place| match self {
            Shown::All(family) => TOPICS[*place].family() == family,
            Shown::One(one) => one == *place,
        })
    }

    pub fn family(self) -> Family {
        match self {
            Shown::All(family) => family,
            Shown::One(place) => TOPICS[place].family(),
        }
    }
}

/// The figures of one family at one moment.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    chats: ChatFigures,
    agents: AgentFigures,
}

impl Sight {
    /// Of the whole account, or of one department.
    pub fn of(figures: &Figures, family: Family, department: Option<DepartmentId>, now: Timestamp) -> Sight {
        match family {
            Family::Chats => Sight { chats: figures.chats(department, now), ..Sight::default() },
            Family::Agents => Sight { agents: figures.agents(department), ..Sight::default() },
        }
    }
}

/// Writes `{"key":value,…}`. With a window (a place in [`WINDOWS_MINUTES`]) the windowed figures show that one only.
pub fn write_data(shown: Shown, sight: &Sight, window: Option<usize>, out: &mut String) {
    out.push('{');
    for (count, topic) in shown.places().map(|place| &TOPICS[place]).enumerate() {
        if count > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(topic.key);
        out.push_str("\":");
        match topic.figure {
            Figure::Count(figure) => integer(figure(&sight.chats), out),
            Figure::Agents(figure) => integer(figure(&sight.agents), out),
            Figure::Seconds(figure) => match figure(&sight.chats) {
                Some(seconds) => integer(seconds, out),
                None => out.push_str("null"),
            },
            Figure::Windows(figure) => windows(figure(&sight.chats), window, out),
        }
    }
    out.push('}');
}

fn windows(counts: [i64; 2], window: Option<usize>, out: &mut String) {
    out.push('{');
    let mut first = true;
    for (place, (minutes, count)) in WINDOWS_MINUTES.iter().zip(counts).enumerate() {
        if window.is_some_and(|window| window != place) {
            continue;
        }
        if !first {
            out.push(',');
        }
        first = false;
        out.push('"');
        integer(*minutes, out);
        out.push_str("\":");
        integer(count, out);
    }
    out.push('}');
}

/// Clients read figures into unsigned integers.
fn integer(value: i64, out: &mut String) {
    write!(out, "{}", value.max(0)).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use deskbell_app::figures::Spread;

    use super::*;

    fn text(shown: Shown, sight: &Sight, window: Option<usize>) -> String {
        let mut out = String::new();
        write_data(shown, sight, window, &mut out);
        out
    }

    #[test]
    fn keys_are_distinct_and_families_stand_together() {
        for (place, topic) in TOPICS.iter().enumerate() {
            assert_eq!(find(topic.family(), topic.key), Some(place));
        }
        assert_eq!(find(Family::Agents, "active_chats"), None);
        assert_eq!(TOPICS.iter().filter(|topic| topic.family() == Family::Chats).count(), 12);
        assert_eq!(TOPICS.iter().filter(|topic| topic.windowed()).count(), 3);
    }

    #[test]
    fn data() {
        let chats = ChatFigures {
            incoming: 1,
            assigned: -1,
            active: 3,
            waiting: Spread { average: Some(4), maximum: Some(5) },
            missed: [6, 7],
            ..ChatFigures::default()
        };
        let sight = Sight { chats, agents: AgentFigures { online: 27, away: 1, invisible: 2, available: 9 } };
        assert_eq!(
            text(Shown::All(Family::Chats), &sight, None),
            r#"{"incoming_chats":1,"assigned_chats":0,"active_chats":3,"missed_chats":{"30":6,"60":7},"waiting_time_avg":4,"#.to_owned()
                + r#""waiting_time_max":5,"chat_duration_avg":null,"chat_duration_max":null,"response_time_avg":null,"#
                + r#""response_time_max":null,"satisfaction_good":{"30":0,"60":0},"satisfaction_bad":{"30":0,"60":0}}"#
        );
        assert_eq!(text(Shown::All(Family::Agents), &sight, Some(0)), r#"{"agents_online":27,"agents_away":1,"agents_invisible":2}"#);
        assert_eq!(text(Shown::One(3), &sight, Some(0)), r#"{"missed_chats":{"30":6}}"#);
        assert_eq!(text(Shown::One(3), &sight, Some(1)), r#"{"missed_chats":{"60":7}}"#);
        assert_eq!(text(Shown::One(0), &sight, Some(1)), r#"{"incoming_chats":1}"#);
    }
}
