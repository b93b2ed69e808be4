//! A client over TCP.

use crate::program::PATIENCE;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

/// Sends a message and FIN, and returns all that comes back.
pub(crate) fn converse(address: SocketAddr, message: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    talk(&mut stream, message);
    stream.shutdown(Shutdown::Write).expect("it is open");
    read(stream)
}

pub(crate) fn talk(stream: &mut TcpStream, message: &[u8]) {
    stream.set_read_timeout(Some(PATIENCE)).expect("it is open");
    stream.write_all(message).expect("it is open");
}

pub(crate) fn read(mut stream: impl std::io::Read) -> String {
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("it comes");
    reply
}

/// Reads this text, which must be next.
pub(crate) fn expect(stream: &mut TcpStream, text: &str) {
    let mut reply = vec![0; text.len()];
    stream.read_exact(&mut reply).expect("it comes");
    assert_eq!(String::from_utf8_lossy(&reply), text);
}

/// As `converse`, from 127.0.0.2.
pub(crate) fn converse_from_another_address(address: SocketAddr, message: &[u8]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let connected = runtime.expect("a runtime").block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 2], 0).into())?;
        socket.connect(address).await?.into_std()
    });
    let mut stream = connected.expect("it listens");
    stream.set_nonblocking(false).expect("it is open");
    talk(&mut stream, message);
    stream.shutdown(Shutdown::Write).expect("it is open");
    read(stream)
}
