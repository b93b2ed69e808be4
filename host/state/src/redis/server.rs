//! The Redis that is meant: where it is, and what the log is told of it.

use super::stream::{self, Stream};
use super::url;
use crate::shared::OpenError;
use crate::warning::Warnings;
use redis::{ConnectionAddr, ProtocolVersion, RedisConnectionInfo};
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::sync::Notify;

/// See the module.
pub(super) struct Server {
    address: ConnectionAddr,
    /// Who we are there, and which database is meant.
    pub(super) settings: RedisConnectionInfo,
    /// Where it is, without a password.
    pub(super) name: String,
    /// Told when a connection to it breaks.
    pub(super) broken: Notify,
    warnings: Warnings,
}

impl Server {
    /// Of this URL: `redis://` or `rediss://`, a user and a password, a host, a port and a database.
    pub(super) fn new(url: &str) -> Result<Arc<Self>, OpenError> {
        // The first who asks decides, for the whole process; redis itself has none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let info = url::parse(url)?;
        // So that a connection says that it has ended, and what is published comes beside answers.
        let settings = info.redis_settings().clone();
        let settings = settings.set_protocol(ProtocolVersion::RESP3);
        Ok(Arc::new(Self {
            address: info.addr().clone(),
            settings,
            name: info.addr().to_string(),
            broken: Notify::new(),
            warnings: Warnings::new(),
        }))
    }

    /// A way there.
    pub(super) async fn stream(&self) -> io::Result<Box<dyn Stream>> {
        stream::connect(&self.address).await
    }

    /// Says that it can't be used, unless that was said just now.
    pub(super) fn warn(&self, reason: impl fmt::Display) {
        let name = &self.name;
        self.warnings
            .warn(format_args!("Redis at {name} can't be used: {reason}"));
    }
}
