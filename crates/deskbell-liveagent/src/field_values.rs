//! Added fields as this API reads and writes them: a JSON array of codes and values in a parameter, a list in answers.

use deskbell_app::AppError;
use deskbell_app::fields::FIELDS_MAX;
use deskbell_domain::field;
use deskbell_http::Input;
use serde::Serialize;
use serde_json::{Map, Value};

const CODE: &str = "code";
const VALUE: &str = "value";

/// A field in an answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldValue {
    code: String,
    value: String,
}

impl From<field::FieldValue> for FieldValue {
    fn from(field: field::FieldValue) -> FieldValue {
        FieldValue { code: field.code, value: field.value }
    }
}

/// A list of fields in an answer.
pub(crate) fn wire(fields: Vec<field::FieldValue>) -> Vec<FieldValue> {
    fields.into_iter().map(FieldValue::from).collect()
}

/// Reads a mandatory parameter: `[{"code":"…","value":"…"}]`. Present but empty counts as no fields.
pub(crate) fn read(input: &Input, name: &str) -> Result<Vec<field::FieldValue>, AppError> {
    parse(name, input.text(name)?)
}

/// The same where it may be left out.
pub(crate) fn read_opt(input: &Input, name: &str) -> Result<Option<Vec<field::FieldValue>>, AppError> {
    input.filled_opt(name).map(|text| parse(name, text)).transpose()
}

/// One client sends an object with a member for each field, which is taken, too.
fn parse(name: &str, text: &str) -> Result<Vec<field::FieldValue>, AppError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let unreadable = || AppError::invalid(format!(r#"parameter {name} must be JSON like [{{"code":"c","value":"v"}}]"#));
    let fields: Option<Vec<field::FieldValue>> = match serde_json::from_str(text).map_err(|_| unreadable())? {
        Value::Array(items) => items.iter().map(|item| item.as_object().and_then(coded)).collect(),
        Value::Object(members) => match coded(&members) {
            Some(field) => Some(vec![field]),
            None => members.iter().map(|(code, value)| Some(field(code, plain(value)?))).collect(),
        },
        Value::Null => Some(Vec::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let fields = fields.ok_or_else(unreadable)?;
    if fields.len() > FIELDS_MAX {
        return Err(AppError::too_large(format!("parameter {name} holds more than {FIELDS_MAX} fields")));
    }
    Ok(fields)
}

fn field(code: &str, value: String) -> field::FieldValue {
    field::FieldValue { code: code.to_owned(), value }
}

fn coded(members: &Map<String, Value>) -> Option<field::FieldValue> {
    Some(field(&plain(members.get(CODE)?)?, plain(members.get(VALUE).unwrap_or(&Value::Null))?))
}

/// A scalar as a text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(on) => Some(on.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read() {
        for (text, wanted) in [
            (r#"[{"code":"varsymbol","value":"43894209"},{"code":"b","value":"x y"}]"#, vec![("varsymbol", "43894209"), ("b", "x y")]),
            (
                r#"[{"value":7,"code":"a","more":[1]},{"code":"a","value":true},{"code":"n","value":null},{"code":"none"}]"#,
                vec![("a", "7"), ("a", "true"), ("n", ""), ("none", "")],
            ),
            (r#"{"code":"a","value":"1"}"#, vec![("a", "1")]),
            (r#"{"id":9999,"x":"y"}"#, vec![("id", "9999"), ("x", "y")]),
            (" ", vec![]),
            ("[]", vec![]),
            ("{}", vec![]),
            ("null", vec![]),
        ] {
            let read: Vec<_> = parse("customfields", text).expect(text).into_iter().map(|field| (field.code, field.value)).collect();
            let wanted: Vec<_> = wanted.into_iter().map(|(code, value)| (code.to_owned(), value.to_owned())).collect();
            assert_eq!(read, wanted, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let deep = "[".repeat(100_000);
        for text in [
            "x",
            "[",
            "1",
            "\"a\"",
            "true",
            "[1]",
            "[[]]",
            "[{}]",
            r#"[{"value":"x"}]"#,
            r#"[{"code":[],"value":"x"}]"#,
            r#"{"a":{}}"#,
            &deep,
        ] {
            let error = parse("customfields", text).unwrap_err();
            assert!(error.public.starts_with("parameter customfields must be JSON like"), "{}", error.public);
        }
        let many = format!("[{}]", vec![r#"{"code":"a","value":"b"}"#; FIELDS_MAX + 1].join(","));
        assert_eq!(parse("customfields", &many).unwrap_err().kind, deskbell_app::Kind::TooLarge);
    }
}
