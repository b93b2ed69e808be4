//! Observation of one connection's stream: what comes, what goes, and when the session's calls are over.
//!
//! It owns the trait, and what its methods mean. Who observes, and what for, is the embedder's.

/// Is told of what goes through one connection, in its order, in the connection's own task. It is on the way of each
/// chunk, and should neither block nor take long. Bytes are lent for the call alone.
pub trait StreamObserver: Send + Sync {
    /// A chunk came, and is handed to the session next.
    fn received(&self, chunk: &[u8]);

    /// The peer has finished sending, and the session is told next.
    fn received_fin(&self);

    /// A call is over: the session has answered, or has failed, which ends the connection. Of
    /// [`open`](eco_contract::Session::open) it is told only if the session has answered, and goes on.
    fn called(&self, function: SessionCall);

    /// A reply was written as a whole. It has at least one byte.
    fn sent(&self, reply: &[u8]);

    /// FIN is sent.
    fn sent_fin(&self);
}

/// A call of a session that a [`StreamObserver`] is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCall {
    /// [`Session::open`](eco_contract::Session::open).
    Open,
    /// [`Session::receive`](eco_contract::Session::receive), in either way.
    Receive,
    /// [`Session::event`](eco_contract::Session::event).
    Event,
    /// [`Session::end_of_input`](eco_contract::Session::end_of_input).
    EndOfInput,
}

impl SessionCall {
    /// The name of the function in `wit/session.wit`, or in `wit/events.wit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Receive => "receive",
            Self::Event => "event",
            Self::EndOfInput => "end-of-input",
        }
    }
}
