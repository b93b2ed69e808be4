//! Connections that wait until they are accepted.

/// Connections that the kernel holds for us before they are accepted; it may hold fewer (see
/// `net.core.somaxconn`). Those beyond it try again by themselves.
pub(super) const BACKLOG: u32 = 4096;
