//! Which addresses a URL leads to, and which of them are the internet's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use deskbell_app::AppError;
use url::{Host, Url};

/// Ports below are those of system services; only the two of the web are reached.
const USER_PORT_MIN: u16 = 1_024;
const WEB_PORTS: [u16; 2] = [80, 443];
/// How many addresses of a name are tried.
const ADDRESSES_MAX: usize = 4;

/// Networks that are not the internet, by RFC 6890 and its registry: address and length of the prefix.
const REFUSED_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carrier-grade NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, with the metadata services of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, broadcast
];

/// All that is in use on the internet. Loopback, link-local, unique-local, multicast, IPv4-mapped and -compatible, NAT64 and discard-only
/// addresses lie outside.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What within [`GLOBAL_V6`] is not the internet, or hides an IPv4 address.
const REFUSED_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, with Teredo and benchmarks
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Resolves the URL's host and keeps the addresses that may be reached, in the resolver's order; at least one.
pub(super) async fn addresses(url: &Url, allowed: &[SocketAddr]) -> Result<Vec<SocketAddr>, AppError> {
    let port = url.port_or_known_default().ok_or_else(no_host)?;
    let found: Vec<SocketAddr> = match url.host().ok_or_else(no_host)? {
        Host::Ipv4(ip) => vec![(ip, port).into()],
        Host::Ipv6(ip) => vec![(ip, port).into()],
        Host::Domain(name) => match tokio::net::lookup_host((name, port)).await {
            Ok(found) => found.collect(),
            Err(error) => return Err(AppError::unavailable("the host of the URL is not known").because(error)),
        },
    };
    choose(&found, allowed)
}

fn choose(found: &[SocketAddr], allowed: &[SocketAddr]) -> Result<Vec<SocketAddr>, AppError> {
    if found.is_empty() {
        return Err(AppError::unavailable("the host of the URL has no address"));
    }
    let public: Vec<SocketAddr> = found.iter().copied().filter(|address| allowed.contains(address) || is_public(address.ip())).collect();
    if public.is_empty() {
        return Err(AppError::invalid("the URL leads to an address that is not on the internet"));
    }
    let mut open: Vec<SocketAddr> =
        public.into_iter().filter(|address| allowed.contains(address) || is_open_port(address.port())).collect();
    if open.is_empty() {
        return Err(AppError::invalid(format!("the port of the URL must be 80, 443, or {USER_PORT_MIN} or more")));
    }
    open.truncate(ADDRESSES_MAX);
    Ok(open)
}

fn no_host() -> AppError {
    AppError::invalid("the URL names no host")
}

fn is_open_port(port: u16) -> bool {
    WEB_PORTS.contains(&port) || port >= USER_PORT_MIN
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !REFUSED_V4.iter().any(|(network, length)| {
            let shift = u32::BITS - length;
            u32::from(ip) >> shift == u32::from(*network) >> shift
        }),
        IpAddr::V6(ip) => is_in_v6(ip, GLOBAL_V6) && !REFUSED_V6.iter().any(|network| is_in_v6(ip, *network)),
    }
}

fn is_in_v6(ip: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    let shift = u128::BITS - length;
    u128::from(ip) >> shift == u128::from(network) >> shift
}

#[cfg(test)]
mod tests {
    use deskbell_app::Kind;

    use super::*;

    #[test]
    fn every_family_of_addresses() {
        for (public, ips) in [
            (true, "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255"),
            (true, "169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255"),
            (true, "192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255"),
            (false, "0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 169.254.0.0"),
            (false, "169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.1 192.168.0.0"),
            (false, "192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0"),
            (false, "239.255.255.255 240.0.0.0 255.255.255.255"),
            (true, "2000:: 2001:200:: 2001:4860:4860::8888 2001:db7:ffff:: 2001:db9:: 2003:: 2606:4700:4700::1111 3ffe:ffff::"),
            (true, "3fff:1000:: 3fff:ffff::"),
            (false, ":: ::1 ::7f00:1 ::808:808 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::808:808 64:ff9b::7f00:1"),
            (false, "64:ff9b:1::a00:1 100:: 100:0:0:1:: 1fff:ffff:: 2001:: 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:1ff:ffff::"),
            (false, "2001:db8:: 2001:db8:ffff:ffff:: 2002:: 2002:7f00:1:: 2002:808:808::1 2002:ffff:: 3fff:: 3fff:fff:ffff:: 4000::"),
            (
                false,
                "5f00:: fc00:: fd00:ec2::254 fdff:: fe80:: fe80::1 febf:: fec0:: ff00:: ff02::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
        ] {
            for ip in ips.split(' ') {
                assert_eq!(is_public(ip.parse().expect(ip)), public, "{ip}");
            }
        }
    }

    #[test]
    fn ports() {
        for (port, open) in [(0, false), (22, false), (25, false), (80, true), (443, true), (1_023, false), (1_024, true), (65_535, true)] {
            assert_eq!(is_open_port(port), open, "{port}");
        }
    }

    /// A name may have several addresses: those that are refused are passed over, and none of them is ever tried.
    #[test]
    fn choices() {
        let [loopback, listed, public, low] =
            ["127.0.0.1:8080", "127.0.0.1:81", "1.1.1.1:80", "1.1.1.1:22"].map(|text| text.parse::<SocketAddr>().expect("an address"));
        for (found, chosen) in [
            (vec![loopback, public], Ok(vec![public])),
            (vec![listed, loopback], Ok(vec![listed])),
            (vec![public; ADDRESSES_MAX + 1], Ok(vec![public; ADDRESSES_MAX])),
            (vec![loopback], Err((Kind::Invalid, "the URL leads to an address that is not on the internet"))),
            (vec![low], Err((Kind::Invalid, "the port of the URL must be 80, 443, or 1024 or more"))),
            (vec![], Err((Kind::Unavailable, "the host of the URL has no address"))),
        ] {
            let outcome = choose(&found, &[listed]).map_err(|error| (error.kind, error.public));
            assert_eq!(outcome, chosen.map_err(|(kind, sentence)| (kind, sentence.into())), "{found:?}");
        }
    }
}
