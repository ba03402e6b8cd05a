//! OAuth clients: programs that act for agents, where they may have an agent sent back to, and how they prove themselves.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::ids::{AgentId, OauthClientId, OauthGrantId};
use crate::spelled;
use crate::time::Timestamp;

/// Bytes of a redirect URI, at most.
pub const REDIRECT_URI_BYTES_MAX: usize = 500;
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

/// The scheme, host and port of a redirect URI, as `https://shop.test:8443`; `None` for a URI that no client may have. Good are `https`
/// anywhere and `http` on this very machine, without user, without fragment.
pub fn redirect_origin(uri: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
    if uri.len() > REDIRECT_URI_BYTES_MAX || !uri.bytes().all(plain) {
        return None;
    }
    let (start, is_secure) = match uri.strip_prefix("https://") {
        Some(_) => ("https://".len(), true),
        None => ("http://".len(), uri.starts_with("http://").then_some(false)?),
    };
    let end = uri[start..].find(['/', '?']).map_or(uri.len(), |end| start + end);
    let host = host_of(&uri[start..end])?;
    (is_secure || is_loopback(host)).then_some(&uri[..end])
}

/// The host of an authority that names no user.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, port.strip_prefix(':').or_else(|| port.is_empty().then_some("1"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "1")),
    };
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_host = host.contains(':') || (!host.is_empty() && !host.starts_with(['.', '-']) && host.bytes().all(is_name));
    (is_port && is_host).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris() {
        for (uri, origin) in [
            ("https://shop.test/back", Some("https://shop.test")),
            ("https://shop.test", Some("https://shop.test")),
            ("https://shop.test:8443?a=b", Some("https://shop.test:8443")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("http://127.0.0.1:9/x", Some("http://127.0.0.1:9")),
            ("http://[::1]:9/x", Some("http://[::1]:9")),
            ("https://[2001:db8::1]/x", Some("https://[2001:db8::1]")),
            ("http://shop.test/back", None),
            ("http://localhost.shop.test/", None),
            ("http://localhost@shop.test/", None),
            ("http://127.0.0.1.shop.test/", None),
            ("https://user@shop.test/", None),
            ("https://user:pass@shop.test/", None),
            ("https://shop.test/#part", None),
            ("https://shop.test\\@evil.test/", None),
            ("https://shop.test:0/", None),
            ("https://shop.test:99999/", None),
            ("https://shop.test:/", None),
            ("https:///path", None),
            ("https://", None),
            ("https://-shop.test/", None),
            ("https://[::1/", None),
            ("https://[::1]x/", None),
            ("https://shöp.test/", None),
            ("https://shop.test/a b", None),
            ("https://shop.test/\n", None),
            ("HTTPS://shop.test/", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("//shop.test/", None),
            ("app://back", None),
            ("", None),
        ] {
            assert_eq!(redirect_origin(uri), origin, "{uri}");
        }
        assert_eq!(redirect_origin(&format!("https://shop.test/{}", "x".repeat(REDIRECT_URI_BYTES_MAX))), None);
    }

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
