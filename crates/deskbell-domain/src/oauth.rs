//! OAuth clients: programs that act for agents, what they are granted, and how they prove themselves.

use crate::ids::{AgentId, OauthClientId, OauthGrantId};
use crate::spelled;
use crate::time::Timestamp;

/// Characters of a PKCE verifier (RFC 7636, 4.1).
const VERIFIER_CHARS: std::ops::RangeInclusive<usize> = 43..=128;
/// Characters of an S256 challenge: 32 bytes in base64 without padding.
const S256_CHALLENGE_CHARS: usize = 43;

spelled! {
    /// Whether a client can keep a secret (RFC 6749, 2.1).
    pub enum ClientType {
        Public = "public",
        Confidential = "confidential",
    }
}

spelled! {
    /// How a PKCE challenge follows from its verifier (RFC 7636, 4.2).
    pub enum ChallengeMethod {
        Plain = "plain",
        S256 = "S256",
    }
}

spelled! {
    /// The error codes of RFC 6749, 4.1.2.1 and 5.2.
    pub enum OauthError {
        InvalidRequest = "invalid_request",
        InvalidClient = "invalid_client",
        InvalidGrant = "invalid_grant",
        UnauthorizedClient = "unauthorized_client",
        UnsupportedGrantType = "unsupported_grant_type",
        UnsupportedResponseType = "unsupported_response_type",
        InvalidScope = "invalid_scope",
        AccessDenied = "access_denied",
    }
}

spelled! {
    /// What an agent did to grant something.
    pub enum GrantKind {
        /// He allowed it on the desk's own page; the client never had his password.
        Code = "code",
        /// He gave the client his password.
        Password = "password",
    }
}

/// A program that may ask agents to act for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthClient {
    pub id: OauthClientId,
    pub name: String,
    pub company: String,
    /// What it calls itself: `client_id`.
    pub identifier: String,
    /// SHA-256 of its secret in lower-case hex.
    pub secret_hash: String,
    /// The secret's last characters, to tell one from another.
    pub secret_hint: String,
    pub client_type: ClientType,
    pub redirect_uris: Vec<String>,
    /// Space separated, as in `read write`.
    pub scopes: String,
    /// Who made it, and for whom it acts when it acts for itself.
    pub agent: AgentId,
    pub created: Timestamp,
    pub updated: Timestamp,
}

impl OauthClient {
    /// Where an agent is sent back to: the URI asked for if it is one of the client's own, byte by byte; the only one if none is named.
    pub fn redirect_uri(&self, asked: Option<&str>) -> Option<&str> {
        match (asked, self.redirect_uris.as_slice()) {
            (Some(asked), own) => own.iter().find(|uri| *uri == asked).map(String::as_str),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

/// A challenge that whoever shows a code has to meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub method: ChallengeMethod,
    pub text: String,
}

impl Challenge {
    /// Whether it has the form of one.
    pub fn is_well_formed(&self) -> bool {
        match self.method {
            ChallengeMethod::Plain => is_verifier(&self.text),
            ChallengeMethod::S256 => {
                self.text.len() == S256_CHALLENGE_CHARS
                    && self.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            }
        }
    }
}

/// Whether a text has the form of a PKCE verifier.
pub fn is_verifier(text: &str) -> bool {
    VERIFIER_CHARS.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

/// What an agent granted: the tokens that came of it live and die together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthGrant {
    pub id: OauthGrantId,
    pub kind: GrantKind,
    pub client: OauthClientId,
    pub agent: AgentId,
    pub scopes: String,
    pub created: Timestamp,
    pub revoked: Option<Timestamp>,
}

/// An authorization code. The code itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthCode {
    /// SHA-256 of the code in lower-case hex.
    pub hash: String,
    pub client: OauthClientId,
    pub agent: AgentId,
    pub redirect_uri: String,
    /// Whether the client named the URI itself: then it has to name it again.
    pub redirect_named: bool,
    pub scopes: String,
    pub challenge: Option<Challenge>,
    pub expires: Timestamp,
    /// What it was exchanged for.
    pub grant: Option<OauthGrantId>,
}

/// A refresh token. The token itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthRefreshToken {
    /// SHA-256 of the token in lower-case hex.
    pub hash: String,
    pub grant: OauthGrantId,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// When another one took its place.
    pub used: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges() {
        let s256 = |text: &str| Challenge { method: ChallengeMethod::S256, text: text.to_owned() }.is_well_formed();
        assert!(s256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(!s256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="));
        assert!(!s256("short"));
        let plain = |text: &str| Challenge { method: ChallengeMethod::Plain, text: text.to_owned() }.is_well_formed();
        assert!(plain(&"a~._-".repeat(9)));
        assert!(!plain(&"a".repeat(42)));
        assert!(!plain(&"a".repeat(129)));
        assert!(!plain(&"a+".repeat(30)));
    }
}
