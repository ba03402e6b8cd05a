//! What rules do, and texts with placeholders.

use crate::conversation::Status;
use crate::ids::{AgentId, DepartmentId, SlaLevelId};
use crate::spelled;

spelled! {
    /// What a text can name in double braces: `{{customer.name}}`.
    pub enum Placeholder {
        CustomerName = "customer.name",
        /// The first word of it.
        CustomerFirstName = "customer.first_name",
        CustomerEmail = "customer.email",
        Code = "conversation.code",
        Subject = "conversation.subject",
        /// The agent in charge, or his department while there is none.
        AgentName = "agent.name",
        DepartmentName = "department.name",
    }
}

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

/// What stood in braces and means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPlaceholder(pub String);

impl Template {
    /// Reads a text. Braces that are never closed are text.
    pub fn parse(text: &str) -> Result<Template, UnknownPlaceholder> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            let Some((name, after)) = behind.split_once("}}") else { break };
            let placeholder = Placeholder::parse(name.trim()).ok_or_else(|| UnknownPlaceholder(name.trim().to_owned()))?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Value(placeholder)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Template(pieces))
    }

    /// The text with values in place of the placeholders.
    pub fn fill<E>(&self, mut value: impl FnMut(Placeholder) -> Result<String, E>) -> Result<String, E> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(placeholder) => text.push_str(&value(*placeholder)?),
            }
        }
        Ok(text)
    }
}

/// What a rule does, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Leaves a note, which agents see.
    Note(Template),
    AddTags(Vec<String>),
    RemoveTags(Vec<String>),
    /// Hands it over. `agent`: `None` leaves that to the department, `Some(None)` takes it from whoever is in charge.
    Assign {
        department: Option<DepartmentId>,
        agent: Option<Option<AgentId>>,
    },
    /// Answered, open, resolved, deleted or spam.
    SetStatus(Status),
    /// Sets it aside for so many seconds.
    Postpone(i64),
    /// Writes to the customer, under a name (`None`: the department's). The status stays.
    Answer {
        name: Option<String>,
        text: Template,
    },
    /// Gives it a service level, or none.
    SetSlaLevel(Option<SlaLevelId>),
    /// Sets a custom field of the conversation.
    SetField {
        code: String,
        value: String,
    },
}
