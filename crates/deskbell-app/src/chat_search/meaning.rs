//! What a search means: clauses with the fields they name, and values in the form in which they are compared.
//!
//! A name that no field has is a field without values: nothing is found by it. A value that its field cannot have (a word where numbers
//! are) is refused. A clause that holds neither letter nor digit restricts nothing.

use super::fields::{self, Field, Kind, folded};
use super::grammar::{Clause, Edge, Node, Test};
use super::moments;
use crate::error::AppError;

/// Words that end with `*`, and ranges of words, in one search.
pub const WIDE_PARTS_MAX: usize = 20;

/// Which documents are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Everything,
    Nothing,
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// Has these words in a row, in one of its texts; without a field in any of those that count everywhere.
    Words {
        field: Option<&'static Field>,
        text: String,
        last: Last,
    },
    /// Has this value as a whole.
    Exact {
        field: &'static Field,
        value: String,
    },
    /// Has a value that begins like this.
    Beginning {
        field: &'static Field,
        value: String,
    },
    /// Has a word (of a text) or a value between these, compared character by character.
    Between {
        field: &'static Field,
        low: Edge,
        high: Edge,
    },
    /// Has a number from the first to the second, both included.
    Number {
        field: &'static Field,
        from: i64,
        to: i64,
    },
    /// Has any value.
    Has(&'static Field),
}

/// The last of some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    Whole,
    /// May go on.
    Begun,
}

/// Which documents a query finds.
pub fn condition(query: &Node) -> Result<Condition, AppError> {
    let condition = meaning(query)?.unwrap_or(Condition::Nothing);
    if wide_parts(&condition) > WIDE_PARTS_MAX {
        return Err(AppError::invalid(format!("a search has at most {WIDE_PARTS_MAX} words that end with * and ranges of words")));
    }
    Ok(condition)
}

/// Parts that many different words may answer: they cost most.
fn wide_parts(condition: &Condition) -> usize {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().map(wide_parts).sum(),
        Condition::Not(part) => wide_parts(part),
        Condition::Words { last: Last::Begun, .. } | Condition::Beginning { .. } | Condition::Between { .. } => 1,
        Condition::Words { last: Last::Whole, .. }
        | Condition::Everything
        | Condition::Nothing
        | Condition::Exact { .. }
        | Condition::Number { .. }
        | Condition::Has(_) => 0,
    }
}

/// `None` for what restricts nothing.
fn meaning(query: &Node) -> Result<Option<Condition>, AppError> {
    let parts =
        |parts: &[Node]| -> Result<Vec<Condition>, AppError> { parts.iter().filter_map(|part| meaning(part).transpose()).collect() };
    Ok(match query {
        Node::And(nodes) => joined(parts(nodes)?, Condition::All),
        Node::Or(nodes) => joined(parts(nodes)?, Condition::Any),
        Node::Not(node) => meaning(node)?.map(|part| Condition::Not(Box::new(part))),
        Node::Clause(clause) => self::clause(clause)?,
    })
}

fn joined(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Option<Condition> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(join(parts)),
    }
}

fn clause(clause: &Clause) -> Result<Option<Condition>, AppError> {
    let Some(name) = &clause.field else {
        return Ok(match &clause.test {
            Test::Value(text) | Test::Quoted(text) => words(None, text, Last::Whole),
            Test::Beginning(text) => words(None, text, Last::Begun),
            Test::Present => Some(Condition::Everything),
            // The grammar has no range without a field.
            Test::Range(..) => Some(Condition::Nothing),
        });
    };
    let fields = fields::named(name);
    let mut parts = Vec::with_capacity(fields.len());
    for field in &fields {
        parts.extend(of_field(field, &clause.test)?);
    }
    Ok(if fields.is_empty() { Some(Condition::Nothing) } else { joined(parts, Condition::Any) })
}

fn words(field: Option<&'static Field>, text: &str, last: Last) -> Option<Condition> {
    text.chars().any(char::is_alphanumeric).then(|| Condition::Words { field, text: text.to_owned(), last })
}

fn of_field(field: &'static Field, test: &Test) -> Result<Option<Condition>, AppError> {
    if *test == Test::Present {
        return Ok(Some(Condition::Has(field)));
    }
    Ok(match field.kind {
        Kind::Text => match test {
            Test::Value(text) | Test::Quoted(text) => words(Some(field), text, Last::Whole),
            Test::Beginning(text) => words(Some(field), text, Last::Begun),
            Test::Range(low, high) => Some(between(field, low, high)),
            Test::Present => Some(Condition::Has(field)),
        },
        Kind::Exact | Kind::Address => Some(match test {
            Test::Value(text) | Test::Quoted(text) => Condition::Exact { field, value: folded(text) },
            Test::Beginning(text) => Condition::Beginning { field, value: folded(text) },
            Test::Range(low, high) => between(field, low, high),
            Test::Present => Condition::Has(field),
        }),
        Kind::Flag => match test {
            Test::Value(text) | Test::Quoted(text) if matches!(folded(text).as_str(), "true" | "false") => {
                Some(Condition::Exact { field, value: folded(text) })
            }
            Test::Value(_) | Test::Quoted(_) | Test::Beginning(_) | Test::Range(..) | Test::Present => {
                return Err(AppError::invalid(format!("{} is true or false", field.name)));
            }
        },
        Kind::Number => Some(number(field, test)?),
        Kind::Moment => Some(moment(field, test)?),
    })
}

fn between(field: &'static Field, low: &Edge, high: &Edge) -> Condition {
    let folded = |edge: &Edge| match edge {
        Edge::Open => Edge::Open,
        Edge::Including(text) => Edge::Including(folded(text)),
        Edge::Excluding(text) => Edge::Excluding(folded(text)),
    };
    match (folded(low), folded(high)) {
        (Edge::Open, Edge::Open) => Condition::Has(field),
        (low, high) => Condition::Between { field, low, high },
    }
}

fn number(field: &'static Field, test: &Test) -> Result<Condition, AppError> {
    let refused = || AppError::invalid(format!("{} is a whole number", field.name));
    let read = |text: &str| text.trim().parse::<i64>().map_err(|_| refused());
    match test {
        Test::Value(text) | Test::Quoted(text) => read(text).map(|value| Condition::Number { field, from: value, to: value }),
        Test::Range(low, high) => {
            let from = match low {
                Edge::Open => i64::MIN,
                Edge::Including(text) => read(text)?,
                Edge::Excluding(text) => read(text)?.saturating_add(1),
            };
            let to = match high {
                Edge::Open => i64::MAX,
                Edge::Including(text) => read(text)?,
                Edge::Excluding(text) => read(text)?.saturating_sub(1),
            };
            Ok(Condition::Number { field, from, to })
        }
        Test::Beginning(_) | Test::Present => Err(refused()),
    }
}

fn moment(field: &'static Field, test: &Test) -> Result<Condition, AppError> {
    let refused = || AppError::invalid(format!("{} is a date, or a date and a time: 2020-12-20T00:00:00Z", field.name));
    let read = |text: &str| moments::span(text).ok_or_else(refused);
    match test {
        Test::Value(text) | Test::Quoted(text) => {
            read(text).map(|moment| Condition::Number { field, from: moment.from, to: moment.until - 1 })
        }
        Test::Range(low, high) => {
            let from = match low {
                Edge::Open => i64::MIN,
                Edge::Including(text) => read(text)?.from,
                Edge::Excluding(text) => read(text)?.until,
            };
            let to = match high {
                Edge::Open => i64::MAX,
                Edge::Including(text) => read(text)?.until - 1,
                Edge::Excluding(text) => read(text)?.from - 1,
            };
            Ok(Condition::Number { field, from, to })
        }
        Test::Beginning(_) | Test::Present => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammar::parse;
    use super::*;

    fn meant(query: &str) -> Result<Condition, AppError> {
        condition(&parse(query).unwrap())
    }

    fn number(name: &str, from: i64, to: i64) -> Condition {
        Condition::Number { field: fields::field(name).unwrap(), from, to }
    }

    #[test]
    fn ranges_and_comparisons() {
        const DAY: i64 = 1_608_422_400_000_000;
        const SECOND: i64 = 1_000_000;
        for (query, wanted) in [
            ("duration:5", number("duration", 5, 5)),
            ("duration:>5", number("duration", 6, i64::MAX)),
            ("duration:[* TO -5}", number("duration", i64::MIN, -6)),
            ("timestamp:2020-12-20", number("timestamp", DAY, DAY + 86_400 * SECOND - 1)),
            ("timestamp:[2020-12-20 TO 2020-12-20]", number("timestamp", DAY, DAY + 86_400 * SECOND - 1)),
            ("timestamp:{2020-12-20 TO *]", number("timestamp", DAY + 86_400 * SECOND, i64::MAX)),
            ("timestamp:<2020-12-20", number("timestamp", i64::MIN, DAY - 1)),
            ("timestamp:>=2020-12-20T00:00:00", number("timestamp", DAY, i64::MAX)),
            ("timestamp:[* TO 2020-12-20T00:00:00Z]", number("timestamp", i64::MIN, DAY + SECOND - 1)),
            ("timestamp:[* TO 2020-12-20T00:00:00.000000]", number("timestamp", i64::MIN, DAY)),
            ("start_timestamp:\"2020-12-20 00:00:00\"", number("timestamp", DAY, DAY + SECOND - 1)),
        ] {
            assert_eq!(meant(query).unwrap(), wanted, "{query}");
        }
    }

    #[test]
    fn what_restricts_nothing_is_left_out() {
        let words = |text: &str| Condition::Words { field: None, text: text.to_owned(), last: Last::Whole };
        assert_eq!(meant("a - b").unwrap(), Condition::All(vec![words("a"), words("b")]));
        assert_eq!(meant("a OR ???").unwrap(), words("a"));
        assert_eq!(meant("-").unwrap(), Condition::Nothing);
        assert_eq!(meant("nothing:x").unwrap(), Condition::Nothing);
        assert_eq!(meant("*:*").unwrap(), Condition::Everything);
        assert_eq!(meant("comment:[* TO *]").unwrap(), meant("comment:*").unwrap());
    }

    #[test]
    fn what_a_field_cannot_hold_is_refused() {
        for (query, wanted) in [
            ("duration:long", "duration is a whole number"),
            ("duration:1*", "duration is a whole number"),
            ("missed:maybe", "missed is true or false"),
            ("missed:[false TO true]", "missed is true or false"),
            ("timestamp:yesterday", "timestamp is a date, or a date and a time: 2020-12-20T00:00:00Z"),
            (&"a* ".repeat(WIDE_PARTS_MAX + 1), "a search has at most 20 words that end with * and ranges of words"),
            ("a AND (b OR NOT end_timestamp:[1 TO 2])", "end_timestamp is a date, or a date and a time: 2020-12-20T00:00:00Z"),
        ] {
            assert_eq!(meant(query).unwrap_err().public, wanted, "{query}");
        }
    }
}
