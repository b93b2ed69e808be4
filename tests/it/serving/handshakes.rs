//! What a transport does with its peer before there is a session.

use super::{Does, Notes, Word, in_time, patient, pipes, word};
use crate::harness::assert_same;
use eco_host::contract::{PeerDetails, TlsDetails};
use eco_host::net::{Arriving, Refusal, Server, ServerEvent};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::time::Instant;

async fn greeting(peer: &mut DuplexStream) -> Vec<u8> {
    let mut greeting = vec![0; 5];
    match in_time(peer.read_exact(&mut greeting)).await {
        Ok(_) => greeting,
        Err(_) => Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_silent_handshakes_hold_up_nobody_and_end_after_ten_seconds() {
    let (listener, mut peers) = pipes();
    let server = Server::builder(patient())
        .listen(listener, word("hello"))
        .start();
    let began = Instant::now();
    peers.handshake = Does::Never;
    let mut silent: Vec<_> = (0..1000).map(|_| peers.connect()).collect();
    peers.handshake = Does::Well;
    let mut other = peers.connect();
    assert_same(&greeting(&mut other).await, b"hello");
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!((server.counts().open, server.counts().refused), (1001, 0));
    for peer in &mut silent {
        assert_same(&greeting(peer).await, b"");
    }
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(peers.resets(), 1000);
    assert_eq!(server.counts().refused, 1000);
}

#[tokio::test(start_paused = true)]
async fn a_silent_handshake_has_a_place_and_leaves_it_after_ten_seconds() {
    let (listener, mut peers) = pipes();
    let mut limits = patient();
    limits.max_connections = 1;
    let _server = Server::builder(limits)
        .listen(listener, word("hello"))
        .start();
    let began = Instant::now();
    peers.handshake = Does::Never;
    let _silent = peers.connect();
    peers.handshake = Does::Well;
    assert_same(&greeting(&mut peers.connect()).await, b"hello");
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_chosen_by_the_name_that_the_peer_asked_for() {
    let (listener, mut peers) = pipes();
    let choose = |arriving: &Arriving| match arriving.server_name() {
        Some("one") => Some(Word("hello")),
        Some("two") => Some(Word("howdy")),
        _ => None,
    };
    let server = Server::builder(patient()).listen(listener, choose).start();
    for (name, greets) in [
        (Some("one"), &b"hello"[..]),
        (Some("two"), b"howdy"),
        (Some("three"), b""),
        (None, b""),
    ] {
        let tls = TlsDetails {
            server_name: name.map(str::to_owned),
            ..TlsDetails::default()
        };
        peers.details = Some(Box::new(PeerDetails {
            tls: Some(tls),
            ..PeerDetails::default()
        }));
        assert_same(&greeting(&mut peers.connect()).await, greets);
    }
    assert_eq!(peers.resets(), 2);
    let counts = server.counts();
    assert_eq!((counts.accepted, counts.refused), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_handshake_ends_otherwise_has_no_session() {
    for (handshake, why, resets) in [
        (
            Does::Fails,
            Refusal::HandshakeFailed("no common\\nversion".to_owned()),
            0,
        ),
        (Does::Never, Refusal::Stopping, 1),
    ] {
        let (listener, mut peers) = pipes();
        let refusals = Notes::none();
        let notes = refusals.clone();
        let never = |_: &Arriving| -> Option<Word> { panic!("it is not asked for a session") };
        let server = Server::builder(patient())
            .listen(listener, never)
            .observe(move |event| match event {
                ServerEvent::Refused { why, peer, .. } => notes.note((why.clone(), peer.clone())),
                other => panic!("{other:?}"),
            })
            .start();
        peers.handshake = handshake;
        let mut peer = peers.connect();
        let began = Instant::now();
        while server.counts().accepted == 0 {
            tokio::task::yield_now().await;
        }
        let summary = in_time(server.stop()).await;
        assert_same(&greeting(&mut peer).await, b"");
        assert_eq!(summary.served, 1);
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(refusals.take(), [(why, "a pipe".to_owned())]);
        assert_eq!(peers.resets(), resets);
    }
}
