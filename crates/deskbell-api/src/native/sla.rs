//! Service levels: the levels with their business hours, and the rules that choose one for a new conversation.

pub(crate) mod calendar;
pub(crate) mod levels;
pub(crate) mod rules;
#[cfg(test)]
mod tests;
