//! The base of links in answers: scheme, authority and path prefix as the caller used them, or the configured public URL.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderValue;
use http::request::Parts;

/// What the accept loop knows about a connection; put into the request's extensions by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    pub peer: IpAddr,
    /// Whether TLS ended in this process.
    pub secure: bool,
}

/// Stands in when the request names no usable host.
const AUTHORITY_FALLBACK: &str = "localhost";

/// Where the caller reached the desk. Displays without a slash at the end: `https://localhost:18443/acme.zendesk.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    public_url: Option<Arc<str>>,
    secure: bool,
    authority: Option<HeaderValue>,
    /// A stripped first path segment, without slashes.
    prefix: Option<Box<str>>,
}

impl Origin {
    /// A fixed origin (the configured public URL, without a slash at the end).
    pub fn public(url: impl Into<Arc<str>>) -> Origin {
        Origin { public_url: Some(url.into()), secure: true, authority: None, prefix: None }
    }

    /// Reads the origin off a request. `behind_proxy` says whether `X-Forwarded-Proto` and `X-Forwarded-Host` are to be believed.
    pub(crate) fn of(parts: &Parts, secure: bool, behind_proxy: bool, public_url: Option<&Arc<str>>, prefix: Option<Box<str>>) -> Origin {
        if let Some(url) = public_url {
            return Origin::public(Arc::clone(url));
        }
        let forwarded = |name: &str| if behind_proxy { parts.headers.get(name) } else { None };
        let authority = forwarded("x-forwarded-host")
            .or_else(|| parts.headers.get(http::header::HOST))
            .cloned()
            .or_else(|| parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()));
        Origin {
            public_url: None,
            secure: forwarded("x-forwarded-proto").map_or(secure, |scheme| scheme == "https"),
            authority: authority.filter(usable),
            prefix,
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
        match &self.prefix {
            Some(prefix) => write!(f, "/{prefix}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(headers: &[(&'static str, &'static str)], secure: bool, behind_proxy: bool, prefix: Option<&str>) -> String {
        let mut request = http::Request::builder().uri("/stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        Origin::of(&parts, secure, behind_proxy, None, prefix.map(Box::from)).to_string()
    }

    #[test]
    fn as_the_caller_used_it() {
        let host = ("host", "desk.test:81");
        let forwarded = [host, ("x-forwarded-proto", "https"), ("x-forwarded-host", "help.test")];
        for (text, wanted) in [
            (origin(&[host], false, false, None), "http://desk.test:81"),
            (origin(&[host], true, false, Some("acme.zendesk.com")), "https://desk.test:81/acme.zendesk.com"),
            (origin(&[("host", "[::1]:80")], false, false, None), "http://[::1]:80"),
            (origin(&[], false, false, None), "http://localhost"),
            (origin(&[("host", "a/b?<c>")], false, false, None), "http://localhost"),
            (origin(&forwarded, false, false, None), "http://desk.test:81"),
            (origin(&forwarded, false, true, None), "https://help.test"),
        ] {
            assert_eq!(text, wanted);
        }
        assert_eq!(Origin::public("https://help.test/").to_string(), "https://help.test");
    }
}
