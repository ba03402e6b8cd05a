//! `Content-Disposition` with a file's name: RFC 6266, and RFC 8187 for names that are not ASCII.

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Presented;

/// All but what RFC 8187 lets stand as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The header. Any text is a name: what cannot stand in the plain form is in the encoded one.
pub(super) fn header(presented: Presented, name: &str) -> HeaderValue {
    let how = match presented {
        Presented::Inline => "inline",
        Presented::Saved => "attachment",
    };
    let plain: String = name.chars().map(|letter| if stands(letter) { letter } else { '_' }).collect();
    let text = if plain == name {
        format!("{how}; filename=\"{plain}\"")
    } else {
        format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ENCODED))
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// Whether a character stands in a quoted name with no escape. Some browsers decode `%41` there, so `%` does not.
fn stands(letter: char) -> bool {
    matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\' | '%' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, wanted) in [
            ("plan.png", "inline; filename=\"plan.png\""),
            ("a plan; v=2.png", "inline; filename=\"a plan; v=2.png\""),
            ("Übersicht.pdf", "inline; filename=\"_bersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf"),
            ("a\"b\\c%41.txt", "inline; filename=\"a_b_c_41.txt\"; filename*=UTF-8''a%22b%5Cc%2541.txt"),
            ("x\r\nSet-Cookie: a=b", "inline; filename=\"x__Set-Cookie: a=b\"; filename*=UTF-8''x%0D%0ASet-Cookie%3A%20a%3Db"),
            ("it's (1).txt", "inline; filename=\"it's (1).txt\""),
            ("it's é.txt", "inline; filename=\"it's _.txt\"; filename*=UTF-8''it%27s%20%C3%A9.txt"),
            ("", "inline; filename=\"\""),
        ] {
            assert_eq!(header(Presented::Inline, name).to_str().unwrap(), wanted, "{name:?}");
        }
        assert_eq!(header(Presented::Saved, "a").to_str().unwrap(), "attachment; filename=\"a\"");
    }
}
