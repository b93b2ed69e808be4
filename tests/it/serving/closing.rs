//! A transport that never closes has its place for a time, and no longer.

use super::{Does, in_time, patient, pipes, word};
use crate::harness::assert_same;
use eco_host::net::Server;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_transport_that_never_closes_is_reset_after_its_time() {
    let five = Duration::from_secs(5);
    let thirty = Duration::from_secs(30);
    for (write_timeout, bound) in [(Some(five), five), (None, thirty)] {
        // It closes, it finishes, it ends in order, and it is idle.
        for told in [&b"c"[..], b"f", b"", b"e"] {
            let mut limits = patient();
            limits.write_timeout = write_timeout;
            limits.max_connections = 1;
            limits.idle_timeout = (told == b"e").then_some(five);
            let (listener, mut peers) = pipes();
            let server = Server::builder(limits)
                .listen(listener, word("hello"))
                .start();
            peers.shutdown = Does::Never;
            let mut first = peers.connect();
            peers.shutdown = Does::Well;
            let mut second = peers.connect();
            let mut greeting = [0; 5];
            in_time(first.read_exact(&mut greeting))
                .await
                .expect("it is served");
            let began = Instant::now();
            first.write_all(told).await.expect("it is open");
            if told.is_empty() {
                first.shutdown().await.expect("it is open");
            }
            let mut rest = Vec::new();
            in_time(first.read_to_end(&mut rest)).await.expect("a pipe");
            assert_same(&rest, told);
            // It has the only place.
            in_time(second.read_exact(&mut greeting))
                .await
                .expect("it is served");
            assert_same(&greeting, b"hello");
            let took = began.elapsed();
            assert!(took >= bound, "{told:?}: {took:?}");
            // A peer that may take the last bytes is waited for, too.
            let most = bound + waiting_before(told);
            assert!(took <= most, "{told:?}: {took:?}");
            assert_eq!(peers.resets(), 1, "{told:?}");
            in_time(server.stop()).await;
        }
    }
}

/// Two seconds of lingering, or the idle timeout; and a moment.
fn waiting_before(told: &[u8]) -> Duration {
    let moment = Duration::from_millis(10);
    moment
        + match told {
            b"c" => Duration::from_secs(2),
            b"e" => Duration::from_secs(5),
            _ => Duration::ZERO,
        }
}

#[tokio::test(start_paused = true)]
async fn a_transport_whose_drop_sends_fin_is_closed_by_that_alone_once_its_peer_has_finished() {
    // Its peer finishes, or has it closed or finished, and finishes then.
    for (told, resets) in [(&b""[..], 0), (b"c", 1), (b"f", 1)] {
        let (listener, mut peers) = pipes();
        let server = Server::builder(patient())
            .listen(listener, word("hello"))
            .start();
        peers.shutdown = Does::Never;
        peers.drop_sends_fin = true;
        let mut peer = peers.connect();
        let began = Instant::now();
        peer.write_all(told).await.expect("it is open");
        peer.shutdown().await.expect("it is open");
        let mut rest = Vec::new();
        in_time(peer.read_to_end(&mut rest)).await.expect("a pipe");
        assert_same(&rest, &[b"hello", told].concat());
        assert_eq!(peers.resets(), resets, "{told:?}");
        // Where FIN is due before the peer's was read, it is sent as ever.
        assert_eq!(began.elapsed().is_zero(), resets == 0, "{told:?}");
        in_time(server.stop()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_fails_to_close_is_gone_at_once() {
    let (listener, mut peers) = pipes();
    peers.shutdown = Does::Fails;
    let server = Server::builder(patient())
        .listen(listener, word("hello"))
        .start();
    let mut peer = peers.connect();
    let began = Instant::now();
    peer.write_all(b"f").await.expect("it is open");
    let mut rest = Vec::new();
    in_time(peer.read_to_end(&mut rest)).await.expect("a pipe");
    assert_same(&rest, b"hellof");
    assert_eq!(began.elapsed(), Duration::ZERO);
    in_time(server.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_gives_a_transport_that_never_closes_the_grace() {
    let (listener, mut peers) = pipes();
    peers.shutdown = Does::Never;
    let mut limits = patient();
    limits.grace = Duration::from_secs(3);
    let server = Server::builder(limits)
        .listen(listener, word("hello"))
        .start();
    let mut peer = peers.connect();
    let mut greeting = [0; 5];
    in_time(peer.read_exact(&mut greeting))
        .await
        .expect("it is served");
    let began = Instant::now();
    let summary = in_time(server.stop()).await;
    assert_eq!((summary.open, summary.cut_off), (1, 1));
    assert_eq!(began.elapsed().as_secs(), 3);
    assert_eq!(peers.resets(), 1);
}
