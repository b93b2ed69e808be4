//! Where the figures of `eco serve` are shown, as a person types it.

use eco_admin::Hosts;
use eco_net::{Endpoint, ListenAddress};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address of TCP, or a Unix socket. One of systemd's is none: it says nothing of who may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdminAddress(ListenAddress);

impl FromStr for AdminAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse()? {
            ListenAddress::Activated(_) => Err(
                "expected ADDR:PORT, such as 127.0.0.1:9095, or unix:/run/eco-admin.sock"
                    .to_owned(),
            ),
            address => Ok(Self(address)),
        }
    }
}

impl fmt::Display for AdminAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AdminAddress {
    /// Any free port of this machine, for nobody else.
    pub(crate) fn any_port() -> Self {
        Self(ListenAddress::Tcp(Endpoint {
            host: "127.0.0.1".to_owned(),
            port: 0,
        }))
    }

    /// To be listened on.
    pub(crate) fn listen(&self) -> &ListenAddress {
        &self.0
    }

    /// The names by which it may be asked.
    pub(super) fn hosts(&self) -> Hosts {
        match &self.0 {
            ListenAddress::Tcp(Endpoint { host, .. }) if host.parse::<IpAddr>().is_err() => {
                Hosts::with(host)
            }
            ListenAddress::Tcp(_) => Hosts::local(),
            ListenAddress::Unix(..) | ListenAddress::Activated(_) => Hosts::any(),
        }
    }
}
