//! How a connection ended.

use eco_contract::{Next, Reason};
use std::io;

/// How a connection ended. `E` is the session's own error.
#[derive(Debug)]
#[non_exhaustive]
pub enum End<E> {
    /// Both sides have finished.
    Ended,
    /// The session closed or reset it.
    ByPlugin(Next),
    /// The session refused it, and why.
    Refused(String),
    /// The session failed.
    Failed(E),
    /// The session replied after it had finished.
    RepliedAfterFinish,
    /// The session replied what the transport can't carry.
    Unsendable(io::Error),
    /// The peer, or the network, tore it down.
    PeerReset(io::Error),
    /// Nothing came, and nothing was written, for too long.
    Idle,
    /// The peer took none of a reply for too long, too little of it, or not the FIN after it.
    Stalled,
    /// The server is stopping.
    Stopping,
    /// The server stopped before a reply was through.
    CutOff,
}

impl<E> End<E> {
    /// The reason that the session and the log are told.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Ended => Reason::Ended,
            Self::ByPlugin(_) => Reason::ByPlugin,
            Self::Refused(_) | Self::Failed(_) | Self::RepliedAfterFinish | Self::Unsendable(_) => {
                Reason::Failed
            }
            Self::PeerReset(_) => Reason::PeerReset,
            Self::Idle => Reason::Idle,
            Self::Stalled => Reason::Stalled,
            Self::Stopping | Self::CutOff => Reason::Stopping,
        }
    }
}
