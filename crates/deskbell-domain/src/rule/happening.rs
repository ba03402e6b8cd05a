//! What the journal tells, as rules listen to it.

use super::RuleEvent;
use crate::call::{CallEvent, CallOutcome};
use crate::chat::{Rating, StartedBy};
use crate::conversation::Status;
use crate::event::Event;
use crate::ids::ConversationId;
use crate::message::{Actor, Audience, MessageKind};
use crate::sla::{Goal, SlaEvent};

/// Something that rules listen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    pub event: RuleEvent,
    pub conversation: ConversationId,
    /// `None`: the conversation's customer.
    pub by: Option<Actor>,
    /// What was written.
    pub text: Option<String>,
    /// The status before it.
    pub status_before: Option<Status>,
    pub tags_added: Vec<String>,
    pub tags_removed: Vec<String>,
    pub rating: Option<Rating>,
    pub goal: Option<Goal>,
}

impl Happening {
    pub fn plain(event: RuleEvent, conversation: ConversationId, by: Actor) -> Happening {
        Happening {
            event,
            conversation,
            by: Some(by),
            text: None,
            status_before: None,
            tags_added: Vec::new(),
            tags_removed: Vec::new(),
            rating: None,
            goal: None,
        }
    }

    /// What an event is to rules; nothing, if they cannot listen to it.
    pub fn of(event: &Event) -> Option<Happening> {
        Some(match event {
            Event::ConversationStarted { conversation, customer, by, .. } => {
                Happening::plain(RuleEvent::ConversationCreated, *conversation, by.unwrap_or(Actor::Customer(*customer)))
            }
            Event::StatusChanged { conversation, from, by, .. } => {
                Happening { status_before: Some(*from), ..Happening::plain(RuleEvent::StatusChanged, *conversation, *by) }
            }
            Event::MessageAdded { conversation, group_kind, kind, author, text, .. } => {
                let public = kind.speaks() && kind.audience() == Audience::Public && group_kind.audience() == Audience::Public;
                let event = match (author, kind) {
                    (Actor::Customer(_), _) if public => RuleEvent::CustomerMessage,
                    (Actor::Agent(_), _) if public => RuleEvent::AgentMessage,
                    (_, MessageKind::Note | MessageKind::NoteFile) => RuleEvent::NoteAdded,
                    _ => return None,
                };
                Happening { text: Some(text.clone()), ..Happening::plain(event, *conversation, *author) }
            }
            Event::TagsChanged { conversation, before, after, by, .. } => Happening {
                tags_added: after.iter().filter(|tag| !before.contains(tag)).cloned().collect(),
                tags_removed: before.iter().filter(|tag| !after.contains(tag)).cloned().collect(),
                ..Happening::plain(RuleEvent::TagsChanged, *conversation, *by)
            },
            Event::FieldsChanged { conversation, by } => Happening::plain(RuleEvent::FieldsChanged, *conversation, *by),
            Event::Assigned { conversation, by, .. } => Happening::plain(RuleEvent::Assigned, *conversation, *by),
            Event::ChatTransferred { conversation, by, .. } => Happening::plain(RuleEvent::Transferred, *conversation, *by),
            Event::ChatRequested { conversation, customer, started_by, .. } => {
                let by = match started_by {
                    // Who answers what a trigger said to him asks for the chat, as for service levels.
                    StartedBy::Visitor | StartedBy::Trigger => Actor::Customer(*customer),
                    // Which agent, the entry does not say.
                    StartedBy::Agent => Actor::System,
                };
                Happening::plain(RuleEvent::ChatStarted, *conversation, by)
            }
            Event::ChatEnded { conversation, by, missed, .. } => {
                let event = if *missed { RuleEvent::ChatMissed } else { RuleEvent::ChatEnded };
                Happening::plain(event, *conversation, *by)
            }
            Event::ChatRated { conversation, rating: Some(rating), comment, .. } => Happening {
                rating: Some(*rating),
                text: comment.clone(),
                by: None,
                ..Happening::plain(RuleEvent::Rated, *conversation, Actor::System)
            },
            Event::Call(event) => of_call(event)?,
            Event::Sla(SlaEvent::Breached { conversation, goal, .. }) => {
                Happening { goal: Some(*goal), ..Happening::plain(RuleEvent::SlaBreached, *conversation, Actor::System) }
            }
            Event::ChatRated { rating: None, .. }
            | Event::AgentChanged { .. }
            | Event::AgentStatusChanged { .. }
            | Event::DepartmentChanged { .. }
            | Event::MembershipChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::ReadMarked { .. }
            | Event::ChatOffered { .. }
            | Event::OfferClosed { .. }
            | Event::ChatJoined { .. }
            | Event::ChatLeft { .. }
            | Event::SettingsChanged { .. }
            | Event::CustomerRemoved { .. }
            | Event::TagChanged { .. }
            | Event::CustomerGroupChanged { .. }
            | Event::CompanyChanged { .. }
            | Event::KnowledgeBaseChanged { .. }
            | Event::KnowledgeEntryChanged { .. }
            | Event::WidgetChanged { .. }
            | Event::ConversationMerged { .. }
            | Event::SkillChanged { .. }
            | Event::SkillsRequested { .. }
            | Event::ChatMarked { .. }
            | Event::GoalChanged { .. }
            | Event::ConversionRecorded { .. }
            | Event::TriggerChanged { .. }
            | Event::TriggerFired { .. }
            | Event::ShortcutChanged { .. }
            | Event::OauthClientChanged { .. }
            | Event::Sla(
                SlaEvent::LevelChanged { .. }
                | SlaEvent::LevelSet { .. }
                | SlaEvent::Started { .. }
                | SlaEvent::DueMoved { .. }
                | SlaEvent::Closed { .. }
                | SlaEvent::Dropped { .. },
            )
            | Event::Automation(_) => return None,
        })
    }
}

fn of_call(event: &CallEvent) -> Option<Happening> {
    Some(match event {
        CallEvent::Started { conversation, customer, caller, .. } => {
            let by = caller.map_or(Actor::Customer(*customer), Actor::Agent);
            Happening::plain(RuleEvent::CallStarted, *conversation, by)
        }
        CallEvent::Transferred { conversation, by, .. } => Happening::plain(RuleEvent::Transferred, *conversation, *by),
        CallEvent::Ended { conversation, outcome, by, .. } => {
            let event = match outcome {
                CallOutcome::Finished => RuleEvent::CallEnded,
                CallOutcome::Abandoned | CallOutcome::Missed | CallOutcome::Voicemail => RuleEvent::CallMissed,
            };
            Happening::plain(event, *conversation, *by)
        }
        CallEvent::Rang { .. }
        | CallEvent::RingClosed { .. }
        | CallEvent::Answered { .. }
        | CallEvent::Held { .. }
        | CallEvent::Left { .. } => return None,
    })
}
