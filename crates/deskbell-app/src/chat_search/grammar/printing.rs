//! A query written so that reading it gives the same one.

use std::fmt::{Display, Formatter, Result, Write};

use super::{Clause, Edge, Node, Test};

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Node::And(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    f.write_str(if place > 0 { " AND " } else { "" })?;
                    grouped(part, matches!(part, Node::And(_) | Node::Or(_)), f)?;
                }
                Ok(())
            }
            Node::Or(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    f.write_str(if place > 0 { " OR " } else { "" })?;
                    grouped(part, matches!(part, Node::Or(_)), f)?;
                }
                Ok(())
            }
            Node::Not(part) => {
                f.write_str("NOT ")?;
                grouped(part, matches!(**part, Node::And(_) | Node::Or(_)), f)
            }
            Node::Clause(clause) => clause.fmt(f),
        }
    }
}

fn grouped(part: &Node, in_parentheses: bool, f: &mut Formatter<'_>) -> Result {
    if in_parentheses { write!(f, "({part})") } else { part.fmt(f) }
}

impl Display for Clause {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(field) = &self.field {
            write!(f, "{field}:")?;
        }
        match &self.test {
            Test::Value(text) => word(text, f),
            Test::Beginning(text) => {
                word(text, f)?;
                f.write_char('*')
            }
            Test::Quoted(text) => quoted(text, f),
            Test::Present => f.write_char('*'),
            Test::Range(low, high) => {
                f.write_char(if matches!(low, Edge::Excluding(_)) { '{' } else { '[' })?;
                edge(low, f)?;
                f.write_str(" TO ")?;
                edge(high, f)?;
                f.write_char(if matches!(high, Edge::Excluding(_)) { '}' } else { ']' })
            }
        }
    }
}

fn edge(edge: &Edge, f: &mut Formatter<'_>) -> Result {
    match edge {
        Edge::Open => f.write_char('*'),
        Edge::Including(text) | Edge::Excluding(text) => quoted(text, f),
    }
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> Result {
    f.write_char('"')?;
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(letter)?;
    }
    f.write_char('"')
}

fn word(text: &str, f: &mut Formatter<'_>) -> Result {
    let is_operator = matches!(text, "AND" | "OR" | "NOT" | "&&" | "||");
    for (place, letter) in text.chars().enumerate() {
        let means_something = letter.is_whitespace() || "()\"\\*:[]{}<>=+-!".contains(letter);
        // Two slashes behind a field's colon would make an address of it all.
        if means_something || (place == 0 && (is_operator || letter == '/')) {
            f.write_char('\\')?;
        }
        f.write_char(letter)?;
    }
    Ok(())
}
