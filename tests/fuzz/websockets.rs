//! WebSockets: what a client sends after its request, in pieces.

use eco_host::net::Transport;
use eco_websocket::{Rules, WebSocket};
use std::collections::VecDeque;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::runtime::{Builder, Runtime};

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A peer that has sent all it will, in these pieces.
struct Pieces {
    sent: VecDeque<Vec<u8>>,
    told: Vec<u8>,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(piece) = self.sent.front_mut() {
            let fits = piece.len().min(to.remaining());
            to.put_slice(&piece[..fits]);
            piece.drain(..fits);
            if piece.is_empty() {
                self.sent.pop_front();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.told.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Transport for Pieces {
    fn reset_on_drop(&mut self) {}
}

/// What became of a connection.
struct Served {
    /// What each read has given.
    chunks: Vec<Vec<u8>>,
    /// Whether the peer has closed in order, or what is wrong.
    end: Result<(), io::ErrorKind>,
    /// What the peer was told after the response to its request.
    told: Vec<u8>,
}

/// Serves a peer that sends its request and this, in pieces of these sizes, with so much room for each read.
fn serve(runtime: &Runtime, bytes: &[u8], sizes: &[u8], room: usize) -> Served {
    let mut rest = bytes;
    let mut sent = VecDeque::from([REQUEST.to_vec()]);
    for size in sizes.iter().cycle().take(bytes.len()) {
        let (piece, after) = rest.split_at(rest.len().min(1 + usize::from(*size)));
        sent.extend((!piece.is_empty()).then(|| piece.to_vec()));
        rest = after;
    }
    sent.extend((!rest.is_empty()).then(|| rest.to_vec()));
    let told = Vec::new();
    let mut socket = WebSocket::new(Pieces { sent, told }, Arc::new(Rules::default()));
    runtime.block_on(async {
        socket.handshake().await.expect("the request is right");
        let mut chunks = Vec::new();
        let mut buffer = vec![0; room];
        let end = loop {
            match socket.read(&mut buffer).await {
                Ok(0) => break Ok(()),
                Ok(length) => chunks.push(buffer[..length].to_vec()),
                Err(error) => break Err(error.kind()),
            }
        };
        socket.shutdown().await.expect("the peer takes all");
        let told = &socket.stream().told;
        let response = told.windows(4).position(|end| end == b"\r\n\r\n");
        let told = told[response.expect("there is one") + 4..].to_vec();
        Served { chunks, end, told }
    })
}

/// A frame of a client's.
fn frame(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = match length {
        0..126 => vec![first, 0x80 | length as u8],
        126..65_536 => [&[first, 0xfe][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 0xff][..], &(length as u64).to_be_bytes()].concat(),
    };
    frame.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}

/// A message: whether it is a text, its bytes, how often those are repeated, and the size of its frames.
type Message = (bool, Vec<u8>, u8, u16);

fn payload((is_text, bytes, times, _): &Message) -> Vec<u8> {
    let bytes = match is_text {
        true => String::from_utf8_lossy(bytes).into_owned().into_bytes(),
        false => bytes.clone(),
    };
    bytes.repeat(usize::from(*times))
}

/// The messages as a client sends them, with a Ping after each frame.
fn frames(messages: &[Message], mask: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        let (is_text, .., size) = message;
        let mut opcode = if *is_text { 1 } else { 2 };
        for part in payload(message).chunks(1 + usize::from(*size)) {
            bytes.extend(frame(opcode, part, mask));
            bytes.extend(frame(0x89, b"?", mask));
            opcode = 0;
        }
        bytes.extend(frame(0x80 | opcode, b"", mask));
    }
    bytes
}

fn runtime() -> AssertUnwindSafe<Runtime> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    AssertUnwindSafe(runtime.unwrap())
}

#[test]
fn messages_come_as_they_were_sent_however_they_are_cut() {
    let runtime = runtime();
    bolero::check!()
        .with_type::<(Vec<Message>, [u8; 4], Vec<u8>, u16)>()
        .for_each(|(messages, mask, sizes, room)| {
            let room = 4 + usize::from(*room);
            let mut bytes = frames(messages, *mask);
            bytes.extend(frame(0x88, b"\x03\xe8bye", *mask));
            let served = serve(&runtime, &bytes, sizes, room);
            assert_eq!(served.end, Ok(()));
            let mut chunks = served.chunks.iter();
            for message in messages {
                let payload = payload(message);
                let mut came: Vec<u8> = Vec::new();
                while came.len() < payload.len() {
                    let chunk = chunks.next().expect("there is more");
                    let is_text = message.0 && std::str::from_utf8(chunk).is_err();
                    assert!(!is_text, "a text is cut between characters");
                    came.extend(chunk);
                    assert!(payload.len() > room || came.len() == payload.len());
                }
                assert_eq!(came, payload);
            }
            assert_eq!(chunks.next(), None);
            assert!(served.told.ends_with(b"\x88\x02\x03\xe8"));
        });
}

#[test]
fn whatever_comes_is_what_its_frames_say_or_the_end_of_the_connection() {
    let runtime = runtime();
    bolero::check!()
        .with_type::<(Vec<Message>, Vec<(u16, u8)>, Vec<u8>, Vec<u8>, u16)>()
        .for_each(|(messages, changes, after, sizes, room)| {
            let mut bytes = frames(messages, [0; 4]);
            bytes.extend(after);
            for (place, byte) in changes.iter().take(3) {
                let length = bytes.len().max(1);
                if let Some(changed) = bytes.get_mut(usize::from(*place) % length) {
                    *changed = *byte;
                }
            }
            let room = 4 + usize::from(*room);
            let whole = serve(&runtime, &bytes, &[255], room);
            let cut = serve(&runtime, &bytes, sizes, room);
            assert_eq!(whole.end, cut.end);
            let [of_whole, of_cut] = [&whole, &cut].map(|served| served.chunks.concat());
            assert!(of_whole.len() <= bytes.len());
            // What there is of a message without an end may have been given or not.
            assert!(of_whole.starts_with(&of_cut) || of_cut.starts_with(&of_whole));
            let close = whole.told.get(whole.told.len() - 4..).unwrap_or_default();
            match whole.end {
                Ok(()) | Err(io::ErrorKind::UnexpectedEof) => {}
                Err(kind) => {
                    assert_eq!(kind, io::ErrorKind::InvalidData);
                    let is_told =
                        [1002_u16, 1007].map(|code| [[0x88, 2], code.to_be_bytes()].concat());
                    assert!(is_told.iter().any(|told| told == close), "{close:?}");
                }
            }
        });
}
