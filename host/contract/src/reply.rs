//! A session's reply: bytes, and the connection's next step.

use std::borrow::Cow;

/// The connection's next step, once the bytes of a [`Reply`] are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the dialogue goes on.
    #[default]
    KeepOpen,
    /// This is a part of a reply: [`Session::more`](super::Session::more) has the next one, and nothing is read from the
    /// peer before it. It is no end either, where the peer has finished. Only sessions that are asked for parts have it.
    More,
    /// FIN is sent, reading goes on.
    Finish,
    /// The connection is closed in order.
    Close,
    /// The connection is torn down at once.
    Reset,
}

/// The bytes to write, borrowed from the session if possible, and the next step.
#[derive(Clone, Debug, Default)]
pub struct Reply<'a> {
    /// Written whole, in order, unchanged. May be empty.
    pub data: Cow<'a, [u8]>,
    /// The next step.
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
