//! Keys, tokens, sessions, passwords and visitors' tokens: made, checked, revoked. Secrets are shown once and stored hashed.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::{AgentId, CredentialId, OauthGrantId, VisitId, VisitorId, from_base36, to_base36};
use deskbell_domain::oauth::OauthClient;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::credentials::Credential;
use deskbell_store::{Tx, tables};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub use crate::auth_tokens::{AuthOwner, agent_token, customer_token, resolve_auth_token};
use crate::context::Context;
use crate::error::AppError;
use crate::oauth::ACCESS_TOKEN_SECONDS;
use crate::rights::{Principal, Scopes, TokenSource};

/// Seconds a sign-in lasts.
pub const SESSION_SECONDS: i64 = 30 * 86_400;
/// Seconds a visitor's token lasts.
pub const VISITOR_TOKEN_SECONDS: i64 = 30 * 86_400;
/// Characters of a password.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=200;
/// The scopes of a key that only reads.
const READ_ONLY: &str = "read";
/// Credentials kept in memory.
const CACHE_ENTRIES_MAX: usize = 10_000;
/// After this long a kept credential is looked up again: another process may have revoked it.
const CACHE_MICROS_MAX: i64 = 5_000_000;

/// A new credential with its secret, which is not stored.
#[derive(Debug, Clone)]
pub struct Issued {
    pub credential: Credential,
    pub secret: String,
}

/// SHA-256 of a secret in lower-case hex.
pub fn hash_secret(secret: &str) -> String {
    digest(secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a key, token or session.
pub fn issue(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    kind: CredentialKind,
    name: &str,
    agent: Option<AgentId>,
    scopes: Scopes,
) -> Result<Issued, AppError> {
    let issued = draw(tx, cx, kind, name, agent, scopes)?;
    tables::credentials::insert(tx, &issued.credential)?;
    Ok(issued)
}

/// Makes an OAuth client's access token.
pub(crate) fn issue_to_client(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    client: &OauthClient,
    agent: AgentId,
    scopes: Scopes,
    grant: Option<OauthGrantId>,
) -> Result<Issued, AppError> {
    let mut issued = draw(tx, cx, CredentialKind::Token, &client.name, Some(agent), scopes)?;
    issued.credential.expires = Some(cx.now.plus_seconds(ACCESS_TOKEN_SECONDS));
    issued.credential.oauth_client = Some(client.id);
    issued.credential.oauth_grant = grant;
    tables::credentials::insert(tx, &issued.credential)?;
    Ok(issued)
}

/// A credential that is not stored yet.
fn draw(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    kind: CredentialKind,
    name: &str,
    agent: Option<AgentId>,
    scopes: Scopes,
) -> Result<Issued, AppError> {
    let secret = match kind {
        CredentialKind::ApiKey => cx.hex(16),
        CredentialKind::Token | CredentialKind::Session => cx.alphanumerics(64),
    };
    let credential = Credential {
        id: CredentialId::from_i64(tx.next_id()?),
        kind,
        name: name.chars().filter(|letter| !letter.is_control()).take(100).collect(),
        hash: hash_secret(&secret),
        hint: secret[secret.len() - 4..].to_owned(),
        agent,
        scopes: scopes.text(),
        created: cx.now,
        expires: (kind == CredentialKind::Session).then(|| cx.now.plus_seconds(SESSION_SECONDS)),
        revoked: None,
        oauth_client: None,
        oauth_grant: None,
    };
    Ok(Issued { credential, secret })
}

/// Signs an agent in whose password was found good against `hash`. Refused if he was switched off or has got another password since.
pub fn open_session(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, hash: &str, name: &str) -> Result<Issued, AppError> {
    let enabled = tables::agents::get(tx, agent)?.is_some_and(|agent| agent.enabled);
    if !enabled || tables::agents::password_hash(tx, agent)?.as_deref() != Some(hash) {
        return Err(AppError::bad_credential("e-mail or password is wrong"));
    }
    session(tx, cx, agent, name)
}

fn session(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, name: &str) -> Result<Issued, AppError> {
    tables::agents::note_login(tx, agent, cx.now)?;
    issue(tx, cx, CredentialKind::Session, name, Some(agent), Scopes::default())
}

/// Signs the agent in whose token another system's page posted. A customer's token opens no console.
pub fn open_session_by_token(tx: &mut Tx<'_>, cx: &mut Context, token: &str, name: &str) -> Result<Issued, AppError> {
    match resolve_auth_token(tx, token)? {
        Some(AuthOwner::Agent(agent)) => session(tx, cx, agent, name),
        Some(AuthOwner::Customer(_)) | None => Err(AppError::forbidden("this token signs no agent in")),
    }
}

/// Revokes a key or token.
pub fn revoke(tx: &mut Tx<'_>, cx: &Context, credential: CredentialId) -> Result<(), AppError> {
    tables::credentials::get(tx, credential)?.ok_or_else(|| AppError::not_found("no such credential"))?;
    tables::credentials::revoke(tx, credential, cx.now)?;
    Ok(())
}

/// What stands behind a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: CredentialId,
    pub kind: CredentialKind,
    pub principal: Principal,
    pub expires: Option<Timestamp>,
}

/// Looks a secret up in the store; `None` for an unknown, revoked or expired one, or one whose agent may not work here.
pub fn look_up(tx: &mut Tx<'_>, hash: &str, now: Timestamp) -> Result<Option<Known>, AppError> {
    let Some(found) = tables::credentials::by_hash(tx, hash)? else { return Ok(None) };
    if found.revoked.is_some() || found.expires.is_some_and(|expires| expires <= now) {
        return Ok(None);
    }
    let agent = match found.agent {
        Some(agent) => tables::agents::get(tx, agent)?.filter(|agent| agent.enabled),
        None => None,
    };
    let principal = match (found.kind, agent) {
        // A key without scopes may do all; the scope `read` alone keeps it from writing.
        (CredentialKind::ApiKey, _) => Principal::ApiKey { key: found.id, may_write: found.scopes != READ_ONLY },
        (CredentialKind::Token, Some(agent)) => {
            let source = if found.oauth_client.is_some() { TokenSource::Client } else { TokenSource::Desk };
            Principal::Token { agent: agent.id, role: agent.role, scopes: Scopes::parse(&found.scopes).unwrap_or_default(), source }
        }
        (CredentialKind::Session, Some(agent)) => Principal::Agent { agent: agent.id, role: agent.role },
        (CredentialKind::Token | CredentialKind::Session, None) => return Ok(None),
    };
    Ok(Some(Known { id: found.id, kind: found.kind, principal, expires: found.expires }))
}

/// Credentials seen lately, so that a request needs no look-up.
///
/// An entry is found by a hash with a key that nobody outside knows, which costs a part of what SHA-256 does; then the secret itself is
/// compared, in a time that tells nothing about it.
#[derive(Default)]
pub struct Cache {
    key: RandomState,
    entries: Mutex<BTreeMap<u64, Kept>>,
}

struct Kept {
    secret: Box<[u8]>,
    known: Known,
    since: Timestamp,
}

impl Cache {
    pub fn get(&self, secret: &str, now: Timestamp) -> Option<Known> {
        let place = self.place(secret);
        let mut entries = self.lock();
        let kept = entries.get(&place)?;
        let fresh = now.micros_since(kept.since) < CACHE_MICROS_MAX && kept.known.expires.is_none_or(|expires| expires > now);
        if !fresh {
            // No secret stays in memory for longer than it is of use.
            entries.remove(&place);
            return None;
        }
        same(&kept.secret, secret.as_bytes()).then(|| kept.known.clone())
    }

    pub fn put(&self, secret: &str, known: Known, now: Timestamp) {
        let (place, kept) = (self.place(secret), Kept { secret: secret.as_bytes().into(), known, since: now });
        let mut entries = self.lock();
        if entries.len() >= CACHE_ENTRIES_MAX {
            entries.clear();
        }
        entries.insert(place, kept);
    }

    /// Forgets all: something about credentials or agents changed.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Two secrets on one place push each other out.
    fn place(&self, secret: &str) -> u64 {
        self.key.hash_one(secret)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Kept>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compares without stopping at the first byte that differs: how long it takes tells no more than the lengths.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |found, (one, other)| found | (one ^ other));
    one.len() == other.len() && black_box(differences) == 0
}

/// SHA-256 of a secret.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn argon() -> Argon2<'static> {
    // OWASP's first recommendation for Argon2id: 19 MiB, 2 passes, 1 lane.
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).expect("constant parameters are valid"))
}

/// Hashes a password (Argon2id). Takes tens of milliseconds: call it on a thread that may wait.
pub fn hash_password(password: &str) -> Result<String, AppError> {
    if !PASSWORD_CHARS.contains(&password.chars().count()) {
        return Err(AppError::invalid("a password has 8 to 200 characters"));
    }
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|error| AppError::internal(error.to_string()))?;
    let hash = argon().hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| AppError::internal(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether a password fits a hash. As slow as hashing, also when there is no hash to compare with.
pub fn verify_password(password: &str, hash: Option<&str>) -> bool {
    let known = hash.is_some();
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or_else(|| nobodys_hash())) else { return false };
    argon().verify_password(password.as_bytes(), &parsed).is_ok() && known
}

/// Something to compare with when there is no such agent, so that the answer takes as long.
fn nobodys_hash() -> &'static str {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| hash_password("nobody has this one").unwrap_or_default())
}

/// Signs and checks visitors' tokens: `visitor.visit.expiry.signature`, bound to the visit, good on every node of the desk.
#[derive(Clone)]
pub struct VisitorTokens(Hmac<Sha256>);

impl VisitorTokens {
    pub fn new(secret: &[u8]) -> Self {
        VisitorTokens(Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length"))
    }

    fn sign(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(b"deskbell visitor 1\0");
        mac.update(text.as_bytes());
        mac
    }

    pub fn issue(&self, visitor: VisitorId, visit: VisitId, now: Timestamp) -> String {
        let text = format!("{visitor}.{visit}.{}", to_base36(now.seconds() + VISITOR_TOKEN_SECONDS));
        let signature = self.sign(&text).finalize().into_bytes();
        let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{text}.{signature}")
    }

    /// Whose token it is; `None` for a false or expired one.
    pub fn check(&self, token: &str, now: Timestamp) -> Option<(VisitorId, VisitId)> {
        let (text, signature) = token.rsplit_once('.')?;
        let mut bytes = [0u8; 32];
        if signature.len() != 64 || !signature.is_ascii() {
            return None;
        }
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&signature[place * 2..place * 2 + 2], 16).ok()?;
        }
        self.sign(text).verify_slice(&bytes).ok()?;
        let mut parts = text.split('.');
        let (visitor, visit, expires) = (parts.next()?, parts.next()?, parts.next()?);
        (from_base36(expires)? > now.seconds()).then_some(())?;
        Some((VisitorId::parse(visitor)?, VisitId::parse(visit)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitor_tokens() {
        let tokens = VisitorTokens::new(b"secret");
        let (visitor, visit) = (VisitorId::from_i64(383_486_450_414), VisitId::from_i64(2_821_109_907_455));
        let now = Timestamp::from_seconds(1_790_000_000);
        let token = tokens.issue(visitor, visit, now);
        assert_eq!(tokens.check(&token, now), Some((visitor, visit)));
        assert_eq!(tokens.check(&token, now.plus_seconds(VISITOR_TOKEN_SECONDS)), None, "expired");
        assert_eq!(VisitorTokens::new(b"another").check(&token, now), None, "another desk's");
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
            let forged = String::from_utf8(bytes).unwrap();
            assert_eq!(tokens.check(&forged, now), None, "{forged}");
        }
        for wrong in ["", ".", "a.b.c.d", "é.é.é.é"] {
            assert_eq!(tokens.check(wrong, now), None);
        }
    }

    #[test]
    fn credentials_are_kept_for_a_moment() {
        let (cache, now) = (Cache::default(), Timestamp::from_seconds(1_790_000_000));
        let known = |id: i64, expires: Option<Timestamp>| Known {
            id: CredentialId::from_i64(id),
            kind: CredentialKind::ApiKey,
            principal: Principal::ApiKey { key: CredentialId::from_i64(id), may_write: true },
            expires,
        };
        assert_eq!(cache.get("secret", now), None);
        cache.put("secret", known(1, None), now);
        cache.put("another", known(2, Some(now.plus_seconds(2))), now);
        assert_eq!(cache.get("secret", now.plus_seconds(4)), Some(known(1, None)));
        assert_eq!(cache.get("another", now.plus_seconds(1)), Some(known(2, Some(now.plus_seconds(2)))));
        assert_eq!(cache.get("another", now.plus_seconds(2)), None, "expired");
        for wrong in ["", "secre", "secrets", "Secret", "secreu"] {
            assert_eq!(cache.get(wrong, now), None, "{wrong}");
        }
        assert_eq!(cache.get("secret", now.plus_seconds(5)), None, "another process may have revoked it");
        assert_eq!(cache.lock().len(), 0, "and it is gone");
        // Another secret that came to the same place opens nothing.
        let place = cache.place("guessed");
        cache.lock().insert(place, Kept { secret: b"guessex".as_slice().into(), known: known(3, None), since: now });
        assert_eq!(cache.get("guessed", now), None);
        cache.clear();
        assert_eq!(cache.lock().len(), 0);
        for number in 0..=CACHE_ENTRIES_MAX {
            cache.put(&number.to_string(), known(1, None), now);
        }
        assert_eq!(cache.lock().len(), 1, "when it is full it begins anew");
    }

    #[test]
    fn secrets_are_compared_whole() {
        for (one, other, wanted) in
            [("", "", true), ("a", "a", true), ("a", "b", false), ("ab", "a", false), ("a", "ab", false), ("", "a", false)]
        {
            assert_eq!(same(one.as_bytes(), other.as_bytes()), wanted, "{one} {other}");
        }
    }

    #[test]
    fn passwords() {
        let hash = hash_password("correct horse").unwrap();
        assert!(verify_password("correct horse", Some(&hash)));
        assert!(!verify_password("wrong horse", Some(&hash)));
        assert!(!verify_password("correct horse", None));
        assert!(hash_password("short").is_err());
    }
}
