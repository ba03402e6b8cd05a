//! Colours of tags and groups: hex digits, kept without `#`.

/// Reads a colour of three or six hex digits; a `#` before them is taken off. The digits stay as they were written.
pub fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix('#').unwrap_or(text);
    let good = matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    good.then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn colours() {
        for (text, wanted) in [("FFFFFF", "FFFFFF"), ("#0000ff", "0000ff"), (" #AbC ", "AbC"), ("123", "123")] {
            assert_eq!(parse(text).as_deref(), Some(wanted), "{text}");
        }
        for wrong in ["", "#", "##fff", "ff", "ffff", "fffff", "fffffff", "red", "12345g", "ｆｆｆ", "é12345", "ff ff ff", "\0\0\0"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
