//! Characters that HTML spells with `&`.

use std::borrow::Cow;

use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Letters of the longest name, its semicolon included.
const NAME_BYTES_MAX: usize = 33;
/// Digits of a number, at most; longer ones are no character.
const DIGITS_MAX: usize = 10;

/// The text with its entities decoded.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match numeric(rest).or_else(|| named(rest)) {
            Some((letters, length)) => {
                out.extend(letters.into_iter().flatten());
                rest = &rest[length..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

type Decoded = ([Option<char>; 2], usize);

/// `#8364;`, `#x20AC;`; the semicolon may be left out.
fn numeric(text: &str) -> Option<Decoded> {
    let number = text.strip_prefix('#')?;
    let (radix, digits) = match number.strip_prefix(['x', 'X']) {
        Some(hex) => (16, hex),
        None => (10, number),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    let code = if length <= DIGITS_MAX { u32::from_str_radix(&digits[..length], radix).ok() } else { None };
    // Numbers that the old code pages of Windows gave to other characters are read as those.
    let replaced = code.and_then(|code| usize::try_from(code).ok()?.checked_sub(0x80)).and_then(|place| *C1_REPLACEMENTS.get(place)?);
    let letter = replaced.or_else(|| code.and_then(char::from_u32).filter(|letter| *letter != '\0')).unwrap_or(char::REPLACEMENT_CHARACTER);
    let end = text.len() - digits.len() + length;
    Some(([Some(letter), None], end + usize::from(text[end..].starts_with(';'))))
}

/// The longest name that the text begins with.
fn named(text: &str) -> Option<Decoded> {
    let letters = text.bytes().take(NAME_BYTES_MAX - 1).take_while(u8::is_ascii_alphanumeric).count();
    let longest = letters + usize::from(text[letters..].starts_with(';'));
    (2..=longest).rev().find_map(|length| match NAMED_ENTITIES.get(&text[..length]) {
        // The table has the beginnings of names, too, with nothing behind them.
        Some((0, _)) | None => None,
        Some((first, second)) => Some(([char::from_u32(*first), char::from_u32(*second).filter(|letter| *letter != '\0')], length)),
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decoded() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
            ("&eacute;&Eacute;&nbsp;&hellip;&CounterClockwiseContourIntegral;", "éÉ\u{a0}…∳"),
            ("&#8364;&#x20AC;&#X20ac;&#8364x", "€€€€x"),
            ("&#150;&#x80;", "–€"),
            ("&copy2026 &ampx &notit; &notin;", "©2026 &x ¬it; ∉"),
            ("&NotEqualTilde;", "≂̸"),
            ("& &; &unknown; &# &#; &#x; &", "& &; &unknown; &# &#; &#x; &"),
            ("&#0;&#xD800;&#x110000;&#99999999999999;", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("&é;", "&é;"),
            ("&amp;lt;", "&lt;"),
        ] {
            assert_eq!(decode(text), wanted, "{text}");
        }
    }
}
