//! A running server is stopped by its handle, by its drop, and by a signal.

use super::{in_time, patient, pipes, word};
use crate::harness::assert_same;
use eco_host::net::{Server, ServerHandle};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn however_a_server_is_stopped_its_listener_is_closed_and_replies_have_the_grace() {
    type Stop = fn(ServerHandle);
    let ways: [Stop; 4] = [
        drop,
        |server| server.stop_signal().stop(),
        |server| drop(tokio::spawn(async move { server.stop().await })),
        |server| {
            let signal = server.stop_signal();
            tokio::spawn(async move { server.wait().await });
            signal.clone().stop();
            signal.stop();
        },
    ];
    for stop in ways {
        let (listener, peers) = pipes();
        let mut limits = patient();
        limits.grace = Duration::from_secs(5);
        let server = Server::builder(limits)
            .listen(listener, word("hello"))
            .start();
        let (mut idle, mut busy) = (peers.connect(), peers.connect());
        for peer in [&mut idle, &mut busy] {
            let mut said = [0; 5];
            in_time(peer.read_exact(&mut said))
                .await
                .expect("it is served");
            assert_same(&said, b"hello");
        }
        // The pipe holds 64 bytes, and a second reply waits until somebody reads the first.
        busy.write_all(&[b'm'; 64]).await.expect("it is open");
        busy.write_all(&[b'n'; 64]).await.expect("it is read");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let began = Instant::now();
        stop(server);
        in_time(peers.to.closed()).await;
        let mut rest = Vec::new();
        in_time(idle.read_to_end(&mut rest)).await.expect("a pipe");
        assert_same(&rest, b"");
        assert_eq!(began.elapsed(), Duration::ZERO);
        tokio::time::sleep(Duration::from_secs(4)).await;
        in_time(busy.read_to_end(&mut rest)).await.expect("a pipe");
        assert_same(&rest, &[[b'm'; 64], [b'n'; 64]].concat());
        assert_eq!(peers.resets(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_handle_was_dropped_cuts_off_what_is_left_at_the_end_of_the_grace() {
    let (listener, peers) = pipes();
    let mut limits = patient();
    limits.grace = Duration::from_secs(5);
    let server = Server::builder(limits)
        .listen(listener, word("hello"))
        .start();
    let mut waits = peers.connect();
    waits.write_all(b"w").await.expect("it is open");
    let mut said = [0; 5];
    in_time(waits.read_exact(&mut said))
        .await
        .expect("it is served");
    let began = Instant::now();
    drop(server);
    let mut rest = Vec::new();
    in_time(waits.read_to_end(&mut rest)).await.expect("a pipe");
    assert_same(&rest, b"");
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(peers.resets(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handle_counts_and_waits_and_stops_more_than_once() {
    let (listener, peers) = pipes();
    let server = Server::builder(patient())
        .listen(listener, word("hello"))
        .start();
    let counts = || {
        let counts = server.counts();
        (counts.open, counts.accepted, counts.refused, counts.cut_off)
    };
    assert_eq!(counts(), (0, 0, 0, 0));
    let mut peer = peers.connect();
    let mut said = [0; 5];
    in_time(peer.read_exact(&mut said))
        .await
        .expect("it is served");
    assert_eq!(counts(), (1, 1, 0, 0));
    let waits = tokio::time::timeout(Duration::from_secs(60), server.wait());
    waits.await.expect_err("nobody has it stop");
    let summary = in_time(server.stop()).await;
    assert_eq!((summary.open, summary.cut_off, summary.served), (1, 0, 1));
    assert_eq!(counts(), (0, 1, 0, 0));
    assert_eq!(server.stop().await, summary);
    assert_eq!(server.wait().await, summary);
}

#[test]
fn whoever_waits_is_told_when_the_runtime_ends() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (listener, peers) = pipes();
    let server = runtime.block_on(async {
        let server = Server::builder(patient())
            .listen(listener, word("hello"))
            .start();
        let mut said = [0; 5];
        let mut peer = peers.connect();
        in_time(peer.read_exact(&mut said))
            .await
            .expect("it is served");
        server
    });
    drop(runtime);
    let other = tokio::runtime::Builder::new_current_thread().build();
    let summary = other.expect("a runtime").block_on(server.wait());
    assert_eq!(summary.served, 1);
}
