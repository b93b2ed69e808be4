//! The load: clients that wait for every reply.

use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn round_trip(stream: &mut TcpStream, message: &[u8], reply: &mut [u8]) -> Result<()> {
    stream.write_all(message).await?;
    stream.read_exact(reply).await?;
    ensure!(reply == message, "the echo is wrong");
    Ok(())
}

/// Keeps `connections` busy with messages of `size` bytes for `time`; the number of round trips.
pub(crate) async fn round_trips(
    address: SocketAddr,
    connections: usize,
    size: usize,
    time: Duration,
) -> Result<u64> {
    let end = Instant::now() + time;
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        clients.spawn(async move {
            let mut stream = connect(address).await?;
            let (message, mut reply) = (vec![b'x'; size], vec![0; size]);
            let mut trips = 0;
            while Instant::now() < end {
                round_trip(&mut stream, &message, &mut reply).await?;
                trips += 1;
            }
            Ok(trips)
        });
    }
    sum(clients).await
}

/// Connects, makes one round trip and closes, over and over; the number of connections.
pub(crate) async fn connections(
    address: SocketAddr,
    at_once: usize,
    time: Duration,
) -> Result<u64> {
    let end = Instant::now() + time;
    let mut clients = JoinSet::new();
    for _ in 0..at_once {
        clients.spawn(async move {
            let mut done = 0;
            while Instant::now() < end {
                let mut stream = connect(address).await?;
                round_trip(&mut stream, b"0123456789abcdef", &mut [0; 16]).await?;
                // A reset leaves no port behind that would have to cool down.
                stream.set_zero_linger()?;
                done += 1;
            }
            Ok(done)
        });
    }
    sum(clients).await
}

/// Opens connections, makes `trips` round trips on each, and leaves them open.
pub(crate) async fn idle(
    address: SocketAddr,
    connections: usize,
    trips: usize,
) -> Result<Vec<TcpStream>> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        let mut stream = connect(address).await?;
        for _ in 0..trips {
            round_trip(&mut stream, b"0123456789abcdef", &mut [0; 16]).await?;
        }
        open.push(stream);
    }
    // Connections that say nothing show up in the server only when it has got round to them.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(open)
}

async fn sum(mut clients: JoinSet<Result<u64>>) -> Result<u64> {
    let mut all = 0;
    while let Some(one) = clients.join_next().await {
        all += one??;
    }
    Ok(all)
}
