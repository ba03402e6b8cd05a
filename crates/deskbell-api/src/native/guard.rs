//! What is checked before every call: that a change was not sent by a foreign page, and that texts can be stored.

use deskbell_app::AppError;
use deskbell_http::{Input, Origin, RequestHead};
use serde_json::Value;

/// The header that a foreign page cannot send.
pub(crate) const PROOF_HEADER: &str = "X-Deskbell";

/// Refuses a change that may come from a page of another origin: without `X-Deskbell: 1`, or with an `Origin` that is not the desk's own.
pub(crate) fn own_page(head: &RequestHead, own: &Origin) -> Result<(), AppError> {
    if head.header(PROOF_HEADER) != Some("1") {
        return Err(AppError::forbidden("the header X-Deskbell: 1 is missing"));
    }
    let Some(page) = head.headers().get(http::header::ORIGIN) else { return Ok(()) };
    let page = page.to_str().ok().and_then(authority);
    let own = own.to_string();
    let same = page.is_some_and(|page| authority(&own) == Some(page) || head.header("host") == Some(page));
    if same { Ok(()) } else { Err(AppError::forbidden("the request comes from a page of another origin").because(own)) }
}

/// Host and port of a URL, the scheme's own port left out. Schemes are not compared: a proxy in front may have ended TLS.
fn authority(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let port = if scheme == "https" { ":443" } else { ":80" };
    Some(authority.strip_suffix(port).unwrap_or(authority)).filter(|authority| !authority.is_empty())
}

/// Refuses texts with a NUL, which no database of ours can hold.
pub(crate) fn storable(input: &Input) -> Result<(), AppError> {
    let refused = || AppError::invalid("a text must not contain a NUL character");
    if input.query().any(|(_, value)| value.contains('\0')) {
        return Err(refused());
    }
    // In JSON it can only stand escaped, and rarely does: then it is worth a closer look.
    let suspicious = input.body().windows(6).any(|bytes| bytes == b"\\u0000");
    if suspicious && serde_json::from_slice::<Value>(input.body()).is_ok_and(|value| has_nul(&value)) {
        return Err(refused());
    }
    Ok(())
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        for (url, wanted) in [
            ("https://desk.test", Some("desk.test")),
            ("https://desk.test:443/help", Some("desk.test")),
            ("http://desk.test:80", Some("desk.test")),
            ("http://desk.test:443", Some("desk.test:443")),
            ("http://[::1]:8080/", Some("[::1]:8080")),
            ("https://desk.test.evil.test", Some("desk.test.evil.test")),
            ("null", None),
            ("file://", None),
            ("", None),
        ] {
            assert_eq!(authority(url), wanted, "{url}");
        }
    }

    #[test]
    fn nul_characters() {
        let nul = |text: &str| has_nul(&serde_json::from_str(text).unwrap());
        assert!(nul(r#"{"a":["b\u0000"]}"#));
        assert!(nul(r#"{"a\u0000":1}"#));
        assert!(!nul(r#"{"a":"\\u0000"}"#), "an escaped backslash");
    }
}
