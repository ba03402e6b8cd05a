//! LiveAgent's API v1 against `contracts/liveagent_v1`: every call and parameter is there, every answer has the promised fields in the
//! promised types, in JSON, XML and YAML with equal content, and real clients' ways work.

mod client;
mod lists;
mod refusals;
mod registry;
mod scenarios;
mod shape;
mod table;
pub(crate) mod tree;
