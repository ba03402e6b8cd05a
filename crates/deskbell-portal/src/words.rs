//! A plain text as lines of words and links, for a template to escape.

/// Characters of a web address that is made a link; a longer one stays text.
const LINK_CHARS_MAX: usize = 1_000;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// A web address, as it is written.
    Link(&'a str),
}

/// Lines of a text, each in pieces.
pub(crate) fn lines(text: &str) -> Vec<Vec<Piece<'_>>> {
    text.trim_end().split('\n').map(|line| pieces(line.strip_suffix('\r').unwrap_or(line))).collect()
}

fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = line;
    let mut from = 0;
    while let Some(start) = link_start(rest, from) {
        let length = link_length(&rest[start..]);
        if length == 0 {
            from = start + 4;
            continue;
        }
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        pieces.push(Piece::Link(&rest[start..start + length]));
        rest = &rest[start + length..];
        from = 0;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn link_start(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?.match_indices("http").map(|(at, _)| at + from).find(|at| {
        let rest = &text[*at..];
        (rest.starts_with("http://") || rest.starts_with("https://"))
            && text[..*at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
    })
}

/// Bytes of the address at the start of a text; 0 if it is none.
fn link_length(text: &str) -> usize {
    let ends = |letter: char| letter.is_whitespace() || letter.is_control() || "<>\"".contains(letter);
    let Some(end) = text.char_indices().take(LINK_CHARS_MAX).find(|(_, letter)| ends(*letter)).map(|(at, _)| at).or_else(|| {
        // Nothing ends it: it goes to the end of the text, unless that is too far away.
        text.char_indices().nth(LINK_CHARS_MAX).is_none().then_some(text.len())
    }) else {
        return 0;
    };
    let link = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'']);
    let host = link.split_once("://").map_or("", |(_, host)| host);
    if host.is_empty() { 0 } else { link.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        use Piece::{Link, Text};
        for (text, wanted) in [
            ("", vec![]),
            ("plain", vec![Text("plain")]),
            ("see https://a.test/x?y=1&z=2.", vec![Text("see "), Link("https://a.test/x?y=1&z=2"), Text(".")]),
            ("(http://a.test) b", vec![Text("("), Link("http://a.test"), Text(") b")]),
            ("https://a.test/\"><script>", vec![Link("https://a.test/"), Text("\"><script>")]),
            ("javascript:alert(1)", vec![Text("javascript:alert(1)")]),
            ("xhttp://a.test", vec![Text("xhttp://a.test")]),
            ("https:// http", vec![Text("https:// http")]),
            ("http://a http://b", vec![Link("http://a"), Text(" "), Link("http://b")]),
            ("é http://é.test/ü", vec![Text("é "), Link("http://é.test/ü")]),
        ] {
            assert_eq!(pieces(text), wanted, "{text}");
        }
    }

    #[test]
    fn lines_are_lines() {
        assert_eq!(lines("a\r\n\nb\n\n").len(), 3);
        assert_eq!(lines("").len(), 1);
        let long = "http://".repeat(5_000);
        assert_eq!(lines(&long).len(), 1);
        assert!(pieces(&long).len() < 5, "an address of that length is a text");
    }
}
