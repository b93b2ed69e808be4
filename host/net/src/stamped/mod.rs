//! A connection that knows when its bytes arrived.
//!
//! A thread with many connections reads a reply when its turn comes, which may be long after the reply arrived. Linux
//! timestamps each packet of TCP (SO_TIMESTAMPNS, socket(7)), by the wall clock (`moment`). On other systems, and on
//! other streams, bytes count as arrived when they are read.

mod moment;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod system;

use super::stream::Stream;
use super::transport::Transport as _;
use moment::Moment;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpSocket;

/// Keeps the system's timestamps on while it is there. The first request may take a busy system long: make it early,
/// where the first timestamps matter.
#[derive(Debug)]
pub struct StampsOn(#[expect(dead_code, reason = "held, for what it was asked")] Option<TcpSocket>);

impl StampsOn {
    /// Asks for timestamps. A system without any is no failure.
    pub fn ask() -> Self {
        let socket = TcpSocket::new_v4().ok();
        socket.iter().for_each(system::ask);
        Self(socket)
    }
}

/// See the module.
#[derive(Debug)]
pub struct StampedStream {
    stream: Stream,
    /// `None`: the system has none of this stream.
    stamps: Option<system::Stamps>,
    /// The arrival of the last bytes that were read, since 1970, if the system has told, and no FIN was waited for
    /// since.
    arrived: Option<Duration>,
    /// The last question for an age.
    asked: Moment,
}

impl StampedStream {
    /// Asks the system for timestamps from now on. A system without any is no failure.
    pub fn new(stream: impl Into<Stream>) -> Self {
        let stream = stream.into();
        Self {
            stamps: stream.tcp().map(system::Stamps::of),
            stream,
            arrived: None,
            asked: Moment::now(),
        }
    }

    /// Whether the system tells when bytes of this stream arrived: Linux does of TCP.
    pub fn has_stamps(&self) -> bool {
        cfg!(target_os = "linux") && self.stamps.is_some()
    }

    /// Makes the coming drop a reset, where the stream has such.
    pub fn reset_on_drop(&mut self) {
        self.stream.reset_on_drop();
    }

    /// Whether the drop alone closes the connection in order ([`Transport::drop_sends_fin`](crate::Transport::drop_sends_fin)).
    pub fn drop_sends_fin(&self) -> bool {
        self.stream.drop_sends_fin()
    }

    /// The age of the last bytes that were read since the last call: at most the time since then. `None` where nothing
    /// was read, the system has no timestamp, or somebody has set the clock. FINs have no timestamps: one that is there
    /// when the bytes before it are read counts as arrived with them, and one that is waited for as just arrived.
    pub fn take_age(&mut self) -> Option<Duration> {
        let now = Moment::now();
        let asked = std::mem::replace(&mut self.asked, now);
        now.age(self.arrived.take()?, &asked)
    }
}

impl AsyncRead for StampedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self {
            stream,
            stamps,
            arrived,
            ..
        } = &mut *self;
        match (stream, stamps) {
            (Stream::Tcp(stream), Some(stamps)) => stamps.poll_read(stream, arrived, cx, buffer),
            (stream, _) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for StampedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::time::Instant;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    async fn pair() -> (StampedStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it listens");
        let here = TcpStream::connect(address).await.expect("it listens");
        let (there, _) = listener.accept().await.expect("it connects");
        (StampedStream::new(here), there)
    }

    #[tokio::test]
    async fn what_lay_there_before_it_was_read_is_as_old_as_that() {
        let (mut here, mut there) = pair().await;
        let mut told = false;
        // The system begins to take notes a moment after it was asked.
        for _ in 0..1000 {
            there.write_all(b"reply").await.expect("it is open");
            here.stream
                .tcp()
                .expect("it is one")
                .peek(&mut [0])
                .await
                .expect("it is open");
            let is_there = Instant::now();
            while is_there.elapsed() < Duration::from_millis(2) {
                std::hint::spin_loop();
            }
            let mut reply = [0; 5];
            here.read_exact(&mut reply).await.expect("it is open");
            assert_eq!(&reply, b"reply");
            if let Some(age) = here.take_age() {
                assert!(age >= Duration::from_millis(1), "{age:?}");
                assert_eq!(here.take_age(), None);
                told = true;
                break;
            }
        }
        assert!(told, "the system has told nothing of any reply");
    }

    #[tokio::test]
    async fn bytes_come_in_order_through_any_room_up_to_the_end() {
        let (mut here, mut there) = pair().await;
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
        let bytes = sent.clone();
        let writing = tokio::spawn(async move {
            for piece in bytes.chunks(7001) {
                there.write_all(piece).await.expect("it is open");
                tokio::task::yield_now().await;
            }
        });
        let (mut came, mut room) = (Vec::<u8>::new(), vec![0; 4096]);
        loop {
            let read = here.read(&mut room).await.expect("it is open");
            came.extend(room.iter().take(read));
            // From one byte to all of it, so that reads fill their room, and don't.
            room.resize(came.len() % 4096 + 1, 0);
            if read == 0 {
                break;
            }
        }
        writing.await.expect("no panic");
        assert!(came == sent);
    }
}
