//! Messages about addresses that can't be listened on.

use eco_net::BindError;
use std::io::{Error, ErrorKind};

/// The message when the server can't listen on an endpoint.
pub(super) fn explain(error: &BindError) -> String {
    let BindError {
        endpoint,
        error: why,
        ..
    } = error;
    format!("{error}{}", next_step(why, endpoint.port))
}

fn next_step(error: &Error, port: u16) -> &'static str {
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
