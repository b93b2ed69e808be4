//! A session: it decides the bytes of one connection.

use super::connection::{Connection, Reason};
use super::reply::{Opening, Reply};
use super::slow_flag::SlowFlag;
use std::task::{Context, Poll};

/// Decides the bytes of one connection.
///
/// Calls come one at a time, in the order of `wit/session.wit`: `open`, `receive` for each chunk and `event` for events
/// in between, `end_of_input` at the peer's FIN, `closed`. A reply borrows from the session, so that its bytes go to
/// the socket without a copy.
///
/// A call takes as long as it takes: the connection has its place meanwhile, also in `closed`, and only the end of a
/// server's grace ends it. The future of a call is dropped then, and no other call comes. So bound whatever you wait for.
pub trait Session: Send {
    /// Its failure; shown in the log and told to nobody else.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Tells, while a call is under way, whether it is slow. The same for all calls.
    fn slow_flag(&self) -> SlowFlag {
        SlowFlag::default()
    }

    /// The version of its code, counted from 1, for the log. `None` if there is just one.
    fn version(&self) -> Option<u64> {
        None
    }

    /// The budget that was broken, in a stable word, for the log. `None` if something else failed.
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

    /// The session's own memory, if chunks can be read right into it. `None`, at the moment or ever:
    /// use [`receive`](Self::receive).
    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = Self::Error>> {
        None
    }

    /// The next part of a reply, after one whose next step was [`Next::More`](super::Next::More). No other call comes
    /// before it but the last.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn more(&mut self) -> impl Future<Output = Result<Reply<'_>, Self::Error>> + Send {
        std::future::ready(Ok(Reply::default()))
    }

    /// Ready when the session wants to be called with [`event`](Self::event), for something beside the connection; else
    /// the task is woken when it does. It costs next to nothing if it never does.
    fn poll_event(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    /// An event beside the connection. It may come between any two chunks, and not after the peer's FIN.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn event(&mut self) -> impl Future<Output = Result<Reply<'_>, Self::Error>> + Send {
        std::future::ready(Ok(Reply::default()))
    }

    /// The peer has finished sending, and may still read.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn end_of_input(&mut self) -> impl Future<Output = Result<Reply<'_>, Self::Error>> + Send;

    /// The last call, once for each session whose [`open`](Self::open) was called and has refused nothing: also where that
    /// has failed. A session that is cut off when the server stops has none, and neither has one whose task was dropped:
    /// what must be freed is freed by `Drop`.
    ///
    /// # Errors
    /// The session failed in it; the connection is gone all the same.
    fn closed(&mut self, why: Reason) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// A session's own memory, into which a chunk is read without a copy. For each chunk: `room`, once or again and
/// again, until something has been read into it; then `filled`, if anybody wants to see it; then
/// `receive_filled`.
pub trait DirectBuffer: Send {
    /// As that of the session.
    type Error;

    /// Room for a chunk of up to `length` bytes. It is the same room until a chunk is received.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn room(&mut self, length: usize) -> Result<&mut [u8], Self::Error>;

    /// The first `length` bytes of that room.
    ///
    /// # Errors
    /// There is no such room.
    fn filled(&mut self, length: usize) -> Result<&[u8], Self::Error>;

    /// As [`Session::receive`], for the chunk of `length` bytes that was read into the room.
    ///
    /// # Errors
    /// The session failed, and its connection must end.
    fn receive_filled(&mut self, length: usize) -> Result<Reply<'_>, Self::Error>;
}
