//! What goes wrong with an index, by what helps.

use deskbell_app::AppError;
use tantivy::TantivyError;
use tantivy::directory::error::OpenReadError;

#[derive(Debug)]
pub(crate) enum Trouble {
    /// The desk's store cannot be read; the index is fine.
    Store(AppError),
    /// Its files cannot be written or read now; trying again may help.
    Files(String),
    /// A thread of the index ended; opening it again may help.
    Broken(String),
    /// It is not an index of this desk in this version, or not any more: it has to be made anew.
    Useless(String),
}

impl From<AppError> for Trouble {
    fn from(error: AppError) -> Trouble {
        Trouble::Store(error)
    }
}

impl From<TantivyError> for Trouble {
    fn from(error: TantivyError) -> Trouble {
        let text = error.to_string();
        match error {
            // Too many open files, most likely.
            TantivyError::OpenReadError(OpenReadError::IoError { .. }) => Trouble::Files(text),
            TantivyError::IoError(_)
            | TantivyError::OpenDirectoryError(_)
            | TantivyError::OpenWriteError(_)
            | TantivyError::LockFailure(..)
            | TantivyError::SystemError(_) => Trouble::Files(text),
            TantivyError::ErrorInThread(_) | TantivyError::Poisoned => Trouble::Broken(text),
            _ => Trouble::Useless(text),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Store(error) => write!(f, "{error}"),
            Trouble::Files(text) | Trouble::Broken(text) | Trouble::Useless(text) => f.write_str(text),
        }
    }
}
