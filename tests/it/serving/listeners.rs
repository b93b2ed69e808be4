//! Several listeners of one server.

use super::{Notes, Pipes, Word, in_time, patient, pipes, word};
use crate::connection_loop::Repeat;
use crate::harness::assert_same;
use eco_host::net::{Accepted, Arriving, Listener, Server, ServerEvent, Transport};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

#[tokio::test]
async fn listeners_of_different_types_have_sessions_of_different_types() {
    let (listener, peers) = pipes();
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("it listens");
    let twice = |arriving: &Arriving| {
        let peer = arriving.peer_address.expect("TCP has addresses");
        peer.is_loopback().then(|| Repeat::times(2))
    };
    let server = Server::builder(patient())
        .listen(listener, word("hello"))
        .listen(tcp, twice)
        .start();
    let mut peer = peers.connect();
    let mut said = [0; 5];
    peer.read_exact(&mut said).await.expect("it is served");
    assert_same(&said, b"hello");
    let mut peer = TcpStream::connect(address).await.expect("it listens");
    peer.write_all(b"ab").await.expect("it is open");
    let mut said = [0; 4];
    peer.read_exact(&mut said).await.expect("it is served");
    assert_same(&said, b"abab");
    assert_eq!(server.stop().await.served, 2);
}

/// The last place is nobody's until a connection comes, and then its.
#[tokio::test(start_paused = true)]
async fn a_listener_that_nobody_comes_to_holds_no_place() {
    let (mut listeners, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (listener, its_peers) = pipes();
        listeners.push(listener);
        peers.push(its_peers);
    }
    let mut limits = patient();
    limits.max_connections = 1;
    let server = listeners
        .into_iter()
        .fold(Server::builder(limits), |server, listener| {
            server.listen(listener, word("hello"))
        })
        .start();
    for _ in 0..3 {
        for peers in &peers {
            let mut peer = peers.connect();
            peer.write_all(b"c").await.expect("it is open");
            let mut said = Vec::new();
            peer.read_to_end(&mut said).await.expect("a pipe");
            assert_same(&said, b"helloc");
        }
    }
    assert_eq!(server.stop().await.served, 9);
}

/// Always has a connection, or an error.
struct Busy {
    fails: bool,
    asked: Arc<AtomicUsize>,
}

impl Listener for Busy {
    type Transport = DuplexStream;

    fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Accepted<DuplexStream>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(match self.fails {
            true => Err(io::Error::other("out of order")),
            // The other end is gone already.
            false => Ok(Accepted::new(duplex(1).1, "a pipe", "a pipe")),
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_listener_and_one_that_fails_hold_up_no_other() {
    for fails in [false, true] {
        let asked = Arc::<AtomicUsize>::default();
        let busy = Busy {
            fails,
            asked: asked.clone(),
        };
        let failures = Arc::<AtomicUsize>::default();
        let observed = failures.clone();
        let (listener, peers) = pipes();
        let server = Server::builder(patient())
            .listen(busy, |_| Some(Repeat::default()))
            .listen(listener, word("hello"))
            .observe(move |event| {
                if let ServerEvent::AcceptFailed { error, .. } = event {
                    assert_eq!(error, "out of order");
                    observed.fetch_add(1, Ordering::Relaxed);
                }
            })
            .start();
        let began = Instant::now();
        for _ in 0..100 {
            let mut said = [0; 5];
            let mut peer = peers.connect();
            peer.read_exact(&mut said).await.expect("it is served");
            assert_same(&said, b"hello");
        }
        // Nobody waits for the pause after a failure.
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(failures.load(Ordering::Relaxed), usize::from(fails));
        if fails {
            // It is asked again, after a pause each time.
            tokio::time::sleep(Duration::from_millis(475)).await;
            assert_eq!(asked.load(Ordering::Relaxed), 10);
            assert_eq!(failures.load(Ordering::Relaxed), 10);
        }
        in_time(server.stop()).await;
    }
}

/// Panics at its first connection, and serves the next ones.
struct PanicsOnce {
    pipes: Pipes,
    has_panicked: bool,
}

impl Listener for PanicsOnce {
    type Transport = super::Pipe;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<super::Pipe>>> {
        let accepted = ready!(self.pipes.poll_accept(cx));
        if !std::mem::replace(&mut self.has_panicked, true) {
            panic!("no address\nof the peer");
        }
        Poll::Ready(accepted)
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_panics_is_asked_again_and_ends_no_other() {
    let (listener, peers) = pipes();
    let (panicking, its_peers) = pipes();
    let panicking = PanicsOnce {
        pipes: panicking,
        has_panicked: false,
    };
    let failures = Notes::none();
    let observed = failures.clone();
    let mut limits = patient();
    limits.max_connections = 2;
    let server = Server::builder(limits)
        .listen(listener, |_| Some(Word("hello")))
        .listen(panicking, word("again"))
        .observe(move |event| {
            if let ServerEvent::AcceptFailed { error, .. } = event {
                observed.note(error.clone());
            }
        })
        .start();
    let mut peer = peers.connect();
    let mut said = [0; 5];
    peer.read_exact(&mut said).await.expect("it is served");
    let mut lost = its_peers.connect();
    let mut rest = Vec::new();
    lost.read_to_end(&mut rest).await.expect("a pipe");
    assert_same(&rest, b"");
    // It pauses first, as after an error, and its place is free again.
    let began = Instant::now();
    let mut second = its_peers.connect();
    in_time(second.read_exact(&mut said)).await.expect("served");
    assert_same(&said, b"again");
    assert_eq!(began.elapsed().as_millis(), 50);
    peer.write_all(b"still").await.expect("it is open");
    peer.read_exact(&mut said).await.expect("it is served");
    assert_same(&said, b"still");
    let expected = "the listener panicked: no address\\nof the peer";
    assert_eq!(failures.take(), [expected]);
    assert_eq!(in_time(server.stop()).await.open, 2);
}

/// A transport that panics as it is asked for a reset, and hands all else on.
struct PanicsAtReset(super::Pipe);

impl AsyncRead for PanicsAtReset {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl AsyncWrite for PanicsAtReset {
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

impl Transport for PanicsAtReset {
    fn reset_on_drop(&mut self) {
        panic!("no reset");
    }
}

/// All its connections are of one peer.
struct OfOnePeer(Pipes);

impl Listener for OfOnePeer {
    type Transport = PanicsAtReset;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<PanicsAtReset>>> {
        let accepted = ready!(self.0.poll_accept(cx))?.map(PanicsAtReset);
        let peer = std::net::Ipv4Addr::LOCALHOST;
        Poll::Ready(Ok(accepted.with_address(peer.into())))
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_as_it_is_refused_takes_no_place_and_ends_no_other() {
    let (listener, peers) = pipes();
    let mut limits = patient();
    limits.max_connections = 2;
    limits.max_connections_per_peer = std::num::NonZeroUsize::new(1);
    let server = Server::builder(limits)
        .listen(OfOnePeer(listener), word("hello"))
        .start();
    let mut peer = peers.connect();
    let mut said = [0; 5];
    peer.read_exact(&mut said).await.expect("it is served");
    for _ in 0..3 {
        let mut refused = peers.connect();
        let mut rest = Vec::new();
        let read = in_time(refused.read_to_end(&mut rest)).await;
        read.expect("a pipe");
        assert_same(&rest, b"");
    }
    assert_eq!(server.counts().open, 1);
    peer.write_all(b"still").await.expect("it is open");
    peer.read_exact(&mut said).await.expect("it is served");
    assert_same(&said, b"still");
}
