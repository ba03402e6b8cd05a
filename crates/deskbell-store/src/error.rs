//! What can go wrong below the use cases, the same on both engines.

use postgres::error::SqlState;
use rusqlite::ffi;

/// A failure of the store. Whether a row exists is never one: look-ups return `Option`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Too much is waiting, or a lock was not given in time. Nothing was written; trying again later is right.
    #[error("the store is busy")]
    Busy,
    /// The disk or the storage quota is full. Nothing was written.
    #[error("the storage is full")]
    Full,
    /// The database cannot be reached, or broke off. A write may or may not have happened: repeat it with its idempotency key.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be read back.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// A unique key is taken, or a row that is referred to does not exist.
    #[error("conflict with stored data: {0}")]
    Conflict(String),
    /// The job panicked; it was rolled back alone.
    #[error("a job panicked: {0}")]
    Panicked(String),
    /// The statement is wrong: our bug.
    #[error("statement failed: {0}")]
    Sql(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database was written by a newer version of the program.
    #[error("the database is newer than this program: it has the migration {0:?}; start the newer version")]
    Newer(String),
    /// An applied migration is not the one this program knows.
    #[error("the migration {0:?} was applied with another text; a shipped migration is never edited")]
    Edited(String),
    /// Another process has the database open.
    #[error("the database is in use by another process: {0}")]
    InUse(String),
}

impl StoreError {
    /// A unique key is taken, or a foreign key points nowhere.
    pub fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict(_))
    }

    /// Trying the same again later can succeed.
    pub fn is_temporary(&self) -> bool {
        matches!(self, StoreError::Busy | StoreError::Full | StoreError::Unavailable(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return match error {
                rusqlite::Error::SqlInputError { msg, .. } => StoreError::Sql(msg),
                other => StoreError::Sql(other.to_string()),
            };
        };
        match failure.code {
            ffi::ErrorCode::DiskFull => StoreError::Full,
            ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked | ffi::ErrorCode::FileLockingProtocolFailed => StoreError::Busy,
            ffi::ErrorCode::ConstraintViolation => match failure.extended_code {
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID
                | ffi::SQLITE_CONSTRAINT_FOREIGNKEY => StoreError::Conflict(error.to_string()),
                _ => StoreError::Sql(error.to_string()),
            },
            ffi::ErrorCode::SystemIoFailure | ffi::ErrorCode::CannotOpen | ffi::ErrorCode::OutOfMemory | ffi::ErrorCode::ReadOnly => {
                StoreError::Unavailable(error.to_string())
            }
            ffi::ErrorCode::DatabaseCorrupt | ffi::ErrorCode::NotADatabase => StoreError::Corrupt(error.to_string()),
            _ => StoreError::Sql(error.to_string()),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        let Some(reported) = error.as_db_error() else {
            // Without an answer of the server it is the connection, unless a value could not be converted.
            let detail = with_source(&error);
            return if is_conversion(&error) { StoreError::Sql(detail) } else { StoreError::Unavailable(detail) };
        };
        let code = reported.code();
        let detail = reported.message().to_owned();
        if *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::FOREIGN_KEY_VIOLATION || *code == SqlState::EXCLUSION_VIOLATION {
            return StoreError::Conflict(detail);
        }
        if *code == SqlState::DISK_FULL {
            return StoreError::Full;
        }
        if *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
        {
            return StoreError::Busy;
        }
        // 08 connection, 28 and 3D the database went away under us, 53 resources, 57P shut down, 58 I/O, 25P0x session timeouts.
        let class = code.code();
        let gone = class.starts_with("08") || class.starts_with("53") || class.starts_with("57P") || class.starts_with("58");
        if gone || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT || *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            return StoreError::Unavailable(detail);
        }
        StoreError::Sql(format!("{detail} ({class})"))
    }
}

fn with_source(error: &postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// The driver says so only in words.
fn is_conversion(error: &postgres::Error) -> bool {
    let text = error.to_string();
    ["error serializing parameter", "error deserializing column", "invalid column", "expected "].iter().any(|start| text.starts_with(start))
}
