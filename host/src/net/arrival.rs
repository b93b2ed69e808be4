//! Waiting for what comes next on a connection: bytes, the peer's FIN, or the end of patience.

use super::chunk::Chunk;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::time::{Instant, Sleep, sleep_until};

/// What came.
pub(super) enum Arrival {
    Chunk(Chunk),
    Fin,
    /// Nothing, for as long as the server waits.
    Idle,
    /// The server is stopping, and nothing is under way here.
    Stopping,
}

/// The waiting of one connection.
pub(super) struct Arrivals<'a> {
    chunk_size: usize,
    idle: Idle,
    /// Set when the server stops; whoever sets it also wakes the connection's task.
    stopping: &'a AtomicBool,
}

impl<'a> Arrivals<'a> {
    pub(super) fn new(
        chunk_size: usize,
        idle_timeout: Option<Duration>,
        stopping: &'a AtomicBool,
    ) -> Self {
        Self {
            chunk_size,
            idle: Idle {
                limit: idle_timeout,
                timer: None,
            },
            stopping,
        }
    }

    /// The next thing to come.
    ///
    /// # Errors
    /// The connection is broken.
    pub(super) async fn next<T: AsyncRead + Unpin>(
        &mut self,
        transport: &mut T,
    ) -> io::Result<Arrival> {
        let mut since = None;
        poll_fn(|cx| {
            if self.stopping.load(Ordering::Acquire) {
                return Poll::Ready(Ok(Arrival::Stopping));
            }
            if let Poll::Ready(read) = Chunk::poll_read(transport, self.chunk_size, cx) {
                return Poll::Ready(read.map(|chunk| match chunk.is_empty() {
                    true => Arrival::Fin,
                    false => Arrival::Chunk(chunk),
                }));
            }
            self.idle
                .poll_expired(&mut since, cx)
                .map(|()| Ok(Arrival::Idle))
        })
        .await
    }
}

/// A timer that is set once and not moved at every chunk: when it goes off too early, because bytes
/// have come since, it is set anew for the rest.
struct Idle {
    limit: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    fn poll_expired(&mut self, since: &mut Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        // A timeout that goes beyond what the clock can count is no timeout.
        let Some(deadline) = since.get_or_insert_with(Instant::now).checked_add(limit) else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        loop {
            std::task::ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }
}
