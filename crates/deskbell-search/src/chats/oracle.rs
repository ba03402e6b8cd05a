//! Searches answered the slow way, for tests: by looking at every value of every document.

use deskbell_app::chat_search::fields::{Field, Held, Searched};
use deskbell_app::chat_search::grammar::Edge;
use deskbell_app::chat_search::meaning::{Condition, Last};

use super::words::{asked, spots};

pub(super) fn holds(condition: &Condition, document: &Searched) -> bool {
    match condition {
        Condition::Everything => true,
        Condition::Nothing => false,
        Condition::All(parts) => parts.iter().all(|part| holds(part, document)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, document)),
        Condition::Not(part) => !holds(part, document),
        Condition::Words { field, text, last } => {
            let wanted = asked(text);
            match field {
                Some(field) => texts(document, field).any(|text| in_a_row(text, &wanted, *last)),
                None => document.texts.iter().any(|text| in_a_row(text, &wanted, *last)),
            }
        }
        Condition::Exact { field, value } => exact(document, field).any(|held| held == value),
        Condition::Beginning { field, value } => exact(document, field).any(|held| held.starts_with(value)),
        Condition::Between { field, low, high } => {
            let above = |value: &str| match low {
                Edge::Open => true,
                Edge::Including(edge) => value >= edge.as_str(),
                Edge::Excluding(edge) => value > edge.as_str(),
            };
            let below = |value: &str| match high {
                Edge::Open => true,
                Edge::Including(edge) => value <= edge.as_str(),
                Edge::Excluding(edge) => value < edge.as_str(),
            };
            let words = texts(document, field).flat_map(spots).flatten();
            words.chain(exact(document, field).map(str::to_owned)).any(|value| above(&value) && below(&value))
        }
        Condition::Number { field, from, to } => of(document, field).any(|held| match held {
            Held::Number(number) => from <= number && number <= to,
            Held::Text(_) | Held::Exact(_) => false,
        }),
        Condition::Has(field) => of(document, field).next().is_some(),
    }
}

fn of<'a>(document: &'a Searched, field: &'a Field) -> impl Iterator<Item = &'a Held> {
    document.values.iter().filter(move |(of, _)| *of == field).map(|(_, held)| held)
}

fn texts<'a>(document: &'a Searched, field: &'a Field) -> impl Iterator<Item = &'a str> {
    of(document, field).filter_map(|held| match held {
        Held::Text(text) => Some(text.as_str()),
        Held::Exact(_) | Held::Number(_) => None,
    })
}

fn exact<'a>(document: &'a Searched, field: &'a Field) -> impl Iterator<Item = &'a str> {
    of(document, field).filter_map(|held| match held {
        Held::Exact(value) => Some(value.as_str()),
        Held::Text(_) | Held::Number(_) => None,
    })
}

fn in_a_row(text: &str, wanted: &[String], last: Last) -> bool {
    let Some((end, begin)) = wanted.split_last() else { return false };
    spots(text).windows(wanted.len()).any(|spots| {
        let begins = begin.iter().zip(spots).all(|(word, forms)| forms.contains(word));
        let ends = spots.last().is_some_and(|forms| {
            forms.iter().any(|form| match last {
                Last::Whole => form == end,
                Last::Begun => form.starts_with(end.as_str()),
            })
        });
        begins && ends
    })
}
