//! What a session says: bytes, and what becomes of the connection then.

use std::borrow::Cow;

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
