//! The Redis of a URL: its address, and its warnings in the log.

use super::stream::{self, Stream};
use super::url::{self, Address};
use crate::error::OpenError;
use crate::warning::Warnings;
use redis::{ProtocolVersion, RedisConnectionInfo};
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::sync::Notify;

/// See the module.
pub(super) struct Server {
    address: Address,
    /// User, password and database.
    pub(super) settings: RedisConnectionInfo,
    /// Its address, without a password.
    pub(super) name: String,
    /// Told when a connection to it breaks.
    pub(super) broken: Notify,
    warnings: Warnings,
}

impl Server {
    /// Of this URL: `redis://` or `rediss://`, a user and a password, a host, a port and a database.
    pub(super) fn new(url: &str) -> Result<Arc<Self>, OpenError> {
        let (address, settings) = url::parse(url)?;
        // RESP3: a connection tells that it has ended, and published messages come beside answers.
        let settings = settings.set_protocol(ProtocolVersion::RESP3);
        Ok(Arc::new(Self {
            name: address.to_string(),
            address,
            settings,
            broken: Notify::new(),
            warnings: Warnings::new(),
        }))
    }

    /// A way there.
    pub(super) async fn stream(&self) -> io::Result<Box<dyn Stream>> {
        stream::connect(&self.address).await
    }

    /// Logs that it can't be used, unless that was logged just now.
    pub(super) fn warn(&self, reason: impl fmt::Display) {
        let name = &self.name;
        self.warnings
            .warn(format_args!("Redis at {name} can't be used: {reason}"));
    }
}
