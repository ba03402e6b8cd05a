//! Lists and their cursors.

use std::borrow::Cow;
use std::str::FromStr;

use deskbell_app::AppError;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Input, Param, Place};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Rows of lists that are short on most desks, unless told otherwise, and at most.
pub(crate) const ROWS_MAX: i64 = 1_000;

pub(crate) const LIMIT: Param = Param::int("limit").placed(Place::Query).about("how many, at most");
pub(crate) const AFTER: Param = Param::text("after").placed(Place::Query).about("the `next` of the page before");

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub(crate) next: Option<String>,
}

// By hand, since the derived name leaves `T` out: all pages would be one schema.
impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("PageOf{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The cursor of the next page, if there is one."));
        let page = ObjectBuilder::new().property("items", items).required("items").property("next", cursor).required("next");
        RefOr::T(Schema::Object(page.build()))
    }
}

impl<T> Page<T> {
    /// A page out of up to `limit + 1` rows: the one too many tells that there are more.
    pub(crate) fn cut<Row>(mut rows: Vec<Row>, limit: i64, cursor: impl Fn(&Row) -> String, view: impl Fn(&Row) -> T) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        Page { items: rows.iter().map(view).collect(), next }
    }

    /// A page out of all rows. The cursor is the id of a page's last row.
    pub(crate) fn of_all<Row>(
        rows: Vec<Row>,
        input: &Input,
        id: impl Fn(&Row) -> String,
        view: impl Fn(&Row) -> T,
    ) -> Result<Page<T>, AppError> {
        let limit = limit(input, ROWS_MAX, ROWS_MAX)?;
        let start = match input.filled_opt("after") {
            None => 0,
            Some(cursor) => rows.iter().position(|row| id(row) == cursor).ok_or_else(gone)? + 1,
        };
        let rows: Vec<Row> = rows.into_iter().skip(start).take(usize::try_from(limit + 1).unwrap_or(usize::MAX)).collect();
        Ok(Page::cut(rows, limit, id, view))
    }
}

/// The `limit` of a list, brought into its bounds.
pub(crate) fn limit(input: &Input, default: i64, max: i64) -> Result<i64, AppError> {
    input.int_clamped("limit", default, 1..=max)
}

pub(crate) fn gone() -> AppError {
    AppError::invalid("after is not a cursor of this list; start over")
}

/// A cursor that is a number.
pub(crate) fn number_cursor(input: &Input) -> Result<i64, AppError> {
    input.filled_opt("after").map_or(Ok(0), |text| i64::from_str(text).map_err(|_| gone()))
}

/// A cursor of a list by time and id.
pub(crate) fn moment_cursor(at: Timestamp, id: impl std::fmt::Display) -> String {
    format!("{}.{id}", at.micros())
}

/// Reads a [`moment_cursor`].
pub(crate) fn read_moment_cursor<Id>(input: &Input, parse: fn(&str) -> Option<Id>) -> Result<Option<(Timestamp, Id)>, AppError> {
    let Some(cursor) = input.filled_opt("after") else { return Ok(None) };
    let read = || {
        let (at, id) = cursor.split_once('.')?;
        Some((Timestamp::from_micros(at.parse().ok()?), parse(id)?))
    };
    read().map(Some).ok_or_else(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut() {
        let cut = |rows: Vec<i32>| Page::cut(rows, 2, ToString::to_string, |row| *row);
        assert_eq!(cut(vec![]), Page { items: vec![], next: None });
        assert_eq!(cut(vec![1, 2]), Page { items: vec![1, 2], next: None });
        assert_eq!(cut(vec![1, 2, 3]), Page { items: vec![1, 2], next: Some("2".to_owned()) });
    }
}
