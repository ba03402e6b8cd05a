//! Attributes and fields of forms as this API takes them: JSON arrays of objects in a parameter. What an object does not have is the empty
//! text; what it has beyond that is passed over. An empty parameter holds no rows: one client sends it so, and an empty array within a JSON body
//! becomes one.

use deskbell_app::AppError;
use deskbell_app::widgets::ROWS_MAX;
use deskbell_domain::widget::{WidgetAttribute, WidgetFormField};
use serde_json::{Map, Value};

/// Reads attributes.
pub(super) fn attributes(name: &str, text: &str) -> Result<Vec<WidgetAttribute>, AppError> {
    rows(name, text, |row| {
        Some(WidgetAttribute { section: plain(row, "section")?, name: plain(row, "name")?, value: plain(row, "value")? })
    })
}

/// Reads fields of a form.
pub(super) fn form_fields(name: &str, text: &str) -> Result<Vec<WidgetFormField>, AppError> {
    rows(name, text, |row| {
        Some(WidgetFormField {
            form: plain(row, "formid")?,
            code: plain(row, "code")?,
            name: plain(row, "name")?,
            description: plain(row, "description")?,
            validator: plain(row, "validator")?,
            visibility: plain(row, "visibility")?,
            kind: plain(row, "rtype")?,
            status: plain(row, "rstatus")?,
            available_values: plain(row, "availablevalues")?,
        })
    })
}

fn rows<T>(name: &str, text: &str, row: impl Fn(&Map<String, Value>) -> Option<T>) -> Result<Vec<T>, AppError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let unreadable = || AppError::invalid(format!("parameter {name} must be a JSON array of objects with texts"));
    let Ok(Value::Array(items)) = serde_json::from_str(text) else { return Err(unreadable()) };
    if items.len() > ROWS_MAX {
        return Err(AppError::too_large(format!("parameter {name} holds more than {ROWS_MAX} rows")));
    }
    items.iter().map(|item| row(item.as_object()?)).collect::<Option<Vec<T>>>().ok_or_else(unreadable)
}

/// A scalar as a text; `None` for a list or an object.
fn plain(row: &Map<String, Value>, name: &str) -> Option<String> {
    match row.get(name) {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(on)) => Some(if *on { "Y" } else { "N" }.to_owned()),
        Some(Value::Array(_) | Value::Object(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read() {
        let read = attributes("attributes", r#"[{"section":"s","name":"n","value":5,"more":[1]},{"value":true,"name":null}]"#).unwrap();
        let texts: Vec<_> = read.iter().map(|row| (row.section.as_str(), row.name.as_str(), row.value.as_str())).collect();
        assert_eq!(texts, [("s", "n", "5"), ("", "", "Y")]);
        for text in ["", " ", " [] "] {
            assert_eq!(attributes("attributes", text).unwrap(), []);
        }
    }

    #[test]
    fn what_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["x", "{}", "null", "[1]", "[null]", r#"["a"]"#, r#"[{"name":["a"]}]"#, r#"[{"name":{}}]"#, "[{}", &deep] {
            let error = attributes("attributes", text).unwrap_err();
            assert_eq!(error.public, "parameter attributes must be a JSON array of objects with texts");
        }
        let many = format!("[{}]", vec!["{}"; ROWS_MAX + 1].join(","));
        assert_eq!(form_fields("form_fields", &many).unwrap_err().kind, deskbell_app::Kind::TooLarge);
        assert_eq!(form_fields("form_fields", &many.replacen("{},", "", 1)).unwrap().len(), ROWS_MAX);
    }
}
