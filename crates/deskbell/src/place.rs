//! Where a desk is, from what was typed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use deskbell_app::clock::SystemClock;
use deskbell_app::desk::DeskOptions;
use deskbell_store::{Location, Options};

use crate::arguments::PlaceOptions;

/// The database's name within a desk's directory.
const DATABASE_FILE: &str = "desk.db";
/// The indexes' names there.
const SEARCH_DIRECTORY: &str = "search";
/// Where a certificate of our own making is kept.
const TLS_DIRECTORY: &str = "tls";
const CHAT_SEARCH_DIRECTORY: &str = "chat-search";
/// Where files go when only a database URL was given.
const DIRECTORY_DEFAULT: &str = "deskbell-data";

/// Whether a place must hold a desk already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Made,
}

fn directory(place: &PlaceOptions) -> PathBuf {
    place.data.clone().unwrap_or_else(|| PathBuf::from(DIRECTORY_DEFAULT))
}

/// Where this node keeps its index of the knowledge bases.
pub(crate) fn search_directory(place: &PlaceOptions) -> PathBuf {
    directory(place).join(SEARCH_DIRECTORY)
}

/// Where a certificate of our own making is kept.
pub(crate) fn tls_directory(place: &PlaceOptions) -> PathBuf {
    directory(place).join(TLS_DIRECTORY)
}

/// Where it keeps its index of the chats.
pub(crate) fn chat_search_directory(place: &PlaceOptions) -> PathBuf {
    directory(place).join(CHAT_SEARCH_DIRECTORY)
}

fn make_private(directory: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("the directory {} cannot be made", directory.display()))
}

/// Options to open the desk at a place.
pub(crate) fn desk_options(place: &PlaceOptions, presence: Presence, store: Options) -> anyhow::Result<DeskOptions> {
    let directory = directory(place);
    let location = match &place.database_url {
        Some(url) => {
            make_private(&directory)?;
            Location::Postgres(url.clone())
        }
        None => {
            let file = directory.join(DATABASE_FILE);
            if presence == Presence::Required && !file.exists() {
                bail!("there is no desk in {}: make one with `deskbell init --data {0}`", directory.display());
            }
            make_private(&directory)?;
            Location::Sqlite(file)
        }
    };
    Ok(DeskOptions { location, files: directory.join("files"), clock: Arc::new(SystemClock), store })
}

/// Options for a short errand that may run beside a server.
pub(crate) fn errand_options(place: &PlaceOptions) -> anyhow::Result<DeskOptions> {
    desk_options(place, Presence::Required, Options { readers: 1, beside_server: true, ..Options::default() })
}
