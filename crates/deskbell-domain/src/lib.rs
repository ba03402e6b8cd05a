//! The rules of a support desk: states, transitions, routing, ids and events. Pure: no I/O, no async, no serialisation, no clock, no randomness.

pub mod agent;
pub mod ids;
pub mod time;
