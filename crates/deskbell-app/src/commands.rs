//! What visitors and agents may ask for, as values; carried out once per idempotency key.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::call::Call;
use deskbell_domain::chat::{Chat, ChatState, Rating};
use deskbell_domain::ids::{AgentId, CallId, ChatId, ConversationId, DepartmentId, MessageId, VisitId, VisitorId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, idempotency, tables};

use crate::chats::transfer::Target;
use crate::context::Context;
use crate::conversations::{Authority, Change, Writing, Written};
use crate::customers::Introduction;
use crate::error::AppError;
use crate::{accounts, chats, conversations, skills, visits};

/// Seconds for which a key is remembered.
pub const KEY_SECONDS_MIN: i64 = 7 * 86_400;
/// Characters of a key.
pub const KEY_CHARS_MAX: usize = 100;

/// What a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    pub conversation: Option<ConversationId>,
    pub chat: Option<ChatId>,
    pub state: Option<ChatState>,
    pub message: Option<MessageId>,
    pub call: Option<CallId>,
    /// The journal's number once it was done.
    pub number: i64,
}

impl Done {
    pub(crate) fn chat(chat: &Chat, number: i64) -> Done {
        let (conversation, chat, state) = (Some(chat.conversation), Some(chat.id), Some(chat.state));
        Done { conversation, chat, state, number, ..Done::default() }
    }

    pub(crate) fn call(call: &Call, number: i64) -> Done {
        Done { conversation: Some(call.conversation), call: Some(call.id), number, ..Done::default() }
    }

    pub(crate) fn conversation(conversation: ConversationId, number: i64) -> Done {
        Done { conversation: Some(conversation), number, ..Done::default() }
    }

    /// As it is remembered beside its key.
    fn text(&self) -> String {
        let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        format!(
            "{};{};{};{};{};{}",
            id(self.conversation.map(ConversationId::get)),
            id(self.chat.map(ChatId::get)),
            self.state.map_or("", ChatState::text),
            id(self.message.map(MessageId::get)),
            self.number,
            id(self.call.map(CallId::get))
        )
    }

    fn parse(text: &str) -> Option<Done> {
        let mut parts = text.split(';');
        let mut id = || parts.next().map(|part| part.parse::<i64>().ok());
        let (conversation, chat) = (id()?, id()?);
        let state = ChatState::parse(parts.next()?);
        let message = parts.next()?.parse::<i64>().ok();
        let number = parts.next()?.parse().ok()?;
        // What was remembered before there were calls ends here.
        let call = parts.next().and_then(|part| part.parse::<i64>().ok());
        Some(Done {
            conversation: conversation.map(ConversationId::from_i64),
            chat: chat.map(ChatId::from_i64),
            state,
            message: message.map(MessageId::from_i64),
            call: call.map(CallId::from_i64),
            number,
        })
    }
}

/// What a visitor asks for.
#[derive(Debug, Clone)]
pub enum VisitorCommand {
    Chat { department: Option<DepartmentId>, introduction: Introduction, text: Option<String> },
    Send { text: String, file: Option<String> },
    LeaveMessage { department: Option<DepartmentId>, introduction: Introduction, text: String },
    End,
    Rate { rating: Option<Rating>, comment: Option<String> },
    Read { message: MessageId },
    Page { url: String, title: String },
}

/// What an agent asks for.
#[derive(Debug, Clone)]
pub enum AgentCommand {
    /// The phone stays as it is, unless the agent becomes offline.
    Status {
        preset: AgentStatus,
        connected: bool,
    },
    /// Whether calls may ring at him, beside the rest of his status.
    Phone {
        on: bool,
        connected: bool,
    },
    Accept {
        chat: ChatId,
    },
    Decline {
        chat: ChatId,
    },
    Leave {
        chat: ChatId,
    },
    End {
        chat: ChatId,
    },
    Transfer {
        chat: ChatId,
        target: Target,
    },
    Invite {
        chat: ChatId,
        agent: AgentId,
    },
    Skills {
        chat: ChatId,
        skills: Vec<String>,
    },
    Send {
        conversation: ConversationId,
        writing: Writing,
        text: String,
        file: Option<String>,
    },
    Tags {
        conversation: ConversationId,
        tags: Vec<String>,
    },
    ChangeStatus {
        conversation: ConversationId,
        change: Change,
    },
    Postpone {
        conversation: ConversationId,
        until: Timestamp,
    },
    HandOver {
        conversation: ConversationId,
        department: Option<DepartmentId>,
        agent: Option<AgentId>,
    },
    Merge {
        conversation: ConversationId,
        into: ConversationId,
    },
    Read {
        conversation: ConversationId,
        message: MessageId,
    },
}

/// Runs `work` once per scope and key: a key seen before gets the answer of then.
pub fn once(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    scope: &str,
    key: Option<&str>,
    work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<Done, AppError>,
) -> Result<Done, AppError> {
    let Some(key) = key else { return work(tx, cx) };
    if key.is_empty() || key.chars().count() > KEY_CHARS_MAX || key.chars().any(char::is_control) {
        return Err(AppError::invalid("a key has 1 to 100 characters"));
    }
    if let Some(outcome) = idempotency::find(tx, scope, key)? {
        return Done::parse(&outcome).ok_or_else(|| AppError::internal(format!("remembered outcome {outcome:?}")));
    }
    let done = work(tx, cx)?;
    idempotency::remember(tx, scope, key, cx.now, &done.text())?;
    Ok(done)
}

/// Carries out what a visitor asks for.
pub fn visitor(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    visitor: VisitorId,
    visit: VisitId,
    key: Option<&str>,
    command: &VisitorCommand,
) -> Result<Done, AppError> {
    once(tx, cx, &format!("v{visitor}"), key, |tx, cx| {
        let visit = visits::present(tx, visit)?;
        match command {
            VisitorCommand::Chat { department, introduction, text } => {
                let request = chats::Request {
                    department: *department,
                    introduction: introduction.clone(),
                    text: text.clone(),
                    key: key.map(str::to_owned),
                };
                chats::request(tx, cx, &visit, &request)
            }
            VisitorCommand::Send { text, file } => chats::visitor_says(tx, cx, &visit, text, file.as_deref(), key),
            VisitorCommand::LeaveMessage { department, introduction, text } => {
                conversations::leave_message(tx, cx, &visit, *department, introduction, text, key)
            }
            VisitorCommand::End => chats::visitor_ends(tx, cx, &visit),
            VisitorCommand::Rate { rating, comment } => chats::rate(tx, cx, &visit, *rating, comment.as_deref()),
            VisitorCommand::Read { message } => {
                let own = tables::conversations::latest_of_visitor(tx, visit.visitor)?
                    .ok_or_else(|| AppError::not_found("no such message in this conversation"))?;
                conversations::mark_read(tx, cx, Actor::Customer(own.customer), own.id, *message)
            }
            VisitorCommand::Page { url, title } => {
                visits::view(tx, cx, &visit, url, title)?;
                Ok(Done { number: tx.head()?, ..Done::default() })
            }
        }
    })
}

/// Carries out what an agent asks for.
pub fn agent(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, key: Option<&str>, command: &AgentCommand) -> Result<Done, AppError> {
    once(tx, cx, &format!("a{agent}"), key, |tx, cx| {
        accounts::enabled_agent(tx, agent)?;
        let by = Actor::Agent(agent);
        match command {
            AgentCommand::Status { preset, connected } => {
                accounts::choose_word(tx, cx, agent, *preset, *connected)?;
                Ok(Done { number: tx.head()?, ..Done::default() })
            }
            AgentCommand::Phone { on, connected } => {
                accounts::choose_phone(tx, cx, agent, *on, *connected)?;
                Ok(Done { number: tx.head()?, ..Done::default() })
            }
            AgentCommand::Accept { chat } => chats::accept(tx, cx, agent, *chat),
            AgentCommand::Decline { chat } => chats::decline(tx, cx, agent, *chat),
            AgentCommand::Leave { chat } => chats::leave(tx, cx, agent, *chat),
            AgentCommand::End { chat } => chats::agent_ends(tx, cx, agent, *chat),
            AgentCommand::Transfer { chat, target } => chats::transfer::transfer(tx, cx, agent, *chat, *target),
            AgentCommand::Invite { chat, agent: other } => chats::transfer::invite(tx, cx, agent, *chat, *other),
            AgentCommand::Skills { chat, skills } => skills::agent_requests(tx, cx, agent, *chat, skills),
            AgentCommand::Send { conversation, writing, text, file } => {
                let files = file.as_deref();
                let written = Written { writing: *writing, text, files: files.as_slice(), key, authority: Authority::Participant };
                conversations::write(tx, cx, by, *conversation, written)
            }
            AgentCommand::Tags { conversation, tags } => conversations::set_tags(tx, cx, by, *conversation, tags),
            AgentCommand::ChangeStatus { conversation, change } => conversations::change_status(tx, cx, by, *conversation, *change),
            AgentCommand::Postpone { conversation, until } => conversations::postponing::postpone(tx, cx, by, *conversation, *until),
            AgentCommand::HandOver { conversation, department, agent } => {
                conversations::hand_over(tx, cx, by, *conversation, *department, *agent)
            }
            AgentCommand::Merge { conversation, into } => conversations::merge::merge(tx, cx, by, *conversation, *into),
            AgentCommand::Read { conversation, message } => conversations::mark_read(tx, cx, by, *conversation, *message),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_read_back() {
        let done = Done {
            conversation: Some(ConversationId::from_i64(5)),
            chat: None,
            state: Some(ChatState::Served),
            message: Some(MessageId::from_i64(7)),
            call: Some(CallId::from_i64(8)),
            number: 9,
        };
        assert_eq!(Done::parse(&done.text()), Some(done));
        assert_eq!(Done::parse(&Done::default().text()), Some(Done::default()));
        assert_eq!(Done::parse("5;;served;7;9"), Some(Done { call: None, ..done }), "as older versions remembered it");
        assert_eq!(Done::parse("junk"), None);
    }
}
