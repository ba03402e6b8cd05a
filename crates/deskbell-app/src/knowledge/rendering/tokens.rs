//! HTML cut into tags and text, in one pass over it. It follows the standard where it matters for texts that people write; what it reads
//! differently is made safe by what comes after it, which gets only what is written anew from these tokens.

/// Attributes of one tag that are kept.
const ATTRIBUTES_MAX: usize = 64;
/// Letters of an element's or an attribute's name; longer ones are none that we know.
const NAME_BYTES_MAX: usize = 32;
/// Elements whose content is no text to read, and in which no tag begins.
const RAW: [&str; 9] = ["script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp", "plaintext"];

/// A piece of HTML. Comments, declarations and what is no text are left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// With its entities.
    Text(&'a str),
    Open {
        name: String,
        attributes: Vec<Attribute<'a>>,
    },
    Close {
        name: String,
    },
}

/// Name in lower case, and the value with its entities.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: String,
    pub(super) value: &'a str,
}

pub(super) fn tokens(html: &str) -> Tokens<'_> {
    Tokens { rest: html }
}

pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while !self.rest.is_empty() {
            let at = self.next_markup();
            if at > 0 {
                let (text, rest) = self.rest.split_at(at);
                self.rest = rest;
                return Some(Token::Text(text));
            }
            if let Some(token) = self.markup() {
                return Some(token);
            }
        }
        None
    }
}

impl<'a> Tokens<'a> {
    /// Where the next `<` is that begins something.
    fn next_markup(&self) -> usize {
        let begins = |at: &usize| match self.rest.as_bytes().get(at + 1) {
            Some(b'!' | b'?' | b'/') => true,
            Some(byte) => byte.is_ascii_alphabetic(),
            None => false,
        };
        self.rest.match_indices('<').map(|(at, _)| at).find(begins).unwrap_or(self.rest.len())
    }

    /// Takes what begins with the `<` here; `None` if it is nothing that is kept.
    fn markup(&mut self) -> Option<Token<'a>> {
        let inner = &self.rest[1..];
        if let Some(comment) = inner.strip_prefix("!--") {
            self.rest = behind_comment(comment);
            return None;
        }
        let closes = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        if !inner.starts_with(|first: char| first.is_ascii_alphabetic()) {
            self.rest = inner.find('>').map_or("", |end| &inner[end + 1..]);
            return None;
        }
        let end_of_name = inner.find(is_end_of_name).unwrap_or(inner.len());
        let name = known(&inner[..end_of_name]);
        // A tag that never ends is no tag, and there is no text in it.
        let Some((attributes, rest)) = attributes(&inner[end_of_name..]) else {
            self.rest = "";
            return None;
        };
        self.rest = rest;
        if closes {
            return Some(Token::Close { name });
        }
        if RAW.contains(&name.as_str()) {
            self.rest = behind_raw(rest, &name);
            return None;
        }
        Some(Token::Open { name, attributes })
    }
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

fn is_end_of_name(letter: char) -> bool {
    is_blank(letter) || matches!(letter, '/' | '>')
}

/// The name in lower case; empty if it is none that anybody knows.
fn known(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX { name.to_ascii_lowercase() } else { String::new() }
}

fn behind_comment(comment: &str) -> &str {
    for begin in [">", "->"] {
        if let Some(rest) = comment.strip_prefix(begin) {
            return rest;
        }
    }
    let ends = |at: usize| ["-->", "--!>"].iter().find_map(|end| comment[at..].strip_prefix(end));
    comment.match_indices('-').find_map(|(at, _)| ends(at)).unwrap_or_default()
}

/// Behind the closing tag of an element that holds no tags.
fn behind_raw<'a>(rest: &'a str, name: &str) -> &'a str {
    let is_end = |at: &usize| {
        let tag = &rest[at + 2..];
        let named = tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        named && tag[name.len()..].chars().next().is_none_or(is_end_of_name)
    };
    match rest.match_indices("</").map(|(at, _)| at).find(is_end) {
        Some(at) => attributes(&rest[at + 2 + name.len()..]).map_or("", |(_, rest)| rest),
        None => "",
    }
}

/// The attributes of a tag, from behind its name, and what comes after its `>`; `None` if it has none.
fn attributes(mut inner: &str) -> Option<(Vec<Attribute<'_>>, &str)> {
    let mut attributes = Vec::new();
    loop {
        inner = inner.trim_start_matches(|letter| is_blank(letter) || letter == '/');
        if let Some(rest) = inner.strip_prefix('>') {
            return Some((attributes, rest));
        }
        // A name may begin with `=`.
        let first = inner.chars().next()?;
        let end = inner[first.len_utf8()..].find(|letter| is_end_of_name(letter) || letter == '=').map(|at| at + first.len_utf8())?;
        let name = known(&inner[..end]);
        inner = inner[end..].trim_start_matches(is_blank);
        let mut value = "";
        if let Some(given) = inner.strip_prefix('=') {
            let given = given.trim_start_matches(is_blank);
            (value, inner) = value_of(given)?;
        }
        if attributes.len() < ATTRIBUTES_MAX && !name.is_empty() {
            attributes.push(Attribute { name, value });
        }
    }
}

/// A value, quoted or not, and what comes after it.
fn value_of(given: &str) -> Option<(&str, &str)> {
    match given.chars().next()? {
        quote @ ('"' | '\'') => given[1..].split_once(quote),
        _ => {
            let end = given.find(|letter| is_blank(letter) || letter == '>')?;
            Some(given.split_at(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> String {
        let mut out = String::new();
        for token in tokens(html) {
            match token {
                Token::Text(text) => out.push_str(&format!("[{text}]")),
                Token::Open { name, attributes } => {
                    let attributes: String = attributes.iter().map(|one| format!(" {}={}", one.name, one.value)).collect();
                    out.push_str(&format!("<{name}{attributes}>"));
                }
                Token::Close { name } => out.push_str(&format!("</{name}>")),
            }
        }
        out
    }

    #[test]
    fn cut() {
        for (html, wanted) in [
            ("", ""),
            ("a < b & c", "[a < b & c]"),
            ("a<", "[a<]"),
            ("<P Class=x ID='a b' title=\"c>d\" hidden/>t</P >", "<p class=x id=a b title=c>d hidden=>[t]</p>"),
            ("<a href = x/y>z", "<a href=x/y>[z]"),
            ("<a =x>", "<a =x=>"),
            ("<br/>", "<br>"),
            ("1<!-- <b> -->2<!-->3<!--->4<!--x--!>5<!-- - -- ---><!doctype html>6<?xml?>7</>8</ b>9", "[1][2][3][4][5][6][7][8][9]"),
            ("1<!-- open", "[1]"),
            ("1<b never", "[1]"),
            ("1<b x=\"never", "[1]"),
            ("1<script>a</b></scripts></SCRIPT >2", "[1][2]"),
            ("1<style>never", "[1]"),
            ("1<title>x</title\n>2", "[1][2]"),
            ("<é>", "[<é>]"),
            ("<bé>x", "<bé>[x]"),
        ] {
            assert_eq!(shown(html), wanted, "{html}");
        }
        assert_eq!(shown(&format!("<{}>x", "n".repeat(33))), "<>[x]");
        let many = format!("<b {}>", "x ".repeat(1_000));
        assert_eq!(shown(&many).matches(" x=").count(), ATTRIBUTES_MAX);
    }
}
