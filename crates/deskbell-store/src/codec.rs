//! Events as the journal keeps them: a kind, and a JSON object with the event's fields. One table lists the fields of every event; the
//! compiler checks that none is missing. A field that older entries lack must be an `Option`.

use crate::error::StoreError;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::automation::{AutomationEvent, FiringOutcome};
use deskbell_domain::call::{CallEvent, CallOutcome, CallState, Direction};
use deskbell_domain::chat::{ChatState, EndReason, EngagementStart, OfferOutcome, Rating, StartedBy};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::department::Strategy;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{
    AgentId, CallId, CallLegId, CannedMessageId, ChatId, CompanyId, ConversationId, ConversionId, CustomerGroupId, CustomerId,
    DepartmentId, EngagementId, GoalId, GroupId, KnowledgeBaseId, KnowledgeEntryId, MessageId, OauthClientId, OfferId, PredefinedAnswerId,
    RingId, RuleId, ShortcutId, SkillId, SlaItemId, SlaLevelId, TagId, TimeRuleId, TriggerId, VisitId, VisitorId, WidgetId,
};
use deskbell_domain::message::{Actor, Attachment, GroupKind, MessageKind};
use deskbell_domain::sla::{Goal, SlaEvent};
use deskbell_domain::time::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt::{self, Write};

/// Most events fit without growing.
const BODY_BYTES_TYPICAL: usize = 384;

macro_rules! events {
    (
        $($variant:ident { $($field:ident),* })+
        $(@ $group:ident($events:ident): $($member:ident as $kind:literal { $($part:ident),* })+;)+
    ) => {
        /// An event's kind and body.
        pub fn encode(event: &Event) -> (&'static str, String) {
            match event {
                $(Event::$variant { $($field),* } => {
                    let object = Object::default()$(.with(concat!("\"", stringify!($field), "\":"), $field))*;
                    (stringify!($variant), object.close())
                })+
                $($(Event::$group($events::$member { $($part),* }) => {
                    let object = Object::default()$(.with(concat!("\"", stringify!($part), "\":"), $part))*;
                    ($kind, object.close())
                })+)+
            }
        }

        /// Reads an event back. [`StoreError::Corrupt`] names the kind, and the field that is wrong.
        pub fn decode(kind: &str, body: &str) -> Result<Event, StoreError> {
            let parsed = Json::parse(body).map_err(|error| StoreError::Corrupt(format!("event of kind {kind}: {error}")))?;
            match kind {
                $(stringify!($variant) => Ok(Event::$variant { $($field: parsed.take(kind, stringify!($field))?),* }),)+
                $($($kind => Ok(Event::$group($events::$member { $($part: parsed.take(kind, stringify!($part))?),* })),)+)+
                unknown => Err(StoreError::Corrupt(format!("unknown kind of event: {unknown}"))),
            }
        }

        /// Every kind there is.
        pub const KINDS: &[&str] = &[$(stringify!($variant),)+ $($($kind),+),+];
    };
}

events! {
    AgentChanged { agent, email, name, role, slots, enabled }
    AgentStatusChanged { agent, preset, online }
    DepartmentChanged { department, name, strategy, enabled }
    MembershipChanged { department, agent, member }
    CustomerChanged { customer, name, email, phone }
    BanChanged { customer, address, banned }
    VisitStarted { visit, customer }
    PageViewed { visit, customer, url, title }
    ConversationStarted { conversation, customer, customer_name, visitor, department, channel, status, subject, by }
    StatusChanged { conversation, from, to, by }
    Assigned { conversation, department, agent, by }
    MessageAdded { conversation, chat, group, group_kind, message, kind, author, author_name, text, attachment, key }
    TagsChanged { conversation, chat, before, after, by, tags }
    ReadMarked { conversation, by, message }
    ChatRequested { chat, conversation, customer, customer_name, visit, department, started_by, priority }
    ChatOffered { chat, conversation, offer, agent, expires, state }
    OfferClosed { chat, conversation, offer, agent, outcome, state }
    ChatJoined { chat, conversation, agent, agent_name, engagement, start }
    ChatLeft { chat, conversation, agent, agent_name, engagement, state }
    ChatTransferred { chat, conversation, from, department, agent, by, state }
    ChatEnded { chat, conversation, department, reason, by, missed, dropped }
    ChatRated { chat, conversation, department, rating, previous, comment }
    SettingsChanged { slots_for_all }
    CustomerRemoved { customer }
    TagChanged { tag, name, removed }
    CustomerGroupChanged { group, name, removed }
    CompanyChanged { company, name, removed }
    KnowledgeBaseChanged { base, name, removed }
    KnowledgeEntryChanged { base, entry, removed }
    WidgetChanged { widget, name, removed }
    FieldsChanged { conversation, by }
    ConversationMerged { conversation, into, by }
    SkillChanged { skill, name, removed }
    SkillsRequested { chat, conversation, skills, by }
    ChatMarked { chat, conversation, unread, by }
    GoalChanged { goal, name, removed }
    ConversionRecorded { conversion, goal, goal_name, visit, customer, chat }
    TriggerChanged { trigger, name, removed }
    TriggerFired { trigger, trigger_name, visit, visitor, customer, chat, speaker, greeting }
    ShortcutChanged { shortcut, name, removed }
    OauthClientChanged { client, name, removed }

    @ Call(CallEvent):
        Started as "CallStarted" { call, conversation, group, direction, customer, caller, department }
        Rang as "CallRang" { call, conversation, ring, agent, expires, state }
        RingClosed as "CallRingClosed" { call, conversation, ring, agent, outcome, state }
        Answered as "CallAnswered" { call, conversation, leg, agent, state }
        Held as "CallHeld" { call, conversation, leg, agent, held }
        Left as "CallLeft" { call, conversation, leg, agent, state }
        Transferred as "CallTransferred" { call, conversation, from, department, agent, by, state }
        Ended as "CallEnded" { call, conversation, department, direction, outcome, by };
    @ Sla(SlaEvent):
        LevelChanged as "SlaLevelChanged" { level, name, calendar, removed }
        LevelSet as "SlaLevelSet" { conversation, level, by }
        Started as "SlaStarted" { conversation, item, goal, level, due }
        DueMoved as "SlaDueMoved" { conversation, item, due }
        Breached as "SlaBreached" { conversation, item, goal, level, due }
        Closed as "SlaClosed" { conversation, item, goal, level, started, due, department, agent }
        Dropped as "SlaDropped" { conversation, item };
    @ Automation(AutomationEvent):
        RuleChanged as "RuleChanged" { rule, name, removed }
        TimeRuleChanged as "TimeRuleChanged" { rule, name, removed }
        RuleFired as "RuleFired" { rule, name, conversation, outcome }
        TimeRuleFired as "TimeRuleFired" { rule, name, conversation, outcome }
        CannedMessageChanged as "CannedMessageChanged" { message, removed }
        PredefinedAnswerChanged as "PredefinedAnswerChanged" { answer, removed };
}

/// A JSON object being written.
struct Object {
    text: String,
}

impl Default for Object {
    fn default() -> Self {
        let mut text = String::with_capacity(BODY_BYTES_TYPICAL);
        text.push('{');
        Object { text }
    }
}

impl Object {
    /// `quoted` is the key with quotes and colon.
    fn with(mut self, quoted: &str, value: &impl Field) -> Self {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(quoted);
        value.write(&mut self.text);
        self
    }

    fn close(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// A JSON value that borrows from its text where it can.
#[derive(Debug, Clone, PartialEq)]
enum Json<'a> {
    Null,
    Flag(bool),
    Number(i64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    fn member(&self, name: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => None,
        }
    }

    fn take<T: Field>(&self, kind: &str, name: &str) -> Result<T, StoreError> {
        self.member(name)
            .map_or_else(T::missing, T::read)
            .ok_or_else(|| StoreError::Corrupt(format!("event of kind {kind}: field {name} is missing or wrong")))
    }

    fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            Json::Null | Json::Flag(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => None,
        }
    }

    fn number(&self) -> Option<i64> {
        match self {
            Json::Number(number) => Some(*number),
            Json::Null | Json::Flag(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without fractions")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Json<'de>, E> {
        i64::try_from(number).map(Json::Number).map_err(E::custom)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::with_capacity(12);
        while let Some(Key(key)) = entries.next_key()? {
            members.push((key, entries.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

/// A key, borrowed where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A field of an event.
trait Field: Sized {
    fn write(&self, out: &mut String);
    fn read(json: &Json<'_>) -> Option<Self>;

    /// What an entry without this field means.
    fn missing() -> Option<Self> {
        None
    }
}

fn write_number(out: &mut String, number: i64) {
    append(out, format_args!("{number}"));
}

fn append(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes whatever is written to it");
}

/// Writes a JSON string; everything that needs no escape is copied in runs.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[copied..at]);
        copied = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => append(out, format_args!("\\u{control:04x}")),
        }
    }
    out.push_str(&text[copied..]);
    out.push('"');
}

macro_rules! ids {
    ($($name:ident),+) => {$(
        impl Field for $name {
            fn write(&self, out: &mut String) {
                write_number(out, self.get());
            }

            fn read(json: &Json<'_>) -> Option<Self> {
                json.number().map($name::from_i64)
            }
        }
    )+};
}
ids!(
    AgentId,
    CallId,
    CallLegId,
    CannedMessageId,
    ChatId,
    CompanyId,
    ConversationId,
    ConversionId,
    CustomerGroupId,
    CustomerId,
    DepartmentId,
    EngagementId,
    GoalId,
    GroupId,
    KnowledgeBaseId,
    KnowledgeEntryId,
    MessageId,
    OauthClientId,
    OfferId,
    PredefinedAnswerId,
    RingId,
    RuleId,
    ShortcutId,
    SkillId,
    SlaItemId,
    SlaLevelId,
    TagId,
    TimeRuleId,
    TriggerId,
    VisitId,
    VisitorId,
    WidgetId
);

macro_rules! spelled {
    ($($name:ident),+) => {$(
        impl Field for $name {
            fn write(&self, out: &mut String) {
                write_text(out, self.text());
            }

            fn read(json: &Json<'_>) -> Option<Self> {
                $name::parse(json.text()?)
            }
        }
    )+};
}
spelled!(
    CallOutcome,
    CallState,
    Channel,
    ChatState,
    Direction,
    EndReason,
    EngagementStart,
    FiringOutcome,
    Goal,
    GroupKind,
    MessageKind,
    OfferOutcome,
    Rating,
    StartedBy,
    Status,
    Strategy
);

macro_rules! integers {
    ($($name:ty),+) => {$(
        impl Field for $name {
            fn write(&self, out: &mut String) {
                write_number(out, i64::from(*self));
            }

            fn read(json: &Json<'_>) -> Option<Self> {
                <$name>::try_from(json.number()?).ok()
            }
        }
    )+};
}
integers!(u16, i16);

impl Field for u64 {
    fn write(&self, out: &mut String) {
        write_number(out, i64::try_from(*self).unwrap_or(i64::MAX));
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        u64::try_from(json.number()?).ok()
    }
}

impl Field for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        match json {
            Json::Flag(flag) => Some(*flag),
            Json::Null | Json::Number(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => None,
        }
    }
}

impl Field for String {
    fn write(&self, out: &mut String) {
        write_text(out, self);
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        json.text().map(str::to_owned)
    }
}

impl Field for Timestamp {
    fn write(&self, out: &mut String) {
        write_number(out, self.micros());
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        json.number().map(Timestamp::from_micros)
    }
}

impl Field for Role {
    fn write(&self, out: &mut String) {
        write_text(out, self.letter().encode_utf8(&mut [0; 4]));
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        let mut letters = json.text()?.chars();
        let letter = letters.next()?;
        letters.next().is_none().then(|| Role::from_letter(letter))?
    }
}

impl Field for AgentStatus {
    fn write(&self, out: &mut String) {
        write_number(out, i64::from(self.bits()));
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        u8::try_from(json.number()?).ok().map(AgentStatus::from_bits)
    }
}

/// `"S"` for the system, `"A:<id>"`, `"C:<id>"`.
impl Field for Actor {
    fn write(&self, out: &mut String) {
        let (letter, id) = match self {
            Actor::System => return out.push_str("\"S\""),
            Actor::Agent(id) => ('A', id.get()),
            Actor::Customer(id) => ('C', id.get()),
        };
        append(out, format_args!("\"{letter}:{id}\""));
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        let text = json.text()?;
        if text == "S" {
            return Some(Actor::System);
        }
        let (letter, id) = text.split_once(':')?;
        let id = id.parse().ok()?;
        match letter {
            "A" => Some(Actor::Agent(AgentId::from_i64(id))),
            "C" => Some(Actor::Customer(CustomerId::from_i64(id))),
            _ => None,
        }
    }
}

impl Field for Attachment {
    fn write(&self, out: &mut String) {
        let Attachment { file, name, content_type, bytes } = self;
        let object =
            Object::default().with("\"file\":", file).with("\"name\":", name).with("\"type\":", content_type).with("\"bytes\":", bytes);
        out.push_str(&object.close());
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        Some(Attachment {
            file: String::read(json.member("file")?)?,
            name: String::read(json.member("name")?)?,
            content_type: String::read(json.member("type")?)?,
            bytes: u64::read(json.member("bytes")?)?,
        })
    }
}

impl<T: Field> Field for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        if *json == Json::Null { Some(None) } else { T::read(json).map(Some) }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

impl<T: Field> Field for Vec<T> {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            value.write(out);
        }
        out.push(']');
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        match json {
            Json::List(items) => items.iter().map(T::read).collect(),
            Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
