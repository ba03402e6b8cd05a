//! JSON writing in two spellings: serde_json's own, and that of PHP's `json_encode` (`/` as `\/`, non-ASCII as `\uXXXX`).

mod writer;

use deskbell_app::AppError;
use serde::Serialize;

use writer::Writer;

/// How strings are spelled. Both mean the same to a JSON reader; clients that compare texts care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum JsonStyle {
    #[default]
    Plain,
    /// `/` as `\/` and everything beyond ASCII as `\uXXXX`, as PHP's `json_encode` writes by default.
    Php,
}

/// Writes a value.
pub fn write<T: Serialize + ?Sized>(style: JsonStyle, value: &T, out: &mut Vec<u8>) -> Result<(), AppError> {
    value.serialize(&mut Writer::new(out, style)).map_err(|error| AppError::internal(format!("JSON: {error}")))
}

/// The value as text in serde_json's own spelling.
pub fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, AppError> {
    serde_json::to_string(value).map_err(|error| AppError::internal(format!("JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (value, plain, php) in [
            ("a/b", r#""a/b""#, r#""a\/b""#),
            ("</script>", r#""</script>""#, r#""<\/script>""#),
            ("é", "\"é\"", r#""\u00e9""#),
            ("a😀b/", "\"a😀b/\"", r#""a\ud83d\ude00b\/""#),
            ("q\"\\\n\u{1}", r#""q\"\\\n\u0001""#, r#""q\"\\\n\u0001""#),
            ("", r#""""#, r#""""#),
        ] {
            for (style, wanted) in [(JsonStyle::Plain, plain), (JsonStyle::Php, php)] {
                let mut out = Vec::new();
                write(style, value, &mut out).expect("writes");
                let text = String::from_utf8(out).expect("UTF-8");
                assert_eq!(text, wanted, "{style:?}");
                assert_eq!(serde_json::from_str::<String>(&text).expect("reads back"), value);
            }
        }
    }

    #[test]
    fn keys_are_spelled_like_values() {
        let mut out = Vec::new();
        write(JsonStyle::Php, &serde_json::json!({"a/ü": [1, null, true, 0.5]}), &mut out).expect("writes");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), r#"{"a\/\u00fc":[1,null,true,0.5]}"#);
    }
}
