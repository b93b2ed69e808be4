//! Attacks on a handshake: each has a clear end, and touches nobody else.

use super::{Authority, TlsPeer, serve_tls};
use crate::support::{Peer, noise};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

#[test]
fn what_is_no_handshake_is_refused_with_its_reason_and_nobody_else_notices() {
    let authority = Authority::new("garbage");
    let server = serve_tls(&authority.server(&["localhost"]), &[]);
    let mut good = TlsPeer::connect(server.address, &authority.trusting());
    let hello = client_hello();
    let long = [&[0x16, 3, 1, 0xff, 0xff][..], &noise(70_000, 3)].concat();
    // A message of the handshake that says it has 16 MiB, in records that come one after the other.
    let huge = [0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff].iter().copied();
    let huge: Vec<u8> = huge.chain(noise(16 * 1024 - 4, 4)).collect();
    for (bytes, why) in [
        (
            &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
            "doesn't speak TLS",
        ),
        (b"hello, is this an echo?\n", "doesn't speak TLS"),
        (&noise(100_000, 5), "doesn't speak TLS"),
        (&[0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0], "doesn't speak TLS"),
        (&long, "TLS"),
        (&huge, "TLS"),
        (&hello[..hello.len() / 2], "closed the connection before"),
        (&hello[..1], "closed the connection before"),
        (b"", "closed the connection before"),
        (&[0x15, 3, 3, 0, 2, 2, 40], "TLS"),
        (&[0x17, 3, 3, 0, 2, 2, 40], "TLS"),
    ] {
        let before = server.log().matches("handshake-failed").count();
        let mut peer = Peer::connect(server.address);
        // It may be refused before all is sent.
        let _ = peer.0.write_all(bytes);
        let _ = peer.0.shutdown(Shutdown::Write);
        let mut told = Vec::new();
        let _ = peer.0.read_to_end(&mut told);
        assert!(told.len() < 100, "{told:?}");
        let refused = || server.log().matches("handshake-failed").count();
        while refused() == before {
            server.logged(&["handshake-failed"]);
            std::thread::yield_now();
        }
        let log = server.log();
        let line = log.lines().rfind(|line| line.contains("handshake-failed"));
        assert!(line.unwrap().contains(why), "{why}: {line:?}");
        good.send(b"still here").expect(b"still here");
    }
    good.finish().expect_end();
}

/// The first words of a client.
fn client_hello() -> Vec<u8> {
    let config = Authority::new("hello").trusting();
    let name = "localhost".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(config.into(), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn a_handshake_has_a_place_among_those_of_its_peer() {
    let authority = Authority::new("caps");
    let pair = authority.server(&["localhost"]);
    let server = serve_tls(&pair, &["--max-connections-per-peer", "2"]);
    let mut silent = [(); 2].map(|()| Peer::connect(server.address));
    let refused = TlsPeer::try_connect(server.address, &authority.trusting(), "localhost");
    refused.err().expect("it is one too many");
    server.logged(&["refused", "too-many"]);
    // Once the server has closed it, another one has its place.
    for peer in &mut silent {
        peer.finish();
        let _ = peer.0.read_to_end(&mut Vec::new());
    }
    TlsPeer::connect(server.address, &authority.trusting())
        .send(b"abc")
        .expect(b"abc");
}

/// Silent ones, and those that stop in the middle.
#[test]
fn a_thousand_silent_peers_hold_up_nobody_and_end_after_ten_seconds() {
    let authority = Authority::new("silent");
    let server = serve_tls(&authority.server(&["localhost"]), &[]);
    let hello = client_hello();
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let peers = most
        .map_or(1000, |most| {
            usize::try_from(most).unwrap().saturating_sub(300)
        })
        .clamp(100, 1000);
    let began = Instant::now();
    let silent: Vec<TcpStream> = (0..peers)
        .map(|number| {
            let mut peer = Peer::connect(server.address);
            if number % 2 == 1 {
                peer.send(&hello[..hello.len() / 2]);
            }
            peer.0
        })
        .collect();
    let mut good = TlsPeer::connect(server.address, &authority.trusting());
    good.send(b"abc").expect(b"abc");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    for mut peer in silent {
        // A reset, or an end.
        assert!(!matches!(peer.read(&mut [0]), Ok(1)));
    }
    assert!(began.elapsed() >= Duration::from_secs(10));
    good.send(b"still").expect(b"still").finish().expect_end();
    server.logged(&["closed", "reason=\"ended\""]);
    let timed_out = server.log().matches("handshake-timed-out").count();
    assert_eq!(timed_out, peers);
}
