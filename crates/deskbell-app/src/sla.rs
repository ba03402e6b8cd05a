//! Service levels: the levels themselves, the rules that choose one, the clocks of conversations, and how well they were kept.

pub mod breaches;
pub mod clocks;
pub mod levels;
mod past;
pub mod report;
pub mod rules;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use deskbell_domain::ids::{ConversationId, SlaLevelId};
use deskbell_domain::measure::Medium;
use deskbell_domain::sla::clock::Clock;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::sla::log::{Compliance, Kept, LogFilter, LogRow, Times};
pub use report::{LogRows, compliance, log, newest};

use crate::desk::Desk;
use crate::error::AppError;

/// A conversation's level, and its clocks that have not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its id and name; it may have been taken away since.
    pub level: Option<(SlaLevelId, String)>,
    pub clocks: Vec<Clock>,
}

impl Standing {
    /// When something is due next.
    pub fn due(&self) -> Option<Timestamp> {
        self.clocks.iter().filter_map(Clock::due).min()
    }
}

/// How a conversation stands.
pub fn standing(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Standing, AppError> {
    let Some(level) = tables::sla::level_of(tx, conversation)? else { return Ok(Standing::default()) };
    let level = tables::sla::level_ever(tx, level)?.map(|level| (level.id, level.name));
    Ok(Standing { level, clocks: tables::sla::clocks::open(tx, conversation)? })
}

/// The earliest due time of each of these conversations that has one. A clock that stands still is not due.
pub fn dues(tx: &mut Tx<'_>, conversations: &[ConversationId]) -> Result<HashMap<ConversationId, Timestamp>, AppError> {
    Ok(tables::sla::clocks::dues(tx, conversations)?)
}

/// What `deskbell doctor` finds wrong with clocks and cells, and what there is of them.
pub fn examine(tx: &mut Tx<'_>) -> Result<tables::sla::log::Recount, AppError> {
    Ok(tables::sla::log::recount(tx)?)
}

/// Makes the sums of the log anew if one is wrong; whether one was. The desk writes between the times that are made anew.
pub fn mend(desk: &Desk) -> Result<bool, AppError> {
    let (wrong, blocks) = desk.snapshot_blocking(|tx| Ok((examine(tx)?.wrong_cells, tables::sla::log::blocks(tx)?)))?;
    if let (1.., Some((first, last))) = (wrong, blocks) {
        for (block, medium) in (first..=last).flat_map(|block| Medium::ALL.map(|medium| (block, medium))) {
            desk.write_blocking(move |tx, _| Ok(tables::sla::log::add_up(tx, medium, block)?))?;
        }
    }
    Ok(wrong > 0)
}
