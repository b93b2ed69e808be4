//! What connections do: bytes, half-close, ends.

use super::{Authority, TlsPeer, serve_tls};
use crate::harness::{Eco, assert_same};
use crate::support::{noise, serve, session_plugin};
use crate::websocket::{RESPONSE, frame, request};
use rustls::version::{TLS12, TLS13};
use std::io::Read as _;
use std::net::Shutdown;

#[test]
fn a_mebibyte_of_noise_comes_back_as_it_was_through_ecos_own_client() {
    let authority = Authority::new("noise");
    let server = serve_tls(&authority.server(&["localhost"]), &[]);
    let message = noise(1 << 20, 1);
    let file = authority.path("noise.bin");
    std::fs::write(&file, &message).unwrap();
    let to = format!("localhost:{}", server.address.port());
    let sent = Eco::new(&[
        "send",
        "--tls",
        "--ca",
        &authority.file(),
        "-t",
        &to,
        "-f",
        &file,
    ])
    .run(b"");
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    assert_same(&sent.stdout, &message);
    server.logged(&[
        "closed",
        "reason=\"ended\"",
        "received=1048576 sent=1048576",
    ]);
}

#[test]
fn each_side_may_finish_first_in_both_versions() {
    let authority = Authority::new("half-close");
    let pair = authority.server(&["localhost"]);
    let echo = serve_tls(&pair, &[]);
    let session = serve_tls(&pair, &["-p", &session_plugin()]);
    for version in [&TLS12, &TLS13] {
        let config = authority.trusting_in(&[version]);
        // The client has said all, and still reads.
        let mut peer = TlsPeer::connect(echo.address, &config);
        let message = noise(60_000, 2);
        peer.send(&message).finish().expect(&message).expect_end();
        echo.logged(&["closed", "reason=\"ended\"", "received=60000 sent=60000"]);
        // The server has said all, and still reads.
        let mut peer = TlsPeer::connect(session.address, &config);
        let greeting = peer.0.sock.local_addr().unwrap().to_string();
        peer.expect(greeting.as_bytes());
        peer.send(b"finish").expect(b"finish").expect_end();
        peer.send(b"more, which is heard").finish();
        let received = format!("received={}", "finish".len() + "more, which is heard".len());
        session.logged(&["closed", "reason=\"ended\"", &received]);
    }
}

#[test]
fn an_end_that_was_not_announced_is_a_reset_by_the_peer_on_either_side() {
    let authority = Authority::new("cut");
    let pair = authority.server(&["localhost"]);
    let session = serve_tls(&pair, &["-p", &session_plugin()]);
    for version in [&TLS12, &TLS13] {
        let mut peer = TlsPeer::connect(session.address, &authority.trusting_in(&[version]));
        let greeting = peer.0.sock.local_addr().unwrap().to_string();
        peer.expect(greeting.as_bytes());
        peer.send(b"keep").expect(b"keep");
        peer.0.sock.shutdown(Shutdown::Write).unwrap();
        session.logged(&[
            "closed",
            "reason=\"peer-reset\"",
            "without TLS's close_notify",
        ]);
        // The plugin is told, and says nothing of an end of input. The server's own end is in order.
        peer.expect_end();
    }
    session.logged(&["closed 2"]);
    // A plugin's reset is one of TCP.
    let mut peer = TlsPeer::connect(session.address, &authority.trusting());
    let greeting = peer.0.sock.local_addr().unwrap().to_string();
    peer.expect(greeting.as_bytes()).send(b"reset");
    let error = peer.0.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
}

#[test]
fn a_load_of_connections_closes_each_in_order() {
    let authority = Authority::new("load");
    let server = serve_tls(&authority.server(&["localhost"]), &[]);
    let to = format!("localhost:{}", server.address.port());
    let tls = ["--tls", "--ca", &authority.file(), "-t", &to];
    for more in [&["--reconnect"][..], &[]] {
        let load = ["load", "-n", "40", "-c", "4", "--size", "20KiB"];
        let loaded = Eco::new(&[&load, &tls[..], more].concat()).run(b"");
        assert_eq!(loaded.code, 0, "{}", loaded.stderr);
    }
    server.terminate();
    let log = server.wait().stderr;
    for line in ["reason=\"ended\"", " opened "] {
        assert_eq!(log.matches(line).count(), 40 + 4, "{log}");
    }
}

#[test]
fn a_websocket_may_be_within_tls_and_ends_in_order_by_its_own_close() {
    let authority = Authority::new("websocket");
    let pair = authority.server(&["localhost"]);
    let mut server = serve_tls(&pair, &["-l", "ws:127.0.0.1:0/chat"]);
    let line = server.line();
    let (address, rest) = line
        .strip_prefix("listening on wss://")
        .and_then(|rest| rest.split_once('/'))
        .expect("it says where it listens");
    assert_eq!(rest, "chat (plugin echo, TLS)");
    let address = address.parse().expect("an address");
    let connect = || {
        let mut peer = TlsPeer::connect(address, &authority.trusting());
        peer.send(request("/chat", "").as_bytes()).expect(RESPONSE);
        peer
    };
    let message = noise(1000, 3);
    let mut peer = connect();
    peer.send(&frame(0x82, &message))
        .expect(&[0x82, 126, 0x03, 0xe8])
        .expect(&message);
    peer.send(&frame(0x88, b"\x03\xe8"))
        .expect(b"\x88\x02\x03\xe8")
        .expect_end();
    server.logged(&["closed", "reason=\"ended\"", "received=1000 sent=1000"]);
    // The end that TLS announces is none of the WebSocket.
    connect().finish();
    server.logged(&["closed", "peer-reset", "without a Close frame"]);

    let mut server = serve(&["-l", "ws:127.0.0.1:0", "--tls", "self-signed"]);
    let lines = [(); 4].map(|()| server.line());
    let (_, address) = lines[0].split_once("wss://").expect("it says where");
    let (address, _) = address.split_once(' ').expect("it says what");
    assert_eq!(
        lines[3],
        format!("a browser trusts it once you have opened https://{address} and gone on")
    );
}
