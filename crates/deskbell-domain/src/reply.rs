//! Texts that a team keeps ready: canned messages, which are plain phrases for chats, and predefined answers to tickets, with subject and
//! attachments. Shortcuts, which Zendesk Chat has, are in [`crate::shortcut`].

use crate::ids::{AgentId, CannedMessageId, DepartmentId, PredefinedAnswerId};
use crate::spelled;

/// Who may use a ready text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    Everybody,
    Department(DepartmentId),
    /// One agent, who wrote it for himself.
    Agent(AgentId),
}

impl Visibility {
    pub fn includes(self, agent: AgentId, departments: &[DepartmentId]) -> bool {
        match self {
            Visibility::Everybody => true,
            Visibility::Department(department) => departments.contains(&department),
            Visibility::Agent(owner) => owner == agent,
        }
    }
}

spelled! {
    /// How a predefined answer is written.
    pub enum ReplyFormat {
        Text = "text",
        Html = "html",
    }
}

/// A phrase for chats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannedMessage {
    pub id: CannedMessageId,
    pub name: String,
    pub text: String,
    pub visibility: Visibility,
}

/// An answer to tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredefinedAnswer {
    pub id: PredefinedAnswerId,
    pub name: String,
    /// Empty: that of the conversation.
    pub subject: String,
    pub message: String,
    pub format: ReplyFormat,
    /// Ids of files.
    pub files: Vec<String>,
    pub visibility: Visibility,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_use_it() {
        let (ann, bob) = (AgentId::from_i64(1), AgentId::from_i64(2));
        let (sales, other) = (DepartmentId::from_i64(3), DepartmentId::from_i64(4));
        for (visibility, agent, departments, wanted) in [
            (Visibility::Everybody, ann, &[][..], true),
            (Visibility::Department(sales), ann, &[other, sales], true),
            (Visibility::Department(sales), ann, &[other], false),
            (Visibility::Agent(ann), ann, &[], true),
            (Visibility::Agent(ann), bob, &[sales], false),
        ] {
            assert_eq!(visibility.includes(agent, departments), wanted, "{visibility:?} {agent}");
        }
    }
}
