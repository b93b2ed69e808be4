//! SIGTERM and SIGINT.

use crate::harness::assert_same;
use crate::support::{Peer, noise, serve, session_plugin};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn idle_connections_are_closed_at_once_in_order() {
    let server = serve(&["-p", &session_plugin(), "--grace", "1h"]);
    let mut peers: Vec<Peer> = (0..5).map(|_| Peer::greeted(server.address)).collect();
    server.terminate();
    for peer in &mut peers {
        peer.expect_end();
    }
    let exited = server.wait();
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    assert!(
        exited.stderr.contains("stopped served=5 open=5 cut_off=0"),
        "{}",
        exited.stderr
    );
    assert_eq!(
        exited.stderr.matches("plugin: \"closed 5\"").count(),
        5,
        "{}",
        exited.stderr
    );
    assert_eq!(
        exited.stderr.matches("reason=\"stopping\"").count(),
        5,
        "{}",
        exited.stderr
    );
}

/// Connects, and writes until the server can't write back any more. Gives what was written.
fn blocked(server: &crate::harness::Server) -> (Peer, Vec<u8>) {
    let peer = Peer::connect(server.address);
    let message = noise(64 << 20, 13);
    peer.0
        .set_write_timeout(Some(Duration::from_millis(300)))
        .expect("a socket has options");
    let mut written = 0;
    while let Ok(bytes) = (&peer.0).write(message.get(written..).unwrap_or_default()) {
        written += bytes;
    }
    assert!(written < message.len(), "the server never stopped reading");
    (peer, message)
}

#[test]
fn a_reply_in_flight_is_finished_and_nothing_new_is_accepted() {
    let server = serve(&["--grace", "1h"]);
    let (mut peer, message) = blocked(&server);
    server.signal(rustix::process::Signal::INT);
    server.logged(&["stopping"]);
    while TcpStream::connect(server.address).is_ok() {}
    let rest = peer.rest();
    assert!(rest.len() > 65536);
    assert_same(&rest, message.get(..rest.len()).expect("a prefix"));
    let exited = server.wait();
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    let sent = format!("sent={}", rest.len());
    assert!(
        exited.stderr.contains(&sent),
        "not {sent}:\n{}",
        exited.stderr
    );
    assert!(exited.stderr.contains("cut_off=0"), "{}", exited.stderr);
}

#[test]
fn a_peer_that_never_reads_is_cut_off_at_the_end_of_the_grace() {
    let server = serve(&["--grace", "300ms"]);
    let (mut peer, message) = blocked(&server);
    server.terminate();
    let exited = server.wait();
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    assert!(
        exited.stderr.contains("open=1 cut_off=1"),
        "{}",
        exited.stderr
    );
    let mut rest = Vec::new();
    peer.0.read_to_end(&mut rest).expect_err("it was reset");
    assert_same(&rest, message.get(..rest.len()).expect("a prefix"));
}

#[test]
fn a_second_signal_ends_it_now() {
    let server = serve(&["--grace", "1h"]);
    let (_peer, _) = blocked(&server);
    server.terminate();
    server.logged(&["stopping"]);
    server.terminate();
    let exited = server.wait();
    assert_eq!(exited.code, 130, "{}", exited.stderr);
    assert!(exited.stderr.contains("stopped now"), "{}", exited.stderr);
}

#[test]
fn a_peer_that_keeps_sending_does_not_keep_it_alive() {
    let server = serve(&["-q", "--grace", "1h"]);
    let peer = Peer::connect(server.address);
    let mut writer = peer.0.try_clone().expect("a socket can be shared");
    std::thread::spawn(move || while writer.write_all(&[b'x'; 1000]).is_ok() {});
    let mut reader = peer.0.try_clone().expect("a socket can be shared");
    let mut buffer = [0; 1000];
    reader.read_exact(&mut buffer).expect("it is echoed");
    std::thread::spawn(move || while matches!(reader.read(&mut buffer), Ok(1..)) {});
    server.terminate();
    assert_eq!(server.wait().code, 0);
}

#[test]
fn a_plugin_that_loops_in_closed_does_not_outlive_the_grace() {
    let text = std::fs::read_to_string(session_plugin()).expect("it is there");
    let looping = text.replace(
        "(func (export \"closed\") (param $why i32)",
        "(func (export \"closed\") (param $why i32) (loop $l (br $l))",
    );
    assert_ne!(looping, text);
    let path = crate::support::plugin_file("loops-in-closed.wat", looping);
    let server = serve(&["-p", &path, "--grace", "300ms", "--cpu", "1h"]);
    let mut peer = Peer::greeted(server.address);
    server.terminate();
    // The peer doesn't wait for it.
    peer.expect_end();
    let exited = server.wait();
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    assert!(exited.stderr.contains("cut_off=1"), "{}", exited.stderr);
}
