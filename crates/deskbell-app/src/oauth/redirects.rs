//! Which addresses a client may have an agent sent back to.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of a redirect URI, at most.
pub const REDIRECT_URI_BYTES_MAX: usize = 500;

/// The scheme, host and port of a redirect URI, as `https://shop.test:8443`; `None` for a URI that no client may have. Good are `https`
/// anywhere and `http` on this very machine, without user, without fragment.
pub fn redirect_origin(uri: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
    if uri.len() > REDIRECT_URI_BYTES_MAX || !uri.bytes().all(plain) {
        return None;
    }
    let (start, is_secure) = match uri.strip_prefix("https://") {
        Some(_) => ("https://".len(), true),
        None => ("http://".len(), uri.starts_with("http://").then_some(false)?),
    };
    let end = uri[start..].find(['/', '?']).map_or(uri.len(), |end| start + end);
    let host = host_of(&uri[start..end])?;
    (is_secure || is_loopback(host)).then_some(&uri[..end])
}

/// The host of an authority that names no user.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, port.strip_prefix(':').or_else(|| port.is_empty().then_some("1"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "1")),
    };
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_host = host.contains(':') || (!host.is_empty() && !host.starts_with(['.', '-']) && host.bytes().all(is_name));
    (is_port && is_host).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris() {
        for (uri, origin) in [
            ("https://shop.test/back", Some("https://shop.test")),
            ("https://shop.test", Some("https://shop.test")),
            ("https://shop.test:8443?a=b", Some("https://shop.test:8443")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("http://127.0.0.1:9/x", Some("http://127.0.0.1:9")),
            ("http://[::1]:9/x", Some("http://[::1]:9")),
            ("https://[2001:db8::1]/x", Some("https://[2001:db8::1]")),
            ("http://shop.test/back", None),
            ("http://localhost.shop.test/", None),
            ("http://localhost@shop.test/", None),
            ("http://127.0.0.1.shop.test/", None),
            ("https://user@shop.test/", None),
            ("https://user:pass@shop.test/", None),
            ("https://shop.test/#part", None),
            ("https://shop.test\\@evil.test/", None),
            ("https://shop.test:0/", None),
            ("https://shop.test:99999/", None),
            ("https://shop.test:/", None),
            ("https:///path", None),
            ("https://", None),
            ("https://-shop.test/", None),
            ("https://[::1/", None),
            ("https://[::1]x/", None),
            ("https://shöp.test/", None),
            ("https://shop.test/a b", None),
            ("https://shop.test/\n", None),
            ("HTTPS://shop.test/", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("//shop.test/", None),
            ("app://back", None),
            ("", None),
        ] {
            assert_eq!(redirect_origin(uri), origin, "{uri}");
        }
        assert_eq!(redirect_origin(&format!("https://shop.test/{}", "x".repeat(REDIRECT_URI_BYTES_MAX))), None);
    }
}
