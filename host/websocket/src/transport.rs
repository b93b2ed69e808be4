//! A WebSocket as a transport.

use super::frame::Opcode;
use super::handshake::{FAREWELL, shake_hands};
use super::incoming::{Came, Incoming};
use super::outgoing::Outgoing;
use super::rules::{Messages, Rules};
use super::violation::{CloseCode, Violation};
use eco_net::{Arriving, Transport};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The server's end of a WebSocket over a stream: what is read is the payload of the peer's messages, and each reply that
/// is written and flushed is one message.
///
/// A message that fits into the reader's buffer is read at once, and a larger one in pieces as they come. A peer's Close
/// frame is the end of its side. What is written after it is still sent, up to the shutdown, which sends this side's own
/// Close frame; most clients don't look at it any more.
///
/// A stream that ends without a Close frame is an error, and so is a frame that breaks the protocol, whose sender is told
/// by a Close frame first.
pub struct WebSocket<S> {
    stream: S,
    rules: Arc<Rules>,
    incoming: Incoming,
    outgoing: Outgoing,
    /// The code of this side's Close frame, and the reason, if it is not the peer's that is sent back.
    close: Option<(CloseCode, &'static str)>,
    failing: Option<Failing>,
}

/// The peer has broken the protocol, and is told.
struct Failing {
    violation: Violation,
    farewell: Pin<Box<Sleep>>,
}

impl<S> WebSocket<S> {
    /// One over this stream, which the handshake begins.
    pub fn new(stream: S, rules: Arc<Rules>) -> Self {
        Self {
            stream,
            rules,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            close: None,
            failing: None,
        }
    }

    /// The stream beneath.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: Transport> WebSocket<S> {
    /// Sends the Close frame. The stream is shut down when the peer's has come too: the server is the one who closes the
    /// connection (section 7.1.1).
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let peers = self.incoming.close();
        let (code, reason) = match (self.close, peers) {
            (Some((code, reason)), _) => (Some(code), reason),
            (None, Some(code)) => (code, ""),
            (None, None) => (Some(CloseCode::NORMAL), ""),
        };
        self.outgoing.close(code, reason)?;
        ready!(self.outgoing.poll_flush(&mut self.stream, cx))?;
        if peers.is_some() || self.failing.is_some() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the peer what it has done wrong, and waits until it closes, for a while.
    fn poll_farewell(&mut self, room: &mut [u8], cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(failing) = &mut self.failing else {
            return Poll::Ready(io::ErrorKind::InvalidData.into());
        };
        let error = io::Error::new(io::ErrorKind::InvalidData, failing.violation);
        let is_over = failing.farewell.as_mut().poll(cx).is_ready();
        if is_over || ready!(self.poll_close(cx)).is_err() {
            return Poll::Ready(error);
        }
        loop {
            let mut waste = ReadBuf::new(room);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut waste));
            if read.is_err() || waste.filled().is_empty() {
                return Poll::Ready(error);
            }
        }
    }
}

impl<S: Transport> Transport for WebSocket<S> {
    fn reset_on_drop(&mut self) {
        self.stream.reset_on_drop();
    }

    async fn handshake(&mut self) -> io::Result<()> {
        self.stream.handshake().await?;
        let read = shake_hands(&mut self.stream, &self.rules).await?;
        self.incoming = Incoming::new(read);
        Ok(())
    }

    fn describe(&self, arriving: &mut Arriving) {
        self.stream.describe(arriving);
    }

    fn keeps_messages(&self) -> bool {
        true
    }
}

impl<S: Transport> AsyncRead for WebSocket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let room = to.initialize_unfilled();
        if room.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while this.failing.is_none() {
            match this.incoming.poll(&mut this.stream, room, cx) {
                Poll::Ready(Ok(Came::Payload(bytes))) => {
                    to.advance(bytes);
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(Came::Ping(payload))) => {
                    // The answers go together, before this side waits, or where they have become many.
                    if this.outgoing.is_full() {
                        let _ = this.outgoing.poll_flush(&mut this.stream, cx);
                    }
                    this.outgoing.pong(payload);
                }
                Poll::Ready(Ok(Came::Close)) => {
                    if this.outgoing.has_closed() {
                        // It fails if the peer is gone, which is the end that it wants.
                        let _ = ready!(this.poll_close(cx));
                    }
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Err(error)) => match error.downcast::<Violation>() {
                    Ok(violation) => {
                        this.close = Some((violation.code(), ""));
                        let farewell = Box::pin(sleep(FAREWELL));
                        this.failing = Some(Failing {
                            violation,
                            farewell,
                        });
                    }
                    Err(error) => return Poll::Ready(Err(error)),
                },
                Poll::Pending => {
                    // It fails if the peer is gone, which the next read will find out.
                    let _ = this.outgoing.poll_flush(&mut this.stream, cx);
                    return Poll::Pending;
                }
            }
        }
        this.poll_farewell(room, cx).map(Err)
    }
}

impl<S: Transport> AsyncWrite for WebSocket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let opcode = match this.rules.messages {
            Messages::Binary => Opcode::Binary,
            Messages::Text => Opcode::Text,
        };
        if opcode == Opcode::Text
            && this.outgoing.is_between_messages()
            && let Err(error) = std::str::from_utf8(bytes)
        {
            this.close = Some((CloseCode::INTERNAL, "the reply is no UTF-8"));
            let error = format!("a reply that is no UTF-8, where replies are texts: {error}");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidInput, error)));
        }
        this.outgoing
            .poll_write(opcode, bytes, &mut this.stream, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.outgoing.poll_flush(&mut this.stream, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_close(cx)
    }
}

impl<S: fmt::Debug> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
