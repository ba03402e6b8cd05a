//! What definitions of triggers and of rules have in common: JSON that comes from outside, is kept as it was given, and is refused with the
//! name of what is not understood.

use serde_json::Value as Json;

use crate::error::AppError;

/// Bytes of a definition in JSON.
pub const DEFINITION_BYTES_MAX: usize = 64 * 1024;
/// Characters of a text that a value is compared with.
pub(crate) const VALUE_CHARS_MAX: usize = 2_000;
/// Characters of what a refusal repeats.
const NAMED_CHARS_MAX: usize = 60;

/// The definition as it is stored: what was given, without blanks.
pub(crate) fn source(json: &Json) -> Result<String, AppError> {
    let source = json.to_string();
    if source.len() > DEFINITION_BYTES_MAX {
        return Err(AppError::too_large(format!("definition has at most {} KiB", DEFINITION_BYTES_MAX / 1024)));
    }
    Ok(source)
}

/// A definition that is stored.
pub(crate) fn stored(source: &str) -> Result<Json, AppError> {
    serde_json::from_str(source).map_err(|error| AppError::invalid(format!("definition cannot be read: {error}")))
}

/// The start of what was given, to be named in a refusal.
pub(crate) fn shown(json: &Json) -> String {
    json.to_string().chars().take(NAMED_CHARS_MAX).collect()
}
