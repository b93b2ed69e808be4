//! Addresses that can't be listened on, and servers that can't be reached, in words.

use eco_net::{BindError, ConnectError, Endpoint};
use std::fmt::Display;
use std::io::{Error, ErrorKind};

/// There is no connection to this endpoint.
pub(crate) fn failed(to: &Endpoint, error: &ConnectError) -> String {
    match error {
        ConnectError::Name(error) => no_such_name(to, error),
        ConnectError::Address(error) => no_connection(to, error),
    }
}

/// The name of the endpoint has no address here.
pub(crate) fn no_such_name(to: &Endpoint, error: &Error) -> String {
    format!(
        "cannot connect to {to}: {error}\nIs the name right? An address, such as 127.0.0.1:5005, works without a name server."
    )
}

/// None of its addresses could be connected to.
pub(crate) fn no_connection(to: impl Display, error: &Error) -> String {
    format!("cannot connect to {to}: {error}{}", next_step(error))
}

fn next_step(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "\nIs a server running there? `eco serve` starts one.",
        ErrorKind::TimedOut => {
            "\nIs the address right? A firewall on the way may keep silent, too. --timeout sets how long eco waits."
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            "\nIs the address right? No way leads there from this machine."
        }
        _ => "",
    }
}

/// Nothing listens on this endpoint.
pub(crate) fn not_listening(error: &BindError) -> String {
    let BindError {
        endpoint,
        error: why,
    } = error;
    format!("{error}{}", how_to_listen(why, endpoint.port))
}

fn how_to_listen(error: &Error, port: u16) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "\nAnother program has this port, or another eco.\nPort 0 takes a free one: --listen 127.0.0.1:0."
        }
        ErrorKind::PermissionDenied if port < 1024 => {
            "\nPorts below 1024 need more rights. Choose a higher one."
        }
        ErrorKind::AddrNotAvailable => {
            "\nThe address is not one of this machine's. 0.0.0.0 stands for all of them."
        }
        _ => "",
    }
}
