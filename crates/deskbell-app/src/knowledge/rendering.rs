//! HTML of articles as it may be shown: stored as it was given, made safe where it is shown.
//!
//! ammonia decides what is safe. Before it stands [`balance`], which brings any text into well-nested HTML of a bounded depth: a parser
//! that follows the standard takes time and memory that grow with the square of some inputs.

mod balance;
mod entities;
mod shield;
mod tokens;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use balance::balanced;
use entities::decode;
use tokens::{Token, tokens};

/// What links carry: no hold on the page they were on, no word of where they were, no recommendation to search engines.
const LINK_REL: &str = "noopener noreferrer nofollow";
/// Goes before an article's own anchors, so that they are never a page's own.
const ANCHOR_PREFIX: &str = "a-";

const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];
/// Elements that an article may have beside [`MEDIA`].
const ELEMENTS: [&str; 65] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];
const MEDIA: [&str; 6] = ["img", "figure", "figcaption", "video", "audio", "source"];
const ATTRIBUTES: [&str; 5] = ["title", "lang", "dir", "id", "style"];
/// Properties that change how a text looks and not where it stands.
const STYLES: [&str; 9] = [
    "background-color",
    "color",
    "font-size",
    "font-style",
    "font-weight",
    "list-style-type",
    "text-align",
    "text-decoration",
    "vertical-align",
];
const ATTRIBUTES_OF: [(&str, &[&str]); 14] = [
    ("a", &["href", "hreflang", "name"]),
    ("blockquote", &["cite"]),
    ("q", &["cite"]),
    ("col", &["span", "width"]),
    ("colgroup", &["span"]),
    ("ol", &["start", "type", "reversed"]),
    ("table", &["border", "cellpadding", "cellspacing", "width"]),
    ("td", &["colspan", "rowspan", "align", "valign", "width"]),
    ("th", &["colspan", "rowspan", "align", "valign", "width", "scope"]),
    ("details", &["open"]),
    ("img", &["src", "alt", "width", "height", "align"]),
    ("video", &["src", "controls", "width", "height", "poster"]),
    ("audio", &["src", "controls"]),
    ("source", &["src", "type"]),
];

/// What is let through.
struct Sanitizer {
    elements: HashSet<&'static str>,
    ammonia: Builder<'static>,
}

impl Sanitizer {
    fn new(elements: HashSet<&'static str>) -> Sanitizer {
        let attributes: HashMap<&str, HashSet<&str>> = ATTRIBUTES_OF
            .into_iter()
            .filter(|(element, _)| elements.contains(element))
            .map(|(element, names)| (element, names.iter().copied().collect()))
            .collect();
        let mut ammonia = Builder::empty();
        ammonia
            .tags(elements.clone())
            .clean_content_tags(HashSet::from(["script", "style"]))
            .generic_attributes(HashSet::from(ATTRIBUTES))
            .tag_attributes(attributes)
            .filter_style_properties(HashSet::from(STYLES))
            .url_schemes(HashSet::from(SCHEMES))
            .url_relative(UrlRelative::PassThrough)
            .link_rel(Some(LINK_REL))
            .id_prefix(Some(ANCHOR_PREFIX))
            .attribute_filter(|element, attribute, value| match (element, attribute) {
                (_, "href" | "src" | "cite" | "poster") if !leads_somewhere_safe(value) => None,
                // Links to an anchor follow it to its new name.
                ("a", "href") => match value.strip_prefix('#') {
                    Some(anchor) if !anchor.is_empty() => Some(Cow::Owned(format!("#{ANCHOR_PREFIX}{anchor}"))),
                    Some(_) | None => Some(Cow::Borrowed(value)),
                },
                ("a", "name") => Some(Cow::Owned(format!("{ANCHOR_PREFIX}{value}"))),
                _ => Some(Cow::Borrowed(value)),
            });
        Sanitizer { elements, ammonia }
    }

    fn clean(&self, html: &str) -> String {
        let balanced = balanced(html, |element| self.elements.contains(element));
        shield::down(&self.ammonia.clean(&balanced).to_string())
    }
}

/// Whether an address has one of [`SCHEMES`] or none, also for a reader who passes over signs that have no place in a scheme. ammonia asks
/// what a browser makes of it.
fn leads_somewhere_safe(address: &str) -> bool {
    let head = address.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((scheme, _)) = head.split_once(':') else { return true };
    let scheme: String = scheme.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SCHEMES.contains(&scheme.as_str())
}

static WHOLE: LazyLock<Sanitizer> = LazyLock::new(|| Sanitizer::new(ELEMENTS.into_iter().chain(MEDIA).collect()));
static WITHOUT_MEDIA: LazyLock<Sanitizer> = LazyLock::new(|| Sanitizer::new(ELEMENTS.into_iter().collect()));

/// HTML that can stand in a page: no script, no frame, no form, no style that moves things, links with `rel`.
pub fn safe_html(html: &str) -> String {
    WHOLE.clean(html)
}

/// The same without images and other media.
pub fn simple_html(html: &str) -> String {
    WITHOUT_MEDIA.clean(html)
}

/// The text of a piece of HTML: blocks on lines of their own, entities decoded, what is no text left out. It is text, whatever it looks like.
pub fn plain_text(html: &str) -> String {
    let mut out = Lines::default();
    let mut kept = 0usize;
    for token in tokens(html) {
        match token {
            Token::Text(text) => out.text(&decode(text), kept > 0),
            Token::Open { name, .. } if name == "br" => out.break_line(),
            Token::Open { name, .. } => {
                kept += usize::from(name == "pre");
                out.at_element(&name);
            }
            Token::Close { name } => {
                kept = kept.saturating_sub(usize::from(name == "pre"));
                out.at_element(&name);
            }
        }
    }
    out.finish()
}

/// HTML that shows a plain text: paragraphs between empty lines, breaks between lines.
pub fn html_of_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut html = String::with_capacity(text.len() + 16);
    for paragraph in text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|paragraph| !paragraph.trim().is_empty()) {
        html.push_str("<p>");
        for (place, line) in paragraph.split('\n').enumerate() {
            if place > 0 {
                html.push_str("<br>");
            }
            for letter in line.chars() {
                match letter {
                    '&' => html.push_str("&amp;"),
                    '<' => html.push_str("&lt;"),
                    '>' => html.push_str("&gt;"),
                    '"' => html.push_str("&quot;"),
                    letter => html.push(letter),
                }
            }
        }
        html.push_str("</p>");
    }
    html
}

/// A text in the making: blanks are one, lines are trimmed.
#[derive(Default)]
struct Lines {
    out: String,
    /// A blank that comes before the next letter, if there is one on the line.
    blank: bool,
}

impl Lines {
    fn text(&mut self, text: &str, kept: bool) {
        for letter in text.chars() {
            match letter {
                '\n' if kept => self.break_line(),
                '\0' => {}
                // Whatever it is in the source, and the blank that does not break: in a text they are all the same.
                ' ' | '\t' | '\n' | '\r' | '\u{c}' | '\u{a0}' if kept => self.out.push(' '),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' | '\u{a0}' => self.blank = true,
                letter => {
                    if self.blank && !self.begins_line() {
                        self.out.push(' ');
                    }
                    self.blank = false;
                    self.out.push(letter);
                }
            }
        }
    }

    fn begins_line(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    fn break_line(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.blank = false;
    }

    fn at_element(&mut self, name: &str) {
        match name {
            "td" | "th" => self.blank = true,
            name if balance::begins_line(name) && !self.begins_line() => self.break_line(),
            _ => {}
        }
    }

    fn finish(self) -> String {
        self.out.trim_matches(|letter: char| letter == '\n' || letter == ' ').to_owned()
    }
}

#[cfg(test)]
mod tests;
