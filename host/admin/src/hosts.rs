//! The names that a server may be asked by.
//!
//! A page of another site can have its own name point to this machine (DNS rebinding), so that a browser takes what is here
//! for that site's. The browser sends that name as the `Host` then.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The names that a server may be asked by, beside IP addresses and `localhost`, which nobody else can have.
#[derive(Clone, Debug)]
pub struct Hosts(Names);

#[derive(Clone, Debug)]
enum Names {
    Local,
    /// That of the address that it listens on, too.
    Own(String),
    Any,
}

impl Hosts {
    /// IP addresses and `localhost` alone.
    pub fn local() -> Self {
        Self(Names::Local)
    }

    /// This name too, which it listens on.
    pub fn with(name: &str) -> Self {
        Self(Names::Own(name.to_owned()))
    }

    /// Any, where no browser comes: on a Unix socket.
    pub fn any() -> Self {
        Self(Names::Any)
    }

    /// Whether it may be asked by this `Host` (RFC 9110, 7.2): a name or an address, and perhaps a port.
    pub(crate) fn admit(&self, host: &str) -> bool {
        if let Names::Any = self.0 {
            return true;
        }
        if let Some(rest) = host.strip_prefix('[') {
            let (address, port) = rest.split_once(']').unwrap_or((rest, "?"));
            return is_port(port) && address.parse::<Ipv6Addr>().is_ok();
        }
        let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
        is_port(port) && (name.parse::<Ipv4Addr>().is_ok() || self.is_own(name))
    }

    fn is_own(&self, name: &str) -> bool {
        let is = |own: &str| name.eq_ignore_ascii_case(own);
        is("localhost") || matches!(&self.0, Names::Own(own) if is(own))
    }
}

/// Whether this is a port with its colon, or nothing.
fn is_port(port: &str) -> bool {
    let digits = port.strip_prefix(':');
    port.is_empty() || digits.is_some_and(|digits| digits.bytes().all(|it| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_own_names_are_admitted_and_those_of_other_sites_are_not() {
        let hosts = Hosts::with("metrics.example");
        for host in [
            "127.0.0.1:9095",
            "10.1.2.3",
            "[::1]:9095",
            "[fe80::1]",
            "localhost",
            "LocalHost:80",
            "Metrics.example:9095",
        ] {
            assert!(hosts.admit(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:9095",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "localhost:9095@evil.example",
            "localhost:9095:1",
            "127.0.0.1:x",
            "[::1",
            "[::1]evil",
            "[evil.example]:1",
            "127.1",
            "metrics.example.evil.example",
        ] {
            assert!(!hosts.admit(host), "{host}");
        }
        assert!(!Hosts::local().admit("metrics.example"));
        assert!(Hosts::any().admit("metrics.example"));
    }
}
