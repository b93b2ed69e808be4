//! TCP over real sockets: half-close, resets, slow peers, timeouts, caps.

use crate::harness::{Eco, assert_same};
use crate::support::{Peer, noise, resident_bytes, serve, session_plugin};
use std::io::{Read as _, Write as _};
use std::time::Duration;

#[test]
fn a_peer_that_half_closes_gets_all_it_is_owed_then_fin() {
    let server = serve(&["-q", "--chunk-size", "1000"]);
    let message = noise(100_000, 3);
    let mut peer = Peer::connect(server.address);
    // Within what the kernel's buffers hold, so that FIN is sent before anything is read.
    peer.send(&message).finish();
    assert_same(&peer.rest(), &message);
}

#[test]
fn a_connection_that_its_peer_finished_ends_with_fin_and_never_with_a_reset() {
    let server = serve(&["-q"]);
    // Some end while a part of the reply is still with the kernel.
    for length in [0, 1, 16, 100_000] {
        let message = noise(length, 8);
        for _ in 0..50 {
            let mut peer = Peer::connect(server.address);
            peer.send(&message).finish();
            assert_same(&peer.rest(), &message);
        }
    }
}

#[test]
fn a_connection_is_logged_with_the_address_that_its_peer_came_to() {
    for listens in ["127.0.0.1:0", "0.0.0.0:0"] {
        let server = Eco::new(&["serve", "--listen", listens]).serve();
        let port = server.address.port();
        let mut peer = Peer::connect(([127, 0, 0, 1], port).into());
        peer.finish().expect_end();
        let local = format!("local=127.0.0.1:{port}");
        server.logged(&["opened", "connection=1", &local]);
    }
}

#[test]
fn a_reset_ends_that_connection_and_no_other() {
    let server = serve(&[]);
    let mut neighbour = Peer::connect(server.address);
    neighbour.send(b"one").expect(b"one");
    let mut rude = Peer::connect(server.address);
    rude.send(&noise(200_000, 4));
    rude.reset();
    Peer::connect(server.address).reset();
    server.logged(&["closed", "connection=2", "reason=\"peer-reset\""]);
    server.logged(&["closed", "connection=3", "reason=\"peer-reset\""]);
    neighbour.send(b"two").expect(b"two").finish().expect_end();
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

#[test]
fn a_slow_reader_costs_a_bounded_amount_of_memory_and_loses_nothing() {
    let server = serve(&["-q"]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"x").expect(b"x");
    let before = resident_bytes(&server);
    peer.0
        .set_write_timeout(Some(Duration::from_millis(500)))
        .expect("a socket has options");
    let message = noise(64 << 20, 5);
    let mut written = 0;
    // Nothing is read here, so in the end the server can't write, and must have stopped reading.
    while let Some(rest) = message.get(written..).filter(|rest| !rest.is_empty()) {
        match peer.0.write(rest) {
            Ok(bytes) => written += bytes,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(error) => assert!(error.kind() == std::io::ErrorKind::Interrupted, "{error}"),
        }
    }
    assert!(
        written < message.len(),
        "the server took 64 MiB for a peer that reads nothing"
    );
    let growth = resident_bytes(&server).saturating_sub(before);
    assert!(growth < 4 << 20, "its memory grew by {growth} bytes");
    peer.finish();
    assert_same(
        &peer.rest(),
        message.get(..written).expect("what was written"),
    );
}

#[test]
fn a_close_reaches_a_peer_that_is_still_sending() {
    let server = serve(&["-p", &session_plugin(), "--chunk-size", "16"]);
    let mut peer = Peer::greeted(server.address);
    // The server reads 16 bytes of it. Closing with the rest unread would be a reset, which could
    // overtake the reply.
    let mut message = noise(100_000, 6);
    message.splice(..1, *b"c");
    peer.send(&message);
    peer.expect(message.get(..16).expect("a chunk"))
        .expect_end();
}

#[test]
fn a_peer_that_never_closes_is_not_waited_for_for_ever() {
    let server = serve(&["-p", &session_plugin()]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"c").rest();
    server.logged(&["closed", "reason=\"by-plugin\""]);
}

#[test]
fn a_silent_peer_is_closed_in_order_after_the_idle_timeout() {
    let server = serve(&["--idle-timeout", "200ms"]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"x").expect(b"x").expect_end();
    server.logged(&[
        "closed",
        "reason=\"idle\"",
        "received=1",
        "(see --idle-timeout)",
    ]);
}

#[test]
fn a_peer_that_takes_nothing_is_reset_after_the_write_timeout() {
    let server = serve(&["--write-timeout", "200ms"]);
    let mut peer = Peer::connect(server.address);
    let mut writer = Peer(peer.0.try_clone().expect("a socket can be shared"));
    let message = noise(64 << 20, 7);
    writer
        .0
        .write_all(&message)
        .expect_err("the server gives up");
    server.logged(&["closed", "reason=\"stalled\"", "(see --write-timeout)"]);
    let mut rest = Vec::new();
    // The writer has seen the reset; what had arrived before can still be read.
    let _ = peer.0.read_to_end(&mut rest);
    assert_same(&rest, message.get(..rest.len()).expect("a prefix"));
}

#[test]
fn at_the_cap_connections_wait_and_none_is_refused() {
    let server = serve(&["--max-connections", "1"]);
    let mut first = Peer::connect(server.address);
    first.send(b"first").expect(b"first");
    let mut second = Peer::connect(server.address);
    second.send(b"second");
    server.logged(&[
        "1 connections are open: the next ones wait",
        "--max-connections",
    ]);
    assert_eq!(server.log().matches("opened").count(), 1);
    first.finish().expect_end();
    second.expect(b"second").finish().expect_end();
}

#[test]
fn a_peer_that_has_as_many_as_it_may_is_refused_and_stops_no_other() {
    let server = serve(&["--max-connections", "4", "--max-connections-per-peer", "2"]);
    let mut first = Peer::connect(server.address);
    first.send(b"first").expect(b"first");
    let mut second = Peer::connect(server.address);
    second.send(b"second").expect(b"second");
    for id in ["connection=3", "connection=4", "connection=5"] {
        Peer::connect(server.address).expect_reset();
        server.logged(&["refused", id, "reason=\"too-many\"", "2 connections"]);
    }
    // Another address is another peer.
    let to = server.address.to_string();
    let other = [
        "load",
        "-n",
        "4",
        "-c",
        "2",
        "--source",
        "127.0.0.2",
        "-t",
        &to,
    ];
    let other = Eco::new(&other).run(b"");
    assert_eq!(other.code, 0, "{}", other.stderr);
    // A peer that leaves makes room for one more.
    first.finish().expect_end();
    server.logged(&["closed", "connection=1", "reason=\"ended\""]);
    let mut third = Peer::connect(server.address);
    third.send(b"third").expect(b"third");
    second.send(b"still here").expect(b"still here");
}

#[test]
fn a_server_out_of_descriptors_serves_on_and_recovers() {
    let server = Eco::with_descriptors(
        40,
        &["serve", "-l", "127.0.0.1:0", "--max-connections", "100"],
    )
    .serve();
    let mut first = Peer::connect(server.address);
    first.send(b"x").expect(b"x");
    let mut crowd: Vec<Peer> = (0..60).map(|_| Peer::connect(server.address)).collect();
    server.logged(&["ERROR", "cannot accept"]);
    first.send(b"still here").expect(b"still here");
    let mut last = crowd.pop().expect("there are sixty");
    last.send(b"in the end");
    drop(crowd);
    last.expect(b"in the end");
    Peer::connect(server.address)
        .send(b"as before")
        .expect(b"as before");
    let complaints = server.log().matches("cannot accept").count();
    assert!(
        complaints <= 5,
        "{complaints} complaints: at most one a second"
    );
}

#[test]
fn the_soft_descriptor_limit_is_raised_to_the_hard_one() {
    let server = serve(&[]);
    let limits =
        std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).expect("it runs");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .expect("a limit");
    let mut numbers = line.split_whitespace().skip(3);
    assert_eq!(numbers.next(), numbers.next(), "{line}");
}

#[test]
fn a_thousand_connections_are_served_and_leave_nothing_behind() {
    let server = serve(&["-q"]);
    let descriptors = || {
        std::fs::read_dir(format!("/proc/{}/fd", server.pid()))
            .expect("it runs")
            .count()
    };
    Peer::connect(server.address)
        .send(b"x")
        .expect(b"x")
        .finish()
        .expect_end();
    let before = descriptors();
    for round in 0..2u8 {
        let mut open: Vec<Peer> = (0..1000).map(|_| Peer::connect(server.address)).collect();
        for peer in &mut open {
            peer.send(&[round; 100]).expect(&[round; 100]);
        }
        for peer in &mut open {
            peer.finish().expect_end();
        }
    }
    // The descriptor is closed after FIN is sent, which is what the peers have seen.
    let mut tries = 0;
    while descriptors() > before && tries < 1000 {
        tries += 1;
        Peer::connect(server.address)
            .send(b"x")
            .expect(b"x")
            .finish()
            .expect_end();
    }
    assert!(
        descriptors() <= before,
        "{} descriptors, {before} before",
        descriptors()
    );
}

#[test]
fn it_listens_on_several_addresses_ipv6_and_names() {
    let mut server = Eco::new(&[
        "serve",
        "-l",
        "127.0.0.1:0",
        "-l",
        "[::1]:0",
        "-l",
        "localhost:0",
    ])
    .serve();
    let mut addresses = vec![server.address];
    for _ in 0..2 {
        let line = server.line();
        let address = line
            .strip_prefix("listening on ")
            .and_then(|rest| rest.strip_suffix(" (plugin echo)"));
        addresses.push(
            address
                .and_then(|address| address.parse().ok())
                .expect("an address"),
        );
    }
    for address in addresses {
        Peer::connect(address).send(b"x").expect(b"x");
    }
}

#[test]
fn several_listeners_share_one_cap() {
    let mut server = Eco::new(&[
        "serve",
        "-l",
        "127.0.0.1:0",
        "-l",
        "127.0.0.1:0",
        "--max-connections",
        "1",
    ])
    .serve();
    let line = server.line();
    let second = line
        .split(' ')
        .nth(2)
        .and_then(|address| address.parse().ok())
        .expect("an address");
    // Whichever is used, the other one doesn't keep the only permit for itself.
    for address in [second, server.address, second] {
        Peer::connect(address)
            .send(b"x")
            .expect(b"x")
            .finish()
            .expect_end();
    }
}

#[test]
fn a_timeout_beyond_all_clocks_is_no_timeout() {
    let server = serve(&["--idle-timeout", "400000000000y", "--write-timeout", "0"]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"x")
        .expect(b"x")
        .send(b"y")
        .expect(b"y")
        .finish()
        .expect_end();
}
