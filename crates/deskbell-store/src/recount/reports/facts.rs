//! The queries: each answers `at, value, agent, department, conversation, number` for everything that a measure counts. Those of calls are in
//! [`calls`].

mod calls;

use deskbell_domain::measure::Measure;

/// What is said to the other side, by the letter of its kind.
const SAYS: &str = "m.kind IN ('M', 'F', 'X', 'Y', 'V')";
/// Turns that the customer may see.
const PUBLIC: &str = "g.kind IN ('P', 'V', 'C', 'F', 'K', 'A', '5', 'M', 'Y', 'W', '3', '4')";
/// The same, without those on the phone.
const WRITTEN: &str = "g.kind IN ('C', 'F', 'K', 'A', '5', 'M', 'Y', 'W', '3', '4')";

/// The conversation that a message was in when it was written, before it was merged.
const OF_MESSAGE: &str = "COALESCE((SELECT r.conversation_id FROM moved_rows r WHERE r.kind = 'message' AND r.id = m.id \
    AND r.number >= m.number ORDER BY r.number LIMIT 1), m.conversation_id)";

/// Where a chat was asked for, where it ended, and where it was rated.
const REQUESTED: &str = "(SELECT g.number FROM message_groups g WHERE g.id = c.group_id)";
const ENDED: &str = "(SELECT MAX(m.number) FROM messages m WHERE m.chat_id = c.id AND m.kind = 'E')";
const RATED: &str = "(SELECT MAX(m.number) FROM messages m WHERE m.chat_id = c.id AND m.kind IN ('P', 'W', 'C'))";
const JOINED: &str = "EXISTS (SELECT 1 FROM engagements e WHERE e.chat_id = c.id)";
/// The agent whom a chat was offered to last.
const OFFERED_LAST: &str = "(SELECT o.agent_id FROM offers o WHERE o.chat_id = c.id ORDER BY o.offered_number DESC LIMIT 1)";

/// The conversation that a chat or a call was in at a place of the journal.
fn within(kind: &str, number: &str) -> String {
    format!(
        "COALESCE((SELECT r.conversation_id FROM moved_rows r WHERE r.kind = '{kind}' AND r.id = c.id AND r.number >= {number} \
           ORDER BY r.number LIMIT 1), c.conversation_id)"
    )
}

fn of_chat(number: &str) -> String {
    within("chat", number)
}

/// The department that a conversation was in at a place of the journal.
fn department(conversation: &str, number: &str) -> String {
    format!(
        "(SELECT h.department_id FROM conversation_changes h WHERE h.conversation_id = {conversation} AND h.number <= {number} \
           AND h.department_id IS NOT NULL ORDER BY h.number DESC LIMIT 1)"
    )
}

/// The department that a chat or a call was in at a place of the journal.
fn through(kind: &str, number: &str) -> String {
    format!(
        "COALESCE((SELECT t.to_id FROM {kind}_transfers t WHERE t.{kind}_id = c.id AND t.number <= {number} ORDER BY t.number DESC LIMIT 1), \
           (SELECT t.from_id FROM {kind}_transfers t WHERE t.{kind}_id = c.id ORDER BY t.number LIMIT 1), c.department_id)"
    )
}

fn department_of_chat(number: &str) -> String {
    through("chat", number)
}

/// Who joined a chat last, up to a place of the journal.
fn engaged_last(number: &str) -> String {
    format!(
        "(SELECT e.agent_id FROM engagements e WHERE e.chat_id = c.id AND e.joined_number <= {number} ORDER BY e.joined_number DESC LIMIT 1)"
    )
}

/// Conversation, number and agent of all that was said outside live chat.
pub(super) const SPOKEN: &str = "SELECT COALESCE((SELECT r.conversation_id FROM moved_rows r WHERE r.kind = 'message' AND r.id = m.id \
      AND r.number >= m.number ORDER BY r.number LIMIT 1), m.conversation_id), m.number, \
      CASE WHEN m.author_kind = 'agent' THEN m.author_id END \
    FROM messages m JOIN message_groups g ON g.id = m.group_id \
    WHERE m.chat_id IS NULL AND m.kind IN ('M', 'F', 'X', 'Y', 'V') AND m.author_kind IN ('agent', 'customer') \
      AND g.kind IN ('P', 'V', 'C', 'F', 'K', 'A', '5', 'M', 'Y', 'W', '3', '4')";
/// The same of chats that customers asked for.
pub(super) const ASKED: &str = "SELECT COALESCE((SELECT r.conversation_id FROM moved_rows r WHERE r.kind = 'chat' AND r.id = c.id \
      ORDER BY r.number LIMIT 1), c.conversation_id), g.number, CAST(NULL AS BIGINT) \
    FROM chats c JOIN message_groups g ON g.id = c.group_id WHERE c.started_by <> 'agent'";
/// The same of calls: what agents dialled is theirs.
pub(super) const CALLED: &str = "SELECT COALESCE((SELECT r.conversation_id FROM moved_rows r WHERE r.kind = 'call' AND r.id = c.id \
      ORDER BY r.number LIMIT 1), c.conversation_id), g.number, CASE WHEN c.direction <> 'in' THEN c.caller_id END \
    FROM calls c JOIN message_groups g ON g.id = c.group_id";
/// Conversations that began, or came out of being initialised. What tags they count for shows later: here it is none.
pub(super) const CREATED: &str = "SELECT h.at, 1 AS value, CAST(NULL AS BIGINT) AS agent, h.department_id AS department, \
      h.conversation_id AS conversation, 0 AS number, h.number AS place FROM conversation_changes h \
    WHERE (h.what = 'start' AND h.status <> 'I') OR (h.what = 'status' AND h.status_before = 'I')";

/// A query, and what it is counted for.
pub(super) struct Facts {
    /// Each fact counts one.
    pub(super) counts: &'static [Measure],
    /// The value is added.
    pub(super) times: &'static [Measure],
    /// Of the time that the value is long and that ends with the fact, what lies in the business hours of the conversation's level is added.
    pub(super) business: Option<Measure>,
    pub(super) whose: Whose,
    pub(super) sql: String,
}

/// Whom facts count for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Everybody,
    /// The agent, and nobody else.
    AgentAlone,
}

impl Facts {
    fn count(measure: &'static [Measure; 1], sql: impl Into<String>) -> Facts {
        Facts { counts: measure, times: &[], business: None, whose: Whose::Everybody, sql: sql.into() }
    }

    /// Counts a time, too.
    fn timed(self, measure: &'static [Measure; 1]) -> Facts {
        Facts { times: measure, ..self }
    }

    fn in_business_hours(self, measure: Measure) -> Facts {
        Facts { business: Some(measure), ..self }
    }

    fn for_the_agent_alone(self) -> Facts {
        Facts { whose: Whose::AgentAlone, ..self }
    }

    /// All that it is counted for.
    #[cfg(test)]
    pub(super) fn measures(&self) -> impl Iterator<Item = Measure> {
        self.counts.iter().chain(self.times).copied().chain(self.business)
    }
}

pub(super) fn all() -> Vec<Facts> {
    statuses().into_iter().chain(messages()).chain(chats()).chain(engagements()).chain(calls::all()).collect()
}

fn statuses() -> Vec<Facts> {
    let changed = |agent: &str, since: &str, which: &str| {
        format!(
            "SELECT h.at, h.at - ({since}) AS value, {agent} AS agent, h.department_id AS department, h.conversation_id AS conversation, \
               h.number FROM conversation_changes h WHERE {which}"
        )
    };
    let earlier = "b.conversation_id = h.conversation_id AND b.number < h.number";
    let by_agent = "CASE WHEN h.by_kind = 'agent' THEN h.by_id END";
    let answerer = "CASE WHEN h.by_kind = 'agent' THEN h.by_id ELSE h.assigned_id END";
    let in_status =
        format!("SELECT b.at FROM conversation_changes b WHERE {earlier} AND b.what IN ('start', 'status') ORDER BY b.number DESC LIMIT 1");
    let created = "SELECT b.at FROM conversation_changes b WHERE b.conversation_id = h.conversation_id AND b.number <= h.number \
                   AND (b.what = 'start' OR b.status_before = 'I') ORDER BY b.number DESC LIMIT 1";
    let answered = |before: &str| {
        let which = format!("h.what = 'status' AND h.status_before = '{before}' AND h.status = 'A'");
        changed(answerer, &in_status, &which)
    };
    let none_before = |what: &str| format!("NOT EXISTS (SELECT 1 FROM conversation_changes b WHERE {earlier} AND {what})");
    let assigned = none_before("b.what = 'assigned' AND b.assigned_id IS NOT NULL");
    let first_assigned = format!("h.what = 'assigned' AND h.assigned_id IS NOT NULL AND {assigned}");
    let resolved = "h.what = 'status' AND h.status = 'R'";
    let first_resolved = format!("{resolved} AND {}", none_before("b.what = 'status' AND b.status = 'R'"));
    vec![
        Facts::count(&[Measure::CreatedTickets], CREATED),
        Facts::count(&[Measure::NewAnswers], answered("N")).timed(&[Measure::NewAnswerTime]).in_business_hours(Measure::NewAnswerTimeSla),
        Facts::count(&[Measure::NextAnswers], answered("C"))
            .timed(&[Measure::NextAnswerTime])
            .in_business_hours(Measure::NextAnswerTimeSla),
        Facts::count(&[Measure::FirstAssigns], changed("h.assigned_id", created, &first_assigned))
            .timed(&[Measure::FirstAssignTime])
            .in_business_hours(Measure::FirstAssignTimeSla),
        Facts::count(&[Measure::ResolvedTickets], changed(by_agent, &in_status, resolved)),
        Facts::count(&[Measure::FirstResolves], changed(by_agent, created, &first_resolved))
            .timed(&[Measure::FirstResolveTime])
            .in_business_hours(Measure::FirstResolveTimeSla),
    ]
}

fn messages() -> Vec<Facts> {
    let outside = |agent: &str, which: &str| {
        let department = department("i.conversation", "i.number");
        format!(
            "SELECT i.at, 1 AS value, i.agent, {department} AS department, i.conversation, i.number FROM \
               (SELECT m.at, {agent} AS agent, {OF_MESSAGE} AS conversation, m.number \
                FROM messages m JOIN message_groups g ON g.id = m.group_id WHERE m.chat_id IS NULL AND {which}) AS i"
        )
    };
    let inside = |which: &str| {
        let (department, conversation) = (department_of_chat("m.number"), of_chat("m.number"));
        format!(
            "SELECT m.at, 1 AS value, m.author_id AS agent, {department} AS department, {conversation} AS conversation, m.number \
             FROM messages m JOIN message_groups g ON g.id = m.group_id JOIN chats c ON c.id = m.chat_id \
             WHERE m.author_kind = 'agent' AND {which}"
        )
    };
    let note = "m.kind IN ('N', 'L')";
    let nobody = "CAST(NULL AS BIGINT)";
    vec![
        Facts::count(&[Measure::Answers], outside("m.author_id", &format!("m.author_kind = 'agent' AND {SAYS} AND {WRITTEN}"))),
        Facts::count(&[Measure::IncomingMessages], outside(nobody, &format!("m.author_kind = 'customer' AND {SAYS} AND {WRITTEN}"))),
        Facts::count(&[Measure::Notes], outside("m.author_id", &format!("m.author_kind = 'agent' AND {note}"))),
        Facts::count(&[Measure::Notes], inside(note)),
        Facts::count(&[Measure::ChatAnswers], inside(&format!("{SAYS} AND {PUBLIC}"))),
    ]
}

fn chats() -> Vec<Facts> {
    let chat = |at: &str, agent: &str, department: &str, number: &str, which: &str| {
        let conversation = of_chat(number);
        format!(
            "SELECT c.{at} AS at, 1 AS value, {agent} AS agent, {department} AS department, {conversation} AS conversation, {number} AS number \
             FROM chats c WHERE {which}"
        )
    };
    let ended = |agent: &str, which: &str| chat("ended_at", agent, "c.department_id", ENDED, which);
    let (ended_by, rated_by) = (engaged_last(ENDED), engaged_last(RATED));
    let rated = |word: &str| chat("rated_at", &rated_by, "c.department_id", RATED, &format!("c.rating = '{word}'"));
    let offers = {
        let (department, conversation) = (department_of_chat("o.closed_number"), of_chat("o.closed_number"));
        format!(
            "SELECT o.closed_at AS at, 1 AS value, o.agent_id AS agent, {department} AS department, {conversation} AS conversation, \
               o.closed_number AS number FROM offers o JOIN chats c ON c.id = o.chat_id WHERE o.outcome = 'expired'"
        )
    };
    vec![
        Facts::count(
            &[Measure::IncomingChats],
            chat("requested_at", "CAST(NULL AS BIGINT)", &department_of_chat(REQUESTED), REQUESTED, "c.started_by = 'visitor'"),
        ),
        Facts::count(&[Measure::MissedChats], offers),
        Facts::count(&[Measure::FinishedChats], ended(&ended_by, &format!("c.ended_at IS NOT NULL AND {JOINED}"))),
        Facts::count(&[Measure::NotRanked], ended(&ended_by, &format!("c.ended_at IS NOT NULL AND c.rating IS NULL AND {JOINED}"))),
        Facts::count(
            &[Measure::UnansweredChats],
            ended(OFFERED_LAST, &format!("c.ended_at IS NOT NULL AND c.started_by = 'visitor' AND NOT {JOINED}")),
        ),
        Facts::count(&[Measure::Rewards], rated("good")),
        Facts::count(&[Measure::Punishments], rated("bad")),
    ]
}

fn engagements() -> Vec<Facts> {
    let engagement = |at: &str, number: &str, value: &str, which: &str| {
        let (department, conversation) = (department_of_chat(number), of_chat(number));
        format!(
            "SELECT e.{at} AS at, {value} AS value, e.agent_id AS agent, {department} AS department, {conversation} AS conversation, \
               {number} AS number FROM engagements e JOIN chats c ON c.id = e.chat_id WHERE {which}"
        )
    };
    let joined = |value: &str, which: &str| engagement("joined_at", "e.joined_number", value, which);
    let earlier = "SELECT 1 FROM engagements b WHERE b.chat_id = e.chat_id AND b.joined_number < e.joined_number";
    let first_offer = "(SELECT MIN(o.offered_at) FROM offers o WHERE o.chat_id = c.id AND o.offered_number < e.joined_number)";
    vec![
        Facts::count(&[Measure::Chats], joined("1", &format!("NOT EXISTS ({earlier} AND b.agent_id = e.agent_id)"))),
        Facts::count(&[Measure::ChatPickups], joined("1", &format!("c.started_by = 'visitor' AND NOT EXISTS ({earlier})"))),
        Facts::count(
            &[Measure::ChatPickupTimes],
            joined(&format!("e.joined_at - {first_offer}"), &format!("{first_offer} IS NOT NULL AND NOT EXISTS ({earlier})")),
        )
        .timed(&[Measure::ChatPickupTime]),
        Facts::count(&[Measure::ChatTimes], engagement("left_at", "e.left_number", "e.left_at - e.joined_at", "e.left_at IS NOT NULL"))
            .timed(&[Measure::ChatTime]),
    ]
}
