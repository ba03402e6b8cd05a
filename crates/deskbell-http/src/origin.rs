//! The base of links in answers: scheme, authority and path prefix as the caller used them, or the configured public URL.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderValue;
use http::request::Parts;

/// What is known about a caller's connection; put into the request's extensions by the server. See [`crate::Proxies::see`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who calls.
    pub peer: IpAddr,
    /// Whether he used TLS.
    pub secure: bool,
    /// The host he named, if a proxy said so.
    pub host: Option<HeaderValue>,
    /// The path in front of the desk's own ones, without slashes around it, if a proxy said so.
    pub prefix: Option<Box<str>>,
}

/// Stands in when the request names no usable host.
const AUTHORITY_FALLBACK: &str = "localhost";

/// Where the caller reached the desk. Displays without a slash at the end: `https://localhost:18443/acme.zendesk.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    public_url: Option<Arc<str>>,
    secure: bool,
    authority: Option<HeaderValue>,
    /// A proxy's path prefix and a stripped first path segment, without slashes around them.
    prefixes: [Option<Box<str>>; 2],
}

impl Origin {
    /// A fixed origin (the configured public URL, without a slash at the end).
    pub fn public(url: impl Into<Arc<str>>) -> Origin {
        Origin { public_url: Some(url.into()), secure: true, authority: None, prefixes: [None, None] }
    }

    /// Reads the origin off a request; `segment` is the first path segment, if it was stripped.
    pub(crate) fn of(parts: &Parts, public_url: Option<&Arc<str>>, segment: Option<Box<str>>) -> Origin {
        if let Some(url) = public_url {
            return Origin::public(Arc::clone(url));
        }
        let connection = parts.extensions.get::<Connection>();
        let authority = connection
            .and_then(|connection| connection.host.clone())
            .or_else(|| parts.headers.get(http::header::HOST).cloned())
            .or_else(|| parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()));
        Origin {
            public_url: None,
            secure: connection.is_some_and(|connection| connection.secure),
            authority: authority.filter(usable),
            prefixes: [connection.and_then(|connection| connection.prefix.clone()), segment],
        }
    }

    /// Whether the caller used https.
    pub fn is_secure(&self) -> bool {
        match &self.public_url {
            Some(url) => url.starts_with("https:"),
            None => self.secure,
        }
    }
}

/// A host that can stand in a URL as it is; anything else would let a request write foreign text into links.
fn usable(value: &HeaderValue) -> bool {
    !value.is_empty() && value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b".:-_[]".contains(byte))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(url) = &self.public_url {
            return f.write_str(url.trim_end_matches('/'));
        }
        let authority = self.authority.as_ref().and_then(|value| value.to_str().ok()).unwrap_or(AUTHORITY_FALLBACK);
        write!(f, "{}://{authority}", if self.secure { "https" } else { "http" })?;
        self.prefixes.iter().flatten().try_for_each(|prefix| write!(f, "/{prefix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Proxies;

    fn origin(headers: &[(&'static str, &'static str)], secure: bool, segment: Option<&str>) -> String {
        let mut request = http::Request::builder().uri("/stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        let connection = Proxies::default().see(IpAddr::from([127, 0, 0, 1]), secure, &parts.headers);
        parts.extensions.insert(connection);
        Origin::of(&parts, None, segment.map(Box::from)).to_string()
    }

    #[test]
    fn as_the_caller_used_it() {
        let host = ("host", "desk.test:81");
        let forwarded = [host, ("x-forwarded-proto", "https"), ("x-forwarded-host", "help.test"), ("x-forwarded-prefix", "/a/desk")];
        for (text, wanted) in [
            (origin(&[host], false, None), "http://desk.test:81"),
            (origin(&[host], true, Some("acme.zendesk.com")), "https://desk.test:81/acme.zendesk.com"),
            (origin(&[("host", "[::1]:80")], false, None), "http://[::1]:80"),
            (origin(&[], false, None), "http://localhost"),
            (origin(&[("host", "a/b?<c>")], false, None), "http://localhost"),
            (origin(&forwarded, false, None), "https://help.test/a/desk"),
            (origin(&forwarded, false, Some("acme.zendesk.com")), "https://help.test/a/desk/acme.zendesk.com"),
            (origin(&[host, ("x-forwarded-host", "a/b")], false, None), "http://localhost"),
        ] {
            assert_eq!(text, wanted);
        }
        assert_eq!(Origin::public("https://help.test/").to_string(), "https://help.test");
    }
}
