//! The reports: `GET reports/…`. A family of them is a file, with its parameters, its rows and its columns; what all of them read of a
//! request is in [`ask`], how columns are chosen and written in [`columns`].
//!
//! Numbers come from the registry of measures, from levels over time and from the log of service levels: nothing is counted here.

mod ask;
mod attendance;
mod columns;
mod compliance;
mod counted;
mod figures;
mod hours;
mod log;
mod performance;
mod ranking;

pub(crate) use attendance::{CallAgents, ChatAgents, TicketAgents};
pub(crate) use compliance::{CallCompliance, ChatCompliance, TicketCompliance};
pub(crate) use counted::{Agents, Channels, Departments, Tags};
pub(crate) use hours::{CallAvailability, CallLoad, ChatAvailability, ChatLoad, TicketLoad};
pub(crate) use log::{CallLog, ChatLog, TicketLog};
pub(crate) use performance::Performance;
pub(crate) use ranking::Ranking;

#[cfg(test)]
mod tests;
