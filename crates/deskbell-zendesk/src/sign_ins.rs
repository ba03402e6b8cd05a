//! Passwords at the doors of this surface: the form of OAuth, its password grant, and Basic credentials. They share one brake.

use std::net::IpAddr;

use deskbell_app::sign_in::{self, Proven};
use deskbell_app::{AppError, Desk, Kind};
use deskbell_http::failed_sign_ins::FailedSignIns;
use deskbell_http::tries::TryLimit;

/// Failures to sign in, for each e-mail address and for each caller.
const FAILED_TRIES: TryLimit = TryLimit { tries_max: 10, window_seconds: 15 * 60 };
/// Characters of a password that are looked at; no password has more.
const PASSWORD_CHARS_MAX: usize = 200;

/// Whether programs may show an agent's e-mail address and password instead of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProgramPasswords {
    #[default]
    Refused,
    Taken,
}

/// Counts failed tries to sign in.
pub struct SignIns {
    failed: FailedSignIns,
}

impl Default for SignIns {
    fn default() -> Self {
        SignIns { failed: FailedSignIns::new(FAILED_TRIES) }
    }
}

impl std::fmt::Debug for SignIns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIns")
    }
}

impl SignIns {
    /// Checks an agent's password, unless too many were wrong lately.
    pub(crate) async fn prove(&self, desk: &Desk, email: &str, password: String, peer: Option<IpAddr>) -> Result<Proven, AppError> {
        let counted = self.failed.begin(email, peer, desk.now())?;
        let proven = if password.chars().count() > PASSWORD_CHARS_MAX {
            Err(AppError::bad_credential("e-mail or password is wrong"))
        } else {
            sign_in::prove(desk, email, password).await
        };
        match &proven {
            Ok(_) => self.failed.forgive(&counted),
            Err(error) if error.kind == Kind::BadCredential => {}
            // Whether the password was good was not found out.
            Err(_) => self.failed.take_back(&counted),
        }
        proven
    }
}
