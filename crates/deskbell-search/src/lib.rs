//! Full-text search over knowledge bases, and over chats ([`chats`]): index directories of this node, rebuildable at any time. It decides no
//! rights and knows no wire format.
//!
//! A thread of its own ([`keeper`]) writes the index of knowledge bases from the journal; searches read a view of it ([`find`]). Texts are cut into words by [`text`] and
//! stemmed by [`language`], for what is indexed ([`fields`]) and what is asked ([`question`]) alike.

mod chats;
mod deadline;
mod expand;
mod fields;
mod find;
mod keeper;
mod language;
mod notes;
mod phrase;
mod place;
mod question;
mod rank;
#[cfg(test)]
mod sample;
mod shared;
mod tending;
#[cfg(test)]
mod tests;
mod text;
mod trouble;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use deskbell_app::search::{KnowledgeQuery, KnowledgeSearch, Progress};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::KnowledgeEntryId;

pub use chats::ChatIndex;

use place::Place;
use shared::{Shared, Watch};
use trouble::Trouble;

/// Seconds after which a search that found no index may be tried again.
const RETRY_SECONDS: u32 = 1;

/// The index of a desk's knowledge bases.
pub struct KnowledgeIndex(Arc<Shared>);

impl KnowledgeIndex {
    /// Gives the desk its search, kept in a directory of this process. Returns at once: the index is opened, built or caught up behind.
    /// Refused if the directory cannot be made, or if another process holds it.
    pub fn open(desk: &Desk, directory: &Path) -> Result<(), AppError> {
        let shared = KnowledgeIndex::start(desk, directory)?;
        desk.search_with(Arc::new(KnowledgeIndex(shared)));
        Ok(())
    }

    fn start(desk: &Desk, directory: &Path) -> Result<Arc<Shared>, AppError> {
        let place = Place::take(directory)?;
        let shared = Arc::new(Shared::default());
        let (of_keeper, keeper) = (desk.clone(), Arc::clone(&shared));
        std::thread::Builder::new()
            .name("search".to_owned())
            .spawn(move || {
                keeper::run(&of_keeper, &place, &keeper);
                // The directory is free before anybody is told.
                drop(place);
                keeper.leave();
            })
            .map_err(|error| AppError::internal(format!("no thread can be started: {error}")))?;
        desk.listen(Box::new(Watch(Arc::clone(&shared))));
        Ok(shared)
    }
}

impl KnowledgeSearch for KnowledgeIndex {
    fn search(&self, query: &KnowledgeQuery) -> Result<Vec<KnowledgeEntryId>, AppError> {
        let not_ready = || AppError::unavailable("search is not ready").retry_after(RETRY_SECONDS);
        let view = self.0.fresh_view().ok_or_else(not_ready)?;
        // Files that were damaged while in use make the index return errors, or panic.
        let trouble = match catch_unwind(AssertUnwindSafe(|| find::find(&view, query))) {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(error)) => Trouble::from(error),
            Err(_) => Trouble::Useless("a search panicked".to_owned()),
        };
        match &trouble {
            Trouble::Useless(_) => self.0.report_damage(),
            Trouble::Store(_) | Trouble::Files(_) => {}
        }
        Err(not_ready().because(trouble))
    }

    fn progress(&self) -> Progress {
        self.0.progress()
    }
}
