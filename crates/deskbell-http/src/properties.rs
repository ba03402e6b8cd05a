//! What the writers, the reading of parameters and the projection by `fields` promise, as checks over any value: [`json::holds`],
//! [`xml::holds`], [`yaml::holds`], [`parameters::holds`] and [`fields::holds`] end in a panic that says which promise is broken. Property tests and fuzz targets feed them; both grow their
//! values from bytes with the same code.

pub mod fields;
pub mod json;
pub mod parameters;
pub mod tree;
pub mod xml;
pub mod yaml;

pub use tree::Tree;

use crate::format::Format;
use crate::json::JsonStyle;

/// The envelope under which trees are written, as LiveAgent's.
const ENVELOPE: &str = "response";

/// Writes a tree on the way that answers take.
fn written(format: Format, style: JsonStyle, tree: &Tree) -> String {
    let bytes = format.write(tree, Some(ENVELOPE), style).unwrap_or_else(|error| panic!("{format:?} has no text for {tree:?}: {error}"));
    String::from_utf8(bytes.into()).unwrap_or_else(|error| panic!("{format:?} is not UTF-8: {error}"))
}

#[cfg(test)]
mod tests;
