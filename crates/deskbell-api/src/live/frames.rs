//! Frames of clients, parsed; and the answers to them.

use deskbell_app::commands::Done;
use deskbell_app::{AppError, Kind};
use deskbell_domain::field::FieldValue;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, DepartmentId, MessageId};
use serde::{Deserialize, Deserializer};

/// Any frame of a client: what a kind of frame does not use is ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Incoming {
    pub(crate) t: String,
    pub(crate) key: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) epoch: Option<i64>,
    pub(crate) number: Option<i64>,
    pub(crate) department: Option<String>,
    pub(crate) widget: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) fields: Vec<IncomingField>,
    pub(crate) ticket_fields: Vec<IncomingField>,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) file: Option<String>,
    /// Given as null (take it back), or not given at all.
    #[serde(deserialize_with = "present")]
    pub(crate) rating: Option<Option<String>>,
    pub(crate) comment: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) conversation: Option<String>,
    pub(crate) chat: Option<String>,
    pub(crate) after: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) status: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) skills: Option<Vec<String>>,
    pub(crate) agent: Option<String>,
    pub(crate) typing: Option<bool>,
}

/// A value of an added field that a page hands over.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct IncomingField {
    code: String,
    value: String,
}

impl From<&IncomingField> for FieldValue {
    fn from(field: &IncomingField) -> FieldValue {
        FieldValue { code: field.code.clone(), value: field.value.clone() }
    }
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

impl Incoming {
    pub(crate) fn parse(text: &str) -> Result<Incoming, AppError> {
        let frame: Incoming =
            serde_json::from_str(text).map_err(|error| AppError::invalid(format!("the frame cannot be read: {error}")))?;
        if frame.t.is_empty() {
            return Err(AppError::invalid("the frame has no t"));
        }
        Ok(frame)
    }

    /// The key of a command that must have one.
    pub(crate) fn needed_key(&self) -> Result<String, AppError> {
        self.key.clone().ok_or_else(|| AppError::missing("key is missing"))
    }

    pub(crate) fn conversation(&self) -> Result<ConversationId, AppError> {
        let text = self.conversation.as_deref().ok_or_else(|| AppError::missing("conversation is missing"))?;
        ConversationId::parse(text).ok_or_else(|| AppError::not_found("no such conversation"))
    }

    pub(crate) fn chat(&self) -> Result<ChatId, AppError> {
        let text = self.chat.as_deref().ok_or_else(|| AppError::missing("chat is missing"))?;
        ChatId::parse(text).ok_or_else(|| AppError::not_found("no such chat"))
    }

    pub(crate) fn message(&self) -> Result<MessageId, AppError> {
        let text = self.message.as_deref().ok_or_else(|| AppError::missing("message is missing"))?;
        MessageId::parse(text).ok_or_else(|| AppError::not_found("no such message"))
    }

    pub(crate) fn agent(&self) -> Result<Option<AgentId>, AppError> {
        match self.agent.as_deref() {
            None => Ok(None),
            Some(text) => AgentId::parse(text).map(Some).ok_or_else(|| AppError::not_found("no such agent")),
        }
    }

    pub(crate) fn department(&self) -> Result<Option<DepartmentId>, AppError> {
        match self.department.as_deref() {
            None => Ok(None),
            Some(text) => DepartmentId::parse(text).map(Some).ok_or_else(|| AppError::not_found("no such department")),
        }
    }
}

/// The answer to a command that was carried out.
pub(crate) fn ok(key: Option<&str>, done: &Done) -> String {
    let mut frame = serde_json::json!({"t": "ok", "key": key, "number": done.number});
    if let Some(fields) = frame.as_object_mut() {
        if let Some(conversation) = done.conversation {
            fields.insert("conversation".to_owned(), conversation.to_string().into());
        }
        if let Some(chat) = done.chat {
            fields.insert("chat".to_owned(), chat.to_string().into());
        }
        if let Some(state) = done.state {
            fields.insert("state".to_owned(), state.text().into());
        }
        if let Some(message) = done.message {
            fields.insert("message".to_owned(), message.to_string().into());
        }
    }
    frame.to_string()
}

/// The answer to one that was not.
pub(crate) fn error(key: Option<&str>, error: &AppError) -> String {
    let mut frame = serde_json::json!({"t": "error", "code": error.kind.code(), "message": error.public});
    if let (Some(key), Some(fields)) = (key, frame.as_object_mut()) {
        fields.insert("key".to_owned(), key.into());
    }
    if let (Some(seconds), Some(fields)) = (error.retry_after_seconds, frame.as_object_mut()) {
        fields.insert("retry_after_seconds".to_owned(), seconds.into());
    }
    frame.to_string()
}

/// Logs an error of a frame: once, here.
pub(crate) fn log(t: &str, error: &AppError) {
    match error.kind {
        Kind::Internal => {
            tracing::error!(live.frame = t, error.kind = error.kind.code(), error.internal = error.internal.as_deref(), "a frame failed");
        }
        Kind::Unavailable | Kind::StorageFull => {
            tracing::warn!(
                live.frame = t,
                error.kind = error.kind.code(),
                error.internal = error.internal.as_deref(),
                "a frame was refused"
            );
        }
        Kind::Invalid
        | Kind::Missing
        | Kind::NoCredential
        | Kind::BadCredential
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Conflict
        | Kind::Offline
        | Kind::TooLarge
        | Kind::RateLimited => {
            tracing::debug!(
                live.frame = t,
                error.kind = error.kind.code(),
                error.internal = error.internal.as_deref(),
                "a frame was refused"
            );
        }
    }
}

/// The kinds of frames, for the log: what a client wrote is not repeated there.
pub(crate) fn known_t(t: &str) -> &'static str {
    const KNOWN: [&str; 26] = [
        "hello", "ping", "chat", "send", "offline", "end", "rate", "read", "typing", "page", "watch", "unwatch", "status", "accept",
        "decline", "tags", "transfer", "invite", "leave", "resolve", "reopen", "skills", "poll", "upload", "visit", "download",
    ];
    KNOWN.into_iter().find(|known| *known == t).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_or_refused() {
        let frame = Incoming::parse(r#"{"t":"rate","key":"k","rating":null,"later":1}"#).unwrap();
        assert_eq!(frame.rating, Some(None));
        assert_eq!(Incoming::parse(r#"{"t":"rate"}"#).unwrap().rating, None);
        for wrong in ["", "{}", "[]", "7", r#"{"t":7}"#, r#"{"t":"send","text":{}}"#, r#"{"t":"x""#] {
            assert_eq!(Incoming::parse(wrong).unwrap_err().kind, Kind::Invalid, "{wrong}");
        }
    }

    #[test]
    fn fields_are_codes_and_values() {
        let frame = Incoming::parse(r#"{"t":"chat","fields":[{"code":"a","value":"1","more":2},{}],"phone":"+1"}"#).unwrap();
        let fields: Vec<FieldValue> = frame.fields.iter().map(FieldValue::from).collect();
        assert_eq!(fields[0], FieldValue { code: "a".to_owned(), value: "1".to_owned() });
        assert_eq!((fields.len(), frame.ticket_fields.len(), frame.phone.as_deref()), (2, 0, Some("+1")));
        for wrong in [r#"{"t":"chat","fields":{}}"#, r#"{"t":"chat","fields":[1]}"#, r#"{"t":"chat","fields":[{"code":1}]}"#] {
            assert_eq!(Incoming::parse(wrong).unwrap_err().kind, Kind::Invalid, "{wrong}");
        }
    }

    #[test]
    fn skills_are_words() {
        assert_eq!(Incoming::parse(r#"{"t":"chat","skills":["VIP",""]}"#).unwrap().skills.unwrap(), ["VIP", ""]);
        assert_eq!(Incoming::parse(r#"{"t":"chat","skills":null}"#).unwrap().skills, None);
        for wrong in [r#"{"t":"chat","skills":"VIP"}"#, r#"{"t":"chat","skills":[1]}"#, r#"{"t":"chat","skills":{}}"#] {
            assert_eq!(Incoming::parse(wrong).unwrap_err().kind, Kind::Invalid, "{wrong}");
        }
    }

    #[test]
    fn answers() {
        let done = Done { number: 5, ..Done::default() };
        assert_eq!(ok(Some("k"), &done), r#"{"t":"ok","key":"k","number":5}"#);
        assert_eq!(error(None, &AppError::missing("key is missing")), r#"{"t":"error","code":"missing","message":"key is missing"}"#);
    }
}
