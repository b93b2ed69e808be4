//! The way to the server: a connection, and the layers over it; and how long its end may take.

use crate::client::reach;
use crate::exit::{Exit, Failure};
use eco_net::{self as net, ConnectAddress, Layers, Stream};
use std::io;
use std::time::Duration;

/// Time to wait at the end for unexpected bytes. A server that closes when its peer has finished, as servers should, ends
/// the wait at once.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(250);

/// Connects.
pub(super) async fn connected(to: &ConnectAddress, timeout: Duration) -> Result<Stream, Failure> {
    let connected = net::connect(to, timeout).await;
    connected.map_err(|error| Exit::Unavailable.saying(reach::failed(to, &error)))
}

/// Adds the layers over a connection.
pub(super) async fn layered(
    stream: Stream,
    to: &ConnectAddress,
    layers: &Layers,
    timeout: Duration,
) -> Result<Stream, Failure> {
    let layered = tokio::time::timeout(timeout, layers.add(stream)).await;
    let layered = layered.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let stream =
        layered.map_err(|error| Exit::Unavailable.saying(reach::no_connection(to, &error)))?;
    tracing::debug!("connected to {to}");
    Ok(stream)
}
