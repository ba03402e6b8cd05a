//! Shortcuts: texts that agents write often, kept under a name.

use crate::ids::{AgentId, DepartmentId, ShortcutId};

/// Whose a shortcut is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShortcutScope {
    /// Every agent's.
    All,
    /// Of the members of these departments.
    Departments(Vec<DepartmentId>),
    /// Of these agents.
    Agents(Vec<AgentId>),
}

impl ShortcutScope {
    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            ShortcutScope::All => "all",
            ShortcutScope::Departments(_) => "department",
            ShortcutScope::Agents(_) => "agent",
        }
    }

    /// Whether an agent who is in these departments may use it.
    pub fn includes(&self, agent: AgentId, departments: &[DepartmentId]) -> bool {
        match self {
            ShortcutScope::All => true,
            ShortcutScope::Departments(of) => of.iter().any(|department| departments.contains(department)),
            ShortcutScope::Agents(of) => of.contains(&agent),
        }
    }
}

/// A text that is written often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcut {
    pub id: ShortcutId,
    /// What an agent types to get it; there is one of each name.
    pub name: String,
    pub message: String,
    /// Answers that are proposed, with slashes between them: `Yes/No`. Empty: none.
    pub options: String,
    /// Put on the conversation when it is used.
    pub tags: Vec<String>,
    pub scope: ShortcutScope,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        let (agent, department) = (AgentId::from_i64(7), DepartmentId::from_i64(8));
        for (scope, word, mine, members) in [
            (ShortcutScope::All, "all", true, true),
            (ShortcutScope::Departments(vec![department]), "department", false, true),
            (ShortcutScope::Departments(Vec::new()), "department", false, false),
            (ShortcutScope::Agents(vec![agent]), "agent", true, true),
            (ShortcutScope::Agents(vec![AgentId::from_i64(9)]), "agent", false, false),
        ] {
            assert_eq!(scope.word(), word);
            assert_eq!((scope.includes(agent, &[]), scope.includes(agent, &[department])), (mine, members), "{scope:?}");
        }
    }
}
