//! Which pages may connect. A browser says from where the page is that it connects for (`Origin`, RFC 6454), and lets
//! every page connect to every server: it is the server that has to look (RFC 6455, section 10.2).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Pages that may connect: those of one origin, as in `https://chat.example`, or all (`*`).
///
/// ```
/// use eco_websocket::AllowedOrigin;
/// let origin: AllowedOrigin = "https://Chat.example:443".parse().expect("it is one");
/// assert_eq!(origin.to_string(), "https://chat.example");
/// assert!("https://chat.example/".parse::<AllowedOrigin>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// All pages of the world.
    Any,
    /// Those of this origin, as a browser writes it. `null` are files, and all pages that hide where they are from.
    One(String),
}

impl FromStr for AllowedOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "*" => return Ok(Self::Any),
            "null" => return Ok(Self::One(text.to_owned())),
            _ => {}
        }
        let wrong = || format!("{text:?} is no origin; expected https://chat.example, null or *");
        let (scheme, authority) = text.split_once("://").ok_or_else(wrong)?;
        let is_sign = |sign: char| sign.is_ascii_graphic() && !"/?#@,".contains(sign);
        let is_whole = !scheme.is_empty() && !host_of(authority).is_empty();
        if !is_whole || !scheme.chars().chain(authority.chars()).all(is_sign) {
            return Err(wrong());
        }
        let text = text.to_ascii_lowercase();
        // A browser leaves the port out that goes without saying.
        let port = match text.split_once("://") {
            Some(("http", _)) => ":80",
            Some(("https", _)) => ":443",
            _ => "",
        };
        Ok(Self::One(
            text.strip_suffix(port).unwrap_or(&text).to_owned(),
        ))
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "*",
            Self::One(origin) => origin,
        })
    }
}

/// Whether a page of this origin may connect to the host that its browser was told.
///
/// Where nothing is listed, it is to be the same host, with any port, and that host an address or `localhost`. A name could
/// be anybody's, who has it lead to this machine once the browser has the page (DNS rebinding): it would be the same host
/// for the browser too.
pub(crate) fn may_connect(allowed: &[AllowedOrigin], origin: &str, host: &str) -> bool {
    if allowed.is_empty() {
        let of_origin = origin
            .split_once("://")
            .map_or("", |(_, rest)| host_of(rest));
        return of_origin.eq_ignore_ascii_case(host_of(host)) && is_nobodys_name(of_origin);
    }
    allowed.iter().any(|allowed| match allowed {
        AllowedOrigin::Any => true,
        AllowedOrigin::One(one) => one.eq_ignore_ascii_case(origin),
    })
}

/// The host without its port.
fn host_of(authority: &str) -> &str {
    if authority.starts_with('[') {
        return authority.split_inclusive(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

/// Whether it is an address, or a name that always means this machine (RFC 6761).
fn is_nobodys_name(host: &str) -> bool {
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bracketed {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn by_default_a_page_connects_to_its_own_host_if_nobody_can_give_that_another_address() {
        for (origin, host, may) in [
            ("http://127.0.0.1:8000", "127.0.0.1:8080", true),
            ("http://localhost", "localhost:8080", true),
            ("https://LOCALHOST:1", "Localhost", true),
            ("http://[::1]:8000", "[::1]:8080", true),
            ("http://192.168.1.7", "192.168.1.7:8080", true),
            ("http://192.168.1.8", "192.168.1.7:8080", false),
            ("http://localhost", "127.0.0.1:8080", false),
            ("https://evil.example", "127.0.0.1:8080", false),
            ("https://127.0.0.1.evil.example", "127.0.0.1:8080", false),
            ("http://rebound.example:8080", "rebound.example:8080", false),
            ("null", "127.0.0.1:8080", false),
            ("null", "null", false),
            ("", "", false),
            ("http://", "", false),
            ("http://[::1", "[::1", false),
            ("http://user@127.0.0.1", "127.0.0.1", false),
        ] {
            assert_eq!(may_connect(&[], origin, host), may, "{origin} {host}");
        }
    }

    #[test]
    fn what_is_listed_is_all_that_may() {
        let allowed = ["https://chat.example", "null"].map(|text| text.parse().unwrap());
        for (origin, may) in [
            ("https://chat.example", true),
            ("https://CHAT.example", true),
            ("null", true),
            ("http://chat.example", false),
            ("https://chat.example:8443", false),
            ("https://chat.example.evil.example", false),
            ("http://127.0.0.1", false),
        ] {
            assert_eq!(may_connect(&allowed, origin, "127.0.0.1"), may, "{origin}");
        }
        assert!(may_connect(&[AllowedOrigin::Any], "https://anybody", ""));
    }

    #[test]
    fn what_is_no_origin_is_told_what_one_is() {
        for text in [
            "",
            "chat.example",
            "https://",
            "://x",
            "https://x/",
            "https://x,https://y",
            "https://a b",
            "https://user@x",
            "https://x?y",
        ] {
            let error = text.parse::<AllowedOrigin>().unwrap_err();
            assert!(error.contains("https://chat.example"), "{text}: {error}");
        }
    }
}
