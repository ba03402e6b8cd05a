//! Messages that clients send as HTML (`is_html_message=Y`), as the plain text that a conversation holds. Line breaks and the targets of
//! links are kept, the rest of the formatting is dropped; what is left is text, whatever it looks like.

use deskbell_app::AppError;
use deskbell_domain::message::MESSAGE_TEXT_BYTES_MAX;

/// Elements that begin on a line of their own.
const BLOCKS: [&str; 14] = ["p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"];
/// Elements whose content is no text.
const UNSEEN: [&str; 4] = ["script", "style", "head", "title"];
/// Characters of an entity's name, at most.
const ENTITY_CHARS_MAX: usize = 10;

/// Bytes of one tag, at most; a longer one is text.
const TAG_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a message as HTML, at most. Its text has the limit of every message besides.
pub(crate) const HTML_BYTES_MAX: usize = 4 * MESSAGE_TEXT_BYTES_MAX;

/// The text of a piece of HTML.
pub(crate) fn text(html: &str) -> Result<String, AppError> {
    if html.len() > HTML_BYTES_MAX {
        return Err(AppError::too_large(format!("a message has at most {HTML_BYTES_MAX} bytes of HTML")));
    }
    Ok(plain(html))
}

fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut target: Option<String> = None;
    // Behind the last `>` no tag ends, however many seem to begin.
    let unclosed = html.rfind('>').map_or(html.len(), |last| html.len() - last - 1);
    while let Some(at) = rest.find('<').filter(|at| rest.len() - at > unclosed || rest[*at..].starts_with("<!--")) {
        push(&mut out, &rest[..at]);
        let Some(tag) = Tag::at(&rest[at..]) else {
            out.push('<');
            rest = &rest[at + 1..];
            continue;
        };
        rest = &rest[at + tag.length..];
        if UNSEEN.contains(&tag.name.as_str()) && !tag.closes {
            rest = behind_element(rest, &tag.name);
        } else if BLOCKS.contains(&tag.name.as_str()) {
            break_line(&mut out, tag.name == "br");
        } else if tag.name == "a" && !tag.closes {
            target = tag.attribute("href");
        } else if tag.name == "a"
            && let Some(target) = target.take()
            && !out.ends_with(&target)
        {
            out.push_str(&format!(" ({target})"));
        }
    }
    push(&mut out, rest);
    out.trim().to_owned()
}

struct Tag<'a> {
    name: String,
    closes: bool,
    attributes: &'a str,
    /// From `<` to behind `>`.
    length: usize,
}

impl<'a> Tag<'a> {
    /// Reads a tag or a comment; `None` if the `<` begins neither.
    fn at(html: &'a str) -> Option<Tag<'a>> {
        if html.starts_with("<!--") {
            let length = html.find("-->").map_or(html.len(), |at| at + 3);
            return Some(Tag { name: String::new(), closes: false, attributes: "", length });
        }
        let inner = html.get(1..)?;
        let closes = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        if !inner.starts_with(|first: char| first.is_ascii_alphabetic() || first == '!' || first == '?') {
            return None;
        }
        let end = end_of_tag(inner)?;
        let name = inner[..end].split(|char: char| !char.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        Some(Tag {
            attributes: inner[..end].get(name.len()..).unwrap_or_default(),
            name,
            closes,
            length: html.len() - inner.len() + end + 1,
        })
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let at = self.attributes.to_ascii_lowercase().find(&format!("{name}="))? + name.len() + 1;
        let value = self.attributes.get(at..)?;
        let value = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next()?,
            _ => value.split(|char: char| char.is_whitespace() || char == '>').next()?,
        };
        let mut decoded = String::new();
        decode(&mut decoded, value);
        Some(decoded).filter(|target| target.starts_with("http://") || target.starts_with("https://") || target.starts_with("mailto:"))
    }
}

/// Where a tag's `>` is, outside of quoted values.
fn end_of_tag(inner: &str) -> Option<usize> {
    let mut quoted = None;
    for (at, byte) in inner.bytes().take(TAG_BYTES_MAX).enumerate() {
        match (quoted, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quoted = Some(byte),
            (Some(quote), _) if quote == byte => quoted = None,
            _ => {}
        }
    }
    None
}

fn behind_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let closes =
        |at: &usize| rest[*at..].strip_prefix("</").and_then(|tag| tag.get(..name.len())).is_some_and(|tag| tag.eq_ignore_ascii_case(name));
    match rest.match_indices("</").map(|(at, _)| at).find(closes) {
        Some(at) => rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]),
        None => "",
    }
}

/// One line break between blocks, as many as there are `<br>`.
fn break_line(out: &mut String, always: bool) {
    while out.ends_with(' ') {
        out.pop();
    }
    if always || !(out.is_empty() || out.ends_with('\n')) {
        out.push('\n');
    }
}

/// Blanks and line ends of the source are one blank.
fn push(out: &mut String, source: &str) {
    let mut text = String::with_capacity(source.len());
    for char in source.chars() {
        let char = if matches!(char, ' ' | '\n' | '\r' | '\t') { ' ' } else { char };
        let blank_before = match text.chars().next_back().or_else(|| out.chars().next_back()) {
            Some(before) => before == ' ' || before == '\n',
            None => true,
        };
        if char != ' ' || !blank_before {
            text.push(char);
        }
    }
    decode(out, &text);
}

fn decode(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.find(';').filter(|end| *end <= ENTITY_CHARS_MAX).and_then(|end| Some((entity(&rest[..end])?, end))) {
            Some((char, end)) => {
                out.push(char);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|char| *char != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "euro" => '€',
        "copy" => '©',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{HTML_BYTES_MAX, plain};

    #[test]
    fn what_only_looks_like_tags_costs_little() {
        for (piece, end) in [("<", ""), ("<a", ""), ("<a \"", ">"), ("<!--", ""), ("</script", ""), ("&", ";"), ("<script>", "")] {
            let html = format!("{}{end}", piece.repeat(HTML_BYTES_MAX / piece.len()));
            let began = std::time::Instant::now();
            assert!(plain(&html).len() <= html.len());
            assert!(began.elapsed().as_secs() < 10, "{piece} took {:?}", began.elapsed());
        }
    }

    #[test]
    fn texts() {
        for (html, wanted) in [
            ("plain", "plain"),
            ("<p>Hello <b>Ann</b>,</p>\n<p>it\n  works.</p>", "Hello Ann,\nit works."),
            ("a<br>b<br/><br />c", "a\nb\n\nc"),
            ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
            ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &#8364;&#x20AC; &unknown; & &;", "1 < 2 && 3 > 2 €€ &unknown; & &;"),
            ("&lt;script&gt;", "<script>"),
            ("<style>p{}</style><script>alert('<p>')</script>x<!-- <p>no</p> -->y", "xy"),
            ("see <a href=\"https://desk.test/?a=1&amp;b=2\">this page</a>.", "see this page (https://desk.test/?a=1&b=2)."),
            ("<a href='https://desk.test'>https://desk.test</a>", "https://desk.test"),
            ("<a href=\"javascript:alert(1)\">x</a>", "x"),
            ("<img alt=\"a > b\" src=x>c", "c"),
            ("2 < 3 and <b>bold", "2 < 3 and bold"),
            ("<p", "<p"),
            ("<b>a</b> < <i b", "a < <i b"),
            ("a<!-- no end", "a"),
            ("</", "</"),
            ("<!doctype html><html><head><title>t</title></head><body>é</body></html>", "é"),
            ("<scrİpt>İ</scrİpt>", "İ"),
            ("", ""),
        ] {
            assert_eq!(plain(html), wanted, "{html}");
        }
    }
}
