//! Frames (RFC 6455, section 5): their headers, and the mask over a client's payload.

use super::violation::Violation;

/// The most bytes of a payload of a control frame (section 5.5). A longer one is a violation.
/// Test: `websocket::protocol::what_breaks_the_protocol_is_told_its_code_and_ends_that_connection_alone`.
pub(crate) const CONTROL_PAYLOAD: usize = 125;

/// The most bytes of a header: two, a length of eight, and the mask.
pub(crate) const HEADER: usize = 14;

/// The most bytes of a header that a server sends, which has no mask.
const OWN_HEADER: usize = 10;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn read(code: u8) -> Result<Self, Violation> {
        Ok(match code {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return Err(Violation::Opcode(code)),
        })
    }

    pub(crate) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The header of a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Whether it is the last frame of its message.
    pub(crate) is_final: bool,
    pub(crate) opcode: Opcode,
    /// Bytes of the payload, which nobody has sent yet.
    pub(crate) length: u64,
    pub(crate) mask: [u8; 4],
}

impl Header {
    /// The header at the beginning of these bytes, and how many of them it takes. `None`: it goes on.
    ///
    /// # Errors
    /// It breaks the protocol. No extension has been agreed on that could give the reserved bits a meaning.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return Err(Violation::ReservedBits);
        }
        let (is_final, opcode) = (first & 0x80 != 0, Opcode::read(first & 0x0f)?);
        if second & 0x80 == 0 {
            return Err(Violation::Unmasked);
        }
        let short = second & 0x7f;
        if opcode.is_control() && (!is_final || usize::from(short) > CONTROL_PAYLOAD) {
            return Err(Violation::Control);
        }
        let (length, rest) = match (short, rest) {
            (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
            (127, [a, b, c, d, e, f, g, h, rest @ ..]) => {
                let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                (length, rest)
            }
            (126 | 127, _) => return Ok(None),
            (short, rest) => (u64::from(short), rest),
        };
        let shortest = match short {
            126 => length > 125,
            127 => length > u64::from(u16::MAX) && length >> 63 == 0,
            _ => true,
        };
        if !shortest {
            return Err(Violation::Length);
        }
        let [a, b, c, d, rest @ ..] = rest else {
            return Ok(None);
        };
        let header = Self {
            is_final,
            opcode,
            length,
            mask: [*a, *b, *c, *d],
        };
        Ok(Some((header, bytes.len() - rest.len())))
    }
}

/// Writes the header of a frame of the server's: a whole message, or a control frame.
pub(crate) fn write_header(opcode: Opcode, length: usize, to: &mut Vec<u8>) {
    to.reserve(OWN_HEADER);
    to.push(0x80 | opcode as u8);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => to.push(short),
        (_, Ok(long)) => {
            to.push(126);
            to.extend_from_slice(&long.to_be_bytes());
        }
        _ => {
            to.push(127);
            to.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Takes the mask off a part of a payload that begins `offset` bytes after the payload's beginning.
pub(crate) fn unmask(bytes: &mut [u8], mut mask: [u8; 4], offset: u64) {
    mask.rotate_left((offset % 4) as usize);
    let (words, rest) = bytes.as_chunks_mut::<4>();
    let word_mask = u32::from_ne_bytes(mask);
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ word_mask).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_in_its_shortest_form_alone_and_waits_for_its_last_byte() {
        for (length, its_bytes) in [
            (0, vec![0x80]),
            (125, vec![0x80 | 125]),
            (126, vec![0x80 | 126, 0, 126]),
            (65_535, vec![0x80 | 126, 0xff, 0xff]),
            (65_536, vec![0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (u64::MAX >> 1, [&[0xff, 0x7f][..], &[0xff; 7]].concat()),
        ] {
            let bytes = [&[0x02], its_bytes.as_slice(), &[1, 2, 3, 4], b"payload"].concat();
            let header = bytes.len() - b"payload".len();
            let expected = Header {
                is_final: false,
                opcode: Opcode::Binary,
                length,
                mask: [1, 2, 3, 4],
            };
            assert_eq!(Header::read(&bytes), Ok(Some((expected, header))));
            for cut in 0..header {
                assert_eq!(Header::read(&bytes[..cut]), Ok(None), "{length} {cut}");
            }
        }
        for longer in [
            &[0x82, 0x80 | 126, 0, 125, 0, 0, 0, 0][..],
            &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0],
            &[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(Header::read(longer), Err(Violation::Length));
        }
    }

    #[test]
    fn the_servers_headers_are_the_shortest_too() {
        for (length, header) in [
            (125, vec![0x82, 125]),
            (126, vec![0x82, 126, 0, 126]),
            (65_535, vec![0x82, 126, 0xff, 0xff]),
            (65_536, vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut written = Vec::new();
            write_header(Opcode::Binary, length, &mut written);
            assert_eq!(written, header);
        }
    }

    #[test]
    fn the_mask_goes_on_where_the_part_before_ended() {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        // The example of section 5.7.
        let mut hello = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        unmask(&mut hello, mask, 0);
        assert_eq!(&hello, b"Hello");
        let payload: Vec<u8> = (0..=255).collect();
        let mut masked = payload.clone();
        unmask(&mut masked, mask, 0);
        for cut in 0..32 {
            let (mut first, mut second) = (masked[..cut].to_vec(), masked[cut..].to_vec());
            unmask(&mut first, mask, 0);
            unmask(&mut second, mask, cut as u64);
            assert_eq!([first, second].concat(), payload, "{cut}");
        }
    }
}
