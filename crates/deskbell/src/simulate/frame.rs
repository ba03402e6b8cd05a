//! Frames of the server, as far as they matter here.

use serde::Deserialize;
use serde_json::value::RawValue;

/// Any frame or event. Identifiers and words need no escapes, so they are borrowed; texts are not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Frame<'a> {
    pub(super) t: &'a str,
    pub(super) e: &'a str,
    /// An event's number.
    pub(super) n: i64,
    /// The journal's number in `welcome` and `ok`.
    pub(super) number: i64,
    pub(super) epoch: i64,
    pub(super) resumed: bool,
    pub(super) key: Option<&'a str>,
    pub(super) code: Option<&'a str>,
    pub(super) conversation: Option<&'a str>,
    pub(super) chat: Option<&'a str>,
    pub(super) agent: Option<&'a str>,
    pub(super) by: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) outcome: Option<&'a str>,
    /// A message's id in events, a sentence in errors.
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) state: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    pub(super) upto: i64,
    pub(super) more: bool,
    #[serde(borrow)]
    pub(super) events: Vec<Frame<'a>>,
}

impl Frame<'_> {
    pub(super) fn parse(text: &str) -> Option<Frame<'_>> {
        serde_json::from_str(text).ok()
    }

    /// The message's id.
    pub(super) fn message_id(&self) -> Option<&str> {
        let raw = self.message?.get();
        raw.strip_prefix('"')?.strip_suffix('"')
    }

    /// The number that its text begins with, if one of us wrote it.
    pub(super) fn text_number(&self) -> Option<u64> {
        let raw = self.text?.get().strip_prefix("\"#")?;
        raw.split(' ').next()?.parse().ok()
    }
}

/// A visitor's state.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct VisitorState<'a> {
    #[serde(borrow)]
    pub(super) conversation: Option<&'a str>,
    #[serde(borrow)]
    pub(super) chat: Option<ChatState<'a>>,
    #[serde(borrow)]
    pub(super) messages: Vec<Frame<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChatState<'a> {
    pub(super) chat: &'a str,
    pub(super) state: &'a str,
}

/// An agent's state.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AgentState<'a> {
    #[serde(borrow)]
    pub(super) chats: Vec<LiveChat<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LiveChat<'a> {
    pub(super) chat: &'a str,
    pub(super) conversation: &'a str,
    #[serde(borrow)]
    pub(super) agents: Vec<&'a str>,
    #[serde(borrow)]
    pub(super) offers: Vec<Offer<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Offer<'a> {
    pub(super) agent: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read() {
        let text = r##"{"t":"event","n":7,"at":1,"e":"message.added","conversation":"abc","chat":null,"message":"m1","kind":"message",
            "by":"agent","agent":"a1","name":"A \"B\"","text":"#12 \"quoted\"","file":null,"key":"k"}"##;
        let frame = Frame::parse(text).unwrap();
        assert_eq!((frame.n, frame.message_id(), frame.text_number(), frame.key), (7, Some("m1"), Some(12), Some("k")));
        let error = Frame::parse(r#"{"t":"error","code":"conflict","message":"no \"chat\""}"#).unwrap();
        assert_eq!((error.code, error.key), (Some("conflict"), None));
        let state = r#"{"conversation":null,"chat":null,"queue":null,"read":{"customer":null},"messages":[]}"#;
        let welcome = format!(r#"{{"t":"welcome","epoch":5,"number":9,"resumed":false,"state":{state}}}"#);
        let welcome = Frame::parse(&welcome).unwrap();
        let state: VisitorState<'_> = serde_json::from_str(welcome.state.unwrap().get()).unwrap();
        assert!(state.chat.is_none() && welcome.number == 9);
        let history = Frame::parse(r#"{"t":"history","conversation":"c","upto":4,"events":[{"n":3,"e":"chat.ended"}]}"#).unwrap();
        assert_eq!((history.upto, history.events.len(), history.more), (4, 1, false));
        assert!(Frame::parse("{").is_none());
    }
}
