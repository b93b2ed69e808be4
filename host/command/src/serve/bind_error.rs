//! Messages about addresses that can't be listened on.

use eco_net::{BindError, ListenAddress};
use std::io::{Error, ErrorKind};

/// The message when the server can't listen on an address of this flag. `own` is one of its own that is in the way.
pub(super) fn explain(error: &BindError, flag: &str, own: Option<&ListenAddress>) -> String {
    let BindError {
        address,
        error: why,
        ..
    } = error;
    if let Some(own) = own {
        return format!(
            "{error}\nThis server itself listens on {own}. Leave that out, have the file read again, and then put {address} in."
        );
    }
    let next_step = match address {
        ListenAddress::Tcp(endpoint) => for_tcp(why, endpoint.port, flag),
        ListenAddress::Unix(..) => for_unix(why).to_owned(),
        ListenAddress::Activated(_) => for_activated(why).to_owned(),
    };
    format!("{error}{next_step}")
}

fn for_tcp(error: &Error, port: u16, flag: &str) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!(
                "\nAnother program has this port, or another eco.\nPort 0 takes a free one: {flag} 127.0.0.1:0."
            )
        }
        ErrorKind::PermissionDenied if port < 1024 => {
            "\nPorts below 1024 need more rights. Choose a higher one.".to_owned()
        }
        ErrorKind::AddrNotAvailable => {
            "\nThe address is not one of this machine's. 0.0.0.0 stands for all of them.".to_owned()
        }
        _ => String::new(),
    }
}

fn for_unix(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse => "\nAnother program listens there. Choose another path.",
        ErrorKind::AlreadyExists => "\nRemove it, or choose another path.",
        ErrorKind::NotFound => "\nThe folder is not there. Make it first.",
        ErrorKind::PermissionDenied => {
            "\nThis user may not make a file in that folder. Choose another one."
        }
        _ => "",
    }
}

fn for_activated(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => {
            "\nsystemd hands sockets over to a service that has a unit for its socket. By hand: systemd-socket-activate -l 5005 eco serve -l systemd."
        }
        _ => "",
    }
}
