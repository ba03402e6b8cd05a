//! Search over chats and offline messages: an index of their export documents. It follows the documents by the order of their writing; a
//! search first waits until what was written before it is in the index. While that is not so it is refused: programs copy chats by searching
//! for them, and would never come back for what is missing.

mod fields;
mod find;
mod keeper;
mod notes;
#[cfg(test)]
mod oracle;
mod settled;
#[cfg(test)]
mod tests;
mod top;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use deskbell_app::chat_search::{ChatQuery, ChatSearch, Hits};
use deskbell_app::{AppError, Desk};

use crate::RETRY_SECONDS;
use crate::place::Place;
use crate::shared::{Lifeline, Shared};
use crate::trouble::Trouble;
use find::View;

/// The index of a desk's chats.
pub struct ChatIndex(Arc<Shared<View>>);

impl ChatIndex {
    /// Gives the desk its search over chats, kept in a directory of this process. Returns at once: the index is opened, built or caught up
    /// behind. Refused if the directory cannot be made, or if another process holds it.
    pub fn open(desk: &Desk, directory: &Path) -> Result<(), AppError> {
        let place = Place::take(directory)?;
        let shared = Arc::new(Shared::default());
        let (of_keeper, keeper) = (desk.clone(), Arc::clone(&shared));
        std::thread::Builder::new()
            .name("chat-search".to_owned())
            .spawn(move || {
                keeper::run(&of_keeper, &place, &keeper);
                // The directory is free before anybody is told.
                drop(place);
                keeper.leave();
            })
            .map_err(|error| AppError::internal(format!("no thread can be started: {error}")))?;
        desk.listen(Box::new(Lifeline(Arc::clone(&shared))));
        desk.search_chats_with(Arc::new(ChatIndex(shared)));
        Ok(())
    }
}

impl ChatSearch for ChatIndex {
    fn search(&self, query: &ChatQuery) -> Result<Hits, AppError> {
        let not_ready = || AppError::unavailable("search is not ready").retry_after(RETRY_SECONDS);
        let view = self.0.whole_view().ok_or_else(not_ready)?;
        // Files that were damaged while in use make the index return errors, or panic.
        let trouble = match catch_unwind(AssertUnwindSafe(|| find::find(&view, query))) {
            Ok(Ok(hits)) => return Ok(hits),
            Ok(Err(error)) => Trouble::from(error),
            Err(_) => Trouble::Useless("a search panicked".to_owned()),
        };
        match &trouble {
            Trouble::Useless(_) => self.0.report_damage(),
            Trouble::Store(_) | Trouble::Files(_) => {}
        }
        Err(not_ready().because(trouble))
    }
}
