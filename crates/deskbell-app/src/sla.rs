//! Stand-in: the log of service levels. The real one reads it from the store.

use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId, SlaLevelId};
use deskbell_domain::measure::Medium;
use deskbell_domain::sla::Goal;
use deskbell_domain::time::Timestamp;
use deskbell_store::Tx;

use crate::AppError;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogFilter {
    pub department: Option<DepartmentId>,
    pub agent: Option<AgentId>,
    pub requester: Option<CustomerId>,
    pub level: Option<SlaLevelId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    pub number: i64,
    pub conversation: ConversationId,
    pub code: String,
    pub department: DepartmentId,
    pub department_name: String,
    pub level: SlaLevelId,
    pub level_name: String,
    pub goal: Goal,
    pub created: Timestamp,
    pub due: Timestamp,
    pub closed: Timestamp,
    pub agent: Option<(AgentId, String, String)>,
    pub requester: CustomerId,
    pub requester_first: String,
    pub requester_last: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    pub count: i64,
    pub sum_micros: i64,
    pub max_micros: i64,
    pub min_micros: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compliance {
    pub fulfilled: Times,
    pub unfulfilled: Times,
}

pub fn log(_: &mut Tx<'_>, _: Medium, _: &LogFilter, _: Timestamp, _: Timestamp, _: i64, _: i64) -> Result<Vec<LogRow>, AppError> {
    Ok(Vec::new())
}

pub fn compliance(_: &mut Tx<'_>, _: Medium, _: &LogFilter, edges: &[Timestamp]) -> Result<Vec<Compliance>, AppError> {
    Ok(vec![Compliance::default(); edges.len().saturating_sub(1)])
}
