//! Why an address can't be listened on.

use crate::listen_address::ListenAddress;
use std::io;

/// An address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}")]
#[non_exhaustive]
pub struct BindError {
    /// The address.
    pub address: ListenAddress,
    /// The system's error.
    pub error: io::Error,
}
