//! YAML writing. serde-saphyr quotes what YAML 1.1 readers would misread (`no`, `1_000`, `12:30:45`, dates). Block scalars are never written:
//! libyaml, and with it PHP, Python and Ruby, refuses a document in which one begins with a tab.

use deskbell_app::AppError;
use serde::Serialize;

/// Writes a value as one YAML document.
pub fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), AppError> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_io_writer_with_options(out, &value, options).map_err(|error| AppError::internal(format!("YAML: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn words_that_yaml_1_1_reads_as_something_else_are_quoted() {
        for (value, wanted) in [
            (json!({"a": "no"}), "a: \"no\"\n"),
            (json!({"a": "12:30:45"}), "a: \"12:30:45\"\n"),
            (json!({"a": "2015-01-01"}), "a: \"2015-01-01\"\n"),
            (json!({"a": "1_000"}), "a: \"1_000\"\n"),
            (json!({"a": ""}), "a: \"\"\n"),
            (json!({"a": null}), "a: null\n"),
            (json!({"a": 0}), "a: 0\n"),
            (json!({"a": "123"}), "a: \"123\"\n"),
            (json!({"list": [{"b": "x"}]}), "list:\n- b: x\n"),
            (json!({"a": "\tb\nc\n"}), "a: \"\\tb\\nc\\n\"\n"),
            (json!({"a": "long ".repeat(30) + "line"}), format!("a: {}line\n", "long ".repeat(30)).as_str()),
        ] {
            let mut out = Vec::new();
            super::write(&value, &mut out).expect("writes");
            assert_eq!(String::from_utf8(out).expect("UTF-8"), wanted);
        }
    }
}
