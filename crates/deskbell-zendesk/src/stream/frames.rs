//! Frames of the real-time socket: what clients say, read with bounded work, and what they are told beside the figures themselves.

use std::borrow::Cow;

use deskbell_app::AppError;
use deskbell_http::socket::Frame;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access;
use crate::stream::answers::Question;
use crate::topics::{self, Family, Shown, TOPICS};

/// Bytes of one incoming frame, at most.
pub(super) const FRAME_BYTES_MAX: usize = 64 * 1024;
/// What clients of the original take for "the server does not know such a message".
const NOT_UNDERSTOOD: u16 = 500;
/// The values of `window`, with their places in the table of windows.
pub(super) const WINDOWS: [(&str, usize); 2] = [("30", 0), ("60", 1)];
/// What every client gets to read whose token is missing or wrong.
pub(super) const UNVERIFIED: &str = "Unable to verify the identity of the client";

/// The first frame of a client whose token is good.
pub(super) const AUTHENTICATED: &str = r#"{"status_code":200,"message":{"authenticated":true}}"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Subscribe,
    Unsubscribe,
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) action: Action,
    pub(super) shown: Shown,
    window: Option<usize>,
    pub(super) department: Option<i64>,
}

impl Incoming {
    /// One question for each figure: a frame holds one figure, whatever was asked for together.
    pub(super) fn questions(&self) -> Vec<Question> {
        let question = |place: usize| Question {
            shown: Shown::One(place),
            department: self.department,
            window: self.window.filter(|_| TOPICS[place].windowed()),
        };
        self.shown.places().map(question).collect()
    }
}

/// A refusal that is told in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Refusal {
    pub(super) status_code: u16,
    pub(super) message: Cow<'static, str>,
}

impl Refusal {
    fn not_understood(message: &'static str) -> Refusal {
        Refusal { status_code: NOT_UNDERSTOOD, message: Cow::Borrowed(message) }
    }

    pub(super) fn binary() -> Refusal {
        Refusal::not_understood("The message is not understood: send JSON as text")
    }

    pub(super) fn unverified() -> Refusal {
        Refusal { status_code: 401, message: Cow::Borrowed(UNVERIFIED) }
    }

    /// As a frame.
    pub(super) fn frame(&self) -> Frame {
        Frame::from(serde_json::to_string(self).expect("a number and a text are JSON"))
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Refusal {
        Refusal { status_code: access::status_of(error.kind), message: error.public }
    }
}

/// As it is written. Numbers may come as texts, as some clients send them.
#[derive(Deserialize)]
struct Written {
    topic: Option<String>,
    action: Option<String>,
    window: Option<Value>,
    department_id: Option<Value>,
}

/// Reads a frame.
pub(super) fn parse(bytes: &[u8]) -> Result<Incoming, Refusal> {
    let malformed = |_| Refusal::not_understood("The message is not understood: it must be a JSON object with the texts topic and action");
    let written: Written = serde_json::from_slice(bytes).map_err(malformed)?;
    let (Some(topic), Some(action)) = (written.topic, written.action) else {
        return Err(Refusal::not_understood("The message is not understood: topic and action are mandatory"));
    };
    let action = match action.trim() {
        "subscribe" => Action::Subscribe,
        "unsubscribe" => Action::Unsubscribe,
        _ => return Err(Refusal::not_understood("The message is not understood: action must be subscribe or unsubscribe")),
    };
    let shown = shown(topic.trim()).ok_or_else(|| AppError::not_found("There is no such metric"))?;
    let window = match shown.family() {
        Family::Chats => window(written.window.as_ref())?,
        // As in a request: there it means nothing.
        Family::Agents => None,
    };
    Ok(Incoming { action, shown, window, department: department(written.department_id.as_ref())? })
}

/// `chats.active_chats`, or a family's name for all of it.
fn shown(topic: &str) -> Option<Shown> {
    let family = |name: &str| [Family::Chats, Family::Agents].into_iter().find(|family| family.text() == name);
    match topic.split_once('.') {
        None => family(topic).map(Shown::All),
        Some((name, key)) => topics::find(family(name)?, key).map(Shown::One),
    }
}

fn window(written: Option<&Value>) -> Result<Option<usize>, AppError> {
    let refused = || AppError::invalid("window must be one of 30, 60");
    let text = match written {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => Cow::Borrowed(text.trim()),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => return Err(refused()),
    };
    if text.is_empty() {
        return Ok(None);
    }
    WINDOWS.iter().find(|(minutes, _)| *minutes == text).map(|(_, place)| Some(*place)).ok_or_else(refused)
}

fn department(written: Option<&Value>) -> Result<Option<i64>, AppError> {
    let id = match written {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
    };
    id.map(Some).ok_or_else(|| AppError::invalid("department_id must be an integer"))
}

/// What the reading of frames promises, whatever the bytes are: it ends, and a refusal is a frame of JSON with a status that clients take
/// for one; what is understood means figures that exist.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn holds(bytes: &[u8]) {
    match parse(bytes) {
        Err(refusal) => {
            assert!([400, 404, 500].contains(&refusal.status_code), "{refusal:?}");
            let frame: Value = serde_json::from_str(&refusal.frame()).expect("a refusal is JSON");
            assert_eq!(frame["status_code"], refusal.status_code);
            assert!(frame["message"].as_str().is_some_and(|message| !message.is_empty()), "{frame}");
        }
        Ok(incoming) => {
            let questions = incoming.questions();
            assert!((1..=TOPICS.len()).contains(&questions.len()), "{incoming:?}");
            for question in questions {
                let Shown::One(place) = question.shown else { panic!("one figure a frame: {question:?}") };
                assert_eq!(TOPICS[place].family(), incoming.shown.family());
                assert!(question.window.is_none_or(|window| window < WINDOWS.len() && TOPICS[place].windowed()), "{question:?}");
                assert_eq!(question.department, incoming.department);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(key: &str) -> usize {
        TOPICS.iter().position(|topic| topic.key == key).unwrap()
    }

    #[test]
    fn what_is_understood() {
        let one = |key: &str| Shown::One(place(key));
        let of = |action, shown, window, department| Ok(Incoming { action, shown, window, department });
        for (text, wanted) in [
            (r#"{"topic":"chats.waiting_time_max","action":"subscribe"}"#, of(Action::Subscribe, one("waiting_time_max"), None, None)),
            ("{\"topic\":\"chats.incoming_chats\\t\",\"action\":\"subscribe\"}", of(Action::Subscribe, one("incoming_chats"), None, None)),
            (
                r#"{"topic":"chats.missed_chats","action":"unsubscribe","window":30,"department_id":123}"#,
                of(Action::Unsubscribe, one("missed_chats"), Some(0), Some(123)),
            ),
            (
                r#"{"topic":"chats.missed_chats","action":"subscribe","window":"60","department_id":"0"}"#,
                of(Action::Subscribe, one("missed_chats"), Some(1), Some(0)),
            ),
            (
                r#"{"topic":" chats ","action":"subscribe","window":null,"department_id":null,"more":[{}]}"#,
                of(Action::Subscribe, Shown::All(Family::Chats), None, None),
            ),
            (
                r#"{"topic":"agents","action":"subscribe","window":7,"department_id":-5}"#,
                of(Action::Subscribe, Shown::All(Family::Agents), None, Some(-5)),
            ),
            (
                r#"{"topic":"\u0061gents.agents_away","action":"subscribe","department_id":""}"#,
                of(Action::Subscribe, one("agents_away"), None, None),
            ),
        ] {
            assert_eq!(parse(text.as_bytes()), wanted, "{text}");
            holds(text.as_bytes());
        }
    }

    #[test]
    fn a_family_is_its_figures_and_a_window_concerns_windowed_ones() {
        let incoming = parse(br#"{"topic":"chats","action":"subscribe","window":60}"#).unwrap();
        let questions = incoming.questions();
        assert_eq!(questions.len(), 12);
        let windowed: Vec<Option<usize>> = questions.iter().map(|question| question.window).filter(Option::is_some).collect();
        assert_eq!(windowed, [Some(1); 3]);
        let plain = parse(br#"{"topic":"chats.active_chats","action":"subscribe","window":60}"#).unwrap();
        assert_eq!(plain.questions()[0].window, None, "the same subscription with and without");
    }

    #[test]
    fn what_is_refused() {
        let deep = format!(r#"{{"topic":"chats","action":"subscribe","more":{}}}"#, "[".repeat(10_000));
        for (text, status) in [
            ("", 500),
            ("no JSON", 500),
            ("null", 500),
            ("[]", 500),
            ("\"chats\"", 500),
            ("{}", 500),
            (&deep, 500),
            (r#"{"topic":"chats"}"#, 500),
            (r#"{"action":"subscribe"}"#, 500),
            (r#"{"topic":["chats"],"action":"subscribe"}"#, 500),
            (r#"{"topic":"chats","action":"destroy"}"#, 500),
            (r#"{"topic":"chats","topic":"agents","action":"subscribe"}"#, 500),
            (r#"{"topic":"","action":"subscribe"}"#, 404),
            (r#"{"topic":"visitors","action":"subscribe"}"#, 404),
            (r#"{"topic":"chats.","action":"subscribe"}"#, 404),
            (r#"{"topic":"chats.agents_online","action":"subscribe"}"#, 404),
            (r#"{"topic":"chats.active_chats.x","action":"subscribe"}"#, 404),
            (r#"{"topic":"chats\u0000","action":"subscribe"}"#, 404),
            (r#"{"topic":"chats","action":"subscribe","window":31}"#, 400),
            (r#"{"topic":"chats","action":"subscribe","window":30.0}"#, 400),
            (r#"{"topic":"chats","action":"subscribe","window":[30]}"#, 400),
            (r#"{"topic":"chats","action":"subscribe","department_id":1.5}"#, 400),
            (r#"{"topic":"chats","action":"subscribe","department_id":"sales"}"#, 400),
            (r#"{"topic":"chats","action":"subscribe","department_id":99999999999999999999}"#, 400),
            (r#"{"topic":"agents","action":"subscribe","department_id":true}"#, 400),
        ] {
            assert_eq!(parse(text.as_bytes()).map_err(|refusal| refusal.status_code), Err(status), "{text:.80}");
            holds(text.as_bytes());
        }
        holds(b"\xff\xfe{");
    }
}
