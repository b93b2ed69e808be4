//! One connection of a server: chunks to the session, its replies to the peer, and the end.
//!
//! It owns the order of events and TCP's manners. It is generic over the stream, so that a pipe in
//! memory drives the very same code as TCP.

use super::arrival::{Arrival, Arrivals};
use super::counts::LiveCounts;
use super::end::End;
use super::limits::Limits;
use super::stream_observer::SessionCall;
use super::transport::Transport;
use super::within::within;
use eco_contract::{
    Connection, DirectBuffer, Life, Next, Opening, Reason, RepliedAfterFinish, Reply, SAID,
    Session, Then,
};
use eco_text::escape::Escaped;
use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// Sending FIN takes at most so long where there is no write timeout, and the write timeout where there is one. For TCP
/// it takes no time; a transport that has last words of its own to send, such as TLS, waits for a peer that takes
/// nothing. After it the connection is reset. It is as long as the write timeout is by default.
/// Test: `serving::closing::a_transport_that_never_closes_is_reset_after_its_time`.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// A reply as a whole may take the write timeout, and once more for each of so many bytes. A peer that takes a byte now
/// and then, just within the timeout of each write, would have the host hold a reply of a megabyte for a year. It is
/// 2 KiB a second by default. After it the connection is reset.
/// Test: `connection_loop::a_peer_that_takes_a_byte_at_a_time_is_given_up_when_the_whole_reply_took_too_long`.
const BYTES_PER_TIMEOUT: usize = 64 * 1024;

/// Serves one connection up to its end. If it ends in order, FIN is sent then, or left to the drop of the transport
/// where [that sends it](Transport::drop_sends_fin); the rest is for [`linger()`](super::linger()) and for the drop. The end
/// is always there in bounded time once the session has replied: writing and closing have the write timeout.
///
/// # Cancel safety
/// When the future is dropped, the transport is as it was: a part of a reply may be written, and nothing was closed.
/// The session may be in the middle of a call. So drop both, after [`Transport::reset_on_drop`].
///
/// This future looks at `stopping` when it is polled and nothing is under way: setting it must wake the task. `counts`
/// is kept up to date, so that it is right also when the future is dropped. The session's `closed` is left to the
/// caller.
pub async fn serve<T: Transport, S: Session>(
    transport: &mut T,
    session: &mut S,
    connection: &Connection,
    limits: &Limits,
    stopping: &AtomicBool,
    counts: &LiveCounts,
) -> End<S::Error> {
    let mut connection_loop = ConnectionLoop {
        transport,
        id: connection.id,
        write_timeout: limits.write_timeout,
        life: Life::default(),
        counts,
    };
    let end = connection_loop
        .run(session, connection, limits, stopping)
        .await;
    connection_loop.close(&end).await;
    end
}

/// The loop of one connection, with its state.
struct ConnectionLoop<'a, T> {
    transport: &'a mut T,
    id: u64,
    write_timeout: Option<Duration>,
    /// The state between session and peer. If the session has finished, FIN was sent.
    life: Life,
    counts: &'a LiveCounts,
}

impl<T: Transport> ConnectionLoop<'_, T> {
    /// The whole dialogue: nothing is read while a reply is unsent.
    async fn run<S: Session>(
        &mut self,
        session: &mut S,
        connection: &Connection,
        limits: &Limits,
        stopping: &AtomicBool,
    ) -> End<S::Error> {
        match session.open(connection).await {
            Ok(Opening::Greeting(greeting)) => {
                self.counts.called(SessionCall::Open);
                if let Some(end) = self.write(greeting).await {
                    return end;
                }
                if let Some(end) = self.write_more(session).await {
                    return end;
                }
            }
            Ok(Opening::Refusal(reason)) => return End::Refused(reason),
            Err(error) => return End::Failed(error),
        }
        let mut arrivals = Arrivals::new(limits.chunk_size, limits.idle_timeout, stopping);
        loop {
            let (reply, function) = match arrivals.next(self.transport, session).await {
                Ok(Arrival::Chunk(chunk)) => {
                    self.received(&chunk);
                    (session.receive(&chunk).await, Some(SessionCall::Receive))
                }
                Ok(Arrival::InBuffer(bytes)) => match session.direct_buffer() {
                    Some(buffer) => {
                        let reply = self.receive_direct(buffer, bytes);
                        (reply, Some(SessionCall::Receive))
                    }
                    // It had one a moment ago.
                    None => return End::PeerReset(io::ErrorKind::Other.into()),
                },
                Ok(Arrival::Fin) => {
                    tracing::debug!(connection = self.id, "received FIN");
                    self.counts.received_fin();
                    self.life.input_ended();
                    (session.end_of_input().await, Some(SessionCall::EndOfInput))
                }
                Ok(Arrival::Event) => (session.event().await, Some(SessionCall::Event)),
                Ok(Arrival::Idle) => return End::Idle,
                Ok(Arrival::Stopping) => return End::Stopping,
                Ok(Arrival::NoRoom(chunk, error)) => {
                    self.received(&chunk);
                    (Err(error), None)
                }
                Err(error) => return End::PeerReset(error),
            };
            let sent = self.counts.sent();
            if let Some(function) = function {
                self.counts.called(function);
            }
            let end = match reply {
                Ok(reply) => self.write(reply).await,
                Err(error) => Some(End::Failed(error)),
            };
            if let Some(end) = end {
                return end;
            }
            if let Some(end) = self.write_more(session).await {
                return end;
            }
            if self.counts.sent() > sent {
                arrivals.wrote();
            }
        }
    }

    /// Hands over the chunk of `bytes` bytes that lies in the session's own memory.
    fn receive_direct<'a, E>(
        &mut self,
        buffer: &'a mut dyn DirectBuffer<Error = E>,
        bytes: usize,
    ) -> Result<Reply<'a>, E> {
        self.received(buffer.filled(bytes)?);
        buffer.receive_filled(bytes)
    }

    fn received(&mut self, chunk: &[u8]) {
        let bytes = chunk.len();
        self.counts.received(chunk);
        tracing::debug!(target: SAID, connection = self.id, bytes, "received {}", Escaped(chunk));
    }

    /// Writes the further parts of a reply. The session makes the next one when the peer has taken the one before, so that
    /// a slow peer holds it up. `Some` if that ends the connection.
    async fn write_more<S: Session>(&mut self, session: &mut S) -> Option<End<S::Error>> {
        while self.life.has_more() {
            // Boxed, since it is rare: every connection's future would have room for it.
            let written = Box::pin(async {
                match session.more().await {
                    Ok(part) => self.write(part).await,
                    Err(error) => Some(End::Failed(error)),
                }
            });
            if let Some(end) = written.await {
                return Some(end);
            }
        }
        None
    }

    /// Writes a reply, or a part of one, and takes its next step. `Some` if that ends the connection.
    async fn write<E>(&mut self, reply: Reply<'_>) -> Option<End<E>> {
        let data: &[u8] = &reply.data;
        let had_finished = self.life.is_finished();
        let then = match self.life.replied(data.len(), reply.next) {
            Ok(then) => then,
            Err(RepliedAfterFinish) => return Some(End::RepliedAfterFinish),
        };
        if let Err(end) = self.write_all(data).await {
            return Some(end);
        }
        if !data.is_empty() {
            let bytes = data.len();
            self.counts.replied(data);
            tracing::debug!(target: SAID, connection = self.id, bytes, "sent {}", Escaped(data));
        }
        match then {
            Then::Open => None,
            Then::Finished if had_finished => None,
            Then::Finished => self.send_fin().await.err(),
            Then::Closed | Then::Reset => match self.life.ended() {
                Some(Reason::Ended) => Some(End::Ended),
                _ => Some(End::ByPlugin(reply.next)),
            },
        }
    }

    /// Writes the bytes of a reply and flushes them: a transport may buffer them, and the peer waits for the last one
    /// too.
    async fn write_all<E>(&mut self, bytes: &[u8]) -> Result<(), End<E>> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut rest = bytes;
        // Nearly always the system takes all of them at once. The future of the rest has timers, and is boxed, since it
        // is rare: every connection's future would have room for it.
        match poll_fn(|cx| Poll::Ready(self.poll_write(&mut rest, cx))).await {
            Poll::Ready(written) => written,
            Poll::Pending => {
                let times = u32::try_from(1 + bytes.len() / BYTES_PER_TIMEOUT).unwrap_or(u32::MAX);
                let whole = self.write_timeout.map(|limit| limit.saturating_mul(times));
                let written = Box::pin(within(whole, self.write_in_time(rest))).await;
                written.unwrap_or(Err(End::Stalled))
            }
        }
    }

    /// Writes as much as the peer takes, within the write timeout each time, until all is flushed.
    async fn write_in_time<E>(&mut self, mut rest: &[u8]) -> Result<(), End<E>> {
        let limit = self.write_timeout;
        loop {
            let step = poll_fn(|cx| self.poll_write_once(&mut rest, cx));
            match within(limit, step).await {
                Some(Ok(Continue(()))) => {}
                Some(Ok(Break(()))) => return Ok(()),
                Some(Err(end)) => return Err(end),
                None => return Err(End::Stalled),
            }
        }
    }

    /// Writes until all of `rest` is written and flushed. `rest` is what is left.
    fn poll_write<E>(
        &mut self,
        rest: &mut &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), End<E>>> {
        loop {
            if let Break(()) = ready!(self.poll_write_once(rest, cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes once, or flushes if all is written, which is the end.
    fn poll_write_once<E>(
        &mut self,
        rest: &mut &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<Result<ControlFlow<()>, End<E>>> {
        let mut transport = Pin::new(&mut *self.transport);
        if rest.is_empty() {
            let flushed = ready!(transport.poll_flush(cx));
            return Poll::Ready(flushed.map(Break).map_err(End::PeerReset));
        }
        let written = match ready!(transport.as_mut().poll_write(cx, rest)) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            written => written,
        };
        let written = written.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => End::Unsendable(error),
            _ => End::PeerReset(error),
        })?;
        self.counts.add_sent(written);
        *rest = rest.get(written..).unwrap_or_default();
        Poll::Ready(Ok(Continue(())))
    }

    fn says_fin(&self) {
        self.counts.sent_fin();
        tracing::debug!(connection = self.id, "sent FIN");
    }

    async fn send_fin<E>(&mut self) -> Result<(), End<E>> {
        self.says_fin();
        let limit = self.write_timeout.unwrap_or(CLOSE_TIMEOUT);
        match within(Some(limit), self.transport.shutdown()).await {
            Some(sent) => sent.map_err(End::PeerReset),
            None => Err(End::Stalled),
        }
    }

    /// Closes in order if the peer may take its bytes for the whole reply, else with a reset.
    async fn close<E>(&mut self, end: &End<E>) {
        match end {
            End::ByPlugin(Next::Reset)
            | End::Failed(_)
            | End::RepliedAfterFinish
            | End::Stalled
            | End::CutOff => self.transport.reset_on_drop(),
            End::PeerReset(_) => {}
            End::Ended | End::ByPlugin(_) | End::Refused(_) | End::Idle | End::Stopping => {
                // FIN was sent when the session finished.
                if self.life.is_finished() {
                    return;
                }
                if self.life.has_input_ended() && self.transport.drop_sends_fin() {
                    self.says_fin();
                    return;
                }
                self.send_fin_or_reset::<E>().await;
            }
            // The reply with which the session may have finished was not written.
            End::Unsendable(_) => self.send_fin_or_reset::<E>().await,
        }
    }

    async fn send_fin_or_reset<E>(&mut self) {
        // It fails if the peer is gone, or takes nothing.
        if self.send_fin::<E>().await.is_err() {
            self.transport.reset_on_drop();
        }
    }
}
