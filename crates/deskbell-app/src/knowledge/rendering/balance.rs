//! HTML brought into order: known elements only, each closed where its end belongs, none nested too deep. What a parser by the standard
//! makes of the result is what is written there; it has nothing to repair.

use super::entities::decode;
use super::shield;
use super::tokens::{Attribute, Token, tokens};

/// Elements within each other, at most. Deeper ones are left out, what is in them is kept.
const NESTING_MAX: usize = 100;
/// Bytes of an attribute's value; one with a longer value is left out.
const VALUE_BYTES_MAX: usize = 4 * 1024;

const VOID: [&str; 7] = ["br", "hr", "img", "wbr", "col", "source", "input"];
const TABLE_PARTS: [&str; 9] = ["caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"];
/// Within these a paragraph, a list item or a link from outside is not seen.
const ROOMS: [&str; 4] = ["table", "td", "th", "caption"];
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
/// Elements that end a paragraph, and stand on lines of their own.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

/// Whether an element stands on a line of its own.
pub(super) fn begins_line(name: &str) -> bool {
    BLOCKS.contains(&name) || matches!(name, "tr" | "caption" | "br")
}

/// The HTML with those elements that `allowed` names.
pub(super) fn balanced(html: &str, allowed: impl Fn(&str) -> bool) -> String {
    let mut page = Page { out: String::with_capacity(html.len()), open: Vec::new() };
    for token in tokens(html) {
        match token {
            Token::Text(text) => page.text(text),
            Token::Open { name, attributes } if allowed(&name) => page.open(name, &attributes),
            Token::Close { name } if allowed(&name) => page.close(&name),
            Token::Open { .. } | Token::Close { .. } => {}
        }
    }
    page.close_down_to(0);
    page.out
}

struct Page {
    out: String,
    open: Vec<String>,
}

impl Page {
    fn text(&mut self, text: &str) {
        for letter in decode(text).chars() {
            match letter {
                '<' => self.out.push_str("&lt;"),
                '\0' => {}
                letter => self.out.extend(shield::up(letter)),
            }
        }
    }

    fn open(&mut self, name: String, attributes: &[Attribute<'_>]) {
        self.make_room(&name);
        let void = VOID.contains(&name.as_str());
        if !self.fits(&name) || (self.open.len() >= NESTING_MAX && !void) {
            return;
        }
        self.out.push('<');
        self.out.push_str(&name);
        for (place, attribute) in attributes.iter().enumerate() {
            let named = attribute.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if named && attribute.value.len() <= VALUE_BYTES_MAX && !attributes[..place].iter().any(|other| other.name == attribute.name) {
                self.out.push_str(&format!(" {}=\"{}\"", attribute.name, attribute.value.replace('"', "&quot;").replace('\0', "")));
            }
        }
        self.out.push('>');
        if !void {
            self.open.push(name);
        }
    }

    /// Closes what a new element ends: a paragraph, the item before it, the link around it.
    fn make_room(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.close_nearest(&["p"], &ROOMS);
        }
        match name {
            "li" => self.close_nearest(&["li"], &["ul", "ol", "table", "td", "th", "caption"]),
            "dd" | "dt" => self.close_nearest(&["dd", "dt"], &["dl", "table", "td", "th", "caption"]),
            "a" => self.close_nearest(&["a"], &ROOMS),
            "td" | "th" => self.close_nearest(&["td", "th", "caption", "colgroup"], &["table", "tr"]),
            "tr" => self.close_nearest(&["tr", "caption", "colgroup"], &["table", "thead", "tbody", "tfoot"]),
            "thead" | "tbody" | "tfoot" | "caption" | "colgroup" => {
                self.close_nearest(&["thead", "tbody", "tfoot", "caption", "colgroup", "tr"], &["table"]);
            }
            "table" if matches!(self.inmost(), "table" | "thead" | "tbody" | "tfoot" | "tr" | "colgroup") => {
                self.close_nearest(&["table"], &[]);
            }
            name if HEADINGS.contains(&name) && HEADINGS.contains(&self.inmost()) => self.close_down_to(self.open.len() - 1),
            _ => {}
        }
    }

    /// Whether an element may stand where we are: parts of a table only in their places.
    fn fits(&self, name: &str) -> bool {
        if !TABLE_PARTS.contains(&name) {
            return !matches!(self.inmost(), "colgroup");
        }
        match name {
            "td" | "th" => self.inmost() == "tr",
            "tr" => matches!(self.inmost(), "table" | "thead" | "tbody" | "tfoot"),
            "col" => matches!(self.inmost(), "colgroup"),
            _ => self.inmost() == "table",
        }
    }

    fn inmost(&self) -> &str {
        self.open.last().map_or("", String::as_str)
    }

    fn close(&mut self, name: &str) {
        let walls: &[&str] = if name == "table" || TABLE_PARTS.contains(&name) { &["table"] } else { &ROOMS };
        self.close_nearest(&[name], walls);
    }

    /// Closes the nearest of these, and all within it, unless a wall stands before it.
    fn close_nearest(&mut self, names: &[&str], walls: &[&str]) {
        for place in (0..self.open.len()).rev() {
            let name = self.open[place].as_str();
            if names.contains(&name) {
                return self.close_down_to(place);
            }
            if walls.contains(&name) {
                return;
            }
        }
    }

    fn close_down_to(&mut self, place: usize) {
        for name in self.open.drain(place..).rev() {
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push('>');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brought_into_order() {
        for (html, wanted) in [
            ("a < b", "a &lt; b"),
            ("<p>a<p>b", "<p>a</p><p>b</p>"),
            ("<p><b>a<div>b</div>", "<p><b>a</b></p><div>b</div>"),
            ("<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b>cd"),
            ("<ul><li>a<li>b<ul><li>c</ul>d</ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul>d</li></ul>"),
            ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
            ("<a href=x>a<a href=y>b", "<a href=\"x\">a</a><a href=\"y\">b</a>"),
            ("<table><tr><td>a<td>b<tr><th>c</table>d", "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>d"),
            ("<table><tbody><tr><td><table><tr><td>x</table></div>y</table>", {
                "<table><tbody><tr><td><table><tr><td>x</td></tr></table>y</td></tr></tbody></table>"
            }),
            ("<div><table><tr><td></div>x", "<div><table><tr><td>x</td></tr></table></div>"),
            ("<td>a</td><tr>b", "ab"),
            ("<h1>a<h2>b", "<h1>a</h1><h2>b</h2>"),
            ("<x>a</x><script>b</script><br/>c<br></br>", "a<br>c<br>"),
            ("<p title='a\"b<c' onclick=x 1=2 é=3 title=again>", "<p title=\"a&quot;b<c\" onclick=\"x\" 1=\"2\"></p>"),
            ("</p></b></div>a", "a"),
            ("<i>a", "<i>a</i>"),
            ("1 &lt; 2 &amp;lt; 3 & &copy;", "1 &lt; 2 &lt; 3 & ©"),
        ] {
            let mut balanced = balanced(html, |name| name != "x" && name != "script");
            // As if the text were not shielded.
            balanced =
                balanced.replace(|letter| shield::up('&') == Some(letter), "&").replace(|letter| shield::up('©') == Some(letter), "©");
            assert_eq!(balanced, wanted, "{html}");
        }
        let long = format!("<p title=\"{}\" lang=\"en\">", "x".repeat(VALUE_BYTES_MAX + 1));
        assert_eq!(balanced(&long, |_| true), "<p lang=\"en\"></p>");
    }

    #[test]
    fn nothing_is_nested_deep() {
        let deep = format!("{}x{}y", "<div>".repeat(10_000), "</div>".repeat(10_000));
        let shallow = format!("{}x{}y", "<div>".repeat(NESTING_MAX), "</div>".repeat(NESTING_MAX));
        assert_eq!(balanced(&deep, |_| true), shallow);
    }
}
