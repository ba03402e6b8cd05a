//! Tags: words on conversations, with colours.

use crate::ids::TagId;

/// Colours of a tag or a group for which none were chosen: title and background, hex digits without `#`.
pub const COLOR_DEFAULT: &str = "000000";
pub const BACKGROUND_DEFAULT: &str = "e5e7eb";

/// A tag as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    /// Of the title.
    pub color: String,
    /// Of the background.
    pub background: String,
}
