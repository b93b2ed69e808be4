//! From the bytes of a client to the payload of its messages, in pieces of any size.
//!
//! It holds a header, and the payload of a control frame, until they are whole; nothing of a message.

use super::frame::{HEADER, Header, Opcode, unmask};
use super::utf8::Utf8;
use super::violation::{CloseCode, Violation};
use std::mem::take;

/// What became of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// So many of them were decoded. There is more in the others.
    pub(crate) read: usize,
    /// So much payload lies at their beginning now. It is of one message.
    pub(crate) payload: usize,
    /// Whether that message has ended.
    pub(crate) is_whole: bool,
}

/// A frame whose header was read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    header: Header,
    /// Bytes of its payload that were decoded.
    done: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The beginning of the next header.
    header: [u8; HEADER],
    header_length: usize,
    frame: Option<Frame>,
    /// The opcode of the message that has begun: a text, or a binary one.
    message: Option<Opcode>,
    text: Utf8,
    /// The payload of the control frame that has begun.
    control: Vec<u8>,
    ping: Option<Vec<u8>>,
    close: Option<Option<CloseCode>>,
}

impl Decoder {
    /// Decodes these bytes: up to the end of a message, up to so much payload, up to a Ping or Close frame, or all of
    /// them.
    ///
    /// # Errors
    /// They break the protocol, or did before.
    pub(crate) fn decode(&mut self, bytes: &mut [u8], most: usize) -> Result<Decoded, Violation> {
        let mut decoded = Decoded {
            read: 0,
            payload: 0,
            is_whole: false,
        };
        while self.ping.is_none() && self.close.is_none() && !decoded.is_whole {
            let Some(frame) = self.frame else {
                let rest = bytes.get(decoded.read..).unwrap_or_default();
                decoded.read += self.read_header(rest)?;
                match self.frame {
                    Some(_) => continue,
                    None => break,
                }
            };
            let left = frame.header.length - frame.done;
            let came = bytes.len() - decoded.read;
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(came);
            let is_control = frame.header.opcode.is_control();
            let taken = match is_control {
                true => part,
                false => part.min(most - decoded.payload),
            };
            if taken == 0 && left > 0 {
                break;
            }
            bytes.copy_within(decoded.read..decoded.read + taken, decoded.payload);
            let part = bytes.get_mut(decoded.payload..).unwrap_or_default();
            let part = part.get_mut(..taken).unwrap_or_default();
            unmask(part, frame.header.mask, frame.done);
            decoded.read += taken;
            if is_control {
                self.control.extend_from_slice(part);
            } else {
                if self.message == Some(Opcode::Text) {
                    self.text.check(part)?;
                }
                decoded.payload += taken;
            }
            if (taken as u64) < left {
                let done = frame.done + taken as u64;
                self.frame = Some(Frame { done, ..frame });
            } else {
                self.frame = None;
                decoded.is_whole = self.ended(frame.header)?;
            }
        }
        Ok(decoded)
    }

    /// Reads on in a header. It gives the bytes that this took, and sets `frame` when the header is whole.
    fn read_header(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        let before = self.header_length;
        let room = self.header.get_mut(before..).unwrap_or_default();
        let copied = room.len().min(bytes.len());
        for (room, byte) in room.iter_mut().zip(bytes) {
            *room = *byte;
        }
        let so_far = self.header.get(..before + copied).unwrap_or_default();
        let Some((header, length)) = Header::read(so_far)? else {
            self.header_length += copied;
            return Ok(copied);
        };
        match (header.opcode, self.message) {
            (Opcode::Continuation, None) => return Err(Violation::Continuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Violation::WithinMessage),
            (opcode @ (Opcode::Text | Opcode::Binary), None) => self.message = Some(opcode),
            _ => {}
        }
        self.header_length = 0;
        self.frame = Some(Frame { header, done: 0 });
        Ok(length - before)
    }

    /// A frame has ended. Whether a message has.
    fn ended(&mut self, header: Header) -> Result<bool, Violation> {
        let control = take(&mut self.control);
        match header.opcode {
            Opcode::Ping => self.ping = Some(control),
            Opcode::Pong => {}
            Opcode::Close => self.close = Some(CloseCode::read(&control)?),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                if header.is_final {
                    self.message = None;
                    if self.text.unfinished() > 0 {
                        return Err(Violation::NoUtf8);
                    }
                }
                return Ok(header.is_final);
            }
        }
        Ok(false)
    }

    /// Bytes that the message is known to have yet, by the header of its frame.
    pub(crate) fn left(&self) -> u64 {
        match self.frame {
            Some(Frame { header, done }) if !header.opcode.is_control() => header.length - done,
            _ => 0,
        }
    }

    /// Bytes at the end of the payload so far that begin a character of a text.
    pub(crate) fn unfinished_character(&self) -> usize {
        self.text.unfinished()
    }

    /// The payload of the Ping frame that was decoded last, once. Nothing is decoded before it is taken.
    pub(crate) fn take_ping(&mut self) -> Option<Vec<u8>> {
        self.ping.take()
    }

    /// The code of the peer's Close frame, if that has come: it may have none. Nothing is decoded after it.
    pub(crate) fn close(&self) -> Option<Option<CloseCode>> {
        self.close
    }
}
