//! The contract between a socket and what decides its bytes, in plain Rust.
//!
//! It mirrors `wit/` and owns the words that the rooms `plugin` and `net` share; neither
//! a WebAssembly type nor a socket appears in it.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One connection, as a plugin and the log know it.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// Counts the connections of one server, from 1.
    pub id: u64,
    /// The other end.
    pub peer: SocketAddr,
    /// This end.
    pub local: SocketAddr,
}

/// What becomes of the connection once the bytes of a [`Reply`] are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the dialogue goes on.
    #[default]
    KeepOpen,
    /// FIN is sent, reading goes on.
    Finish,
    /// The connection is closed in order.
    Close,
    /// The connection is torn down at once.
    Reset,
}

/// The bytes to write, borrowed from the session where that is possible, and what comes next.
#[derive(Clone, Debug, Default)]
pub struct Reply<'a> {
    /// Written whole, in order, unchanged. May be empty.
    pub data: Cow<'a, [u8]>,
    /// What becomes of the connection then.
    pub next: Next,
}

/// How a session meets a new connection.
#[derive(Clone, Debug)]
pub enum Opening<'a> {
    /// With a greeting, which may be empty.
    Greeting(Reply<'a>),
    /// It wants none of it, for this reason, which is for the log.
    Refusal(String),
}

/// Why a connection ended, as a session is told. See `reason` in `wit/session.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Both sides have finished sending.
    Ended,
    /// The session asked for it.
    ByPlugin,
    /// The peer, or the network, tore the connection down.
    PeerReset,
    /// Nothing came from the peer for too long.
    Idle,
    /// The peer took none of a reply for too long.
    Stalled,
    /// The server is shutting down.
    Stopping,
    /// The session itself failed.
    Failed,
}

impl Reason {
    /// The reason in one word, stable: logs and tests use it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::ByPlugin => "by-plugin",
            Self::PeerReset => "peer-reset",
            Self::Idle => "idle",
            Self::Stalled => "stalled",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// How far a client reads. See `expect` in `wit/client.wit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// This many bytes.
    Exactly(u64),
    /// Up to this sequence, which is part of the reply. Never empty.
    Through(Vec<u8>),
    /// Everything until the peer's FIN.
    ToEnd,
    /// No reply.
    Nothing,
}

/// Whether the call of a session that is under way takes long, or the session has had so much lately that
/// all its calls should make way. The session says so, and whoever runs it may have it make way for
/// others. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Effort(Arc<AtomicBool>);

impl Effort {
    /// What the session last said.
    pub fn is_long(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that the call takes long, or that it doesn't.
    pub fn set_long(&self, long: bool) {
        self.0.store(long, Ordering::Relaxed);
    }
}

/// What decides the bytes of one connection.
///
/// Calls come one at a time, in the order of `wit/session.wit`: `open`, `receive` for each chunk,
/// `end_of_input` at the peer's FIN, `closed`. A reply borrows from the session, so that its bytes
/// can go to the socket from where they are.
pub trait Session: Send {
    /// What can go wrong inside; shown in the log and told to nobody else.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Tells, while a call is under way, whether it takes long. The same for all calls.
    fn effort(&self) -> Effort {
        Effort::default()
    }

    /// The version of what decides the bytes, counted from 1, for the log. `None` where there is just one.
    fn version(&self) -> Option<u64> {
        None
    }

    /// The budget that was broken, in a word that is stable, for the log. `None` where it was something
    /// else that failed.
    fn broken_budget(_error: &Self::Error) -> Option<&'static str> {
        None
    }

    /// The first call.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn open(
        &mut self,
        connection: &Connection,
    ) -> impl Future<Output = Result<Opening<'_>, Self::Error>> + Send;

    /// One chunk of the peer's stream: 1 byte to the chunk size, split anywhere.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn receive<'a>(
        &'a mut self,
        chunk: &[u8],
    ) -> impl Future<Output = Result<Reply<'a>, Self::Error>> + Send;

    /// Room for a chunk of up to `length` bytes in the session's own memory, where it has such a
    /// thing: what is read there needs no copy. It is the same room until a chunk is received.
    /// `None`: use [`receive`](Self::receive).
    fn place(&mut self, _length: usize) -> Option<&mut [u8]> {
        None
    }

    /// The first `length` bytes that were put where [`place`](Self::place) said.
    fn placed(&self, _length: usize) -> &[u8] {
        &[]
    }

    /// As [`receive`](Self::receive), for a chunk that was put where [`place`](Self::place) said, and
    /// has `length` bytes.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn receive_placed(&mut self, _length: usize) -> Result<Reply<'_>, Self::Error> {
        Ok(Reply::default())
    }

    /// The peer has finished sending, and may still read.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn end_of_input(&mut self) -> impl Future<Output = Result<Reply<'_>, Self::Error>> + Send;

    /// The last call, once for each session that was opened.
    ///
    /// # Errors
    /// The session failed in it; the connection is gone all the same.
    fn closed(&mut self, why: Reason) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
