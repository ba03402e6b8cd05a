//! The `fields=` grammar: `chats(id,comment,response_time.max)`, `chats(*)`, several groups, blanks tolerated; and the projection of stored
//! JSON text in one pass, without reading it into a tree.
//!
//! A selected name that leads into an object (or into the objects of an array) keeps only the members named behind it; a value that has
//! no members is kept as it is. Unknown names select nothing. The stored order of keys stays.

mod grammar;
mod scan;

use deskbell_app::AppError;

pub use scan::project;

/// How long an expression may be.
pub const FIELDS_BYTES_MAX: usize = 16 * 1024;
/// How many names an expression may have: each key of each document is looked for among them.
pub const FIELDS_NAMES_MAX: usize = 500;
/// How deep a dotted name may lead.
pub const FIELDS_DEPTH_MAX: usize = 16;

/// Which members of an object are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Projection {
    /// Everything, as it is.
    All,
    /// These members, each with what is kept of it.
    Only(Vec<(String, Projection)>),
}

impl Projection {
    /// These members as they are: what a group shows unless the caller selects.
    pub fn only(names: &[&str]) -> Projection {
        Projection::Only(names.iter().map(|name| ((*name).to_owned(), Projection::All)).collect())
    }

    /// Adds a dotted name.
    fn add(&mut self, path: &[&str]) {
        let Projection::Only(members) = self else { return };
        let Some((first, rest)) = path.split_first() else {
            *self = Projection::All;
            return;
        };
        match members.iter_mut().find(|(name, _)| name == first) {
            Some((_, inner)) => inner.add(rest),
            None => {
                let mut inner = Projection::Only(Vec::new());
                inner.add(rest);
                members.push(((*first).to_owned(), inner));
            }
        }
    }
}

/// A whole expression: one projection for each group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    groups: Vec<(String, Projection)>,
}

impl Fields {
    /// Reads an expression; an empty one has no groups. The error's sentence says what is wrong where.
    pub fn parse(text: &str) -> Result<Fields, AppError> {
        if text.len() > FIELDS_BYTES_MAX {
            return Err(AppError::invalid(format!("parameter fields is longer than {FIELDS_BYTES_MAX} bytes")));
        }
        grammar::parse(text)
    }

    /// What the expression selects for a group; `None` if it does not name it.
    pub fn group(&self, name: &str) -> Option<&Projection> {
        self.groups.iter().find(|(group, _)| group == name).map(|(_, projection)| projection)
    }
}

#[cfg(test)]
mod tests;
