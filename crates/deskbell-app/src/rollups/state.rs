//! What counts of conversations, chats and calls when something happens to them, as their reader keeps it: in memory, and as bytes in a row.

use deskbell_domain::call::Direction;
use deskbell_domain::chat::{Rating, StartedBy};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::ids::{AgentId, CallLegId, ConversationId, DepartmentId, SlaLevelId, TagId};
use deskbell_domain::time::Timestamp;
use deskbell_store::varint;

/// Who spoke first in a conversation: it counts as created by him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// Nobody has said anything yet.
    Awaited,
    Agent(AgentId),
    /// A customer, or nobody knows: the journal begins later.
    Other,
}

/// A conversation as far as figures depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conversation {
    /// None where the journal begins later and no row is left.
    pub(super) channel: Option<Channel>,
    pub(super) department: Option<DepartmentId>,
    pub(super) assigned: Option<AgentId>,
    pub(super) status: Option<Status>,
    /// Since when it has that status, if that is known.
    pub(super) since: Option<Timestamp>,
    /// When it was created, if that is known: when it came out of being initialised.
    pub(super) created: Option<Timestamp>,
    pub(super) level: Option<SlaLevelId>,
    pub(super) opener: Opener,
    pub(super) was_assigned: bool,
    pub(super) was_resolved: bool,
    pub(super) tags: Vec<TagId>,
}

/// What something was counted for, so that it can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) at: Timestamp,
    pub(super) agent: Option<AgentId>,
    pub(super) department: Option<DepartmentId>,
    pub(super) channel: Option<Channel>,
    pub(super) tags: Vec<TagId>,
}

/// A chat that goes on, or one that has ended and may be rated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chat {
    pub(super) conversation: ConversationId,
    pub(super) department: DepartmentId,
    pub(super) started_by: StartedBy,
    pub(super) first_offer: Option<Timestamp>,
    pub(super) offered_last: Option<AgentId>,
    pub(super) engaged_last: Option<AgentId>,
    /// All who ever joined, while it goes on.
    pub(super) joined: Vec<AgentId>,
    /// Who is in it, since when.
    pub(super) engaged: Vec<(AgentId, Timestamp)>,
    /// Of one that ended after somebody had joined: where it counts as not rated, unless it is rated.
    pub(super) ended: Option<Counted>,
    pub(super) rated: Option<(Rating, Counted)>,
}

/// A call that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) department: DepartmentId,
    pub(super) direction: Direction,
    pub(super) caller: Option<AgentId>,
    pub(super) first_ring: Option<Timestamp>,
    pub(super) rang_last: Option<AgentId>,
    pub(super) talked_last: Option<AgentId>,
    /// Who talks, since when.
    pub(super) legs: Vec<(CallLegId, AgentId, Timestamp)>,
}

impl Chat {
    /// One of which the journal tells nothing but that it is rated.
    pub(super) fn unknown(conversation: ConversationId, department: DepartmentId) -> Chat {
        Chat {
            conversation,
            department,
            started_by: StartedBy::Visitor,
            first_offer: None,
            offered_last: None,
            engaged_last: None,
            joined: Vec::new(),
            engaged: Vec::new(),
            ended: None,
            rated: None,
        }
    }
}

/// Something that is kept in a row.
pub(super) trait Kept: Sized + Clone {
    /// What rows of this sort are told by; stored.
    const KIND: i64;

    fn write(&self, out: &mut Vec<u8>);
    /// `None` if the bytes are not what [`Kept::write`] makes.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

/// A number, or none: 0 is none.
fn put_option(out: &mut Vec<u8>, number: Option<i64>) {
    match number {
        Some(number) => {
            out.push(1);
            varint::put(out, number);
        }
        None => out.push(0),
    }
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn take_option(bytes: &mut &[u8]) -> Option<Option<i64>> {
    match take_byte(bytes)? {
        0 => Some(None),
        1 => varint::take(bytes).map(Some),
        _ => None,
    }
}

fn put_list<T>(out: &mut Vec<u8>, list: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    varint::put(out, list.len() as i64);
    list.iter().for_each(|one| put(out, one));
}

fn take_list<T>(bytes: &mut &[u8], mut take: impl FnMut(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    let length = varint::take(bytes)?;
    (0..length).map(|_| take(bytes)).collect()
}

/// Letters and words stand as they are spelled; an empty one is none.
fn put_word(out: &mut Vec<u8>, word: Option<&'static str>) {
    let word = word.unwrap_or_default().as_bytes();
    varint::put(out, word.len() as i64);
    out.extend_from_slice(word);
}

fn take_word<T>(bytes: &mut &[u8], parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    let length = usize::try_from(varint::take(bytes)?).ok()?;
    let (word, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    if word.is_empty() { Some(None) } else { parse(std::str::from_utf8(word).ok()?).map(Some) }
}

fn put_agent(out: &mut Vec<u8>, agent: Option<AgentId>) {
    put_option(out, agent.map(AgentId::get));
}

fn take_agent(bytes: &mut &[u8]) -> Option<Option<AgentId>> {
    Some(take_option(bytes)?.map(AgentId::from_i64))
}

fn put_time(out: &mut Vec<u8>, at: Option<Timestamp>) {
    put_option(out, at.map(Timestamp::micros));
}

fn take_time(bytes: &mut &[u8]) -> Option<Option<Timestamp>> {
    Some(take_option(bytes)?.map(Timestamp::from_micros))
}

fn put_tags(out: &mut Vec<u8>, tags: &[TagId]) {
    put_list(out, tags, |out, tag| varint::put(out, tag.get()));
}

fn take_tags(bytes: &mut &[u8]) -> Option<Vec<TagId>> {
    take_list(bytes, |bytes| varint::take(bytes).map(TagId::from_i64))
}

impl Kept for Conversation {
    const KIND: i64 = 1;

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.was_assigned) | u8::from(self.was_resolved) << 1);
        put_word(out, self.channel.map(Channel::text));
        put_option(out, self.department.map(DepartmentId::get));
        put_agent(out, self.assigned);
        put_word(out, self.status.map(Status::text));
        put_time(out, self.since);
        put_time(out, self.created);
        put_option(out, self.level.map(SlaLevelId::get));
        match self.opener {
            Opener::Awaited => out.push(0),
            Opener::Agent(agent) => {
                out.push(1);
                varint::put(out, agent.get());
            }
            Opener::Other => out.push(2),
        }
        put_tags(out, &self.tags);
    }

    fn read(bytes: &mut &[u8]) -> Option<Conversation> {
        let flags = take_byte(bytes)?;
        Some(Conversation {
            was_assigned: flags & 1 != 0,
            was_resolved: flags & 2 != 0,
            channel: take_word(bytes, Channel::parse)?,
            department: take_option(bytes)?.map(DepartmentId::from_i64),
            assigned: take_agent(bytes)?,
            status: take_word(bytes, Status::parse)?,
            since: take_time(bytes)?,
            created: take_time(bytes)?,
            level: take_option(bytes)?.map(SlaLevelId::from_i64),
            opener: match take_byte(bytes)? {
                0 => Opener::Awaited,
                1 => Opener::Agent(AgentId::from_i64(varint::take(bytes)?)),
                2 => Opener::Other,
                _ => return None,
            },
            tags: take_tags(bytes)?,
        })
    }
}

impl Counted {
    fn write(&self, out: &mut Vec<u8>) {
        varint::put(out, self.at.micros());
        put_agent(out, self.agent);
        put_option(out, self.department.map(DepartmentId::get));
        put_word(out, self.channel.map(Channel::text));
        put_tags(out, &self.tags);
    }

    fn read(bytes: &mut &[u8]) -> Option<Counted> {
        Some(Counted {
            at: Timestamp::from_micros(varint::take(bytes)?),
            agent: take_agent(bytes)?,
            department: take_option(bytes)?.map(DepartmentId::from_i64),
            channel: take_word(bytes, Channel::parse)?,
            tags: take_tags(bytes)?,
        })
    }
}

impl Kept for Chat {
    const KIND: i64 = 2;

    fn write(&self, out: &mut Vec<u8>) {
        varint::put(out, self.conversation.get());
        varint::put(out, self.department.get());
        put_word(out, Some(self.started_by.text()));
        put_time(out, self.first_offer);
        put_agent(out, self.offered_last);
        put_agent(out, self.engaged_last);
        put_list(out, &self.joined, |out, agent| varint::put(out, agent.get()));
        put_list(out, &self.engaged, |out, (agent, since)| {
            varint::put(out, agent.get());
            varint::put(out, since.micros());
        });
        out.push(u8::from(self.ended.is_some()));
        if let Some(counted) = &self.ended {
            counted.write(out);
        }
        put_word(out, self.rated.as_ref().map(|(rating, _)| rating.text()));
        if let Some((_, counted)) = &self.rated {
            counted.write(out);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Chat> {
        Some(Chat {
            conversation: ConversationId::from_i64(varint::take(bytes)?),
            department: DepartmentId::from_i64(varint::take(bytes)?),
            started_by: take_word(bytes, StartedBy::parse)??,
            first_offer: take_time(bytes)?,
            offered_last: take_agent(bytes)?,
            engaged_last: take_agent(bytes)?,
            joined: take_list(bytes, |bytes| varint::take(bytes).map(AgentId::from_i64))?,
            engaged: take_list(bytes, |bytes| {
                Some((AgentId::from_i64(varint::take(bytes)?), Timestamp::from_micros(varint::take(bytes)?)))
            })?,
            ended: match take_byte(bytes)? {
                0 => None,
                _ => Some(Counted::read(bytes)?),
            },
            rated: match take_word(bytes, Rating::parse)? {
                None => None,
                Some(rating) => Some((rating, Counted::read(bytes)?)),
            },
        })
    }
}

impl Kept for Call {
    const KIND: i64 = 3;

    fn write(&self, out: &mut Vec<u8>) {
        varint::put(out, self.department.get());
        put_word(out, Some(self.direction.text()));
        put_agent(out, self.caller);
        put_time(out, self.first_ring);
        put_agent(out, self.rang_last);
        put_agent(out, self.talked_last);
        put_list(out, &self.legs, |out, (leg, agent, since)| {
            varint::put(out, leg.get());
            varint::put(out, agent.get());
            varint::put(out, since.micros());
        });
    }

    fn read(bytes: &mut &[u8]) -> Option<Call> {
        Some(Call {
            department: DepartmentId::from_i64(varint::take(bytes)?),
            direction: take_word(bytes, Direction::parse)??,
            caller: take_agent(bytes)?,
            first_ring: take_time(bytes)?,
            rang_last: take_agent(bytes)?,
            talked_last: take_agent(bytes)?,
            legs: take_list(bytes, |bytes| {
                let leg = CallLegId::from_i64(varint::take(bytes)?);
                Some((leg, AgentId::from_i64(varint::take(bytes)?), Timestamp::from_micros(varint::take(bytes)?)))
            })?,
        })
    }
}

/// Since when an agent is signed in; none: he is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignedIn(pub(super) Timestamp);

impl Kept for SignedIn {
    const KIND: i64 = 4;

    fn write(&self, out: &mut Vec<u8>) {
        varint::put(out, self.0.micros());
    }

    fn read(bytes: &mut &[u8]) -> Option<SignedIn> {
        varint::take(bytes).map(|micros| SignedIn(Timestamp::from_micros(micros)))
    }
}

/// The text of a level's calendar, or the name of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text<const KIND: i64>(pub(super) String);

pub(super) type CalendarText = Text<5>;
pub(super) type TagName = Text<6>;

impl<const KIND: i64> Kept for Text<KIND> {
    const KIND: i64 = KIND;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.to_owned();
        *bytes = &[];
        Some(Text(text))
    }
}
impl<const KIND: i64> From<&str> for Text<KIND> {
    fn from(text: &str) -> Self {
        Text(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn come_back<T: Kept + PartialEq + std::fmt::Debug>(value: &T) {
        let mut out = Vec::new();
        value.write(&mut out);
        let mut bytes = out.as_slice();
        assert_eq!(T::read(&mut bytes).as_ref(), Some(value));
        assert!(bytes.is_empty(), "{} bytes are left of {value:?}", bytes.len());
        for length in 0..out.len() {
            let mut part = &out[..length];
            assert!(T::read(&mut part).is_none(), "{length} bytes of {} of {value:?}", out.len());
        }
    }

    fn counted() -> Counted {
        Counted {
            at: Timestamp::from_seconds(1_790_000_000),
            agent: Some(AgentId::from_i64(7)),
            department: None,
            channel: Some(Channel::Form),
            tags: vec![TagId::from_i64(3), TagId::from_i64(50_000)],
        }
    }

    #[test]
    fn conversations_come_back() {
        let known = Conversation {
            channel: Some(Channel::Email),
            department: Some(DepartmentId::DEFAULT),
            assigned: Some(AgentId::from_i64(80_000_000_000)),
            status: Some(Status::Postponed),
            since: Some(Timestamp::from_micros(-1)),
            created: Some(Timestamp::from_seconds(1_790_000_000)),
            level: Some(SlaLevelId::from_i64(9)),
            opener: Opener::Agent(AgentId::from_i64(5)),
            was_assigned: true,
            was_resolved: false,
            tags: vec![TagId::from_i64(1)],
        };
        come_back(&known);
        for opener in [Opener::Awaited, Opener::Other] {
            come_back(&Conversation { opener, was_resolved: true, level: None, ..known.clone() });
        }
        let unknown = Conversation {
            channel: None,
            department: None,
            assigned: None,
            status: None,
            since: None,
            created: None,
            tags: vec![],
            ..known
        };
        come_back(&unknown);
        for status in Status::ALL {
            come_back(&Conversation { status: Some(*status), ..unknown.clone() });
        }
    }

    #[test]
    fn chats_and_calls_come_back() {
        let chat = Chat::unknown(ConversationId::from_i64(1), DepartmentId::from_i64(2));
        come_back(&chat);
        let agent = AgentId::from_i64(4);
        come_back(&Chat {
            started_by: StartedBy::Trigger,
            first_offer: Some(Timestamp::from_seconds(5)),
            offered_last: Some(agent),
            engaged_last: Some(agent),
            joined: vec![agent, AgentId::from_i64(5)],
            engaged: vec![(agent, Timestamp::from_seconds(6))],
            ended: Some(counted()),
            rated: Some((Rating::Bad, Counted { channel: None, ..counted() })),
            ..chat
        });
        for direction in Direction::ALL {
            come_back(&Call {
                department: DepartmentId::from_i64(2),
                direction: *direction,
                caller: Some(agent),
                first_ring: None,
                rang_last: Some(agent),
                talked_last: None,
                legs: vec![(CallLegId::from_i64(8), agent, Timestamp::from_seconds(9))],
            });
        }
    }

    #[test]
    fn what_there_is_little_of_comes_back() {
        come_back(&SignedIn(Timestamp::from_micros(1_790_000_000_123_456)));
        let mut out = Vec::new();
        TagName::from("Überfällig").write(&mut out);
        assert_eq!(TagName::read(&mut out.as_slice()), Some(TagName::from("Überfällig")));
        assert_eq!(TagName::read(&mut &[0xff, 0xfe][..]), None);
    }
}
