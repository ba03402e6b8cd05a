//! What goes wrong with an index, by what helps.

use deskbell_app::AppError;
use tantivy::TantivyError;
use tantivy::directory::error::OpenReadError;

#[derive(Debug)]
pub(crate) enum Trouble {
    /// The desk's store cannot be read; the index is fine.
    Store(AppError),
    /// Its files cannot be written or read now, or one of its threads ended over that; opening it again may help.
    Files(String),
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
        match &error {
            // What the system says (no space, too many open files) may pass; what the library says of contents does not.
            TantivyError::IoError(error) | TantivyError::OpenReadError(OpenReadError::IoError { io_error: error, .. }) => {
                if error.raw_os_error().is_some() { Trouble::Files(text) } else { Trouble::Useless(text) }
            }
            TantivyError::OpenDirectoryError(_)
            | TantivyError::OpenWriteError(_)
            | TantivyError::LockFailure(..)
            | TantivyError::SystemError(_)
            | TantivyError::ErrorInThread(_)
            | TantivyError::Poisoned => Trouble::Files(text),
            _ => Trouble::Useless(text),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Store(error) => write!(f, "{error}"),
            Trouble::Files(text) | Trouble::Useless(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_passes_and_what_does_not() {
        let no_space = || Error::from_raw_os_error(28);
        let no_footer = || Error::new(ErrorKind::InvalidData, "no footer");
        let opened = |error: Error| TantivyError::OpenReadError(OpenReadError::IoError { io_error: Arc::new(error), filepath: "x".into() });
        for passing in [TantivyError::from(no_space()), opened(no_space()), TantivyError::ErrorInThread(String::new())] {
            assert!(matches!(Trouble::from(passing), Trouble::Files(_)));
        }
        for lasting in [TantivyError::from(no_footer()), opened(no_footer()), TantivyError::SchemaError(String::new())] {
            assert!(matches!(Trouble::from(lasting), Trouble::Useless(_)));
        }
    }
}
