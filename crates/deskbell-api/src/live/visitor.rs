//! A visitor's side: connecting and commands.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::{IntoResponse, Response};
use deskbell_app::AppError;
use deskbell_app::commands::VisitorCommand;
use deskbell_app::customers::{Claims, Introduction};
use deskbell_app::triggers;
use deskbell_app::views::{self, VisitorState};
use deskbell_domain::chat::{ChatState, Rating};
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::field::FieldValue;
use deskbell_domain::ids::{VisitId, VisitorId, WidgetId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::trigger::Greeting;
use deskbell_http::socket::{self, Close, End, Frame, Outbox, SocketHandler};
use deskbell_store::{journal, tables};

use super::door::Door;
use super::events::{Audience, frame, reach};
use super::frames::{self, Incoming, IncomingField};
use super::hub::{Sink, VisitorConnection};
use super::{FRAME_BYTES_MAX, Inner, Live, RESUME_BYTES_MAX, RESUME_EVENTS_MAX};
use crate::wire::MessageView;
use deskbell_http::Pace;

/// Frames a visitor may send a second in the long run, and at once.
const FRAMES_PER_SECOND: u16 = 10;
const FRAMES_BURST: u16 = 60;
/// Characters of a sneak-peek.
const PEEK_CHARS_MAX: usize = 1_000;

/// The socket's door: open to all; `hello` brings the token.
pub(crate) async fn upgrade(State(live): State<Live>, upgrade: WebSocketUpgrade) -> Response {
    let stop = live.0.stop.clone();
    socket::sized(upgrade, FRAME_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let outbox = Arc::new(Outbox::new());
            let door = Door::new(live, &outbox, Pace::new(FRAMES_PER_SECOND, FRAMES_BURST));
            let handler = Handler { door, session: None };
            socket::serve(socket, outbox, handler, stop).await;
        })
        .into_response()
}

struct Handler {
    door: Door,
    session: Option<Session>,
}

impl SocketHandler for Handler {
    async fn on_text(&mut self, text: &str) {
        let Some(frame) = self.door.read(text) else { return };
        match (frame.t.as_str(), &self.session) {
            ("hello", None) => self.hello(&frame).await,
            (_, None) => self.door.refuse_stranger(&frame),
            (_, Some(session)) => {
                if let Some(answer) = session.take(&frame).await {
                    self.door.answer(answer);
                }
            }
        }
    }

    async fn on_end(&mut self, _end: End) {
        self.session = None;
    }
}

impl Handler {
    async fn hello(&mut self, frame: &Incoming) {
        let sink = self.door.greet();
        let live = &self.door.live.0;
        let known = frame.token.as_deref().and_then(|token| live.desk.visitor_tokens().check(token, live.desk.now()));
        let Some((visitor, visit)) = known else {
            let error = AppError::bad_credential("the token is not good; begin with a new visit");
            return self.door.refuse(None, &error, Close::BadCredential);
        };
        match begin(live, visitor, visit, sink, frame.epoch, frame.number).await {
            Ok(session) => self.session = Some(session),
            Err(error) => {
                frames::log("hello", &error);
                let reason = match error.kind {
                    deskbell_app::Kind::BadCredential | deskbell_app::Kind::Forbidden => Close::BadCredential,
                    _ => Close::Internal,
                };
                self.door.refuse(None, &error, reason);
            }
        }
    }
}

/// A connected visitor: in the hub and in presence until it is dropped.
pub(crate) struct Session {
    live: Arc<Inner>,
    visitor: VisitorId,
    visit: VisitId,
    connection: Arc<VisitorConnection>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.live.hub.remove_visitor(&self.connection);
        self.live.desk.presence().visitor_went(self.visitor, self.live.desk.now());
    }
}

/// Connects a visitor: welcomes him with a fresh state or with what he missed.
pub(crate) async fn begin(
    live: &Arc<Inner>,
    visitor: VisitorId,
    visit: VisitId,
    sink: Sink,
    epoch: Option<i64>,
    number: Option<i64>,
) -> Result<Session, AppError> {
    // In the hub before anything is read, so that nothing falls between.
    live.desk.presence().visitor_came(visitor, visit, live.desk.now());
    let session = Session { live: Arc::clone(live), visitor, visit, connection: live.hub.add_visitor(visitor, sink) };
    if let (Some(epoch), Some(number)) = (epoch, number)
        && epoch == live.desk.epoch()
        && session.resume(number).await?
    {
        return Ok(session);
    }
    session.start_over().await?;
    Ok(session)
}

impl Session {
    fn push(&self, text: String) {
        self.connection.sink.push_asked(Frame::from(text));
    }

    /// Reads within a snapshot, once the hub knows every conversation of the visitor that the snapshot holds.
    async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&mut deskbell_store::Tx<'_>) -> Result<T, AppError> + Clone + Send + 'static,
    ) -> Result<T, AppError> {
        let (visitor, visit) = (self.visitor, self.visit);
        loop {
            let work = work.clone();
            let (conversations, outcome) = self
                .live
                .desk
                .snapshot(move |tx| {
                    deskbell_app::visits::present(tx, visit)?;
                    Ok((tables::conversations::ids_of_visitor(tx, visitor)?, work(tx)?))
                })
                .await?;
            let mut all_known = true;
            for conversation in conversations {
                all_known &= self.live.hub.own(visitor, conversation);
            }
            // A conversation the hub did not know may have had events that were handed to nobody: read again, now that it is known.
            if all_known {
                return Ok(outcome);
            }
        }
    }

    /// Tells what was missed after `number`; `false` when that cannot be told whole.
    async fn resume(&self, number: i64) -> Result<bool, AppError> {
        let (visitor, now) = (self.visitor, self.live.desk.now());
        let missed = self
            .read(move |tx| {
                let head = tx.head()?;
                let oldest = journal::first_number(tx)?.unwrap_or(head + 1);
                if number > head || number + 1 < oldest {
                    return Ok(None);
                }
                let events: Vec<Recorded> = journal::of_visitor(tx, visitor, number, RESUME_EVENTS_MAX as i64 + 1)?;
                let live = tables::chats::live_of_visitor(tx, visitor)?;
                let events = with_greetings(tx, events, visitor, number, now)?;
                Ok(Some((head, events, live)))
            })
            .await?;
        let Some((head, events, chat)) = missed else { return Ok(false) };
        // What a merge brings is told by no event of its own.
        let merged = events.iter().any(|recorded| matches!(recorded.event, Event::ConversationMerged { .. }));
        if merged || events.len() > RESUME_EVENTS_MAX {
            return Ok(false);
        }
        let events: Vec<String> =
            events.iter().filter(|event| reach(&event.event).visitor).map(|event| frame(event, Audience::Visitor)).collect();
        if events.iter().map(String::len).sum::<usize>() > RESUME_BYTES_MAX {
            return Ok(false);
        }
        self.push(format!("{{\"t\":\"welcome\",\"epoch\":{},\"number\":{head},\"resumed\":true}}", self.live.desk.epoch()));
        for event in events {
            self.push(event);
        }
        self.note_waiting(chat.map(|chat| (chat.id, chat.state)));
        self.connection.open(head);
        Ok(true)
    }

    async fn start_over(&self) -> Result<(), AppError> {
        let (visitor, now) = (self.visitor, self.live.desk.now());
        let (state, greetings) = self.read(move |tx| Ok((views::visitor(tx, visitor)?, triggers::greetings(tx, visitor, now)?))).await?;
        self.push(welcome(&self.live, self.visit, &state, &greetings));
        self.note_waiting(state.chat.as_ref().map(|chat| (chat.id, chat.state)));
        self.connection.open(state.number);
        Ok(())
    }

    fn note_waiting(&self, chat: Option<(deskbell_domain::ids::ChatId, ChatState)>) {
        if let Some((chat, ChatState::Queued | ChatState::Offered)) = chat {
            self.live.hub.waits(self.visitor, chat);
        }
    }

    /// Takes a frame; the answer, if the frame has one.
    pub(crate) async fn take(&self, frame: &Incoming) -> Option<String> {
        if frame.t == "typing" {
            self.typing(frame.text.as_deref().unwrap_or_default());
            return None;
        }
        match command(&self.live, self.visitor, self.visit, frame).await {
            Ok(text) => Some(text),
            Err(error) => {
                frames::log(frames::known_t(&frame.t), &error);
                Some(frames::error(frame.key.as_deref(), &error))
            }
        }
    }

    fn typing(&self, text: &str) {
        let Some(conversation) = self.live.hub.latest_of(self.visitor) else { return };
        let text: String = text.chars().take(PEEK_CHARS_MAX).collect();
        let frame = serde_json::json!({"t": "typing", "conversation": conversation.to_string(), "by": "customer", "text": text});
        self.live.hub.tell_watchers(conversation, &Frame::from(frame.to_string()));
    }
}

/// Adds what triggers said to the visitor after a number: that belongs to no conversation, and so it is not among those events.
fn with_greetings(
    tx: &mut deskbell_store::Tx<'_>,
    mut events: Vec<Recorded>,
    visitor: VisitorId,
    number: i64,
    now: Timestamp,
) -> Result<Vec<Recorded>, AppError> {
    for told in triggers::greeting_numbers(tx, visitor, now)?.into_iter().filter(|told| *told > number) {
        events.extend(journal::after(tx, told - 1, 1)?);
    }
    events.sort_by_key(|recorded| recorded.number);
    Ok(events)
}

/// What triggers said to him, as a list in JSON.
fn greeting_views(greetings: &[Greeting]) -> serde_json::Value {
    let views = greetings
        .iter()
        .map(|greeting| serde_json::json!({"name": greeting.speaker, "text": greeting.text, "at": crate::wire::millis(greeting.at)}));
    views.collect()
}

fn welcome(live: &Inner, visit: VisitId, state: &VisitorState, greetings: &[Greeting]) -> String {
    let online = live.desk.figures(|figures| !figures.departments_online().is_empty());
    let queue = state.chat.as_ref().and_then(|chat| live.desk.figures(|figures| figures.queue_position(chat.id)));
    let agents: Vec<_> = state.agents.iter().map(|(agent, name)| serde_json::json!({"agent": agent.to_string(), "name": name})).collect();
    let chat = state.chat.as_ref().map(|chat| {
        serde_json::json!({
            "chat": chat.id.to_string(),
            "state": chat.state.text(),
            "department": chat.department.to_string(),
            "rating": chat.rating.map(|rating| rating.text()),
            "agents": agents,
            "reason": chat.end_reason.map(|reason| reason.text()),
        })
    });
    let messages: Vec<MessageView> = state
        .messages
        .iter()
        .map(|stored| {
            let mut view = MessageView::from(stored);
            if view.by != "customer" {
                view.key = None;
            }
            view
        })
        .collect();
    serde_json::json!({
        "t": "welcome",
        "epoch": state.epoch,
        "number": state.number,
        "resumed": false,
        "state": {
            "visit": visit.to_string(),
            "online": online,
            "conversation": state.conversation.map(|conversation| conversation.to_string()),
            "chat": chat,
            "queue": queue.map(|(position, waiting)| serde_json::json!({"position": position, "waiting": waiting})),
            "read": {
                "customer": state.read_by_customer.map(|message| message.to_string()),
                "agent": state.read_by_agent.map(|message| message.to_string()),
            },
            "messages": messages,
            "greetings": greeting_views(greetings),
        },
    })
    .to_string()
}

/// Carries out a command of a visitor.
pub(crate) async fn command(live: &Arc<Inner>, visitor: VisitorId, visit: VisitId, frame: &Incoming) -> Result<String, AppError> {
    let command = parse(frame)?;
    let key = match command {
        VisitorCommand::Read { .. } | VisitorCommand::Page { .. } => frame.key.clone(),
        VisitorCommand::Chat { .. }
        | VisitorCommand::Send { .. }
        | VisitorCommand::LeaveMessage { .. }
        | VisitorCommand::End
        | VisitorCommand::Rate { .. } => Some(frame.needed_key()?),
    };
    let done = live.desk.visitor_command(visitor, visit, key.clone(), command).await?;
    Ok(frames::ok(key.as_deref(), &done))
}

fn parse(frame: &Incoming) -> Result<VisitorCommand, AppError> {
    let introduction = || {
        let said = Introduction::new(frame.name.as_deref(), frame.email.as_deref())?;
        let values = |fields: &[IncomingField]| fields.iter().map(FieldValue::from).collect();
        let claims = Claims::new(frame.phone.as_deref(), values(&frame.fields), values(&frame.ticket_fields))?;
        // A page may name a widget that is gone: that is no reason to turn the visitor away.
        let widget = frame.widget.as_deref().and_then(WidgetId::parse);
        Ok::<_, AppError>(Introduction { widget, claims, skills: frame.skills.clone().unwrap_or_default(), ..said })
    };
    Ok(match frame.t.as_str() {
        "chat" => VisitorCommand::Chat { department: frame.department()?, introduction: introduction()?, text: frame.text.clone() },
        "send" => VisitorCommand::Send { text: frame.text.clone().unwrap_or_default(), file: frame.file.clone() },
        "offline" => VisitorCommand::LeaveMessage {
            department: frame.department()?,
            introduction: introduction()?,
            text: frame.text.clone().ok_or_else(|| AppError::missing("text is missing"))?,
        },
        "end" => VisitorCommand::End,
        "rate" => {
            let rating = match frame.rating.as_ref().ok_or_else(|| AppError::missing("rating is missing"))?.as_deref() {
                None => None,
                Some(word) => Some(Rating::parse(word).ok_or_else(|| AppError::invalid("rating must be good, bad or null"))?),
            };
            VisitorCommand::Rate { rating, comment: frame.comment.clone() }
        }
        "read" => VisitorCommand::Read { message: frame.message()? },
        "page" => VisitorCommand::Page {
            url: frame.url.clone().ok_or_else(|| AppError::missing("url is missing"))?,
            title: frame.title.clone().unwrap_or_default(),
        },
        _ => return Err(AppError::invalid("unknown kind of frame")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_asks_for_skills() {
        for (frame, wanted) in
            [(r#"{"t":"chat","key":"k","skills":["French","VIP"]}"#, vec!["French", "VIP"]), (r#"{"t":"chat","key":"k"}"#, vec![])]
        {
            let command = parse(&Incoming::parse(frame).unwrap()).unwrap();
            assert!(matches!(command, VisitorCommand::Chat { introduction, .. } if introduction.skills == wanted), "{frame}");
        }
    }
}
