//! Addresses as a person types them, and their socket addresses.

use std::fmt;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::str::FromStr;
use tokio::net::lookup_host;

/// A host and a port: `127.0.0.1:5005`, `[::1]:5005`, `localhost:5005`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// An address without brackets, or a name.
    pub host: String,
    /// 0 means any free one, for listening.
    pub port: u16,
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str =
            "expected ADDR:PORT, such as 127.0.0.1:5005, [::1]:5005 or localhost:5005";
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(if scheme.eq_ignore_ascii_case("tcp") {
                format!("leave out the {scheme}://; {FORM}")
            } else {
                let scheme = scheme.escape_debug();
                format!("eco speaks TCP, and no {scheme}; {FORM}")
            });
        }
        if text.starts_with('/') {
            return Err(format!(
                "a Unix socket is written unix:{}; {FORM}",
                text.escape_debug()
            ));
        }
        let (host, port) = text.rsplit_once(':').ok_or(FORM)?;
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(host) => {
                if !is_ipv6(host) {
                    return Err(format!("{host:?} is no IPv6 address; {FORM}"));
                }
                host
            }
            None if is_ipv6(host) || is_ipv6(text) => {
                return Err(format!("an IPv6 address needs brackets; {FORM}"));
            }
            None if host.contains(':') => return Err(FORM.to_owned()),
            None if host.is_empty() => return Err(FORM.to_owned()),
            None => host,
        };
        let port = port
            .parse()
            .map_err(|_| format!("{port:?} is no port (0 to 65535); {FORM}"))?;
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

/// Whether it is one, with or without a zone.
fn is_ipv6(host: &str) -> bool {
    let (address, _zone) = host.split_once('%').unwrap_or((host, ""));
    Ipv6Addr::from_str(address).is_ok()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

impl Endpoint {
    /// All of its socket addresses, at least one, and each once: a name may have one twice, from two lines of a file of
    /// hosts.
    ///
    /// A name is looked up by the system, in a thread that may wait. There is no limit of time but the system's.
    ///
    /// # Cancel safety
    /// It can be dropped at any time; the thread goes on until the system has answered.
    ///
    /// # Errors
    /// The name has no address, or nobody can be asked.
    pub async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let found = each_once(lookup_host((self.host.as_str(), self.port)).await?);
        if found.is_empty() {
            Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the name has no address",
            ))
        } else {
            Ok(found)
        }
    }
}

fn each_once(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut once = Vec::new();
    for address in addresses {
        if !once.contains(&address) {
            once.push(address);
        }
    }
    once
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_and_written_in_every_form() {
        for text in [
            "127.0.0.1:5005",
            "[::1]:0",
            "localhost:65535",
            "[fe80::1%eth0]:7",
        ] {
            assert_eq!(Endpoint::from_str(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_told_what_one_is() {
        for text in [
            "",
            "5005",
            "::1:5005",
            "127.0.0.1:",
            "host:65536",
            ":5005",
            "[nonsense]:1",
            "udp://localhost:7",
            "/run/eco.sock",
        ] {
            let error = Endpoint::from_str(text).unwrap_err();
            assert!(error.contains("ADDR:PORT"), "{text}: {error}");
        }
    }

    #[test]
    fn what_was_typed_is_escaped_so_that_a_terminal_takes_it_for_text() {
        let error = Endpoint::from_str("\u{1b}[2Judp://x").unwrap_err();
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }

    #[test]
    fn an_address_that_a_name_has_twice_is_there_once() {
        let twice = ["[::1]:7", "127.0.0.1:7", "127.0.0.1:7", "[::1]:7"];
        let addresses = twice.map(|address| address.parse().unwrap());
        let [first, second, ..] = addresses;
        assert_eq!(each_once(addresses.into_iter()), [first, second]);
    }

    #[test]
    fn brackets_are_asked_for_where_there_is_an_ipv6_address_alone() {
        for (text, wanted) in [
            ("::1:5005", true),
            ("fe80::1%eth0:7", true),
            ("::1", true),
            ("host:7:8", false),
            ("tcp://localhost:7", false),
        ] {
            let error = Endpoint::from_str(text).unwrap_err();
            assert_eq!(error.contains("brackets"), wanted, "{text}: {error}");
        }
    }
}
