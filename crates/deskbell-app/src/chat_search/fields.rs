//! The fields that chats are searched by: their names, where they stand in a document, and how their values are compared.

use serde_json::Value;

use super::moments;

/// Characters of a value that is compared as a whole; longer ones are cut.
pub const EXACT_CHARS_MAX: usize = 256;

/// How the values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Word by word.
    Text,
    /// As a whole, whatever the case of its letters.
    Exact,
    /// An address: as a whole, or what stands before or behind its `@`.
    Address,
    /// True or false.
    Flag,
    /// Whole numbers.
    Number,
    /// Microseconds since 1970.
    Moment,
}

/// Whether a field's values count among all that is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everywhere {
    Counted,
    Not,
}

/// A field.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub everywhere: Everywhere,
    /// Where its values stand in a document; lists on the way are gone through.
    places: &'static [&'static str],
}

// Fields are told apart by name.
impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        self.name == other.name
    }
}

impl Eq for Field {}

macro_rules! fields {
    ($($name:literal $kind:ident $everywhere:ident $places:expr;)+) => {
        /// All fields.
        pub const FIELDS: &[Field] =
            &[$(Field { name: $name, kind: Kind::$kind, everywhere: Everywhere::$everywhere, places: &$places }),+];
    };
}

fields! {
    "type" Exact Not ["type"];
    "id" Exact Counted ["id"];
    "rating" Exact Not ["rating"];
    "started_by" Exact Not ["started_by"];
    "visitor_id" Exact Not ["visitor.id"];
    "agent_ids" Exact Not ["agent_ids"];
    "tags" Exact Counted ["tags"];
    "country_code" Exact Not ["session.country_code"];
    "ip" Exact Not ["session.ip"];
    "session_id" Exact Not ["session.id"];
    "visitor_email" Address Counted ["visitor.email"];
    "message" Text Counted ["history.msg", "message"];
    "visitor_name" Text Counted ["visitor.name"];
    "visitor_phone" Text Counted ["visitor.phone"];
    "visitor_notes" Text Counted ["visitor.notes"];
    "agent_names" Text Counted ["agent_names"];
    "department_name" Text Counted ["department_name"];
    "comment" Text Counted ["comment"];
    "webpath" Text Counted ["webpath.to", "webpath.title"];
    "browser" Text Not ["session.browser"];
    "platform" Text Not ["session.platform"];
    "user_agent" Text Not ["session.user_agent"];
    "country_name" Text Not ["session.country_name"];
    "region" Text Not ["session.region"];
    "city" Text Not ["session.city"];
    "missed" Flag Not ["missed"];
    "dropped" Flag Not ["dropped"];
    "unread" Flag Not ["unread"];
    "triggered" Flag Not ["triggered"];
    "triggered_response" Flag Not ["triggered_response"];
    "proactive" Flag Not ["proactive"];
    "department_id" Number Not ["department_id"];
    "duration" Number Not ["duration"];
    "zendesk_ticket_id" Number Not ["zendesk_ticket_id"];
    "count.total" Number Not ["count.total"];
    "count.visitor" Number Not ["count.visitor"];
    "count.agent" Number Not ["count.agent"];
    "response_time.first" Number Not ["response_time.first"];
    "response_time.max" Number Not ["response_time.max"];
    "timestamp" Moment Not ["timestamp"];
    "end_timestamp" Moment Not ["end_timestamp"];
    "update_timestamp" Moment Not ["update_timestamp"];
    "session.start_date" Moment Not ["session.start_date"];
    "session.end_date" Moment Not ["session.end_date"];
}

/// Other names, each with the fields that it looks at.
const ALIASES: &[(&str, &[&str])] = &[
    ("visitor", &["visitor_name", "visitor_email", "visitor_phone", "visitor_notes"]),
    ("visitor.name", &["visitor_name"]),
    ("visitor.email", &["visitor_email"]),
    ("visitor.id", &["visitor_id"]),
    ("visitor.phone", &["visitor_phone"]),
    ("visitor.notes", &["visitor_notes"]),
    ("email", &["visitor_email"]),
    ("agent", &["agent_names"]),
    ("agent_name", &["agent_names"]),
    ("agent_id", &["agent_ids"]),
    ("department", &["department_name"]),
    ("tag", &["tags"]),
    ("history", &["message"]),
    ("history.msg", &["message"]),
    ("msg", &["message"]),
    ("url", &["webpath"]),
    ("webpath.to", &["webpath"]),
    ("webpath.title", &["webpath"]),
    ("country", &["country_name", "country_code"]),
    ("session.id", &["session_id"]),
    ("session.ip", &["ip"]),
    ("session.browser", &["browser"]),
    ("session.platform", &["platform"]),
    ("session.user_agent", &["user_agent"]),
    ("session.country_code", &["country_code"]),
    ("session.country_name", &["country_name"]),
    ("session.region", &["region"]),
    ("session.city", &["city"]),
    ("ticket_id", &["zendesk_ticket_id"]),
    ("count", &["count.total"]),
    ("start_timestamp", &["timestamp"]),
];

/// The field with this name of its own.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The fields that a name in a search means; none for a name that is not known.
pub fn named(name: &str) -> Vec<&'static Field> {
    match field(name) {
        Some(field) => vec![field],
        None => {
            let meant = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(&[][..], |(_, fields)| fields);
            meant.iter().filter_map(|name| field(name)).collect()
        }
    }
}

/// A value of a field, in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Of a [`Kind::Text`] field, as it is written.
    Text(String),
    /// Of a field that is compared as a whole, or a part of an address: see [`folded`].
    Exact(String),
    /// Of a [`Kind::Number`] or [`Kind::Moment`].
    Number(i64),
}

/// What is searched of a chat or an offline message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    pub id: String,
    /// Whether it was taken away: then no search finds it.
    pub deleted: bool,
    /// Every value of every field, without empty ones.
    pub values: Vec<(&'static Field, Held)>,
    /// All that is text, each by itself.
    pub texts: Vec<String>,
}

/// Reads a document; `None` for what is none.
pub fn read(document: &str) -> Option<Searched> {
    let document: Value = serde_json::from_str(document).ok()?;
    let id = document.get("id")?.as_str()?.to_owned();
    let deleted = document.get("deleted").and_then(Value::as_bool).unwrap_or(false);
    let (mut values, mut texts) = (Vec::new(), Vec::new());
    for field in FIELDS {
        for place in field.places {
            at(&document, place, &mut |value| {
                if let Value::String(text) = value
                    && field.everywhere == Everywhere::Counted
                    && !text.is_empty()
                {
                    texts.push(text.clone());
                }
                hold(field.kind, value, &mut |held| values.push((field, held)));
            });
        }
    }
    Some(Searched { id, deleted, values, texts })
}

/// Calls `each` with the values at a place.
fn at(value: &Value, place: &str, each: &mut dyn FnMut(&Value)) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| at(item, place, each));
    }
    if place.is_empty() {
        return each(value);
    }
    let (name, rest) = place.split_once('.').unwrap_or((place, ""));
    if let Some(inner) = value.get(name) {
        at(inner, rest, each);
    }
}

fn hold(kind: Kind, value: &Value, each: &mut dyn FnMut(Held)) {
    match (kind, value) {
        (Kind::Text, Value::String(text)) if !text.is_empty() => each(Held::Text(text.clone())),
        (Kind::Exact, Value::String(text)) if !text.is_empty() => each(Held::Exact(folded(text))),
        (Kind::Address, Value::String(text)) if !text.is_empty() => {
            each(Held::Exact(folded(text)));
            if let Some((before, behind)) = text.split_once('@') {
                each(Held::Exact(folded(before)));
                each(Held::Exact(folded(behind)));
            }
        }
        (Kind::Flag, Value::Bool(flag)) => each(Held::Exact(flag.to_string())),
        (Kind::Number, Value::Number(number)) => number.as_i64().into_iter().for_each(|number| each(Held::Number(number))),
        (Kind::Moment, Value::String(text)) => moments::instant(text).into_iter().for_each(|at| each(Held::Number(at))),
        (Kind::Text | Kind::Exact | Kind::Address | Kind::Flag | Kind::Number | Kind::Moment, _) => {}
    }
}

/// The form in which values are compared as a whole.
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase().chars().take(EXACT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_fields() {
        for (_, fields) in ALIASES {
            assert!(fields.iter().all(|name| field(name).is_some()), "{fields:?}");
        }
        assert!(ALIASES.iter().all(|(alias, _)| field(alias).is_none()));
        assert_eq!(named("visitor.name"), named("visitor_name"));
        assert_eq!(named("visitor").len(), 4);
        assert_eq!(named("nothing"), Vec::<&Field>::new());
    }

    #[test]
    fn documents_are_read() {
        let document = r#"{"id":"2611.1.X","type":"chat","deleted":false,"missed":true,"rating":null,"duration":12,"tags":["VIP","a b"],
            "timestamp":"2026-11-22T00:00:01Z","visitor":{"email":"Ann@Shop.test","name":"Ann","phone":"","notes":""},
            "history":[{"type":"chat.memberjoin"},{"msg":"hello","type":"chat.msg"},{"msg":""}],"response_time":{"avg":1.5,"first":2}}"#;
        let searched = read(document).unwrap();
        assert_eq!((searched.id.as_str(), searched.deleted), ("2611.1.X", false));
        assert_eq!(searched.texts, ["2611.1.X", "VIP", "a b", "Ann@Shop.test", "hello", "Ann"]);
        let of =
            |name: &str| searched.values.iter().filter(|(field, _)| field.name == name).map(|(_, held)| held.clone()).collect::<Vec<_>>();
        let exact = |text: &str| Held::Exact(text.to_owned());
        assert_eq!(of("tags"), [exact("vip"), exact("a b")]);
        assert_eq!(of("visitor_email"), [exact("ann@shop.test"), exact("ann"), exact("shop.test")]);
        assert_eq!(of("missed"), [exact("true")]);
        assert_eq!(of("message"), [Held::Text("hello".to_owned())]);
        assert_eq!(of("duration"), [Held::Number(12)]);
        assert_eq!(of("response_time.first"), [Held::Number(2)]);
        assert_eq!(of("timestamp"), [Held::Number(1_795_305_601_000_000)]);
        assert_eq!(of("rating"), []);
        for broken in ["", "7", "{}", r#"{"id":7}"#, r#"{"id":"x""#] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
