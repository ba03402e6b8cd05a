//! Characters that stand for others between [`super::balance`] and the page. The serialiser behind ammonia looks through the whole rest of a
//! text at each of certain characters (`&`, and those of the first non-ASCII block), so that a megabyte of them takes it many seconds. It
//! never gets to see them: private characters take their places, and give them back in the end.

/// Where the private characters begin; each is as far from it as the one it stands for is from 0.
const PRIVATE: u32 = 0x10_0000;
const PRIVATE_END: u32 = PRIVATE + 0x100;

/// What stands for a letter; itself, if it needs nothing. A private one of the text's own is left out.
pub(super) fn up(letter: char) -> Option<char> {
    match u32::from(letter) {
        PRIVATE..PRIVATE_END => None,
        code @ (0x26 | 0x80..=0xBF) => char::from_u32(PRIVATE + code),
        _ => Some(letter),
    }
}

/// The HTML with the letters back in their places.
pub(super) fn down(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for letter in html.chars() {
        // Nothing that means something in HTML comes back as it is, whoever put a private character there.
        match u32::from(letter).checked_sub(PRIVATE) {
            Some(0x26) => out.push_str("&amp;"),
            Some(0xA0) => out.push_str("&nbsp;"),
            Some(code @ 0x80..=0xBF) => out.extend(char::from_u32(code)),
            Some(_) | None => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = "a & b\u{a0}© < \" é € \u{10ffff}";
        let shielded: String = text.chars().filter_map(up).collect();
        assert!(!shielded.contains(['&', '\u{a0}', '©']));
        assert_eq!(down(&shielded), "a &amp; b&nbsp;© < \" é € \u{10ffff}");
    }

    #[test]
    fn nobody_smuggles_a_sign_in() {
        for code in PRIVATE..PRIVATE_END {
            let letter = char::from_u32(code).unwrap();
            assert_eq!(up(letter), None);
            assert!(!down(&letter.to_string()).contains(['<', '>', '"', '\'', '`', '=']), "{code:x}");
        }
    }
}
