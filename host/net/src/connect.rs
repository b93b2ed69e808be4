//! Connecting to a server.

use super::address::Endpoint;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};

/// Why there is no connection to an endpoint.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address, or nobody can be asked.
    #[error("{0}")]
    Name(io::Error),
    /// None of its addresses could be connected to; this is the last one's error.
    #[error("{0}")]
    Address(io::Error),
}

/// Connects to the first address of the endpoint that answers.
///
/// # Errors
/// See [`ConnectError`]; `TimedOut` where none answers within `limit` in all.
pub async fn connect(endpoint: &Endpoint, limit: Duration) -> Result<TcpStream, ConnectError> {
    let connecting = async {
        let addresses = endpoint.resolve().await.map_err(ConnectError::Name)?;
        let connected = connect_any(&addresses, None).await;
        connected.map_err(ConnectError::Address)
    };
    match tokio::time::timeout(limit, connecting).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::Address(io::ErrorKind::TimedOut.into())),
    }
}

/// Connects to the first of the addresses that answers, from `source` if that is given.
///
/// # Errors
/// That of the last address, among them `AddrNotAvailable` when `source` is not this machine's, or
/// when its ports are all in use.
pub async fn connect_any(
    addresses: &[SocketAddr],
    source: Option<IpAddr>,
) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match connect_to(*address, source).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Connects so that what is written is sent at once.
async fn connect_to(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
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
