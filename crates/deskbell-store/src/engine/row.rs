//! Values that both engines bind and read, rows, and tuples of columns.

use crate::error::StoreError;
use deskbell_domain::time::Timestamp;
use postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::error::Error;

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl Value<'_> {
    fn name(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Integer(_) => "an integer",
            Value::Real(_) => "a fraction",
            Value::Text(_) => "a text",
            Value::Blob(_) => "bytes",
        }
    }
}

/// Anything that can be bound to a placeholder.
pub trait Param: Sync {
    fn value(&self) -> Value<'_>;
}

/// Anything that can be read from a column.
pub trait Column: Sized {
    fn from_value(value: Value<'_>) -> Result<Self, StoreError>;
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl<T: Column> Column for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self, StoreError> {
        if value == Value::Null { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

fn mismatch<T>(wanted: &str, found: Value<'_>) -> Result<T, StoreError> {
    Err(StoreError::Corrupt(format!("{wanted} expected, {} found", found.name())))
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Param for $type {
            fn value(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }
        }

        impl Column for $type {
            fn from_value(value: Value<'_>) -> Result<Self, StoreError> {
                match value {
                    Value::Integer(number) => <$type>::try_from(number)
                        .map_err(|_| StoreError::Corrupt(format!("{number} does not fit {}", stringify!($type)))),
                    other => mismatch("an integer", other),
                }
            }
        }
    )+};
}
integers!(i64, i32, i16, u32, u16, u8);

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Integer(i64::from(*self))
    }
}

impl Column for bool {
    fn from_value(value: Value<'_>) -> Result<Self, StoreError> {
        match value {
            Value::Integer(0) => Ok(false),
            Value::Integer(1) => Ok(true),
            Value::Integer(number) => Err(StoreError::Corrupt(format!("{number} is not a flag"))),
            other => mismatch("a flag", other),
        }
    }
}

impl Param for Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.micros())
    }
}

impl Column for Timestamp {
    fn from_value(value: Value<'_>) -> Result<Self, StoreError> {
        i64::from_value(value).map(Timestamp::from_micros)
    }
}

impl Param for f64 {
    fn value(&self) -> Value<'_> {
        Value::Real(*self)
    }
}

impl Column for f64 {
    fn from_value(value: Value<'_>) -> Result<Self, StoreError> {
        match value {
            Value::Real(number) => Ok(number),
            Value::Integer(number) => Ok(number as f64),
            other => mismatch("a fraction", other),
        }
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Column for String {
    fn from_value(value: Value<'_>) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text.to_owned()),
            other => mismatch("a text", other),
        }
    }
}

impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Column for Vec<u8> {
    fn from_value(value: Value<'_>) -> Result<Self, StoreError> {
        match value {
            Value::Blob(bytes) => Ok(bytes.to_vec()),
            other => mismatch("bytes", other),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(number),
            Value::Real(number) => ValueRef::Real(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match *self {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(number) => match *wanted {
                Type::INT8 => number.to_sql(wanted, out),
                Type::INT4 => i32::try_from(number)?.to_sql(wanted, out),
                Type::INT2 => i16::try_from(number)?.to_sql(wanted, out),
                Type::BOOL => (number != 0).to_sql(wanted, out),
                Type::FLOAT8 => (number as f64).to_sql(wanted, out),
                _ => Err(format!("an integer cannot be bound as {wanted}: write CAST($n AS BIGINT)").into()),
            },
            Value::Real(number) => match *wanted {
                Type::FLOAT8 => number.to_sql(wanted, out),
                _ => Err(format!("a fraction cannot be bound as {wanted}: write CAST($n AS DOUBLE PRECISION)").into()),
            },
            Value::Text(text) => match *wanted {
                Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => text.to_sql(wanted, out),
                _ => Err(format!("a text cannot be bound as {wanted}: write CAST($n AS TEXT)").into()),
            },
            Value::Blob(bytes) => match *wanted {
                Type::BYTEA => bytes.to_sql(wanted, out),
                _ => Err(format!("bytes cannot be bound as {wanted}").into()),
            },
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(found: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *found {
            Type::INT8 => Value::Integer(i64::from_sql(found, raw)?),
            Type::INT4 => Value::Integer(i64::from(i32::from_sql(found, raw)?)),
            Type::INT2 => Value::Integer(i64::from(i16::from_sql(found, raw)?)),
            Type::BOOL => Value::Integer(i64::from(bool::from_sql(found, raw)?)),
            Type::FLOAT8 => Value::Real(f64::from_sql(found, raw)?),
            Type::BYTEA => Value::Blob(<&[u8]>::from_sql(found, raw)?),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => Value::Text(<&str>::from_sql(found, raw)?),
            _ => return Err(format!("{found} is not one of the dialect's types: CAST it").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// One row of an answer.
pub struct Row<'a>(pub(crate) Source<'a>);

pub(crate) enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl Row<'_> {
    /// The value in a column (from 0).
    pub fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        match self.0 {
            Source::Sqlite(row) => Ok(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Text(bytes) => Value::Text(
                    std::str::from_utf8(bytes)
                        .map_err(|_| StoreError::Corrupt(format!("column {column} holds a text that is not UTF-8")))?,
                ),
                ValueRef::Blob(bytes) => Value::Blob(bytes),
            }),
            Source::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    pub fn get<T: Column>(&self, column: usize) -> Result<T, StoreError> {
        T::from_value(self.value(column)?).map_err(|error| match error {
            StoreError::Corrupt(detail) => StoreError::Corrupt(format!("column {column}: {detail}")),
            other => other,
        })
    }

    /// A text that may be missing, without copying it.
    pub fn str_opt(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(StoreError::Corrupt(format!("column {column}: a text expected, {} found", other.name()))),
        }
    }

    /// A text, without copying it.
    pub fn str(&self, column: usize) -> Result<&str, StoreError> {
        match self.value(column)? {
            Value::Text(text) => Ok(text),
            other => Err(StoreError::Corrupt(format!("column {column}: a text expected, {} found", other.name()))),
        }
    }

    /// Bytes, without copying them.
    pub fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.value(column)? {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(StoreError::Corrupt(format!("column {column}: bytes expected, {} found", other.name()))),
        }
    }
}

/// Anything that a whole row can be read into.
pub trait FromRow: Sized {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError>;
}

macro_rules! tuples {
    ($($($type:ident $column:literal)+;)+) => {$(
        impl<$($type: Column),+> FromRow for ($($type,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
                Ok(($(row.get::<$type>($column)?,)+))
            }
        }
    )+};
}
tuples! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15;
}
