//! Agents: roles, and the one online state with its two outside spellings.

use crate::ids::{AgentId, CustomerId};

/// What an agent may administer. LiveAgent letters: O, D, A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Owner,
    Administrator,
    Agent,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Owner, Role::Administrator, Role::Agent];

    /// Whether this role may change the desk itself.
    pub fn administers(self) -> bool {
        matches!(self, Role::Owner | Role::Administrator)
    }

    pub fn letter(self) -> char {
        match self {
            Role::Owner => 'O',
            Role::Administrator => 'D',
            Role::Agent => 'A',
        }
    }

    pub fn from_letter(letter: char) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.letter() == letter)
    }
}

/// Which channels an agent has switched on, and whether he hides. Nothing on means offline.
///
/// LiveAgent spells it with letters (`MPRT`, `F`), Zendesk with a word (`online`, `away`, `invisible`, `offline`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AgentStatus(u8);

impl AgentStatus {
    pub const OFFLINE: AgentStatus = AgentStatus(0);
    pub const TICKETS: AgentStatus = AgentStatus(1);
    pub const PHONE: AgentStatus = AgentStatus(2);
    pub const CHAT: AgentStatus = AgentStatus(4);
    pub const READ: AgentStatus = AgentStatus(8);
    pub const HIDDEN: AgentStatus = AgentStatus(16);
    /// What the console's "online" means: tickets, reading and chat.
    pub const ONLINE: AgentStatus = AgentStatus(1 | 4 | 8);
    /// Signed in, takes no chats.
    pub const AWAY: AgentStatus = AgentStatus(1 | 8);
    /// Signed in, shown to nobody, takes no chats by routing.
    pub const INVISIBLE: AgentStatus = AgentStatus(1 | 8 | 16);

    pub const fn bits(self) -> u8 {
        self.0
    }

    pub const fn from_bits(bits: u8) -> Self {
        AgentStatus(bits & 31)
    }

    pub const fn has(self, part: AgentStatus) -> bool {
        self.0 & part.0 == part.0 && part.0 != 0
    }

    pub const fn is_offline(self) -> bool {
        self.0 == 0
    }

    /// Whether routing may offer chats to an agent with this status.
    pub const fn takes_chats(self) -> bool {
        self.has(AgentStatus::CHAT) && !self.has(AgentStatus::HIDDEN)
    }

    /// Whether calls may ring at an agent with this status.
    pub const fn takes_calls(self) -> bool {
        self.has(AgentStatus::PHONE) && !self.has(AgentStatus::HIDDEN)
    }

    /// The same with the phone on or off; one who is offline has no phone.
    #[must_use]
    pub const fn with_phone(self, on: bool) -> AgentStatus {
        let without = self.0 & !AgentStatus::PHONE.0;
        if on && without != 0 { AgentStatus(without | AgentStatus::PHONE.0) } else { AgentStatus(without) }
    }

    /// What either has on.
    #[must_use]
    pub const fn with(self, other: AgentStatus) -> AgentStatus {
        AgentStatus(self.0 | other.0)
    }

    /// What others may count on: no chat from one who hides.
    #[must_use]
    pub const fn shown(self) -> AgentStatus {
        if self.has(AgentStatus::HIDDEN) { AgentStatus(self.0 & !(AgentStatus::CHAT.0 | AgentStatus::HIDDEN.0)) } else { self }
    }

    /// LiveAgent's letters: M tickets, P phone, R reading, T chat, `F` alone for offline.
    pub fn letters(self) -> String {
        if self.is_offline() {
            return "F".to_owned();
        }
        [(AgentStatus::TICKETS, 'M'), (AgentStatus::PHONE, 'P'), (AgentStatus::READ, 'R'), (AgentStatus::CHAT, 'T')]
            .into_iter()
            .filter_map(|(part, letter)| self.has(part).then_some(letter))
            .collect()
    }

    /// Zendesk's word.
    pub const fn word(self) -> &'static str {
        if self.is_offline() {
            "offline"
        } else if self.has(AgentStatus::HIDDEN) {
            "invisible"
        } else if self.has(AgentStatus::CHAT) {
            "online"
        } else {
            "away"
        }
    }

    /// The status behind a word; the reverse of [`AgentStatus::word`].
    pub fn from_word(word: &str) -> Option<AgentStatus> {
        match word {
            "online" => Some(AgentStatus::ONLINE),
            "away" => Some(AgentStatus::AWAY),
            "invisible" => Some(AgentStatus::INVISIBLE),
            "offline" => Some(AgentStatus::OFFLINE),
            _ => None,
        }
    }
}

/// A person who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub id: AgentId,
    /// The agent as a contact (LiveAgent's `contactid`).
    pub contact: CustomerId,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
    /// How many chats at once, at most.
    pub slots: u16,
    pub enabled: bool,
    /// What the agent chose.
    pub preset: AgentStatus,
    /// What is true: [`AgentStatus::OFFLINE`] while no console is connected, else the preset.
    pub online: AgentStatus,
}

impl Agent {
    /// First and last name, or the e-mail's local part when both are empty.
    pub fn display_name(&self) -> String {
        let full = format!("{} {}", self.first_name, self.last_name);
        let full = full.trim();
        if full.is_empty() { self.email.split('@').next().unwrap_or_default().to_owned() } else { full.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_spellings() {
        for (status, letters, word, takes) in [
            (AgentStatus::ONLINE, "MRT", "online", true),
            (AgentStatus::AWAY, "MR", "away", false),
            (AgentStatus::INVISIBLE, "MR", "invisible", false),
            (AgentStatus::OFFLINE, "F", "offline", false),
            (AgentStatus::from_bits(15), "MPRT", "online", true),
        ] {
            assert_eq!(status.letters(), letters);
            assert_eq!(status.word(), word);
            assert_eq!(status.takes_chats(), takes);
            assert_eq!(status.takes_calls(), letters.contains('P'));
        }
        for (status, on, letters) in [
            (AgentStatus::ONLINE, true, "MPRT"),
            (AgentStatus::from_bits(15), false, "MRT"),
            (AgentStatus::from_bits(15), true, "MPRT"),
            (AgentStatus::OFFLINE, true, "F"),
            (AgentStatus::PHONE, false, "F"),
        ] {
            assert_eq!(status.with_phone(on).letters(), letters);
        }
        assert!(!AgentStatus::INVISIBLE.with_phone(true).takes_calls(), "nobody counts on who hides");
        let hidden = AgentStatus::from_bits(4 | 8 | 16);
        assert_eq!(hidden.shown().letters(), "R");
        assert_eq!(AgentStatus::OFFLINE.with(AgentStatus::PHONE).with(hidden.shown()).letters(), "PR");
        assert_eq!(AgentStatus::ONLINE.shown(), AgentStatus::ONLINE);
        for word in ["online", "away", "invisible", "offline"] {
            assert_eq!(AgentStatus::from_word(word).map(AgentStatus::word), Some(word));
        }
    }
}
