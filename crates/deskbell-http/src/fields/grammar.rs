//! The reader of `fields=` expressions.

use deskbell_app::AppError;

use super::{FIELDS_DEPTH_MAX, FIELDS_NAMES_MAX, Fields, Projection};

/// `groups := group (','? group)*`, `group := name '(' path (',' path)* ')'`, `path := '*' | name ('.' name)* ('.' '*')?`.
pub(super) fn parse(text: &str) -> Result<Fields, AppError> {
    let mut cursor = Cursor { text, at: 0 };
    let mut fields = Fields::default();
    let mut names = 0;
    cursor.blanks();
    while !cursor.done() {
        let name = cursor.name("the name of a group")?;
        cursor.expect('(')?;
        let position = match fields.groups.iter().position(|(group, _)| group == name) {
            Some(position) => position,
            None => {
                fields.groups.push((name.to_owned(), Projection::Only(Vec::new())));
                fields.groups.len() - 1
            }
        };
        loop {
            let path = cursor.path()?;
            names += 1;
            if names > FIELDS_NAMES_MAX {
                return Err(AppError::invalid(format!("parameter fields has more than {FIELDS_NAMES_MAX} names")));
            }
            fields.groups[position].1.add(&path);
            if !cursor.take(',') {
                break;
            }
        }
        cursor.expect(')')?;
        if cursor.take(',') && cursor.done() {
            return Err(cursor.error("the name of a group"));
        }
    }
    Ok(fields)
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn done(&self) -> bool {
        self.at == self.text.len()
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes this character, and the blanks behind it, if it comes next.
    fn take(&mut self, wanted: char) -> bool {
        let taken = self.rest().starts_with(wanted);
        if taken {
            self.at += wanted.len_utf8();
            self.blanks();
        }
        taken
    }

    fn expect(&mut self, wanted: char) -> Result<(), AppError> {
        if self.take(wanted) { Ok(()) } else { Err(self.error(&format!("'{wanted}'"))) }
    }

    fn name(&mut self, what: &str) -> Result<&'a str, AppError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-$".contains(c))).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.error(what));
        }
        self.at += end;
        self.blanks();
        Ok(&rest[..end])
    }

    /// The names of a path; `*` is the empty path, and so is a `*` at the end.
    fn path(&mut self) -> Result<Vec<&'a str>, AppError> {
        let mut names = Vec::new();
        loop {
            if self.take('*') {
                return Ok(names);
            }
            names.push(self.name("a field's name or '*'")?);
            if names.len() > FIELDS_DEPTH_MAX {
                return Err(AppError::invalid(format!("parameter fields has a name of more than {FIELDS_DEPTH_MAX} parts")));
            }
            if !self.take('.') {
                return Ok(names);
            }
        }
    }

    fn error(&self, expected: &str) -> AppError {
        let position = self.text[..self.at].chars().count() + 1;
        AppError::invalid(format!("parameter fields is malformed: expected {expected} at character {position}"))
    }
}
