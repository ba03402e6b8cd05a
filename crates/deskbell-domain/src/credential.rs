//! What a caller shows to prove who it is.

use crate::spelled;

spelled! {
    pub enum CredentialKind {
        /// LiveAgent v1 key: the whole desk.
        ApiKey = "apikey",
        /// Bearer token, acting for an agent within scopes.
        Token = "token",
        /// A signed-in console.
        Session = "session",
    }
}
