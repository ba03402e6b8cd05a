//! Service levels: the levels with their business hours, the rules that choose one for a new conversation, and how well they were kept.

pub(crate) mod calendar;
pub(crate) mod compliance;
pub(crate) mod levels;
pub(crate) mod log;
pub(crate) mod rules;
#[cfg(test)]
mod tests;
