//! From what a stream brings to chunks: a message that fits into the reader's buffer is one, and a larger one comes in
//! pieces as they arrive.

use super::decoder::Decoder;
use super::violation::{CloseCode, Violation};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// What came.
#[derive(Debug)]
pub(crate) enum Came {
    /// So many bytes of payload, at the beginning of the reader's buffer: at least one.
    Payload(usize),
    /// A Ping frame with this payload.
    Ping(Vec<u8>),
    /// The peer's Close frame. Nothing comes after it, and what is held of an unfinished message is dropped.
    Close,
}

/// The peer's side of a connection. It holds at most twice as much as the reader's buffer, and nothing while nothing is
/// half there.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    decoder: Decoder,
    /// Bytes that came together with what was given last. Those before `raw_begin` were decoded.
    raw: Vec<u8>,
    raw_begin: usize,
    /// Payload of one message that was not given yet.
    held: Vec<u8>,
    /// Whether the end of that message is there.
    is_whole: bool,
}

impl Incoming {
    /// One whose stream has brought these bytes already.
    pub(crate) fn new(raw: Vec<u8>) -> Self {
        Self {
            raw,
            ..Self::default()
        }
    }

    /// The code of the peer's Close frame, if that has come: it may have none.
    pub(crate) fn close(&self) -> Option<Option<CloseCode>> {
        self.decoder.close()
    }

    /// Reads on, into `room` and through it. A text is not cut within a character, unless one has more bytes than the
    /// room.
    ///
    /// # Errors
    /// The stream failed, or ended without a Close frame; or the peer broke the protocol, of kind
    /// [`InvalidData`](io::ErrorKind::InvalidData) with the [`Violation`].
    pub(crate) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        room: &mut [u8],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Came>> {
        loop {
            if let Some(ping) = self.decoder.take_ping() {
                return Poll::Ready(Ok(Came::Ping(ping)));
            }
            let payload = self.give_held(room);
            if payload > 0 {
                return Poll::Ready(Ok(Came::Payload(payload)));
            }
            if self.close().is_some() {
                return Poll::Ready(Ok(Came::Close));
            }
            let decoded = if self.raw.is_empty() {
                let read = ready!(poll_read(stream, room, cx))?;
                self.decode_read(room, read)?
            } else {
                self.decode_raw(room)?
            };
            let payload = self.give_decoded(room, decoded);
            if payload > 0 {
                return Poll::Ready(Ok(Came::Payload(payload)));
            }
        }
    }

    /// Decodes what was just read into the room. The payload lies at its beginning then.
    fn decode_read(&mut self, room: &mut [u8], read: usize) -> io::Result<usize> {
        let most = room.len().saturating_sub(self.held.len());
        let read = room.get_mut(..read).unwrap_or_default();
        let decoded = self.decoder.decode(read, most).map_err(invalid)?;
        self.raw = read.get(decoded.read..).unwrap_or_default().to_vec();
        self.is_whole = decoded.is_whole;
        Ok(decoded.payload)
    }

    /// Decodes what was read before, likewise.
    fn decode_raw(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = room.len().saturating_sub(self.held.len());
        let raw = self.raw.get_mut(self.raw_begin..).unwrap_or_default();
        let decoded = self.decoder.decode(raw, most).map_err(invalid)?;
        for (room, byte) in room.iter_mut().zip(raw.iter().take(decoded.payload)) {
            *room = *byte;
        }
        self.raw_begin += decoded.read;
        if self.raw_begin == self.raw.len() {
            (self.raw, self.raw_begin) = (Vec::new(), 0);
        }
        self.is_whole = decoded.is_whole;
        Ok(decoded.payload)
    }

    /// Gives the payload at the beginning of the room, or holds it until there is more of its message.
    fn give_decoded(&mut self, room: &[u8], payload: usize) -> usize {
        let given = if self.held.is_empty() && self.is_due(payload, room.len()) {
            self.whole_characters(payload, room.len())
        } else {
            0
        };
        let rest = room.get(given..payload).unwrap_or_default();
        self.held.extend_from_slice(rest);
        given
    }

    /// Gives what is held, if it is all of its message, or if that fits into no room of this size.
    fn give_held(&mut self, room: &mut [u8]) -> usize {
        if self.held.is_empty() || !self.is_due(self.held.len(), room.len()) {
            return 0;
        }
        let given = match self.held.len().min(room.len()) {
            all if all == self.held.len() => self.whole_characters(all, room.len()),
            part => part,
        };
        for (room, byte) in room.iter_mut().zip(self.held.drain(..given)) {
            *room = byte;
        }
        if self.held.is_empty() {
            self.held = Vec::new();
        }
        given
    }

    /// Whether so much payload of a message is given, and not held.
    fn is_due(&self, payload: usize, room: usize) -> bool {
        let fits = self.decoder.left().saturating_add(payload as u64) <= room as u64;
        self.is_whole || !fits
    }

    /// So much payload without a character that has only begun.
    fn whole_characters(&self, payload: usize, room: usize) -> usize {
        if self.is_whole || payload == 0 {
            return payload;
        }
        match payload.saturating_sub(self.decoder.unfinished_character()) {
            0 if payload >= room => payload,
            whole => whole,
        }
    }
}

fn invalid(violation: Violation) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, violation)
}

/// Reads what the stream has, at least a byte.
fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    room: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut read = ReadBuf::new(room);
    ready!(Pin::new(stream).poll_read(cx, &mut read))?;
    Poll::Ready(match read.filled().len() {
        0 => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the peer has ended the connection without a Close frame",
        )),
        read => Ok(read),
    })
}
