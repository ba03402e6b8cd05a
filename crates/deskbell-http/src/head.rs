//! The head of a request: what authentication and endpoints may look at beside the parameters.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use crate::origin::Origin;

/// The cookie of a signed-in agent. Every surface that lets sessions in looks here.
pub const SESSION_COOKIE: &str = "deskbell_session";

/// Method, URI, headers and peer of a request.
#[derive(Debug)]
pub struct RequestHead {
    pub(crate) parts: Parts,
    /// The caller's address.
    pub peer: Option<IpAddr>,
    pub request_id: u64,
    /// The base of links whatever the caller used.
    pub(crate) public_url: Option<Arc<str>>,
    /// The stripped first segment of the path.
    pub(crate) host_prefix: Option<Box<str>>,
}

/// What stands before a token.
const BEARER: &[u8] = b"bearer ";

impl RequestHead {
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    pub fn extensions(&self) -> &http::Extensions {
        &self.parts.extensions
    }

    /// A header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        text(self.parts.headers.get(name)?)
    }

    /// The base of links, as the caller used it (or the configured public URL).
    pub fn origin(&self) -> Origin {
        Origin::of(&self.parts, self.public_url.as_ref(), self.host_prefix.clone())
    }

    /// The token of `Authorization: Bearer …`.
    pub fn bearer(&self) -> Option<&str> {
        let value = self.parts.headers.get(AUTHORIZATION)?.as_bytes();
        let (scheme, token) = value.split_at_checked(BEARER.len())?;
        if !scheme.eq_ignore_ascii_case(BEARER) || !token.is_ascii() {
            return None;
        }
        std::str::from_utf8(token.trim_ascii()).ok()
    }

    /// A cookie's value, as it was sent.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.parts
            .headers
            .get_all(COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

/// What [`HeaderValue::to_str`] gives, which looks at the bytes one by one: a header holds no other control characters than the tab.
fn text(value: &HeaderValue) -> Option<&str> {
    let bytes = value.as_bytes();
    if bytes.is_ascii() { std::str::from_utf8(bytes).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(name: &'static str, value: &'static str) -> RequestHead {
        let (parts, ()) = http::Request::builder().header(name, value).body(()).expect("a request").into_parts();
        RequestHead { parts, peer: None, request_id: 1, public_url: None, host_prefix: None }
    }

    #[test]
    fn bearer_tokens() {
        for (value, wanted) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("Bearer ", Some("")),
            ("Bearer\tabc", None),
            ("Bearer é", None),
            ("", None),
        ] {
            assert_eq!(head("authorization", value).bearer(), wanted, "{value}");
        }
    }

    #[test]
    fn cookies() {
        for (value, wanted) in [("sid=1", Some("1")), ("a=b; sid=x=y", Some("x=y")), ("sidx=1", None), ("sid", None), ("", None)] {
            assert_eq!(head("cookie", value).cookie("sid"), wanted, "{value}");
        }
    }
}
