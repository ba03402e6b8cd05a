//! Customers signed in to the portal. A session is a signed text in the browser's cookie; nothing is stored. It ends with its time, with
//! the customer's password, and with the customer.

use deskbell_domain::customer::{Customer, CustomerRole};
use deskbell_domain::ids::{CustomerId, from_base36, to_base36};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::auth_tokens::{AuthOwner, resolve_auth_token};
use crate::error::AppError;

/// Seconds a sign-in lasts.
pub const CUSTOMER_SESSION_SECONDS: i64 = 30 * 86_400;
/// Characters of a signature: all of an HMAC with SHA-256, in hex.
const SIGNATURE_CHARS: usize = 64;

/// A registered customer with this e-mail address, and the hash of his password; `None` also for one who has none.
pub fn registered(tx: &mut Tx<'_>, email: &str) -> Result<Option<(CustomerId, String)>, AppError> {
    let email = email.trim();
    if email.contains('\0') {
        return Ok(None);
    }
    let Some(customer) = tables::customers::by_email(tx, email)? else { return Ok(None) };
    if customer.role != CustomerRole::Registered || customer.removed.is_some() {
        return Ok(None);
    }
    let hash = tables::customers::password_hash(tx, customer.id)?.filter(|hash| !hash.is_empty());
    Ok(hash.map(|hash| (customer.id, hash)))
}

/// Signs a customer in whose password was found good against `hash`. Refused if he was removed or has got another password since.
pub fn open(tx: &mut Tx<'_>, now: Timestamp, customer: CustomerId, hash: &str) -> Result<String, AppError> {
    let still = present(tx, customer)?.is_some_and(|customer| customer.role == CustomerRole::Registered);
    if !still || tables::customers::password_hash(tx, customer)?.as_deref() != Some(hash) {
        return Err(AppError::bad_credential("e-mail or password is wrong"));
    }
    issue(tx, customer, now)
}

/// Signs the customer in whose token another system's page posted. An agent's token signs no customer in.
pub fn open_by_token(tx: &mut Tx<'_>, now: Timestamp, token: &str) -> Result<String, AppError> {
    match resolve_auth_token(tx, token)? {
        Some(AuthOwner::Customer(customer)) => issue(tx, customer, now),
        Some(AuthOwner::Agent(_)) | None => Err(AppError::forbidden("this token signs no customer in")),
    }
}

/// Who is signed in with this secret; `None` for a forged, expired or revoked one.
pub fn signed_in(tx: &mut Tx<'_>, secret: &str, now: Timestamp) -> Result<Option<Customer>, AppError> {
    let Some((text, signature)) = secret.rsplit_once('.') else { return Ok(None) };
    let Some(signature) = bytes_of(signature) else { return Ok(None) };
    let Some((customer, expires)) = text.split_once('.') else { return Ok(None) };
    let (Some(customer), Some(expires)) = (CustomerId::parse(customer), from_base36(expires)) else { return Ok(None) };
    if expires <= now.seconds() || sign(tx, customer, text)?.verify_slice(&signature).is_err() {
        return Ok(None);
    }
    present(tx, customer)
}

fn issue(tx: &mut Tx<'_>, customer: CustomerId, now: Timestamp) -> Result<String, AppError> {
    let text = format!("{customer}.{}", to_base36(now.seconds() + CUSTOMER_SESSION_SECONDS));
    let signature = sign(tx, customer, &text)?.finalize().into_bytes();
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{text}.{signature}"))
}

fn present(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Option<Customer>, AppError> {
    Ok(tables::customers::get(tx, customer)?.filter(|customer| customer.removed.is_none()))
}

/// Bound to the hash of the password, so that a new one ends every session.
fn sign(tx: &mut Tx<'_>, customer: CustomerId, text: &str) -> Result<Hmac<Sha256>, AppError> {
    let desk = tables::desk::get(tx)?.ok_or_else(|| AppError::internal("an open desk has no row"))?;
    let hash = tables::customers::password_hash(tx, customer)?.unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&desk.secret).expect("HMAC takes keys of any length");
    for part in ["deskbell customer session 1", text, &hash] {
        mac.update(part.as_bytes());
        mac.update(b"\0");
    }
    Ok(mac)
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let good = hex.len() == SIGNATURE_CHARS && hex.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
    if !good {
        return None;
    }
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests;
