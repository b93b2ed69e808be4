//! The load: plain tokio clients that wait for every reply and look at it.
//!
//! It is in this process and in tokio's own words, so that the servers are measured by something that
//! eco has no part in.

use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A message from this size on is written while the reply is read: together they don't fit into the
/// buffers between.
const LARGE: usize = 128 * 1024;

pub(crate) async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    // A reset at the end leaves no port behind that would have to cool down.
    stream.set_zero_linger()?;
    Ok(stream)
}

pub(crate) async fn round_trip(
    stream: &mut TcpStream,
    message: &[u8],
    reply: &mut [u8],
) -> Result<()> {
    if message.len() < LARGE {
        stream.write_all(message).await?;
        stream.read_exact(reply).await?;
    } else {
        let (mut from, mut to) = stream.split();
        tokio::try_join!(to.write_all(message), from.read_exact(reply))?;
    }
    ensure!(reply == message, "the echo is wrong");
    Ok(())
}

/// Connections that are kept from one measure to the next.
pub(crate) struct Load {
    size: usize,
    streams: Vec<TcpStream>,
}

impl Load {
    /// So many connections, for messages of `size` bytes, each of which has gone there and back once.
    pub(crate) async fn open(address: SocketAddr, connections: usize, size: usize) -> Result<Self> {
        let mut streams = Vec::with_capacity(connections);
        let (message, mut reply) = (vec![b'x'; size], vec![0; size]);
        for _ in 0..connections {
            let mut stream = connect(address).await?;
            round_trip(&mut stream, &message, &mut reply).await?;
            streams.push(stream);
        }
        Ok(Self { size, streams })
    }

    /// Keeps all of them busy for so long; the number of round trips.
    pub(crate) async fn run(&mut self, time: Duration) -> Result<u64> {
        let (end, size) = (Instant::now() + time, self.size);
        let mut clients = JoinSet::new();
        for mut stream in self.streams.drain(..) {
            clients.spawn(async move {
                let (message, mut reply) = (vec![b'x'; size], vec![0; size]);
                let mut trips = 0;
                while Instant::now() < end {
                    round_trip(&mut stream, &message, &mut reply).await?;
                    trips += 1;
                }
                anyhow::Ok((trips, stream))
            });
        }
        let mut all = 0;
        while let Some(client) = clients.join_next().await {
            let (trips, stream) = client??;
            all += trips;
            self.streams.push(stream);
        }
        Ok(all)
    }
}

/// Connects, makes one round trip and closes, over and over; the number of connections. `header` is what each begins
/// with, in one piece with its message, and is no part of the reply.
pub(crate) async fn connections(
    address: SocketAddr,
    at_once: usize,
    time: Duration,
    header: &'static [u8],
) -> Result<u64> {
    const MESSAGE: &[u8; 16] = b"0123456789abcdef";
    let end = Instant::now() + time;
    let mut clients = JoinSet::new();
    for _ in 0..at_once {
        clients.spawn(async move {
            let first = [header, MESSAGE].concat();
            let mut done = 0;
            while Instant::now() < end {
                let mut stream = connect(address).await?;
                let mut reply = [0; MESSAGE.len()];
                stream.write_all(&first).await?;
                stream.read_exact(&mut reply).await?;
                ensure!(reply == *MESSAGE, "the echo is wrong");
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut all = 0;
    while let Some(client) = clients.join_next().await {
        all += client??;
    }
    Ok(all)
}
