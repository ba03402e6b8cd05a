//! The directory of an index: held by one process, cleared when what is in it is of no use.

use std::path::{Path, PathBuf};

use deskbell_app::AppError;
use tantivy::directory::error::LockError;
use tantivy::directory::{DirectoryLock, Lock, MmapDirectory};
use tantivy::schema::Schema;
use tantivy::{Directory as _, Index};

use crate::fields::register;
use crate::trouble::Trouble;

/// The file by which a process holds the directory.
const LOCK_FILE: &str = "deskbell.lock";

/// A directory that this process holds.
pub(crate) struct Place {
    directory: PathBuf,
    _lock: DirectoryLock,
}

impl Place {
    /// Makes the directory if there is none. One that another process holds is refused.
    pub(crate) fn take(directory: &Path) -> Result<Place, AppError> {
        let refused = |error: &dyn std::fmt::Display| {
            AppError::unavailable("search is not ready").because(format!("the directory {} cannot be used: {error}", directory.display()))
        };
        make_private(directory).map_err(|error| refused(&error))?;
        let files = MmapDirectory::open(directory).map_err(|error| refused(&error))?;
        let lock = Lock { filepath: LOCK_FILE.into(), is_blocking: false };
        match files.acquire_lock(&lock) {
            Ok(lock) => Ok(Place { directory: directory.to_owned(), _lock: lock }),
            Err(LockError::LockBusy) => Err(refused(&"another process holds it")),
            Err(LockError::IoError(error)) => Err(refused(&error)),
        }
    }

    /// Opens the index that is there, if it is whole and has these fields, and its notes, as `read` takes them; `None` if nothing was
    /// ever written to it.
    pub(crate) fn open<N>(&self, schema: &Schema, read: impl FnOnce(&str) -> Result<N, Trouble>) -> Result<Option<(Index, N)>, Trouble> {
        let files = MmapDirectory::open(&self.directory).map_err(tantivy::TantivyError::from)?;
        if !Index::exists(&files).map_err(tantivy::TantivyError::from)? {
            return Ok(None);
        }
        let index = Index::open(files)?;
        register(&index);
        if index.schema() != *schema {
            return Err(Trouble::Useless("it has other fields".to_owned()));
        }
        let metas = index.load_metas()?;
        if metas.payload.is_none() && metas.segments.is_empty() {
            return Ok(None);
        }
        let payload = metas.payload.unwrap_or_default();
        let notes = read(&payload)?;
        // Reads all of it once: a search in damaged files might find what is not there.
        let damaged = index.validate_checksum()?;
        if !damaged.is_empty() {
            return Err(Trouble::Useless(format!("{} of its files are damaged", damaged.len())));
        }
        Ok(Some((index, notes)))
    }

    /// Makes an empty index where there is none, or nothing in it.
    pub(crate) fn create(&self, schema: Schema) -> Result<Index, Trouble> {
        let files = MmapDirectory::open(&self.directory).map_err(tantivy::TantivyError::from)?;
        let index = Index::open_or_create(files, schema)?;
        register(&index);
        Ok(index)
    }

    /// Removes the index. Directories within are not ours, and stay.
    pub(crate) fn clear(&self) -> Result<(), Trouble> {
        let clear = || -> std::io::Result<()> {
            for file in std::fs::read_dir(&self.directory)? {
                let file = file?;
                if !file.file_type()?.is_dir() && file.file_name() != LOCK_FILE {
                    std::fs::remove_file(file.path())?;
                }
            }
            Ok(())
        };
        clear().map_err(|error| Trouble::Files(error.to_string()))
    }
}

fn make_private(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}
