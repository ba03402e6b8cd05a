//! What an event touches of what readers of the journal make of it: export documents, and the index of knowledge bases.

use deskbell_domain::conversation::Status;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{ChatId, ConversationId, CustomerId, KnowledgeBaseId, KnowledgeEntryId};

/// What looks different now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touched {
    /// The documents of the chat, of all chats of the customer, of all chats of the conversation.
    Chat(ChatId),
    Customer(CustomerId),
    Conversation(ConversationId),
    /// What is found of it.
    KnowledgeBase(KnowledgeBaseId),
    KnowledgeEntry(KnowledgeEntryId),
}

/// What an event touches; `None`: neither a document nor what is found.
pub(crate) fn touched(event: &Event) -> Option<Touched> {
    match event {
        Event::KnowledgeBaseChanged { base, .. } => Some(Touched::KnowledgeBase(*base)),
        Event::KnowledgeEntryChanged { entry, .. } => Some(Touched::KnowledgeEntry(*entry)),
        Event::ChatEnded { chat, .. } | Event::ChatRated { chat, .. } => Some(Touched::Chat(*chat)),
        // A conversation has several chats when others went into it; the documents of all show its tags and its number.
        Event::TagsChanged { conversation, .. } => Some(Touched::Conversation(*conversation)),
        Event::ConversationMerged { into, .. } => Some(Touched::Conversation(*into)),
        Event::CustomerChanged { customer, .. } | Event::CustomerRemoved { customer } => Some(Touched::Customer(*customer)),
        // A document says whether its conversation is deleted.
        Event::StatusChanged { conversation, from, to, .. } if *from == Status::Deleted || *to == Status::Deleted => {
            Some(Touched::Conversation(*conversation))
        }
        // What is said in a live chat is in the document once the chat has ended; what is added later comes with a rating or tags.
        Event::MessageAdded { .. }
        | Event::AgentChanged { .. }
        | Event::AgentStatusChanged { .. }
        | Event::DepartmentChanged { .. }
        | Event::MembershipChanged { .. }
        | Event::BanChanged { .. }
        | Event::VisitStarted { .. }
        | Event::PageViewed { .. }
        | Event::ConversationStarted { .. }
        | Event::StatusChanged { .. }
        | Event::Assigned { .. }
        | Event::ReadMarked { .. }
        | Event::ChatRequested { .. }
        | Event::ChatOffered { .. }
        | Event::OfferClosed { .. }
        | Event::ChatJoined { .. }
        | Event::ChatLeft { .. }
        | Event::ChatTransferred { .. }
        | Event::SettingsChanged
        | Event::TagChanged { .. }
        | Event::CustomerGroupChanged { .. }
        | Event::CompanyChanged { .. }
        | Event::WidgetChanged { .. }
        | Event::FieldsChanged { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched() {
        let conversation = ConversationId::from_i64(2);
        let by = deskbell_domain::message::Actor::System;
        let status = |from, to| Event::StatusChanged { conversation, from, to, by };
        for (event, wanted) in [
            (status(Status::Open, Status::Deleted), Some(Touched::Conversation(conversation))),
            (status(Status::Deleted, Status::Open), Some(Touched::Conversation(conversation))),
            (status(Status::Open, Status::Answered), None),
            (Event::SettingsChanged, None),
            (Event::CustomerRemoved { customer: CustomerId::from_i64(4) }, Some(Touched::Customer(CustomerId::from_i64(4)))),
        ] {
            assert_eq!(touched(&event), wanted, "{event:?}");
        }
    }
}
