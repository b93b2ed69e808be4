//! The server's side of a connection: each write is one message, and control frames go between messages.

use super::frame::{CONTROL_PAYLOAD, Opcode, write_header};
use super::violation::CloseCode;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;

/// So many bytes of answers to Ping frames wait for a peer that takes nothing. Of those that come then only the last is
/// answered (RFC 6455, section 5.5.3). It is room for 32 of the longest.
/// Test: `websocket::control::pings_of_a_peer_that_reads_nothing_are_held_within_a_bound`.
const WAITING_PONGS: usize = 32 * (CONTROL_PAYLOAD + 2);

/// What is on its way to the peer. It holds control frames and headers, and nothing of a message.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Bytes to be written before anything else.
    waiting: Vec<u8>,
    /// Bytes of the message whose header was written, or waits, that are still to come.
    left: usize,
    /// The payload of the last Ping frame that `waiting` had no room for.
    late_ping: Option<Vec<u8>>,
    has_closed: bool,
    /// Whether the stream was told to send all that was written.
    is_flushed: bool,
}

impl Outgoing {
    /// Answers a Ping frame.
    pub(crate) fn pong(&mut self, payload: Vec<u8>) {
        if self.left == 0 && !self.is_full() {
            self.control(Opcode::Pong, &payload);
        } else {
            self.late_ping = Some(payload);
        }
    }

    /// Whether an answer more would have to wait.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_PONGS
    }

    /// Sends a Close frame, once. No message can be sent after it.
    ///
    /// # Errors
    /// A message is not all written.
    pub(crate) fn close(&mut self, code: Option<CloseCode>, reason: &str) -> io::Result<()> {
        if self.has_closed {
            return Ok(());
        }
        if self.left > 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.has_closed = true;
        let code = code.map(|CloseCode(code)| code.to_be_bytes());
        let code = code.as_ref().map_or(&[][..], |code| code.as_slice());
        self.control(Opcode::Close, &[code, reason.as_bytes()].concat());
        Ok(())
    }

    pub(crate) fn has_closed(&self) -> bool {
        self.has_closed
    }

    fn control(&mut self, opcode: Opcode, payload: &[u8]) {
        write_header(opcode, payload.len(), &mut self.waiting);
        self.waiting.extend_from_slice(payload);
        self.is_flushed = false;
    }

    /// Whether the next write begins a message.
    pub(crate) fn is_between_messages(&self) -> bool {
        self.left == 0
    }

    /// Writes of a message: `bytes` are all of it when it begins, and all that is left of it then.
    pub(crate) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        opcode: Opcode,
        bytes: &[u8],
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.has_closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.left == 0 && !bytes.is_empty() {
            write_header(opcode, bytes.len(), &mut self.waiting);
            self.left = bytes.len();
        }
        let bytes = bytes.get(..self.left).unwrap_or(bytes);
        let written = ready!(self.poll_write_waiting(bytes, stream, cx))?;
        self.left -= written;
        Poll::Ready(Ok(written))
    }

    /// Writes all that waits, and of `bytes` what the stream takes, which is at least one.
    fn poll_write_waiting<S: AsyncWrite + Unpin>(
        &mut self,
        bytes: &[u8],
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        while !self.waiting.is_empty() {
            self.is_flushed = false;
            let slices = [IoSlice::new(&self.waiting), IoSlice::new(bytes)];
            let written = ready!(Pin::new(&mut *stream).poll_write_vectored(cx, &slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if written < self.waiting.len() {
                self.waiting.drain(..written);
                continue;
            }
            let of_bytes = written - self.waiting.len();
            self.waiting = Vec::new();
            if of_bytes > 0 {
                return Poll::Ready(Ok(of_bytes));
            }
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.is_flushed = false;
        Pin::new(stream).poll_write(cx, bytes)
    }

    /// Sends all that waits.
    pub(crate) fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_write_waiting(&[], stream, cx))?;
            match self.late_ping.take_if(|_| self.left == 0) {
                Some(payload) => self.control(Opcode::Pong, &payload),
                None => break,
            }
        }
        if !self.is_flushed {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }
}
