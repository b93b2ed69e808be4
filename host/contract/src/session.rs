//! What decides the bytes of one connection.

use super::connection::{Connection, Reason};
use super::reply::{Opening, Reply};
use super::slow_call::Effort;

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
