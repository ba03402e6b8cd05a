//! Reverse proxies in front of the desk: which of them are believed, and what a believed one says of a request: who calls
//! (`X-Forwarded-For`), and the scheme, the host and the path prefix that he used (`X-Forwarded-Proto`, `-Host`, `-Prefix`).
//!
//! What others send under these names is passed over.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::origin::Connection;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Networks that may be listed.
pub const NETWORKS_MAX: usize = 100;
/// Addresses of a chain that are looked at, from the near end.
const CHAIN_MAX: usize = 20;
/// Characters of a path prefix.
const PREFIX_CHARS_MAX: usize = 200;

/// A network: an address and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    fn holds(self, peer: IpAddr) -> bool {
        match (self.address, peer) {
            (IpAddr::V4(own), IpAddr::V4(peer)) => same_start(&own.octets(), &peer.octets(), self.bits),
            (IpAddr::V6(own), IpAddr::V6(peer)) => same_start(&own.octets(), &peer.octets(), self.bits),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn same_start(one: &[u8], other: &[u8], bits: u8) -> bool {
    let (whole, rest) = (usize::from(bits / 8), u32::from(bits % 8));
    one[..whole] == other[..whole] && (rest == 0 || (one[whole] ^ other[whole]) >> (8 - rest) == 0)
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no address and no network like 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        if bits > all { Err(wrong()) } else { Ok(Network { address, bits }) }
    }
}

/// The proxies that are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxies {
    Listed(Listed),
    /// Whoever connects: for a desk that only its proxy can reach.
    Whoever,
}

/// Networks of proxies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed(Vec<Network>);

/// Those on this machine.
const LOOPBACK: [Network; 2] = [
    Network { address: IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 0)), bits: 8 },
    Network { address: IpAddr::V6(std::net::Ipv6Addr::LOCALHOST), bits: 128 },
];

impl Default for Proxies {
    /// Those on this machine.
    fn default() -> Self {
        Proxies::Listed(Listed(LOOPBACK.to_vec()))
    }
}

impl FromStr for Proxies {
    type Err = String;

    /// `none`, or addresses and networks with commas between them; `loopback` stands for this machine.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut networks = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "none") {
            match word {
                "loopback" => networks.extend(LOOPBACK),
                word => networks.push(word.parse()?),
            }
        }
        if networks.len() > NETWORKS_MAX {
            return Err(format!("at most {NETWORKS_MAX} networks"));
        }
        Ok(Proxies::Listed(Listed(networks)))
    }
}

impl Proxies {
    fn believe(&self, peer: IpAddr) -> bool {
        match self {
            Proxies::Listed(listed) => listed.0.iter().any(|network| network.holds(peer)),
            Proxies::Whoever => true,
        }
    }

    /// What is known of the caller on a connection: from the connection itself, or from what a believed proxy says.
    pub fn see(&self, peer: IpAddr, secure: bool, headers: &HeaderMap) -> Connection {
        let peer = peer.to_canonical();
        if !self.believe(peer) {
            return Connection { peer, secure, host: None, prefix: None };
        }
        Connection {
            peer: self.caller(peer, headers),
            secure: last(headers, X_FORWARDED_PROTO).map_or(secure, |scheme| scheme.eq_ignore_ascii_case("https")),
            host: last(headers, X_FORWARDED_HOST).and_then(|host| HeaderValue::from_str(host).ok()),
            prefix: last(headers, X_FORWARDED_PREFIX).and_then(prefix),
        }
    }

    /// The nearest address that is no proxy of ours; what is further away could have been made up. Where whoever connects is believed, all
    /// but the word that he added himself could have been.
    fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = peer;
        let looked_at = match self {
            Proxies::Listed(_) => CHAIN_MAX,
            Proxies::Whoever => 1,
        };
        let lines = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
        // Word by word from the near end: what a caller wrote in front must not hide what a proxy wrote behind it.
        for word in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).take(looked_at) {
            let Some(named) = std::str::from_utf8(word).ok().and_then(|word| word.trim().parse::<IpAddr>().ok()) else { break };
            caller = named.to_canonical();
            if !self.believe(caller) {
                break;
            }
        }
        caller
    }
}

/// What the nearest proxy said: the last word of the last line.
fn last(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let line = headers.get_all(name).into_iter().next_back()?.as_bytes();
    let word = line.rsplit(|byte| *byte == b',').next()?;
    std::str::from_utf8(word).ok().map(str::trim).filter(|word| !word.is_empty())
}

/// `/desk/` as `desk`; `None` for nothing, and for what cannot stand in a URL as it is.
fn prefix(text: &str) -> Option<Box<str>> {
    let inner = text.trim_matches('/');
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let usable =
        !inner.is_empty() && inner.len() <= PREFIX_CHARS_MAX && inner.bytes().all(good) && !inner.contains("//") && !inner.contains("..");
    usable.then(|| inner.into())
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Proxies::Listed(Listed(networks)) = self else { return f.write_str("whoever connects") };
        for (place, network) in networks.iter().enumerate() {
            write!(f, "{}{}/{}", if place > 0 { "," } else { "" }, network.address, network.bits)?;
        }
        if networks.is_empty() { f.write_str("none") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        headers
    }

    #[test]
    fn networks() {
        for (networks, peer, believed) in [
            ("loopback", "127.0.0.1", true),
            ("loopback", "127.8.9.10", true),
            ("loopback", "::1", true),
            ("loopback", "128.0.0.1", false),
            ("none", "127.0.0.1", false),
            ("10.1.2.0/23", "10.1.3.255", true),
            ("10.1.2.0/23", "10.1.4.0", false),
            ("192.0.2.7, 2001:db8::/33", "192.0.2.7", true),
            ("192.0.2.7, 2001:db8::/33", "192.0.2.8", false),
            ("192.0.2.7, 2001:db8::/33", "2001:db8:7fff::1", true),
            ("192.0.2.7, 2001:db8::/33", "2001:db8:8000::1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
        ] {
            let proxies: Proxies = networks.parse().expect(networks);
            assert_eq!(proxies.believe(ip(peer)), believed, "{networks} {peer}");
            assert_eq!(proxies.to_string().parse(), Ok(proxies), "{networks}");
        }
        for wrong in ["10.0.0.0/33", "::/129", "proxy.test", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(wrong.parse::<Proxies>().is_err(), "{wrong}");
        }
        assert!(Proxies::Whoever.believe(ip("203.0.113.9")) && Proxies::Whoever.believe(ip("2001:db8::1")));
    }

    #[test]
    fn who_calls() {
        let proxies: Proxies = "loopback,10.0.0.0/8".parse().expect("networks");
        for (peer, lines, wanted) in [
            ("127.0.0.1", &["203.0.113.9"][..], "203.0.113.9"),
            ("127.0.0.1", &["1.2.3.4, 203.0.113.9, 10.0.0.3"], "203.0.113.9"),
            ("127.0.0.1", &["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
            ("127.0.0.1", &["10.0.0.4, 10.0.0.3"], "10.0.0.4"),
            ("127.0.0.1", &["203.0.113.9, junk"], "127.0.0.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("::ffff:127.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("203.0.113.9", &["1.2.3.4"], "203.0.113.9"),
        ] {
            let lines: Vec<(&'static str, &str)> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            assert_eq!(proxies.see(ip(peer), false, &headers(&lines)).peer, ip(wanted), "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_callers_write_in_front_hides_nothing() {
        let mut said = HeaderMap::new();
        said.append("x-forwarded-for", HeaderValue::from_bytes(b"\xff, 203.0.113.9").expect("a value"));
        assert_eq!(Proxies::default().see(ip("127.0.0.1"), false, &said).peer, ip("203.0.113.9"));
        let said = headers(&[("x-forwarded-for", "9.9.9.9, 203.0.113.9")]);
        assert_eq!(Proxies::Whoever.see(ip("10.0.0.1"), false, &said).peer, ip("203.0.113.9"), "the word that the proxy added");
        assert_eq!(Proxies::Whoever.see(ip("10.0.0.1"), false, &HeaderMap::new()).peer, ip("10.0.0.1"));
    }

    #[test]
    fn how_he_reached_the_desk() {
        let said = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-host", "help.test:8443"), ("x-forwarded-prefix", "/desk/")]);
        let seen = Proxies::default().see(ip("127.0.0.1"), false, &said);
        assert_eq!(
            (seen.secure, seen.host, seen.prefix.as_deref()),
            (true, Some(HeaderValue::from_static("help.test:8443")), Some("desk"))
        );
        let seen = Proxies::default().see(ip("192.0.2.1"), false, &said);
        assert_eq!(seen, Connection { peer: ip("192.0.2.1"), secure: false, host: None, prefix: None }, "a stranger says nothing");
        let plain = headers(&[("x-forwarded-proto", "https, http")]);
        assert!(!Proxies::default().see(ip("127.0.0.1"), true, &plain).secure, "the nearest proxy counts");
        for wrong in ["/", "//evil.test", "/a?b", "/a b", "/../x", "/a//b"] {
            let seen = Proxies::default().see(ip("127.0.0.1"), false, &headers(&[("x-forwarded-prefix", wrong)]));
            let fine = seen.prefix.as_deref().is_none_or(|prefix| prefix == "evil.test");
            assert!(fine, "{wrong}: {:?}", seen.prefix);
        }
    }
}
