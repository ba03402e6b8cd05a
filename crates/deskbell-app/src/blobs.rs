//! The port for file contents, and its implementation in a directory.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::AppError;

/// Keeps bytes under a name of 32 hex digits. Blocking: call it on a thread that may wait.
pub trait Blobs: Send + Sync + 'static {
    /// Durable when it returns.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), AppError>;
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, AppError>;
    fn remove(&self, name: &str) -> Result<(), AppError>;
}

/// A directory of files, spread over 256 subdirectories.
pub struct DirectoryBlobs(PathBuf);

impl DirectoryBlobs {
    pub fn new(directory: &Path) -> Self {
        DirectoryBlobs(directory.to_owned())
    }

    fn path(&self, name: &str) -> Result<PathBuf, AppError> {
        if name.len() != 32 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(AppError::not_found("no such file"));
        }
        Ok(self.0.join(&name[..2]).join(name))
    }
}

fn failed(error: std::io::Error) -> AppError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            AppError::storage_full("the disk is full; the file was not kept").because(error)
        }
        _ => AppError::unavailable("the file store cannot be used").because(error),
    }
}

impl Blobs for DirectoryBlobs {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), AppError> {
        let path = self.path(name)?;
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        std::fs::create_dir_all(&directory).map_err(failed)?;
        let draft = directory.join(format!("{name}.new"));
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&draft, &path)?;
            std::fs::File::open(&directory)?.sync_all()
        };
        write().map_err(|error| {
            // What was begun is of no use to anybody.
            drop(std::fs::remove_file(&draft));
            failed(error)
        })
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, AppError> {
        match std::fs::read(self.path(name)?) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn remove(&self, name: &str) -> Result<(), AppError> {
        match std::fs::remove_file(self.path(name)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }
}
