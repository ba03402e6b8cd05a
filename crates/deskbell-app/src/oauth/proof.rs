//! How a client proves that it is itself, and that it began what it ends: secrets and PKCE verifiers (RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskbell_domain::oauth::{Challenge, ChallengeMethod, ClientType, OauthClient, OauthError, is_verifier};
use deskbell_store::{Tx, tables};

use super::{Granted, Refusal};
use crate::credentials;
use crate::error::AppError;

/// Told alike, so that nobody learns which clients there are.
const UNKNOWN: Refusal = Refusal::new(OauthError::InvalidClient, "the client is not known, or its secret is wrong");

/// What a client shows of itself.
#[derive(Debug, Clone, Default)]
pub struct ClientProof {
    pub identifier: Option<String>,
    pub secret: Option<String>,
}

/// The client that a proof is good for. A confidential one has to show its secret; a public one that shows one has to have it right.
pub(super) fn client(tx: &mut Tx<'_>, proof: &ClientProof) -> Result<Granted<OauthClient>, AppError> {
    let Some(identifier) = proof.identifier.as_deref().filter(|identifier| super::clients::is_identifier(identifier)) else {
        return Ok(Err(UNKNOWN));
    };
    let Some(client) = tables::oauth::client_by_identifier(tx, identifier)? else { return Ok(Err(UNKNOWN)) };
    let is_proven = match (&proof.secret, client.client_type) {
        (Some(secret), _) => same(&credentials::hash_secret(secret), &client.secret_hash),
        (None, ClientType::Public) => true,
        (None, ClientType::Confidential) => false,
    };
    Ok(if is_proven { Ok(client) } else { Err(UNKNOWN) })
}

/// Whether a verifier meets the challenge of a code. One without a challenge takes none: else it could be left out on the way.
pub(super) fn meets(challenge: Option<&Challenge>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
        (Some(challenge), Some(verifier)) => {
            let shown = match challenge.method {
                ChallengeMethod::Plain => verifier.to_owned(),
                ChallengeMethod::S256 => URL_SAFE_NO_PAD.encode(credentials::digest(verifier)),
            };
            is_verifier(verifier) && same(&shown, &challenge.text)
        }
    }
}

/// Whether two texts are the same, in a time that depends on their lengths alone.
fn same(left: &str, right: &str) -> bool {
    let differences = left.bytes().zip(right.bytes()).fold(0, |differences, (left, right)| differences | (left ^ right));
    left.len() == right.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_met_by_their_verifiers_only() {
        // The example of RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = |method, text: &str| Challenge { method, text: text.to_owned() };
        let s256 = challenge(ChallengeMethod::S256, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let plain = challenge(ChallengeMethod::Plain, verifier);
        for good in [&s256, &plain] {
            assert!(meets(Some(good), Some(verifier)));
            for wrong in [None, Some(""), Some(&verifier[1..]), Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Some("short")] {
                assert!(!meets(Some(good), wrong), "{wrong:?}");
            }
        }
        assert!(meets(None, None));
        assert!(!meets(None, Some(verifier)));
        assert!(!meets(Some(&challenge(ChallengeMethod::Plain, "short")), Some("short")));
    }

    #[test]
    fn comparing() {
        assert!(same("abc", "abc") && same("", ""));
        assert!(!same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
    }
}
