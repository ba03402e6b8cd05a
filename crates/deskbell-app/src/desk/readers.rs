//! The readers of the journal that a desk has: each is started once by whoever serves it, or run by hand.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Desk;
use crate::documents::{Reader, Renderer};
use crate::error::AppError;
use crate::{levels, rollups, rules, timeline};

impl Desk {
    /// Starts rendering export documents.
    pub fn render_documents(&self, renderer: Arc<dyn Renderer>) -> Result<(), AppError> {
        let listener = self.document_reader(renderer).start().map_err(|error| no_thread(&error))?;
        self.0.follower.add(listener);
        Ok(())
    }

    /// The reader behind the export documents, to be run by hand.
    pub fn document_reader(&self, renderer: Arc<dyn Renderer>) -> Reader {
        Reader::new(self.0.db.clone(), Arc::clone(&self.0.clock), renderer, self.0.account_key)
    }

    /// Starts keeping timelines.
    pub fn keep_timelines(&self) -> Result<(), AppError> {
        let listener = self.timeline_reader().start().map_err(|error| no_thread(&error))?;
        self.0.follower.add(listener);
        Ok(())
    }

    /// The reader behind the timelines, to be run by hand.
    pub fn timeline_reader(&self) -> timeline::Reader {
        timeline::Reader::new(self.0.db.clone(), self.0.account_key).counted_in(Arc::clone(&self.0.timeline_number))
    }

    /// The last journal number that this process has taken into the timelines; 0 before the first look.
    pub fn timeline_number(&self) -> i64 {
        self.0.timeline_number.load(Ordering::Relaxed)
    }

    /// Starts letting rules act.
    pub fn follow_rules(&self) -> Result<(), AppError> {
        let listener = self.rule_reader().start().map_err(|error| no_thread(&error))?;
        self.0.follower.add(listener);
        Ok(())
    }

    /// The reader behind the rules, to be run by hand.
    pub fn rule_reader(&self) -> rules::Reader {
        rules::Reader::new(self.clone(), Arc::clone(&self.0.automation), Arc::clone(&self.0.rules_number))
    }

    /// The last journal number that rules of this process have looked at; 0 before the first look.
    pub fn rules_number(&self) -> i64 {
        self.0.rules_number.load(Ordering::Relaxed)
    }

    /// Starts keeping levels, unless that has begun.
    pub fn keep_levels(&self) -> Result<(), AppError> {
        let listener = levels::start(&self.0.levels, &self.0.db).map_err(|error| no_thread(&error))?;
        if let Some(listener) = listener {
            self.0.follower.add(listener);
        }
        Ok(())
    }

    /// The reader behind the levels, to be run by hand.
    pub fn level_reader(&self) -> levels::Reader {
        levels::Reader::keeping(self.0.db.clone())
    }

    /// Where the levels stand.
    pub fn levels(&self) -> &levels::Watch {
        &self.0.levels
    }

    /// Starts adding up what reports show.
    pub fn keep_rollups(&self) -> Result<(), AppError> {
        let listener = self.rollup_reader().start().map_err(|error| no_thread(&error))?;
        self.0.follower.add(listener);
        Ok(())
    }

    /// The reader behind the roll-ups, to be run by hand.
    pub fn rollup_reader(&self) -> rollups::Reader {
        rollups::Reader::new(self.0.db.clone(), Arc::clone(&self.0.rollups), Arc::clone(&self.0.clock))
    }

    /// The last journal number that this process knows to be in the roll-ups; 0 before the first look.
    pub fn rollup_number(&self) -> i64 {
        self.0.rollups.number()
    }
}

fn no_thread(error: &std::io::Error) -> AppError {
    AppError::internal(format!("no thread can be started: {error}"))
}
