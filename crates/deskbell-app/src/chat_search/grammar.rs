//! The language of chat searches as it is written: words, "phrases", `field:value`, ranges, comparisons, `AND`, `OR`, `NOT`, `+`, `-`,
//! parentheses, a `*` at the end of a word, and `\` before what is meant literally. What fields there are and what their values mean is
//! not known here.
//!
//! `NOT` binds tighter than `AND`, `AND` tighter than `OR`; clauses side by side are joined by `AND`.

mod printing;
#[cfg(test)]
mod tests;

use crate::error::AppError;

/// Characters of a query.
pub const QUERY_CHARS_MAX: usize = 4_000;
/// Clauses of a query.
pub const CLAUSES_MAX: usize = 200;
/// How deep parentheses and negations may nest.
pub const DEPTH_MAX: usize = 20;
/// Characters of a field's name.
const FIELD_CHARS_MAX: usize = 64;

/// A query or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// All of two or more.
    And(Vec<Node>),
    /// One of two or more.
    Or(Vec<Node>),
    Not(Box<Node>),
    Clause(Clause),
}

/// One test of one field; without a field, of all that is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    pub field: Option<String>,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A word as it stands there, never empty.
    Value(String),
    /// What stood in quotes.
    Quoted(String),
    /// A word that ended with `*`, without it; never empty.
    Beginning(String),
    /// A `*` alone: anything.
    Present,
    Range(Edge, Edge),
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edge {
    Open,
    Including(String),
    Excluding(String),
}

/// Reads a query. A refusal says at which character (from 1) it cannot be understood.
pub fn parse(text: &str) -> Result<Node, AppError> {
    let letters: Vec<char> = text.chars().take(QUERY_CHARS_MAX + 1).collect();
    if letters.len() > QUERY_CHARS_MAX {
        return Err(AppError::too_large(format!("a search has at most {QUERY_CHARS_MAX} characters")));
    }
    if let Some(place) = letters.iter().position(|letter| letter.is_control() && !letter.is_whitespace()) {
        return Err(refusal(place, "control characters are not searched for"));
    }
    let mut parser = Parser { letters, at: 0, depth: 0, clauses: 0 };
    let query = parser.any(None)?;
    parser.blanks();
    // `any` ends at the end or before a closing parenthesis.
    match parser.peek() {
        None => Ok(query),
        Some(_) => Err(refusal(parser.at, "this parenthesis closes none")),
    }
}

fn refusal(place: usize, what: &str) -> AppError {
    AppError::invalid(format!("the search cannot be understood at character {}: {what}", place + 1))
}

/// A piece of text without blanks, quotes and parentheses.
struct Word {
    /// With its escapes resolved, and without the `*` at its end.
    text: String,
    /// Whether it ended with `*`.
    star: bool,
}

enum Operator {
    And,
    Or,
    Not,
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    clauses: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn peek_after(&self, letters: usize) -> Option<char> {
        self.letters.get(self.at + letters).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let taken = self.peek() == Some(wanted);
        self.at += usize::from(taken);
        taken
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn refuse<T>(&self, what: &str) -> Result<T, AppError> {
        Err(refusal(self.at, what))
    }

    /// Alternatives. `field` is that of clauses without one.
    fn any(&mut self, field: Option<&str>) -> Result<Node, AppError> {
        let mut parts = vec![self.all(field)?];
        while let Some(Operator::Or) = self.operator() {
            self.skip_operator();
            parts.push(self.all(field)?);
        }
        Ok(joined(parts, Node::Or))
    }

    fn all(&mut self, field: Option<&str>) -> Result<Node, AppError> {
        let mut parts = vec![self.one(field)?];
        loop {
            self.blanks();
            match (self.peek(), self.operator()) {
                (None | Some(')'), _) | (_, Some(Operator::Or)) => break,
                (_, Some(Operator::And)) => self.skip_operator(),
                (_, Some(Operator::Not) | None) => {}
            }
            parts.push(self.one(field)?);
        }
        Ok(joined(parts, Node::And))
    }

    /// A clause or a group, with what stands before it.
    fn one(&mut self, field: Option<&str>) -> Result<Node, AppError> {
        self.blanks();
        match self.operator() {
            Some(Operator::Not) => {
                self.skip_operator();
                return self.deeper(|parser| Ok(Node::Not(Box::new(parser.one(field)?))));
            }
            Some(Operator::And | Operator::Or) => return self.refuse("something must stand before this word"),
            None => {}
        }
        // Before a blank they are letters.
        let prefix = self.peek().filter(|_| self.peek_after(1).is_some_and(|next| !next.is_whitespace() && next != ')'));
        match (self.peek(), prefix) {
            (None, _) => self.refuse("something is missing at the end"),
            (Some(')'), _) => self.refuse("something is missing before this parenthesis"),
            (_, Some('-' | '!')) => {
                self.at += 1;
                self.deeper(|parser| Ok(Node::Not(Box::new(parser.one(field)?))))
            }
            (_, Some('+')) => {
                self.at += 1;
                self.deeper(|parser| parser.one(field))
            }
            (Some('('), _) => self.group(field),
            (Some(_), _) => self.clause(field),
        }
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Parser) -> Result<Node, AppError>) -> Result<Node, AppError> {
        if self.depth == DEPTH_MAX {
            return self.refuse("it nests too deep");
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn group(&mut self, field: Option<&str>) -> Result<Node, AppError> {
        let opened = self.at;
        self.at += 1;
        self.deeper(|parser| {
            let inner = parser.any(field)?;
            parser.blanks();
            if parser.take(')') { Ok(inner) } else { Err(refusal(opened, "this parenthesis is not closed")) }
        })
    }

    /// The operator that stands next, if one does.
    fn operator(&mut self) -> Option<Operator> {
        self.blanks();
        let rest = &self.letters[self.at..];
        let length = rest.iter().position(|letter| ends_word(*letter)).unwrap_or(rest.len());
        match &rest[..length] {
            ['A', 'N', 'D'] | ['&', '&'] => Some(Operator::And),
            ['O', 'R'] | ['|', '|'] => Some(Operator::Or),
            ['N', 'O', 'T'] => Some(Operator::Not),
            _ => None,
        }
    }

    fn skip_operator(&mut self) {
        while self.peek().is_some_and(|letter| !ends_word(letter)) {
            self.at += 1;
        }
    }

    fn clause(&mut self, field: Option<&str>) -> Result<Node, AppError> {
        match self.field_name() {
            Some(name) => {
                self.blanks();
                if self.peek() == Some('(') {
                    return self.group(Some(&name));
                }
                let test = self.test()?;
                self.counted(Clause { field: Some(name), test })
            }
            None => {
                let test = match self.peek() {
                    Some('[' | '{') if field.is_none() => return self.refuse("a range stands behind a field and a colon"),
                    _ if field.is_some() => self.test()?,
                    Some('"') => Test::Quoted(self.quoted()?),
                    _ if self.letters[self.at..].starts_with(&['*', ':', '*']) => {
                        self.at += 3;
                        Test::Present
                    }
                    _ => self.word_test()?,
                };
                self.counted(Clause { field: field.map(str::to_owned), test })
            }
        }
    }

    fn counted(&mut self, clause: Clause) -> Result<Node, AppError> {
        self.clauses += 1;
        if self.clauses > CLAUSES_MAX {
            return self.refuse("it has too many clauses");
        }
        Ok(Node::Clause(clause))
    }

    /// The name before a colon, if the next thing is one. An address (`https://…`) and a time (`10:30`) are none.
    fn field_name(&mut self) -> Option<String> {
        let rest = &self.letters[self.at..];
        let length = rest.iter().position(|letter| !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.'))).unwrap_or(rest.len());
        let named = (1..=FIELD_CHARS_MAX).contains(&length) && (rest[0].is_ascii_alphabetic() || rest[0] == '_');
        if !named || rest.get(length) != Some(&':') || rest[length + 1..].starts_with(&['/', '/']) {
            return None;
        }
        let name = rest[..length].iter().collect();
        self.at += length + 1;
        Some(name)
    }

    /// What stands behind a field.
    fn test(&mut self) -> Result<Test, AppError> {
        match self.peek() {
            Some('"') => Ok(Test::Quoted(self.quoted()?)),
            Some('[' | '{') => self.range(),
            Some(comparison @ ('<' | '>')) => {
                self.at += 1;
                let edge: fn(String) -> Edge = if self.take('=') { Edge::Including } else { Edge::Excluding };
                self.blanks();
                let value = edge(self.plain()?);
                Ok(if comparison == '>' { Test::Range(value, Edge::Open) } else { Test::Range(Edge::Open, value) })
            }
            _ => self.word_test(),
        }
    }

    /// A value in quotes or without, no `*`.
    fn plain(&mut self) -> Result<String, AppError> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let begin = self.at;
        let word = self.word(ends_word)?;
        if word.star { Err(refusal(begin, "a * cannot be compared with")) } else { Ok(word.text) }
    }

    fn word_test(&mut self) -> Result<Test, AppError> {
        let word = self.word(ends_word)?;
        Ok(match (word.star, word.text.is_empty()) {
            (true, true) => Test::Present,
            (true, false) => Test::Beginning(word.text),
            (false, _) => Test::Value(word.text),
        })
    }

    fn word(&mut self, ends: fn(char) -> bool) -> Result<Word, AppError> {
        let mut word = Word { text: String::new(), star: false };
        while let Some(letter) = self.peek().filter(|letter| !ends(*letter)) {
            if word.star {
                return Err(refusal(self.at - 1, "a * stands at the end of a word"));
            }
            self.at += 1;
            match letter {
                '*' => word.star = true,
                '\\' => word.text.push(self.escaped()?),
                _ => word.text.push(letter),
            }
        }
        if word.text.is_empty() && !word.star {
            return self.refuse("a value is missing");
        }
        Ok(word)
    }

    fn escaped(&mut self) -> Result<char, AppError> {
        let Some(letter) = self.peek() else { return Err(refusal(self.at - 1, "nothing follows this backslash")) };
        self.at += 1;
        Ok(letter)
    }

    fn quoted(&mut self) -> Result<String, AppError> {
        let opened = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(letter) = self.peek() {
            self.at += 1;
            match letter {
                '"' => return Ok(text),
                '\\' => text.push(self.escaped()?),
                _ => text.push(letter),
            }
        }
        Err(refusal(opened, "this quote is not closed"))
    }

    /// `[A TO B]`, `{A TO B}` or a mixture of both.
    fn range(&mut self) -> Result<Test, AppError> {
        let opened = self.at;
        let low_included = self.peek() == Some('[');
        self.at += 1;
        let low = self.edge_value(opened)?;
        self.blanks();
        if !(self.take('T') && self.take('O') && self.peek().is_some_and(char::is_whitespace)) {
            return self.refuse("a range is written [A TO B]");
        }
        let high = self.edge_value(opened)?;
        self.blanks();
        let high_included = match self.peek() {
            Some(']') => true,
            Some('}') => false,
            Some(_) => return self.refuse("a range is written [A TO B]"),
            None => return Err(refusal(opened, "this range is not closed")),
        };
        self.at += 1;
        Ok(Test::Range(edge(low, low_included), edge(high, high_included)))
    }

    /// A value within a range; `None` for `*`.
    fn edge_value(&mut self, opened: usize) -> Result<Option<String>, AppError> {
        self.blanks();
        match self.peek() {
            None => Err(refusal(opened, "this range is not closed")),
            Some('"') => Ok(Some(self.quoted()?)),
            Some(_) => {
                let begin = self.at;
                let word = self.word(|letter| letter.is_whitespace() || matches!(letter, ']' | '}' | '"'))?;
                match (word.star, word.text.is_empty()) {
                    (true, true) => Ok(None),
                    (true, false) => Err(refusal(begin, "a * stands alone in a range")),
                    (false, _) => Ok(Some(word.text)),
                }
            }
        }
    }
}

fn edge(value: Option<String>, included: bool) -> Edge {
    match value {
        None => Edge::Open,
        Some(value) if included => Edge::Including(value),
        Some(value) => Edge::Excluding(value),
    }
}

fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '(' | ')' | '"')
}

fn joined(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}
