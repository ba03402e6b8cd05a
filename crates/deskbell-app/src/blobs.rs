//! The port for the contents of files, and its implementation in a directory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::error::AppError;

/// Characters of a name made of contents: their SHA-256 in lower-case hex.
const DIGEST_CHARS: usize = 64;
/// Characters of a name that says nothing of the contents: a file's own id.
const ID_CHARS: usize = 32;

/// Keeps bytes under names: 64 hex digits that are the SHA-256 of the bytes, or 32 hex digits. Bytes under a name never change. Blocking:
/// call it on a thread that may wait.
///
/// A store of objects can stand behind it: there are no directories, no renaming, no listing.
pub trait Blobs: Send + Sync + 'static {
    /// Keeps bytes; durable when it returns. Bytes that are there already are not written again. A name of 64 digits that is not theirs
    /// is refused.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), AppError>;

    /// Whether there are bytes under this name.
    fn exists(&self, name: &str) -> Result<bool, AppError>;

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, AppError>;

    /// At most `length` bytes from `start`; fewer, or none, where they end before.
    fn get_part(&self, name: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, AppError>;

    /// Removes what is there; nothing there is no error.
    fn remove(&self, name: &str) -> Result<(), AppError>;
}

/// The name of contents: their SHA-256 in lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A directory of files, spread over 256 subdirectories.
pub struct DirectoryBlobs {
    directory: PathBuf,
    /// Tells apart drafts of the same bytes.
    drafts: AtomicU64,
}

impl DirectoryBlobs {
    pub fn new(directory: &Path) -> Self {
        DirectoryBlobs { directory: directory.to_owned(), drafts: AtomicU64::new(0) }
    }

    fn path(&self, name: &str) -> Result<PathBuf, AppError> {
        let hex = name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !hex || !matches!(name.len(), ID_CHARS | DIGEST_CHARS) {
            return Err(AppError::not_found("no such file"));
        }
        Ok(self.directory.join(&name[..2]).join(name))
    }

    /// Writes beside and renames, so that nobody sees half a file.
    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let directory = path.parent().unwrap_or(&self.directory);
        if !directory.exists() {
            std::fs::create_dir_all(directory)?;
            File::open(&self.directory)?.sync_all()?;
        }
        let number = self.drafts.fetch_add(1, Ordering::Relaxed);
        let draft = path.with_extension(format!("{}-{number}.new", std::process::id()));
        let write = || {
            let mut file = File::create(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&draft, path)?;
            File::open(directory)?.sync_all()
        };
        write().inspect_err(|_| {
            // What was begun is of no use to anybody.
            drop(std::fs::remove_file(&draft));
        })
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

/// Nothing there is an answer, not an error.
fn found<T>(outcome: std::io::Result<T>) -> Result<Option<T>, AppError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

impl Blobs for DirectoryBlobs {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), AppError> {
        let path = self.path(name)?;
        if name.len() == DIGEST_CHARS && digest(bytes) != name {
            return Err(AppError::internal("contents do not have the digest they are to be kept under"));
        }
        // What is there is compared: a disk that lost or turned bits is mended by whoever brings the same contents again.
        if found(std::fs::read(&path))?.is_some_and(|kept| kept == bytes) {
            return Ok(());
        }
        self.write(&path, bytes).map_err(failed)
    }

    fn exists(&self, name: &str) -> Result<bool, AppError> {
        Ok(found(std::fs::metadata(self.path(name)?))?.is_some())
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, AppError> {
        found(std::fs::read(self.path(name)?))
    }

    fn get_part(&self, name: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, AppError> {
        let Some(mut file) = found(File::open(self.path(name)?))? else { return Ok(None) };
        let mut part = Vec::new();
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        file.take(length as u64).read_to_end(&mut part).map_err(failed)?;
        Ok(Some(part))
    }

    fn remove(&self, name: &str) -> Result<(), AppError> {
        found(std::fs::remove_file(self.path(name)?)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_in(directory: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                names.extend(files_in(&entry.path()));
            } else {
                names.push(entry.file_name().into_string().unwrap());
            }
        }
        names
    }

    #[test]
    fn bytes_come_back_and_go() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = DirectoryBlobs::new(directory.path());
        let name = digest(b"hello");
        assert_eq!(name, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert_eq!((blobs.get(&name).unwrap(), blobs.exists(&name).unwrap()), (None, false));
        blobs.put(&name, b"hello").unwrap();
        blobs.put(&name, b"hello").unwrap();
        assert_eq!(files_in(directory.path()), [name.as_str()], "once, and no draft is left");
        assert_eq!((blobs.get(&name).unwrap().as_deref(), blobs.exists(&name).unwrap()), (Some(&b"hello"[..]), true));
        for (start, length, wanted) in [(0, 3, "hel"), (3, 10, "lo"), (5, 10, ""), (99, 10, ""), (0, 0, "")] {
            assert_eq!(blobs.get_part(&name, start, length).unwrap().unwrap(), wanted.as_bytes());
        }
        blobs.remove(&name).unwrap();
        blobs.remove(&name).unwrap();
        assert_eq!((blobs.get(&name).unwrap(), blobs.get_part(&name, 0, 1).unwrap()), (None, None));
    }

    #[test]
    fn contents_are_checked() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = DirectoryBlobs::new(directory.path());
        let name = digest(b"hello");
        assert_eq!(blobs.put(&name, b"other").unwrap_err().kind, crate::Kind::Internal);
        assert!(!blobs.exists(&name).unwrap());
        blobs.put(&name, b"hello").unwrap();
        let path = directory.path().join(&name[..2]).join(&name);
        std::fs::write(&path, b"hexlo").unwrap();
        blobs.put(&name, b"hello").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"hello", "turned bits are mended");
        let old = "0123456789abcdef0123456789abcdef";
        blobs.put(old, b"from before").unwrap();
        assert_eq!(blobs.get(old).unwrap().unwrap(), b"from before");
    }

    #[test]
    fn names_that_are_none() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = DirectoryBlobs::new(&directory.path().join("files"));
        let long = "a".repeat(65);
        for name in ["", "a", "../../etc/passwd", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcde/", long.as_str()] {
            assert_eq!(blobs.get(name).unwrap_err().kind, crate::Kind::NotFound, "{name}");
            assert_eq!(blobs.put(name, b"x").unwrap_err().kind, crate::Kind::NotFound, "{name}");
            assert_eq!(blobs.remove(name).unwrap_err().kind, crate::Kind::NotFound, "{name}");
        }
        assert!(!directory.path().join("files").exists(), "nothing was touched");
    }

    #[test]
    fn many_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = DirectoryBlobs::new(directory.path());
        let bytes = vec![7u8; 100_000];
        let name = digest(&bytes);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    blobs.put(&name, &bytes).unwrap();
                    assert_eq!(blobs.get(&name).unwrap().unwrap(), bytes, "never half a file");
                });
            }
        });
        assert_eq!(files_in(directory.path()), [name]);
    }

    /// A disk that is full leaves no name behind.
    #[test]
    fn a_place_that_cannot_be_written() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("files"), b"in the way").unwrap();
        let blobs = DirectoryBlobs::new(&directory.path().join("files"));
        assert_eq!(blobs.put(&digest(b"x"), b"x").unwrap_err().kind, crate::Kind::Unavailable);
    }
}
