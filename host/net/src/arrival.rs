//! The next arrival on a connection: bytes, the peer's FIN, an event of the session, or the end of a timeout.

use super::chunk::Chunk;
use super::reusable_timeout::ReusableTimeout;
use super::transport::Transport;
use eco_contract::Session;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::ReadBuf;
use tokio::time::Instant;

/// After a chunk of so many bytes it pays to read the next ones right into the session's memory. It must ask for room
/// before their number is known, twice as much as came before; below this a copy costs nothing that could be measured.
const MANY: usize = 4 * 1024;

/// An arrival.
pub(super) enum Arrival<E> {
    Chunk(Chunk),
    /// A chunk of so many bytes, in the session's own memory.
    InBuffer(usize),
    /// A chunk for which the session failed to make room.
    NoRoom(Chunk, E),
    Fin,
    /// An event that the session wants to be called for.
    Event,
    /// The end of the idle timeout: nothing came from the peer, and nothing went to it.
    Idle,
    /// The server is stopping, and nothing is under way here.
    Stopping,
}

/// The waiting of one connection.
pub(super) struct Arrivals<'a, E> {
    chunk_size: usize,
    /// Bytes of the last chunk, and of the one before.
    last: usize,
    before: usize,
    idle: ReusableTimeout,
    /// The first look at the clock since the last bytes from the peer, or to it.
    silent_since: Option<Instant>,
    /// Whether bytes came last: then events are next, so that neither keeps the other waiting.
    events_are_next: bool,
    /// The session's error when it was asked for room. It counts when bytes have come: until then the peer may take its
    /// reply.
    no_room: Option<E>,
    /// Set when the server stops, which also wakes the connection's task.
    stopping: &'a AtomicBool,
}

impl<'a, E> Arrivals<'a, E> {
    pub(super) fn new(
        chunk_size: usize,
        idle_timeout: Option<Duration>,
        stopping: &'a AtomicBool,
    ) -> Self {
        Self {
            chunk_size,
            last: 0,
            before: 0,
            idle: ReusableTimeout::new(idle_timeout),
            silent_since: None,
            events_are_next: false,
            no_room: None,
            stopping,
        }
    }

    /// The next thing to come.
    ///
    /// # Errors
    /// The connection is broken.
    pub(super) async fn next<T: Transport, S: Session<Error = E>>(
        &mut self,
        transport: &mut T,
        session: &mut S,
    ) -> io::Result<Arrival<E>> {
        poll_fn(|cx| {
            if self.stopping.load(Ordering::Acquire) {
                return Poll::Ready(Ok(Arrival::Stopping));
            }
            if self.events_are_next && session.poll_event(cx).is_ready() {
                self.events_are_next = false;
                return Poll::Ready(Ok(Arrival::Event));
            }
            if let Poll::Ready(arrival) = self.poll_read(transport, session, cx) {
                return Poll::Ready(arrival);
            }
            if !self.events_are_next && session.poll_event(cx).is_ready() {
                return Poll::Ready(Ok(Arrival::Event));
            }
            self.idle
                .poll_expired(&mut self.silent_since, cx)
                .map(|()| Ok(Arrival::Idle))
        })
        .await
    }

    fn poll_read<T: Transport, S: Session<Error = E>>(
        &mut self,
        transport: &mut T,
        session: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Arrival<E>>> {
        // One message often comes as a large part and a small one.
        let large = self.last.max(self.before);
        if large >= MANY
            && !transport.keeps_messages()
            && self.no_room.is_none()
            && let Some(buffer) = session.direct_buffer()
        {
            match buffer.room((2 * large).min(self.chunk_size)) {
                Ok(room) => {
                    let mut read = ReadBuf::new(room);
                    ready!(Pin::new(transport).poll_read(cx, &mut read))?;
                    let bytes = read.filled().len();
                    self.came(bytes);
                    return Poll::Ready(Ok(match bytes {
                        0 => Arrival::Fin,
                        bytes => Arrival::InBuffer(bytes),
                    }));
                }
                Err(error) => self.no_room = Some(error),
            }
        }
        let chunk = ready!(Chunk::poll_read(transport, self.chunk_size, cx))?;
        self.came(chunk.len());
        if chunk.is_empty() {
            return Poll::Ready(Ok(Arrival::Fin));
        }
        Poll::Ready(Ok(match self.no_room.take() {
            Some(error) => Arrival::NoRoom(chunk, error),
            None => Arrival::Chunk(chunk),
        }))
    }

    /// Bytes have been written to the peer, which may only listen.
    pub(super) fn wrote(&mut self) {
        self.silent_since = None;
    }

    fn came(&mut self, bytes: usize) {
        self.before = std::mem::replace(&mut self.last, bytes);
        self.silent_since = None;
        self.events_are_next = true;
    }
}
