//! An agent's side: connecting, watching, commands.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use deskbell_app::AppError;
use deskbell_app::chats::transfer::Target;
use deskbell_app::commands::AgentCommand;
use deskbell_app::conversations::{Change, Writing};
use deskbell_app::rights::Principal;
use deskbell_app::views;
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::event::Recorded;
use deskbell_domain::ids::{AgentId, ConversationId};
use deskbell_http::socket::{self, Close, End, Frame, Outbox, SocketHandler};
use deskbell_store::{journal, tables};

use super::door::Door;
use super::events::{Audience, bare, frame, reach};
use super::frames::{self, Incoming};
use super::hub::{AgentConnection, Sink};
use super::{FRAME_BYTES_MAX, HISTORY_BYTES_MAX, HISTORY_EVENTS_MAX, Inner, Live, RESUME_BYTES_MAX, RESUME_EVENTS_MAX};
use crate::wire::{AgentView, DepartmentView, LiveCallView, LiveChatView, moment};
use deskbell_http::Pace;

/// Frames a console may send a second in the long run, and at once.
const FRAMES_PER_SECOND: u16 = 100;
const FRAMES_BURST: u16 = 400;

/// The socket's door: the cookie says who it is, the origin that it is our own page.
pub(crate) async fn upgrade(State(live): State<Live>, upgrade: WebSocketUpgrade, request: Request) -> Response {
    let headers = request.headers();
    if let Err(error) = super::http::own_page(headers, live.0.public_url.as_deref()) {
        return super::http::refused(&error);
    }
    let secret = super::http::session_cookie(headers);
    let agent = match super::http::signed_in(&live, secret.as_deref()).await {
        Ok(Principal::Agent { agent, .. }) => agent,
        Ok(_) => return super::http::refused(&AppError::no_credential("sign in first")),
        Err(error) => return super::http::refused(&error),
    };
    let stop = live.0.stop.clone();
    socket::sized(upgrade, FRAME_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let outbox = Arc::new(Outbox::new());
            let door = Door::new(live, &outbox, Pace::new(FRAMES_PER_SECOND, FRAMES_BURST));
            let handler = Handler { door, agent, secret: secret.unwrap_or_default(), session: None };
            socket::serve(socket, outbox, handler, stop).await;
        })
        .into_response()
}

struct Handler {
    door: Door,
    agent: AgentId,
    /// Of the console's session: it may end before the socket does.
    secret: String,
    session: Option<Session>,
}

impl SocketHandler for Handler {
    async fn on_text(&mut self, text: &str) {
        let Some(frame) = self.door.read(text) else { return };
        let live = &self.door.live.0;
        if let Ok(None) = live.desk.credential(&self.secret).await {
            let error = AppError::bad_credential("the session has ended; sign in again");
            return self.door.refuse(frame.key.as_deref(), &error, Close::BadCredential);
        }
        match (frame.t.as_str(), &self.session) {
            ("hello", None) => match begin(live, self.agent, Some(&self.secret), self.door.greet(), frame.epoch, frame.number).await {
                Ok(session) => self.session = Some(session),
                Err(error) => {
                    frames::log("hello", &error);
                    self.door.refuse(None, &error, Close::Internal);
                }
            },
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

/// A connected console: in the hub and in presence until it is dropped.
pub(crate) struct Session {
    live: Arc<Inner>,
    agent: AgentId,
    /// As visitors see it.
    name: String,
    connection: Arc<AgentConnection>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.live.hub.remove_agent(&self.connection);
        self.live.desk.presence().agent_went(self.agent, self.live.desk.now());
    }
}

/// Connects a console: welcomes it with a fresh state or with what it missed.
pub(crate) async fn begin(
    live: &Arc<Inner>,
    agent: AgentId,
    secret: Option<&str>,
    sink: Sink,
    epoch: Option<i64>,
    number: Option<i64>,
) -> Result<Session, AppError> {
    // In the hub before anything is read, so that nothing falls between.
    let mut session = Session { live: Arc::clone(live), agent, name: String::new(), connection: live.hub.add_agent(agent, sink, secret) };
    session.name = live.desk.agent_came(agent).await?.display_name();
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

    /// Tells what was missed after `number`; `false` when that cannot be told whole.
    async fn resume(&self, number: i64) -> Result<bool, AppError> {
        let missed = self
            .live
            .desk
            .snapshot(move |tx| {
                let head = tx.head()?;
                let oldest = journal::first_number(tx)?.unwrap_or(head + 1);
                if number > head || number + 1 < oldest || head - number > RESUME_EVENTS_MAX as i64 * 4 {
                    return Ok(None);
                }
                let events: Vec<Recorded> = journal::after(tx, number, head - number)?;
                Ok(Some((head, events)))
            })
            .await?;
        let Some((head, events)) = missed else { return Ok(false) };
        let events: Vec<String> =
            events.iter().filter(|event| reach(&event.event).desk).map(|event| frame(event, Audience::Agent)).collect();
        if events.len() > RESUME_EVENTS_MAX || events.iter().map(String::len).sum::<usize>() > RESUME_BYTES_MAX {
            return Ok(false);
        }
        self.push(format!("{{\"t\":\"welcome\",\"epoch\":{},\"number\":{head},\"resumed\":true}}", self.live.desk.epoch()));
        for event in events {
            self.push(event);
        }
        self.connection.open(head);
        Ok(true)
    }

    async fn start_over(&self) -> Result<(), AppError> {
        let state = self.live.desk.snapshot(views::desk).await?;
        let agents: Vec<AgentView> = state.agents.iter().map(|agent| AgentView::new(agent, &state.memberships)).collect();
        let own = self.agent.to_string();
        let settings = self.live.desk.settings();
        let frame = serde_json::json!({
            "t": "welcome",
            "epoch": state.epoch,
            "number": state.number,
            "resumed": false,
            "state": {
                "me": agents.iter().find(|agent| agent.agent == own),
                "agents": agents,
                "departments": state.departments.iter().map(DepartmentView::from).collect::<Vec<_>>(),
                "calls": state.calls.iter().map(LiveCallView::from).collect::<Vec<_>>(),
                "chats": state.chats.iter().map(LiveChatView::from).collect::<Vec<_>>(),
                "settings": {"name": settings.name, "accent": settings.accent},
            },
        });
        self.push(frame.to_string());
        self.connection.open(state.number);
        Ok(())
    }

    /// Takes a frame; the answer, if the frame has one.
    pub(crate) async fn take(&self, frame: &Incoming) -> Option<String> {
        let answer = match frame.t.as_str() {
            "watch" => match self.watch(frame).await {
                Ok(()) => return None,
                Err(error) => Err(error),
            },
            "unwatch" => match frame.conversation() {
                Ok(conversation) => {
                    self.live.hub.unwatch(&self.connection, conversation);
                    return None;
                }
                Err(error) => Err(error),
            },
            "typing" => match self.typing(frame) {
                Ok(()) => return None,
                Err(error) => Err(error),
            },
            _ => command(&self.live, self.agent, frame).await,
        };
        match answer {
            Ok(text) => Some(text),
            Err(error) => {
                frames::log(frames::known_t(&frame.t), &error);
                Some(frames::error(frame.key.as_deref(), &error))
            }
        }
    }

    /// Sends the conversation's events after a number, and from then on those that come.
    pub(crate) async fn watch(&self, frame: &Incoming) -> Result<(), AppError> {
        let conversation = frame.conversation()?;
        let after = frame.after.unwrap_or(0);
        if !self.live.hub.watch(&self.connection, conversation) {
            return Err(AppError::too_large("too many conversations are watched; unwatch some"));
        }
        let read = self
            .live
            .desk
            .snapshot(move |tx| {
                tables::conversations::get(tx, conversation)?.ok_or_else(|| AppError::not_found("no such conversation"))?;
                let head = tx.head()?;
                Ok((head, journal::of_conversation(tx, conversation, after, HISTORY_EVENTS_MAX as i64 + 1)?))
            })
            .await;
        let (head, events) = match read {
            Ok(read) => read,
            Err(error) => {
                self.live.hub.unwatch(&self.connection, conversation);
                return Err(error);
            }
        };
        self.tell_history(conversation, after, head, &events);
        Ok(())
    }

    fn tell_history(&self, conversation: ConversationId, after: i64, head: i64, events: &[Recorded]) {
        let mut text = String::new();
        let mut told = after;
        let mut whole = true;
        for (place, event) in events.iter().enumerate() {
            let event_text = bare(event, Audience::Agent);
            if place >= HISTORY_EVENTS_MAX || (place > 0 && text.len() + event_text.len() > HISTORY_BYTES_MAX) {
                whole = false;
                break;
            }
            if place > 0 {
                text.push(',');
            }
            text.push_str(&event_text);
            told = event.number;
        }
        let upto = if whole { head } else { told };
        let more = if whole { "" } else { ",\"more\":true" };
        self.push(format!("{{\"t\":\"history\",\"conversation\":\"{conversation}\",\"upto\":{upto}{more},\"events\":[{text}]}}"));
        if whole {
            self.connection.open_watch(conversation, upto);
        } else {
            // The client asks for the rest with another watch, which brings what comes meanwhile too.
            self.live.hub.unwatch(&self.connection, conversation);
        }
    }

    fn typing(&self, frame: &Incoming) -> Result<(), AppError> {
        let conversation = frame.conversation()?;
        if frame.typing == Some(false) || !self.live.hub.watches(&self.connection, conversation) {
            return Ok(());
        }
        let text = serde_json::json!({"t": "typing", "conversation": conversation.to_string(), "by": "agent", "name": self.name});
        self.live.hub.tell_visitor(conversation, &Frame::from(text.to_string()));
        Ok(())
    }
}

/// Carries out a command of an agent.
pub(crate) async fn command(live: &Arc<Inner>, agent: AgentId, frame: &Incoming) -> Result<String, AppError> {
    let key = if frame.t == "read" { frame.key.clone() } else { Some(frame.needed_key()?) };
    let command = parse(live, agent, frame)?;
    let done = live.desk.agent_command(agent, key.clone(), command).await?;
    Ok(frames::ok(key.as_deref(), &done))
}

fn parse(live: &Inner, agent: AgentId, frame: &Incoming) -> Result<AgentCommand, AppError> {
    Ok(match frame.t.as_str() {
        "status" => {
            let word = frame.status.as_deref().ok_or_else(|| AppError::missing("status is missing"))?;
            let preset =
                AgentStatus::from_word(word).ok_or_else(|| AppError::invalid("status must be online, away, invisible or offline"))?;
            AgentCommand::Status { preset, connected: live.desk.presence().agent_is_here(agent) }
        }
        "accept" => AgentCommand::Accept { chat: frame.chat()? },
        "decline" => AgentCommand::Decline { chat: frame.chat()? },
        "leave" => AgentCommand::Leave { chat: frame.chat()? },
        "end" => AgentCommand::End { chat: frame.chat()? },
        "transfer" => {
            let target = match (frame.agent()?, frame.department()?) {
                (Some(agent), None) => Target::Agent(agent),
                (None, Some(department)) => Target::Department(department),
                _ => return Err(AppError::invalid("give an agent or a department")),
            };
            AgentCommand::Transfer { chat: frame.chat()?, target }
        }
        "invite" => {
            let agent = frame.agent()?.ok_or_else(|| AppError::missing("agent is missing"))?;
            AgentCommand::Invite { chat: frame.chat()?, agent }
        }
        "skills" => {
            let skills = frame.skills.clone().ok_or_else(|| AppError::missing("skills is missing"))?;
            AgentCommand::Skills { chat: frame.chat()?, skills }
        }
        "send" => {
            let writing = match frame.kind.as_deref() {
                None | Some("message") => Writing::Message,
                Some("note") => Writing::Note,
                Some(_) => return Err(AppError::invalid("kind must be message or note")),
            };
            let text = frame.text.clone().unwrap_or_default();
            AgentCommand::Send { conversation: frame.conversation()?, writing, text, file: frame.file.clone() }
        }
        "tags" => {
            let tags = frame.tags.clone().ok_or_else(|| AppError::missing("tags is missing"))?;
            AgentCommand::Tags { conversation: frame.conversation()?, tags }
        }
        "resolve" => AgentCommand::ChangeStatus { conversation: frame.conversation()?, change: Change::Resolve },
        "reopen" => AgentCommand::ChangeStatus { conversation: frame.conversation()?, change: Change::Open },
        "postpone" => {
            let until = frame.until.ok_or_else(|| AppError::missing("until is missing"))?;
            let until = moment(until).ok_or_else(|| AppError::invalid("until must be milliseconds since 1970"))?;
            AgentCommand::Postpone { conversation: frame.conversation()?, until }
        }
        "read" => AgentCommand::Read { conversation: frame.conversation()?, message: frame.message()? },
        _ => return Err(AppError::invalid("unknown kind of frame")),
    })
}
