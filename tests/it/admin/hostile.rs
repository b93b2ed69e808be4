//! Strangers at the address of the figures: each has a clear end, and serving goes on.

use super::{admin_of, answer_to, get};
use crate::support::{Peer, serve};
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

/// Everything that is told of an address that is none of its own.
#[track_caller]
fn is_served(address: SocketAddr) {
    Peer::connect(address).send(b"served").expect(b"served");
}

#[test]
fn a_thousand_connections_that_say_nothing_keep_nobody_out() {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let admin = admin_of(&mut server);
    let mut silent = Vec::new();
    for number in 0..1000 {
        silent.push(Peer::connect(admin));
        if number % 100 == 0 {
            assert_eq!(get(admin, "/livez").body, "ok\n");
            is_served(server.address);
        }
    }
    assert_eq!(get(admin, "/livez").body, "ok\n");
    // The first have made way.
    for peer in &mut silent[..400] {
        assert!(!matches!(peer.0.read(&mut [0]), Ok(1..)));
    }
    drop(silent);
    // Nor do those that come again and again, and stay.
    let mut before = Vec::new();
    for _ in 0..5 {
        let silent: Vec<Peer> = (0..600).map(|_| Peer::connect(admin)).collect();
        assert_eq!(get(admin, "/livez").body, "ok\n");
        before = silent;
    }
    drop(before);
}

#[test]
fn what_is_no_plain_question_has_a_clear_answer() {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let admin = admin_of(&mut server);
    for (request, status) in [
        ("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (
            "GET /metrics/../livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
            404,
        ),
        ("GET /%6divez HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("GET //livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (
            "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
            405,
        ),
        ("TRACE /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        ("\0\r\n\r\n", 400),
    ] {
        let answer = answer_to(Peer::connect(admin).0, request);
        assert_eq!(answer.status, status, "{request:?}");
        if status == 404 {
            assert_eq!(answer.body, "here are /livez, /readyz, /metrics, /\n");
        }
    }
    // Another protocol is not spoken, and HTTP goes on.
    let upgrade = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let answer = answer_to(Peer::connect(admin).0, upgrade);
    assert_eq!((answer.status, &*answer.body), (200, "ok\n"));
    is_served(server.address);
}

#[test]
fn a_megabyte_of_header_is_refused_and_who_never_reads_costs_nobody_anything() {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let admin = admin_of(&mut server);
    let mut peer = Peer::connect(admin);
    let header = format!("GET /livez HTTP/1.1\r\nX: {}", "x".repeat(1 << 20));
    // The server may close before it has taken all.
    let _ = peer.0.write_all(header.as_bytes());
    let mut answer = String::new();
    let _ = peer.0.read_to_string(&mut answer);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
        "{answer}"
    );
    let mut unread: Vec<Peer> = (0..200).map(|_| Peer::connect(admin)).collect();
    for peer in &mut unread {
        peer.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    assert_eq!(get(admin, "/livez").body, "ok\n");
    is_served(server.address);
}
