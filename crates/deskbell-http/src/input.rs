//! The parameters of a call: path, query and body merged, with typed getters whose errors name the parameter.
//!
//! A name given more than once counts with its last value, the body after the query. Integers, choices, flags and lists that are present
//! but empty count as not given; texts count as given.

pub(crate) mod decode;
pub(crate) mod multipart;

use std::ops::RangeInclusive;

use bytes::Bytes;
use deskbell_app::AppError;
use serde::de::DeserializeOwned;

use crate::endpoint::Place;
use crate::surface::BodyReading;

pub use decode::PAIRS_MAX;
pub use multipart::UPLOADS_MAX;

/// Spellings of parameter names that a surface tolerates, each with the name it uses: `("apiKey", "apikey")`.
pub(crate) type Aliases = &'static [(&'static str, &'static str)];

/// One parameter of the query or of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: String,
    pub place: Place,
}

/// A file of a multipart body.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The field's name.
    pub name: String,
    pub file_name: String,
    pub content_type: String,
    pub bytes: Bytes,
}

/// What a call was given.
#[derive(Debug, Default)]
pub struct Input {
    pub(crate) path: Vec<(&'static str, String)>,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) files: Vec<Upload>,
    pub(crate) body: Bytes,
}

impl Input {
    /// A parameter of the path. Asking for one that the endpoint's path does not name is a defect.
    pub fn path(&self, name: &str) -> Result<&str, AppError> {
        match self.path.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => Ok(value),
            None => Err(AppError::internal(format!("the path has no parameter {name}"))),
        }
    }

    /// A mandatory text. Present but empty counts as given.
    pub fn text(&self, name: &str) -> Result<&str, AppError> {
        self.text_opt(name).ok_or_else(|| missing(name))
    }

    pub fn text_opt(&self, name: &str) -> Option<&str> {
        let given = self.pairs.iter().rev().find(|pair| pair.name == name).map(|pair| pair.value.as_str());
        given.or_else(|| self.path.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str()))
    }

    /// A text that is there and holds more than blanks.
    pub fn filled_opt(&self, name: &str) -> Option<&str> {
        self.text_opt(name).filter(|text| !text.trim().is_empty())
    }

    /// A mandatory text that holds more than blanks.
    pub fn filled(&self, name: &str) -> Result<&str, AppError> {
        self.filled_opt(name).ok_or_else(|| missing(name))
    }

    /// A mandatory integer within a range.
    pub fn int(&self, name: &str, range: RangeInclusive<i64>) -> Result<i64, AppError> {
        self.int_opt(name, range)?.ok_or_else(|| missing(name))
    }

    /// An integer; out of range is an error.
    pub fn int_opt(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, AppError> {
        let Some(value) = self.any_int_opt(name)? else { return Ok(None) };
        if range.contains(&value) {
            return Ok(Some(value));
        }
        let (low, high) = range.into_inner();
        Err(AppError::invalid(format!("parameter {name} must be between {low} and {high}")))
    }

    /// An integer; out of range becomes the nearest bound, not given becomes the default.
    pub fn int_clamped(&self, name: &str, default: i64, range: RangeInclusive<i64>) -> Result<i64, AppError> {
        Ok(self.any_int_opt(name)?.unwrap_or(default).clamp(*range.start(), *range.end()))
    }

    fn any_int_opt(&self, name: &str) -> Result<Option<i64>, AppError> {
        match self.filled_opt(name) {
            None => Ok(None),
            Some(text) => match text.trim().parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(AppError::invalid(format!("parameter {name} must be an integer"))),
            },
        }
    }

    /// A mandatory choice.
    pub fn one_of<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T, AppError> {
        self.one_of_opt(name, choices)?.ok_or_else(|| missing(name))
    }

    /// A choice out of a table of wire values.
    pub fn one_of_opt<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, AppError> {
        let Some(text) = self.filled_opt(name) else { return Ok(None) };
        if let Some((_, meaning)) = choices.iter().find(|(value, _)| *value == text) {
            return Ok(Some(*meaning));
        }
        let known = choices.iter().map(|(value, _)| *value).collect::<Vec<_>>().join(", ");
        Err(AppError::invalid(format!("parameter {name} must be one of {known}")))
    }

    /// `Y` or `N`.
    pub fn flag_opt(&self, name: &str) -> Result<Option<bool>, AppError> {
        match self.filled_opt(name) {
            None => Ok(None),
            Some("Y" | "y") => Ok(Some(true)),
            Some("N" | "n") => Ok(Some(false)),
            Some(_) => Err(AppError::invalid(format!("parameter {name} must be Y or N"))),
        }
    }

    /// A comma separated list; items are trimmed, empty ones left out.
    pub fn list_opt(&self, name: &str) -> Option<Vec<&str>> {
        let text = self.filled_opt(name)?;
        Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
    }

    /// A mandatory comma separated list with at least one item.
    pub fn list(&self, name: &str) -> Result<Vec<&str>, AppError> {
        self.list_opt(name).filter(|items| !items.is_empty()).ok_or_else(|| missing(name))
    }

    /// The JSON body, read into a type of the surface.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, AppError> {
        if self.body.is_empty() {
            return Err(AppError::missing("a JSON body is missing"));
        }
        serde_json::from_slice(&self.body).map_err(|error| not_json(&error))
    }

    /// The JSON body, or the default if there is none.
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, AppError> {
        if self.body.is_empty() { Ok(T::default()) } else { self.json() }
    }

    /// All parameters of query and body, in order, duplicates kept.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The parameters of the query, in order, duplicates kept.
    pub fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().filter(|pair| pair.place == Place::Query).map(|pair| (pair.name.as_str(), pair.value.as_str()))
    }

    /// The files of a multipart body.
    pub fn files(&self) -> &[Upload] {
        &self.files
    }

    /// The body as it came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What a call with this query and this body is given: the kit's own reading, without a kit.
    pub fn read(
        query: &str,
        content_type: Option<&str>,
        body: Bytes,
        reading: BodyReading,
        aliases: &'static [(&'static str, &'static str)],
    ) -> Result<Input, AppError> {
        let mut input = Input::default();
        decode::urlencoded(query, Place::Query, aliases, &mut input.pairs)?;
        input.merge_body(body, content_type, reading, aliases)?;
        Ok(input)
    }

    /// Adds what a body holds. A body without a content type is a JSON object if it begins like one, else a form.
    pub(crate) fn merge_body(
        &mut self,
        body: Bytes,
        content_type: Option<&str>,
        reading: BodyReading,
        aliases: Aliases,
    ) -> Result<(), AppError> {
        self.body = body;
        if self.body.iter().all(u8::is_ascii_whitespace) {
            self.body = Bytes::new();
            return Ok(());
        }
        if let Some(boundary) = content_type.and_then(multipart::boundary) {
            return multipart::read(&self.body.clone(), boundary, aliases, &mut self.pairs, &mut self.files);
        }
        let kind = content_type.and_then(|text| text.split(';').next()).map(str::trim);
        if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) && !self.body.starts_with(b"{") {
            return self.merge_form(aliases);
        }
        let json = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json") || kind.ends_with("+json"));
        match reading {
            BodyReading::Raw => Ok(()),
            BodyReading::Lenient | BodyReading::Strict if json || self.body.starts_with(b"{") => {
                match decode::json_object(&self.body, aliases, &mut self.pairs)? {
                    None if reading == BodyReading::Strict => Err(AppError::invalid("the body is not a JSON object")),
                    None if !json => self.merge_form(aliases),
                    None | Some(()) => Ok(()),
                }
            }
            BodyReading::Lenient | BodyReading::Strict if kind.is_none_or(|kind| kind.eq_ignore_ascii_case("text/plain")) => {
                self.merge_form(aliases)
            }
            BodyReading::Lenient | BodyReading::Strict => Ok(()),
        }
    }

    fn merge_form(&mut self, aliases: Aliases) -> Result<(), AppError> {
        let Ok(text) = std::str::from_utf8(&self.body) else { return Err(AppError::invalid("the body is not valid UTF-8")) };
        decode::urlencoded(text.trim_end(), Place::Body, aliases, &mut self.pairs)
    }
}

fn missing(name: &str) -> AppError {
    AppError::missing(format!("parameter {name} is missing"))
}

/// serde's sentence names fields and positions, never values of ours.
fn not_json(error: &serde_json::Error) -> AppError {
    AppError::invalid(format!("the JSON body cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
