//! Messages about servers that can't be reached.

use super::tls;
use eco_net::{ConnectAddress, ConnectError};
use std::fmt::Display;
use std::io::{Error, ErrorKind};

/// The message when there is no connection to this endpoint.
pub(crate) fn failed(to: &ConnectAddress, error: &ConnectError) -> String {
    match error {
        ConnectError::Name(error) => no_such_name(to, error),
        ConnectError::Address(error) => no_connection(to, error),
        other => format!("cannot connect to {to}: {other}"),
    }
}

/// The message when the name of the endpoint has no address.
pub(crate) fn no_such_name(to: impl Display, error: &Error) -> String {
    format!(
        "cannot connect to {to}: {error}\nIs the name right? An address, such as 127.0.0.1:5005, works without a name server."
    )
}

/// The message when none of the addresses accepts a connection.
pub(crate) fn no_connection(to: impl Display, error: &Error) -> String {
    format!("cannot connect to {to}: {error}{}", next_step(error))
}

fn next_step(error: &Error) -> &'static str {
    if let Some(next_step) = tls::next_step(error) {
        return next_step;
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => "\nIs a server running there? `eco serve` starts one.",
        // Only files are not found.
        ErrorKind::NotFound => {
            "\nIs a server running there? `eco serve -l unix:PATH` makes the file."
        }
        ErrorKind::PermissionDenied => {
            "\nThis user may not connect there: see the mode of the file (eco serve -l unix:PATH,mode=660)."
        }
        ErrorKind::TimedOut => {
            "\nIs the address right? A firewall on the way may keep silent, too. --timeout sets how long eco waits."
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            "\nIs the address right? No way leads there from this machine."
        }
        _ => "",
    }
}
