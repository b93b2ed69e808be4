//! Transports that buffer what is written to them, as TLS does.

use super::Repeat;
use crate::harness::assert_same;
use eco_host::contract::{Connection, Expect};
use eco_host::net::{End, Inbox, Limits, LiveCounts, Request, Transport, exchange, serve};
use std::io;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufWriter, DuplexStream, ReadBuf,
    duplex,
};

/// A pipe with a buffer before it, which keeps what nobody flushes.
struct Buffered(BufWriter<DuplexStream>);

impl AsyncRead for Buffered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Buffered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl Transport for Buffered {
    fn reset_on_drop(&mut self) {}
}

/// Replies with each chunk so many times over, through this buffer, to a peer with a pipe of 1000 bytes.
async fn replies<F: Future>(
    times: usize,
    buffer: usize,
    peer: impl FnOnce(DuplexStream) -> F,
) -> (End<std::convert::Infallible>, F::Output) {
    let (near, far) = duplex(1000);
    let mut transport = Buffered(BufWriter::with_capacity(buffer, far));
    let mut session = Repeat::times(times);
    let name = || "a pipe".to_owned();
    let connection = Connection {
        id: 1,
        peer: name(),
        local: name(),
        origin: None,
        details: None,
    };
    let (stopping, counts) = (AtomicBool::new(false), LiveCounts::default());
    let limits = Limits::default();
    let serving = async {
        let end = serve(
            &mut transport,
            &mut session,
            &connection,
            &limits,
            &stopping,
            &counts,
        )
        .await;
        drop(transport);
        end
    };
    tokio::join!(serving, peer(near))
}

#[tokio::test(start_paused = true)]
async fn each_reply_reaches_its_peer_whole_before_the_next_chunk() {
    for (times, buffer) in [(1, 4096), (1_000_000, 65536), (1_000_000, 7)] {
        let (end, ()) = replies(times, buffer, async |mut near| {
            let mut reply = vec![0; times];
            for _ in 0..2 {
                near.write_all(b"x").await.expect("it is read");
                near.read_exact(&mut reply).await.expect("it is flushed");
                assert_same(&reply, &vec![b'x'; times]);
            }
            near.shutdown().await.expect("a pipe");
        })
        .await;
        assert!(matches!(end, End::Ended), "{end:?}");
    }
}

/// The buffer takes the whole reply at once: what the peer takes is seen in the flush alone.
#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_none_of_a_buffered_reply_is_stalled() {
    let began = tokio::time::Instant::now();
    let (end, _near) = replies(1001, 4096, async |mut near| {
        near.write_all(b"x").await.expect("it is read");
        near
    })
    .await;
    assert!(matches!(end, End::Stalled), "{end:?}");
    assert_eq!(began.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn the_message_of_a_client_reaches_its_server_whole_too() {
    for (message, expect) in [
        (&b"hello"[..], Expect::Exactly(5)),
        (b"hello", Expect::Nothing),
        (b"hello", Expect::ToEnd),
        (b"", Expect::Nothing),
    ] {
        let (near, far) = duplex(64);
        let mut client = Buffered(BufWriter::new(near));
        let (mut from, mut to) = tokio::io::split(far);
        let server = async {
            let mut came = vec![0; message.len()];
            from.read_exact(&mut came).await.expect("it is flushed");
            assert_same(&came, message);
            to.write_all(&came).await.expect("it is open");
            if expect == Expect::ToEnd {
                from.read_to_end(&mut came).await.expect("FIN comes too");
                to.shutdown().await.expect("it is open");
            }
        };
        let request = Request {
            send: message,
            expect: &expect,
            most: 64,
        };
        let mut inbox = Inbox::default();
        let exchanging = exchange(&mut client, request, &mut inbox, |_| {}, async |_| Ok(()));
        let both = async { tokio::join!(exchanging, server) };
        let both = tokio::time::timeout(Duration::from_secs(60), both).await;
        let (result, ()) = both.expect("nobody waits for the other");
        result.expect("it is whole");
        let reply = if expect == Expect::Nothing {
            b""
        } else {
            message
        };
        assert_same(inbox.reply(), reply);
    }
}
