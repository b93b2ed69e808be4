//! Connecting to a server.

use super::address::Endpoint;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};

/// Connects to the first address of the endpoint that answers.
///
/// # Errors
/// The name has no address, none of them answers within `limit` in all, or the last one's error.
pub async fn connect(endpoint: &Endpoint, limit: Duration) -> io::Result<TcpStream> {
    let connecting = async {
        let mut last = None;
        for address in endpoint.resolve().await? {
            match connect_to(address, None).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    };
    match tokio::time::timeout(limit, connecting).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Connects to one address, from `source` if that is given. What is written is sent at once.
///
/// # Errors
/// The system's, among them `AddrNotAvailable` when `source` is not this machine's, or when its
/// ports are all in use.
pub async fn connect_to(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.set_nodelay(true)?;
    socket.connect(address).await
}
