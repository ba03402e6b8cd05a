//! Tokens that sign somebody in from another system's page: an administrator's integration reads one through the API and has the
//! browser post it. A token is its owner's id and an HMAC under the desk's secret over what revokes it; nothing is stored.

use deskbell_domain::ids::{AgentId, CustomerId};
use deskbell_store::{Tx, tables};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::AppError;

/// Characters of an id in a token.
const ID_CHARS: usize = 8;
/// Bytes of the HMAC that a token shows: 96 bits, 24 hex digits.
const PROOF_BYTES: usize = 12;
/// Characters of a token: what clients of LiveAgent expect.
pub const TOKEN_CHARS: usize = ID_CHARS + 2 * PROOF_BYTES;

/// Whom a token signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthOwner {
    Agent(AgentId),
    Customer(CustomerId),
}

/// An agent's token, the same until he gets another password. Who is switched off has one that opens nothing.
pub fn agent_token(tx: &mut Tx<'_>, agent: AgentId) -> Result<String, AppError> {
    let proof = agent_proof(tx, agent)?.ok_or_else(|| AppError::not_found("no such agent"))?;
    Ok(spelled(&agent.to_string(), &proof))
}

/// A customer's token, the same until he gets another password or is removed.
pub fn customer_token(tx: &mut Tx<'_>, customer: CustomerId) -> Result<String, AppError> {
    let proof = customer_proof(tx, customer)?.ok_or_else(|| AppError::not_found("no such customer"))?;
    Ok(spelled(&customer.to_string(), &proof))
}

/// Whose token it is; `None` for a forged or revoked one.
pub fn resolve_auth_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<AuthOwner>, AppError> {
    let Some((id, shown)) = read(token) else { return Ok(None) };
    if let Some(agent) = AgentId::parse(id)
        && let Some(known) = tables::agents::get(tx, agent)?
    {
        let fits = known.enabled && agent_proof(tx, agent)?.is_some_and(|proof| proves(proof, &shown));
        return Ok(fits.then_some(AuthOwner::Agent(agent)));
    }
    let Some(customer) = CustomerId::parse(id) else { return Ok(None) };
    let fits = customer_proof(tx, customer)?.is_some_and(|proof| proves(proof, &shown));
    Ok(fits.then_some(AuthOwner::Customer(customer)))
}

fn proves(proof: Hmac<Sha256>, shown: &[u8; PROOF_BYTES]) -> bool {
    proof.verify_truncated_left(shown).is_ok()
}

fn spelled(id: &str, proof: &Hmac<Sha256>) -> String {
    let bytes = proof.clone().finalize().into_bytes();
    let digits: String = bytes.iter().take(PROOF_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{id}{digits}")
}

/// The id and the proof of a token; `None` if it cannot be one.
fn read(token: &str) -> Option<(&str, [u8; PROOF_BYTES])> {
    let good = token.len() == TOKEN_CHARS && token.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    if !good {
        return None;
    }
    let (id, digits) = token.split_at(ID_CHARS);
    let mut proof = [0u8; PROOF_BYTES];
    for (place, byte) in proof.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[place * 2..place * 2 + 2], 16).ok()?;
    }
    Some((id, proof))
}

fn agent_proof(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Hmac<Sha256>>, AppError> {
    let Some(known) = tables::agents::get(tx, agent)? else { return Ok(None) };
    let hash = tables::agents::password_hash(tx, agent)?.unwrap_or_default();
    let state = if known.enabled { "on" } else { "off" };
    Ok(Some(proof(tx, "agent", &known.id.to_string(), &[state, &hash])?))
}

fn customer_proof(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Option<Hmac<Sha256>>, AppError> {
    let known = tables::customers::get(tx, customer)?.filter(|customer| customer.removed.is_none());
    let Some(known) = known else { return Ok(None) };
    let hash = tables::customers::password_hash(tx, customer)?.unwrap_or_default();
    Ok(Some(proof(tx, "customer", &known.id.to_string(), &[&hash])?))
}

/// The HMAC over whose token it is and what revokes it. The parts hold no NUL, so that none runs into the next.
fn proof(tx: &mut Tx<'_>, kind: &str, id: &str, bound: &[&str]) -> Result<Hmac<Sha256>, AppError> {
    let desk = tables::desk::get(tx)?.ok_or_else(|| AppError::internal("an open desk has no row"))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&desk.secret).expect("HMAC takes keys of any length");
    for part in ["deskbell auth token 1", kind, id].iter().chain(bound) {
        mac.update(part.as_bytes());
        mac.update(b"\0");
    }
    Ok(mac)
}

#[cfg(test)]
mod tests;
