//! The attackers' connections: where they come from, and what came to them.
//!
//! It owns their sockets. It must not know what they are for.

use anyhow::{Context as _, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// What belongs to the scene, and not to the attack, is there by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// So often is the work of a script timed; the least counts.
const TIMES: usize = 10;
/// What is timed: some milliseconds, before a call goes to the background.
const STEPS: u64 = 300_000;

/// A connection from this address.
pub(crate) async fn connect(from: Ipv4Addr, server: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// So many connections, each of which sends what `says` has for its number.
pub(crate) async fn crowd(
    from: Ipv4Addr,
    server: SocketAddr,
    size: usize,
    says: impl Fn(usize) -> String,
) -> Result<Vec<TcpStream>> {
    let gathering = async {
        let mut all = Vec::with_capacity(size);
        for number in 0..size {
            let mut stream = connect(from, server).await?;
            stream.write_all(says(number).as_bytes()).await?;
            all.push(stream);
        }
        Ok(all)
    };
    let gathered = tokio::time::timeout(PATIENCE, gathering).await;
    gathered.context("the attackers don't get in")?
}

/// Waits until each of them has been told so many bytes; how many were, in this time.
pub(crate) async fn answered(crowd: &mut [TcpStream], length: usize, patience: Duration) -> usize {
    let mut answered = 0;
    let _ = tokio::time::timeout(patience, async {
        for stream in crowd {
            // One that was cut off is told nothing.
            let read = stream.read_exact(&mut vec![0; length]).await;
            answered += usize::from(read.is_ok());
        }
    })
    .await;
    answered
}

/// Sends one message and waits for a byte, on a connection that belongs to the scene.
pub(crate) async fn ask(stream: &mut TcpStream, what: &str) -> Result<()> {
    let asking = async {
        stream.write_all(what.as_bytes()).await?;
        stream.read_exact(&mut [0]).await
    };
    tokio::time::timeout(PATIENCE, asking).await??;
    Ok(())
}

/// How many bytes have come to all of them and were not read.
pub(crate) fn unread(crowd: &[TcpStream]) -> usize {
    let mut buffer = vec![0; 1 << 16];
    let mut all = 0;
    for stream in crowd {
        while let Ok(read @ 1..) = stream.try_read(&mut buffer) {
            all += read;
        }
    }
    all
}

/// How many of them the server has ended.
pub(crate) fn ended(crowd: &[TcpStream]) -> usize {
    let mut buffer = vec![0; 1 << 16];
    let over = |stream: &&TcpStream| match stream.try_read(&mut buffer) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    crowd.iter().filter(over).count()
}

/// How many steps of work a script does in a millisecond, if it does so at `work STEPS`.
pub(crate) async fn steps_in_a_millisecond(server: SocketAddr) -> Result<u64> {
    let mut least = Duration::MAX;
    for _ in 0..TIMES {
        // A new one has had no time yet, and is not put behind others.
        let mut stream = connect(Ipv4Addr::LOCALHOST, server).await?;
        ask(&mut stream, "work 1").await?;
        let began = Instant::now();
        ask(&mut stream, &format!("work {STEPS}")).await?;
        least = least.min(began.elapsed());
    }
    Ok((STEPS as f64 / (least.as_secs_f64() * 1e3)) as u64)
}
