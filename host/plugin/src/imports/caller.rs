//! The caller of a function of the embedder's.

/// The connection for which a plugin calls a function of a [`HostImport`](crate::HostImport).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    connection: u64,
}

impl Caller {
    pub(super) fn new(connection: u64) -> Self {
        Self { connection }
    }

    /// The number of the connection, as the log and [`Connection`](eco_contract::Connection) have it. `None` where a
    /// plugin has no connection: while it is tried out, and in a client before its first dialogue.
    pub fn connection(&self) -> Option<u64> {
        Some(self.connection).filter(|number| *number > 0)
    }
}
