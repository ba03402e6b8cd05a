//! Bites: what there may be much of is done in parts, so that nothing else waits long for the store.

/// Whether a bite leaves something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Some,
    Nothing,
}
