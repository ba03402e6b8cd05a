//! The one error of everything below the surfaces. It knows no HTTP: a surface matches every [`Kind`] and gives it its own shape.

use std::borrow::Cow;
use std::fmt;

impl Kind {
    /// The fixed word for it, the same on every surface that shows one.
    pub const fn code(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Missing => "missing",
            Kind::NoCredential => "no_credential",
            Kind::BadCredential => "bad_credential",
            Kind::Forbidden => "forbidden",
            Kind::NotFound => "not_found",
            Kind::Conflict => "conflict",
            Kind::Offline => "offline",
            Kind::TooLarge => "too_large",
            Kind::RateLimited => "rate_limited",
            Kind::Unavailable => "unavailable",
            Kind::StorageFull => "storage_full",
            Kind::Internal => "internal",
        }
    }
}

/// What went wrong, in the terms of the one who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be understood or breaks a rule of its form.
    Invalid,
    /// A mandatory parameter is missing (a surface may answer this differently from [`Kind::Invalid`]).
    Missing,
    /// No credential was given.
    NoCredential,
    /// The credential given is unknown, revoked or expired.
    BadCredential,
    /// The credential is good, the right is missing, or the object belongs to somebody else.
    Forbidden,
    /// The object does not exist (or the asker must not learn that it does).
    NotFound,
    /// The state of the object does not allow it.
    Conflict,
    /// Nobody of the department can take a chat now; a message can be left instead.
    Offline,
    /// Larger than a named limit.
    TooLarge,
    /// Too many requests; see [`AppError::retry_after_seconds`].
    RateLimited,
    /// A queue is full or a part is down; trying again later helps.
    Unavailable,
    /// The disk (or the space set aside) is full; nothing was written.
    StorageFull,
    /// A defect of ours.
    Internal,
}

/// An error with a public sentence for the asker and an optional internal detail for the log.
#[derive(Debug, Clone)]
pub struct AppError {
    pub kind: Kind,
    /// Shown to the asker. Never holds a secret, an address or a message's text.
    pub public: Cow<'static, str>,
    /// For the log only.
    pub internal: Option<String>,
    /// With [`Kind::RateLimited`] and [`Kind::Unavailable`]: when to try again.
    pub retry_after_seconds: Option<u32>,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident),+ $(,)?) => {
        impl AppError {
            $($(#[$doc])* pub fn $name(public: impl Into<Cow<'static, str>>) -> Self {
                AppError { kind: Kind::$kind, public: public.into(), internal: None, retry_after_seconds: None }
            })+
        }
    };
}

constructors! {
    invalid => Invalid,
    missing => Missing,
    no_credential => NoCredential,
    bad_credential => BadCredential,
    forbidden => Forbidden,
    not_found => NotFound,
    conflict => Conflict,
    offline => Offline,
    too_large => TooLarge,
    rate_limited => RateLimited,
    unavailable => Unavailable,
    storage_full => StorageFull,
}

impl AppError {
    /// A defect: the asker gets one fixed sentence, the log gets the detail.
    pub fn internal(detail: impl Into<String>) -> Self {
        AppError { kind: Kind::Internal, public: Cow::Borrowed("internal error"), internal: Some(detail.into()), retry_after_seconds: None }
    }

    /// Adds the detail that only the log shows.
    #[must_use]
    pub fn because(mut self, detail: impl fmt::Display) -> Self {
        self.internal = Some(detail.to_string());
        self
    }

    /// Adds when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Whether the same, tried again later, may succeed: the store is away or full, or there is too much to do. What fails otherwise fails for
    /// good, and whatever does one thing after another by itself passes it over.
    pub fn is_temporary(&self) -> bool {
        match self.kind {
            Kind::RateLimited | Kind::Unavailable | Kind::StorageFull => true,
            Kind::Invalid
            | Kind::Missing
            | Kind::NoCredential
            | Kind::BadCredential
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Offline
            | Kind::TooLarge
            | Kind::Internal => false,
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.internal {
            Some(detail) => write!(f, "{:?}: {} ({detail})", self.kind, self.public),
            None => write!(f, "{:?}: {}", self.kind, self.public),
        }
    }
}

impl std::error::Error for AppError {}

impl From<deskbell_store::StoreError> for AppError {
    fn from(error: deskbell_store::StoreError) -> Self {
        use deskbell_store::StoreError;
        match &error {
            StoreError::Full => AppError::storage_full("the disk is full; nothing was written").retry_after(10),
            StoreError::Busy => AppError::unavailable("too much is waiting to be written; try again").retry_after(1),
            StoreError::Unavailable(_) | StoreError::Closed => {
                AppError::unavailable("the database is away; try again with the same key").because(&error).retry_after(1)
            }
            // Told as they are: the one who starts the program reads them.
            StoreError::InUse(_) | StoreError::Newer(_) | StoreError::Edited(_) => AppError::unavailable(error.to_string()),
            StoreError::Conflict(_) => AppError::conflict("another change came first; try again").because(&error),
            _ => AppError::internal(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_store::StoreError;

    use super::*;

    #[test]
    fn what_the_store_says_passes_or_stays() {
        for (error, is_temporary) in [
            (StoreError::Busy, true),
            (StoreError::Full, true),
            (StoreError::Unavailable("away".to_owned()), true),
            (StoreError::Closed, true),
            (StoreError::Conflict("a key is taken".to_owned()), false),
            (StoreError::Corrupt("no status".to_owned()), false),
            (StoreError::Panicked("index".to_owned()), false),
            (StoreError::Sql("syntax".to_owned()), false),
        ] {
            assert_eq!(AppError::from(error.clone()).is_temporary(), is_temporary, "{error}");
        }
        assert!(!AppError::not_found("no such conversation").is_temporary());
    }
}
