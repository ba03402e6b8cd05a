//! The head of a request: what authentication and endpoints may look at beside the parameters.

use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};

/// The cookie of a signed-in agent. Every surface that lets sessions in looks here.
pub const SESSION_COOKIE: &str = "deskbell_session";

/// Method, URI, headers and peer of a request.
#[derive(Debug)]
pub struct RequestHead {
    pub(crate) parts: Parts,
    /// The caller's address.
    pub peer: Option<IpAddr>,
    pub request_id: u64,
}

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
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The token of `Authorization: Bearer …`.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// A cookie's value, as it was sent.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.parts
            .headers
            .get_all(http::header::COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(name: &'static str, value: &'static str) -> RequestHead {
        let (parts, ()) = http::Request::builder().header(name, value).body(()).expect("a request").into_parts();
        RequestHead { parts, peer: None, request_id: 1 }
    }

    #[test]
    fn bearer_tokens() {
        for (value, wanted) in
            [("Bearer abc", Some("abc")), ("bearer  abc ", Some("abc")), ("Basic abc", None), ("Bearer", None), ("", None)]
        {
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
