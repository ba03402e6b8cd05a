//! Stand-in: levels over time, and who was there. The real one reads them from the store.

use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_store::Tx;

use crate::{AppError, Desk};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    pub department: Option<DepartmentId>,
    pub agent: Option<AgentId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    pub average: f64,
    pub max: i64,
    pub min: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    pub queue: Level,
    pub slots: Level,
    pub service: Level,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    pub agent: AgentId,
    pub department: DepartmentId,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

pub fn load(_: &mut Tx<'_>, _: Medium, _: Scope, edges: &[Timestamp], _: Timestamp) -> Result<Vec<Load>, AppError> {
    Ok(vec![Load::default(); edges.len().saturating_sub(1)])
}

pub fn availability(_: &mut Tx<'_>, _: Medium, _: Scope, edges: &[Timestamp], _: Timestamp) -> Result<Vec<i64>, AppError> {
    Ok(vec![0; edges.len().saturating_sub(1)])
}

pub fn presences(_: &mut Tx<'_>, _: Medium, _: Scope, _: Timestamp, _: Timestamp, _: i64, _: i64) -> Result<Vec<Presence>, AppError> {
    Ok(Vec::new())
}

pub async fn caught_up(_: &Desk) -> Result<(), AppError> {
    Ok(())
}
