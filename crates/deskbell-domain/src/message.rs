//! Message groups (one turn of one author) and the messages inside them, with LiveAgent's type letters.

use crate::ids::{AgentId, ChatId, ConversationId, CustomerId, GroupId, MessageId};
use crate::spelled;
use crate::time::Timestamp;

/// Bytes of one message's text, at most.
pub const MESSAGE_TEXT_BYTES_MAX: usize = 32 * 1024;
/// Characters of a conversation's preview.
pub const PREVIEW_CHARS_MAX: usize = 150;

spelled! {
    /// Type letters of message groups.
    pub enum GroupKind {
        Call = "P",
        OutgoingCall = "V",
        InternalCall = "1",
        Chat = "C",
        Delete = "X",
        Facebook = "F",
        Internal = "I",
        InternalCollapsed = "Z",
        Knowledgebase = "K",
        KnowledgebaseStart = "A",
        Offline = "5",
        OfflineLegacy = "M",
        InternalOffline = "U",
        Resolve = "R",
        Retweet = "Y",
        StartInfo = "S",
        Tag = "G",
        Transfer = "T",
        Twitter = "W",
        Forwarded = "O",
        ReplyToForward = "Q",
        Postpone = "J",
        Spam = "B",
        Split = "L",
        Merged = "2",
        IncomingEmail = "3",
        OutgoingEmail = "4",
    }
}

spelled! {
    /// Type letters of messages.
    pub enum MessageKind {
        Disconnected = "D",
        End = "E",
        File = "F",
        FormField = "Z",
        Header = "H",
        Internal = "I",
        Message = "M",
        Split = "B",
        Mixed = "X",
        Note = "N",
        NoteFile = "L",
        QuotedText = "Q",
        RatingComment = "C",
        PositiveRating = "P",
        NegativeRating = "W",
        Status = "J",
        System = "S",
        Tag = "G",
        Footer = "O",
        MailHeader = "A",
        Title = "T",
        Transfer = "R",
        UserAgent = "U",
        Voice = "V",
        VoiceInternal = "1",
        Merged = "2",
        ErrorFooter = "0",
        MessageLegacy = "Y",
        SystemPublic = "K",
        InvitationReroute = "3",
    }
}

spelled! {
    /// Status letters of message groups.
    pub enum GroupStatus {
        Deleted = "D",
        Promoted = "P",
        Visible = "V",
        Split = "S",
        Merged = "M",
        Initializing = "I",
        Calling = "C",
        Connecting = "R",
    }
}

/// Who may see a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The customer and the agents.
    Public,
    /// Agents only.
    Internal,
}

impl GroupKind {
    /// Who may see what is said in groups of this kind, whatever kind of message it is.
    pub fn audience(self) -> Audience {
        match self {
            GroupKind::Call
            | GroupKind::OutgoingCall
            | GroupKind::Chat
            | GroupKind::Facebook
            | GroupKind::Knowledgebase
            | GroupKind::KnowledgebaseStart
            | GroupKind::Offline
            | GroupKind::OfflineLegacy
            | GroupKind::Retweet
            | GroupKind::Twitter
            | GroupKind::IncomingEmail
            | GroupKind::OutgoingEmail => Audience::Public,
            GroupKind::InternalCall
            | GroupKind::Delete
            | GroupKind::Internal
            | GroupKind::InternalCollapsed
            | GroupKind::InternalOffline
            | GroupKind::Resolve
            | GroupKind::StartInfo
            | GroupKind::Tag
            | GroupKind::Transfer
            | GroupKind::Forwarded
            | GroupKind::ReplyToForward
            | GroupKind::Postpone
            | GroupKind::Spam
            | GroupKind::Split
            | GroupKind::Merged => Audience::Internal,
        }
    }
}

impl MessageKind {
    /// Who may see messages of this kind.
    pub fn audience(self) -> Audience {
        match self {
            MessageKind::Message
            | MessageKind::Mixed
            | MessageKind::MessageLegacy
            | MessageKind::File
            | MessageKind::QuotedText
            | MessageKind::Title
            | MessageKind::Voice
            | MessageKind::SystemPublic
            | MessageKind::End
            | MessageKind::RatingComment
            | MessageKind::PositiveRating
            | MessageKind::NegativeRating => Audience::Public,
            MessageKind::Disconnected
            | MessageKind::FormField
            | MessageKind::Header
            | MessageKind::Internal
            | MessageKind::Split
            | MessageKind::Note
            | MessageKind::NoteFile
            | MessageKind::Status
            | MessageKind::System
            | MessageKind::Tag
            | MessageKind::Footer
            | MessageKind::MailHeader
            | MessageKind::Transfer
            | MessageKind::UserAgent
            | MessageKind::VoiceInternal
            | MessageKind::Merged
            | MessageKind::ErrorFooter
            | MessageKind::InvitationReroute => Audience::Internal,
        }
    }

    /// Whether a message of this kind is something its author says to the other side (and so asks for or gives an answer).
    pub fn speaks(self) -> bool {
        matches!(self, MessageKind::Message | MessageKind::File | MessageKind::Mixed | MessageKind::MessageLegacy | MessageKind::Voice)
    }
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    Customer(CustomerId),
    Agent(AgentId),
    System,
}

/// A file sent within a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// 128 random bits in hex.
    pub file: String,
    pub name: String,
    pub content_type: String,
    pub bytes: u64,
}

/// One turn of one author (or one chat, one call).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageGroup {
    pub id: GroupId,
    pub conversation: ConversationId,
    pub chat: Option<ChatId>,
    pub kind: GroupKind,
    pub status: GroupStatus,
    pub author: Actor,
    pub created: Timestamp,
    /// Time of the latest message in it.
    pub finished: Timestamp,
}

/// A message inside a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub chat: Option<ChatId>,
    pub group: GroupId,
    pub group_kind: GroupKind,
    pub kind: MessageKind,
    pub author: Actor,
    /// The author's name as it was shown then.
    pub author_name: String,
    pub at: Timestamp,
    pub text: String,
    pub attachment: Option<Attachment>,
    /// Tags before and after, for [`MessageKind::Tag`].
    pub tags: Option<(Vec<String>, Vec<String>)>,
}

impl Message {
    /// Who may see it: what is internal by its kind or by its group is internal.
    pub fn audience(&self) -> Audience {
        match (self.kind.audience(), self.group_kind.audience()) {
            (Audience::Public, Audience::Public) => Audience::Public,
            (Audience::Internal, _) | (_, Audience::Internal) => Audience::Internal,
        }
    }
}

/// The start of a text, on one line.
pub fn preview(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        if out.chars().count() >= PREVIEW_CHARS_MAX {
            break;
        }
    }
    out.chars().take(PREVIEW_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_distinct() {
        for kinds in
            [GroupKind::ALL.iter().map(|kind| kind.text()).collect::<Vec<_>>(), MessageKind::ALL.iter().map(|kind| kind.text()).collect()]
        {
            let mut distinct = kinds.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), kinds.len());
        }
    }

    #[test]
    fn previews_are_one_short_line() {
        assert_eq!(preview("  hello \n\n there\t"), "hello there");
        assert_eq!(preview(&"é".repeat(500)).chars().count(), PREVIEW_CHARS_MAX);
    }
}
