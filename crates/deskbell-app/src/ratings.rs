//! Ratings of chats in the order they were given. A chat has one rating: the one it has now, at the time of its last change; so what is
//! listed of a time is what is counted of it.

use std::collections::HashMap;

use deskbell_domain::agent::Agent;
use deskbell_domain::ids::{AgentId, ChatId};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::ratings::{Filter, Rated};

use crate::error::AppError;
use crate::paging::{Cursor, PageStart};

/// Ratings of one page, at most.
pub const PAGE_ROWS_MAX: i64 = 1_000;

/// A page of ratings, and the agents in it.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<Rated>,
    pub agents: HashMap<AgentId, Agent>,
    /// Where it ended.
    pub last: Option<Cursor>,
}

/// A page, oldest first.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, start: PageStart, limit: i64) -> Result<Page, AppError> {
    let beyond = start.after.map(|Cursor(at, chat)| (Timestamp::from_micros(at), ChatId::from_i64(chat)));
    let filter = Filter { beyond, ..filter.clone() };
    let rows = tables::ratings::list(tx, &filter, limit.clamp(0, PAGE_ROWS_MAX), start.skip)?;
    let mut agents = HashMap::new();
    for agent in rows.iter().filter_map(|rated| rated.agent) {
        if !agents.contains_key(&agent)
            && let Some(found) = tables::agents::get(tx, agent)?
        {
            agents.insert(agent, found);
        }
    }
    let last = rows.last().map(|rated| Cursor(rated.at.micros(), rated.chat.get()));
    Ok(Page { rows, agents, last })
}
