//! WebSockets: who may connect, what becomes of messages, and how connections end. The client is bytes over a socket, so
//! that it can do what no client would; `browser` has a real one.

/// A chat between two pages.
#[cfg(unix)]
mod browser;
/// Ping, Pong and Close.
mod control;
/// The request and the answers to it.
mod handshake;
/// Messages and chunks, replies and messages.
mod messages;
/// What breaks the protocol.
mod protocol;

use crate::harness::{Eco, Server};
use crate::support::Peer;
use std::io::Read as _;
use std::net::SocketAddr;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// The last frame of a message.
const LAST: u8 = 0x80;

/// A server of WebSockets at a free port, and nothing else. `place` comes after the port.
fn serve(place: &str, arguments: &[&str]) -> (Server, SocketAddr) {
    let mut server = Eco::new(&["serve", "--listen", "127.0.0.1:0", "--listen"])
        .arg(format!("ws:127.0.0.1:0{place}"))
        .args(arguments)
        .serve();
    let line = server.line();
    let url = line.strip_prefix("listening on ws://");
    let address = url.and_then(|rest| rest.split([' ', '/']).next()?.parse().ok());
    (server, address.expect("it says where it listens"))
}

/// A request as a browser makes it, with more headers.
pub(crate) fn request(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive, Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// The response to it. Its key is that of the example in RFC 6455, section 1.3.
pub(crate) const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The head of a response, and its body.
fn response(peer: &mut Peer) -> (String, String) {
    let response = String::from_utf8(peer.rest()).expect("it is text");
    let (head, body) = response.split_once("\r\n\r\n").expect("it has a head");
    (head.to_owned(), body.to_owned())
}

/// A frame of a client's. `first` are its opcode and what it says beside that.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = match length {
        0..126 => vec![first, 0x80 | length as u8],
        126..65_536 => [&[first, 0x80 | 126][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 0x80 | 127][..], &(length as u64).to_be_bytes()].concat(),
    };
    let mask = [0x37, 0xfa, 0x21, length as u8];
    frame.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}

/// A frame of the server's: its opcode and its payload.
type Frame = (u8, Vec<u8>);

/// A connection after its handshake.
struct Client(Peer);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        Self::over(Peer::connect(address), "/", "")
    }

    fn over(mut peer: Peer, path: &str, headers: &str) -> Self {
        peer.send(request(path, headers).as_bytes())
            .expect(RESPONSE);
        Self(peer)
    }

    /// Sends a whole message of bytes, or a control frame.
    fn send(&mut self, opcode: u8, payload: &[u8]) -> &mut Self {
        self.raw(&frame(LAST | opcode, payload))
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.send(bytes);
        self
    }

    /// The next frame. The server's are whole messages, and have no mask.
    #[track_caller]
    fn frame(&mut self) -> Frame {
        read_frame(&mut self.0).expect("there is one")
    }

    #[track_caller]
    fn expect(&mut self, opcode: u8, payload: &[u8]) -> &mut Self {
        let (came, its_payload) = self.frame();
        assert_eq!(came, opcode, "{}", String::from_utf8_lossy(&its_payload));
        crate::harness::assert_same(&its_payload, payload);
        self
    }

    /// The Close frame with this code comes, and then the end of the connection.
    #[track_caller]
    fn expect_close(&mut self, code: u16) {
        let (opcode, payload) = self.frame();
        let its_code = payload
            .get(..2)
            .map(|code| u16::from_be_bytes([code[0], code[1]]));
        assert_eq!((opcode, its_code), (CLOSE, Some(code)));
    }

    /// Both sides close in order.
    #[track_caller]
    fn close(mut self) {
        self.send(CLOSE, &1000_u16.to_be_bytes()).expect_close(1000);
        self.0.expect_end();
    }
}

/// The next frame, if one comes before the end.
#[track_caller]
fn read_frame(peer: &mut Peer) -> Option<Frame> {
    let mut head = [0; 2];
    match peer.0.read(&mut head[..1]).expect("the server replies") {
        0 => return None,
        _ => peer
            .0
            .read_exact(&mut head[1..])
            .expect("a header is whole"),
    }
    assert_eq!(head[0] & 0x70, 0, "no extension was agreed on");
    assert_eq!(head[0] & LAST, LAST, "each frame is a whole message");
    let length = match head[1] {
        126 => {
            let mut length = [0; 2];
            peer.0.read_exact(&mut length).expect("a header is whole");
            u64::from(u16::from_be_bytes(length))
        }
        127 => {
            let mut length = [0; 8];
            peer.0.read_exact(&mut length).expect("a header is whole");
            u64::from_be_bytes(length)
        }
        length => u64::from(length),
    };
    let mut payload = vec![0; usize::try_from(length).expect("it fits")];
    peer.0.read_exact(&mut payload).expect("a payload is whole");
    Some((head[0] & 0x0f, payload))
}
