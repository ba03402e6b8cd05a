//! Who asks, and what that one may do. Surfaces authenticate into a [`Principal`]; every endpoint names the [`Right`] it needs.

use deskbell_domain::agent::Role;
use deskbell_domain::ids::{AgentId, CredentialId, VisitId, VisitorId};

/// The one who asks, once the credential has been checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// No credential.
    Nobody,
    /// A LiveAgent v1 key: the whole desk, to read or to read and write.
    ApiKey { key: CredentialId, may_write: bool },
    /// A bearer token, acting for an agent within its scopes.
    Token { agent: AgentId, role: Role, scopes: Scopes, source: TokenSource },
    /// A signed-in agent (cookie session of the console).
    Agent { agent: AgentId, role: Role },
    /// A visitor's browser.
    Visitor { visitor: VisitorId, visit: VisitId },
}

impl Principal {
    /// Whether this one may set an agent's password, where the call itself is allowed. Who has a password signs in with it and is bound by no
    /// scopes: so a program that an agent let act for him never sets one.
    pub fn may_set_passwords(&self) -> bool {
        match self {
            Principal::Agent { .. } | Principal::Token { source: TokenSource::Password, .. } => true,
            Principal::Token { source: TokenSource::Desk, role, .. } => role.administers(),
            Principal::Token { source: TokenSource::Client, .. } => false,
            Principal::Nobody | Principal::ApiKey { .. } | Principal::Visitor { .. } => false,
        }
    }
}

/// How a bearer token came into the hands of whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenSource {
    /// People of the desk made it.
    Desk,
    /// An OAuth client was given it.
    Client,
    /// There is none: the agent's password was shown in its place.
    Password,
}

/// Scopes of a bearer token (`read write chat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes {
    pub read: bool,
    pub write: bool,
    pub chat: bool,
}

impl Scopes {
    pub const ALL: Scopes = Scopes { read: true, write: true, chat: true };

    /// Those that both have.
    #[must_use]
    pub fn common(self, other: Scopes) -> Scopes {
        Scopes { read: self.read && other.read, write: self.write && other.write, chat: self.chat && other.chat }
    }

    /// Whether the other one has all of these.
    pub fn are_within(self, other: Scopes) -> bool {
        self.common(other) == self
    }

    /// Reads a space separated list; unknown words are refused.
    pub fn parse(text: &str) -> Option<Scopes> {
        let mut scopes = Scopes::default();
        for word in text.split_whitespace() {
            match word {
                "read" => scopes.read = true,
                "write" => scopes.write = true,
                "chat" => scopes.chat = true,
                _ => return None,
            }
        }
        Some(scopes)
    }

    /// The space separated list, in the fixed order `read write chat`.
    pub fn text(self) -> String {
        [(self.read, "read"), (self.write, "write"), (self.chat, "chat")]
            .into_iter()
            .filter_map(|(on, word)| on.then_some(word))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What an endpoint needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Open to all (sign-in, health, public settings of the widget).
    Anyone,
    /// A visitor's token.
    Visitor,
    /// A visitor's token, or a signed-in agent.
    Participant,
    /// A LiveAgent v1 key.
    ApiKey,
    /// A LiveAgent v1 key that may write.
    ApiKeyWrite,
    /// A signed-in agent of any role, or a LiveAgent v1 key.
    AgentOrKey,
    /// A signed-in agent of any role, or a LiveAgent v1 key that may write.
    AgentOrKeyWrite,
    /// A signed-in agent of any role.
    Agent,
    /// A signed-in administrator or owner.
    Administrator,
    /// A bearer token with `read`, of any role.
    TokenRead,
    /// A bearer token with `read`, of an administrator or owner.
    TokenReadAdministrator,
    /// A bearer token with `write`, of any role.
    TokenWrite,
    /// A bearer token with `write`, of an administrator or owner.
    TokenWriteAdministrator,
}

impl Right {
    /// Whether this principal has the right.
    pub fn allows(self, who: &Principal) -> bool {
        match self {
            Right::Anyone => true,
            Right::Visitor => matches!(who, Principal::Visitor { .. }),
            Right::Participant => matches!(who, Principal::Visitor { .. } | Principal::Agent { .. }),
            Right::ApiKey => matches!(who, Principal::ApiKey { .. }),
            Right::ApiKeyWrite => matches!(who, Principal::ApiKey { may_write: true, .. }),
            Right::AgentOrKey => Right::Agent.allows(who) || Right::ApiKey.allows(who),
            Right::AgentOrKeyWrite => Right::Agent.allows(who) || Right::ApiKeyWrite.allows(who),
            Right::Agent => matches!(who, Principal::Agent { .. }),
            Right::Administrator => matches!(who, Principal::Agent { role, .. } if role.administers()),
            Right::TokenRead => matches!(who, Principal::Token { scopes, .. } if scopes.read),
            Right::TokenReadAdministrator => {
                matches!(who, Principal::Token { scopes, role, .. } if scopes.read && role.administers())
            }
            Right::TokenWrite => matches!(who, Principal::Token { scopes, .. } if scopes.write),
            Right::TokenWriteAdministrator => {
                matches!(who, Principal::Token { scopes, role, .. } if scopes.write && role.administers())
            }
        }
    }
}
