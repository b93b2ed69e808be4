use super::{BINARY, CLOSE, Client, LAST, PING, PONG, frame, read_frame, serve};
use crate::support::session_plugin;
use std::io::{Read as _, Write as _};
use std::time::Duration;

fn code(code: u16) -> [u8; 2] {
    code.to_be_bytes()
}

#[test]
fn every_ping_is_answered_with_its_payload_and_a_pong_with_nothing() {
    let (_server, address) = serve("", &[]);
    let mut client = Client::connect(address);
    client.send(PONG, b"nobody asked");
    client.send(PING, b"").expect(PONG, b"");
    client.send(PING, &[0xff; 125]).expect(PONG, &[0xff; 125]);
    // Byte by byte, within a message, and many at once.
    for byte in frame(LAST | PING, b"slowly") {
        client.raw(&[byte]);
    }
    client.expect(PONG, b"slowly");
    client.raw(&frame(BINARY, b"half "));
    client.send(PING, b"between").expect(PONG, b"between");
    client
        .raw(&frame(LAST, b"and half"))
        .expect(BINARY, b"half and half");
    let pings: Vec<u8> = (0..500_u16)
        .flat_map(|number| frame(LAST | PING, &code(number)))
        .collect();
    client.raw(&pings);
    for number in 0..500 {
        client.expect(PONG, &code(number));
    }
    client.close();
}

#[cfg(target_os = "linux")]
#[test]
fn pings_of_a_peer_that_reads_nothing_are_held_within_a_bound() {
    let (server, address) = serve("", &["-q"]);
    let mut client = Client::connect(address);
    client.send(BINARY, b"x").expect(BINARY, b"x");
    let before = crate::support::resident_bytes(&server);
    let flood = frame(LAST | PING, &[0; 125]).repeat(1000);
    let patience = Some(Duration::from_millis(500));
    client
        .0
        .0
        .set_write_timeout(patience)
        .expect("a socket has options");
    let mut written = 0;
    while written < 16 << 20 {
        match client.0.0.write(&flood) {
            Ok(bytes) => written += bytes,
            Err(_) => break,
        }
    }
    let growth = crate::support::resident_bytes(&server).saturating_sub(before);
    assert!(growth < 4 << 20, "its memory grew by {growth} bytes");
    // Pings do not keep the connection: only messages do.
    let mut neighbour = Client::connect(address);
    neighbour.send(BINARY, b"on").expect(BINARY, b"on");
    neighbour.close();
}

#[test]
fn the_peers_close_is_its_end_and_is_sent_back_after_the_last_reply() {
    let (server, address) = serve("", &["-p", &session_plugin()]);
    for payload in [
        &[][..],
        &code(1000),
        &code(1001),
        b"\x0b\xb8bye",
        &code(4999),
    ] {
        let mut client = Client::connect(address);
        client.frame();
        // What comes after it is not looked at.
        let close = frame(LAST | CLOSE, payload);
        client.raw(&[close.as_slice(), b"anything"].concat());
        client.expect(BINARY, b"end");
        let (opcode, back) = client.frame();
        assert_eq!(
            (opcode, back.as_slice()),
            (CLOSE, payload.get(..2).unwrap_or_default())
        );
    }
    server.logged(&["closed", "connection=5", "reason=\"ended\""]);
}

#[test]
fn the_plugin_may_finish_close_or_reset_and_the_peer_has_its_own_close() {
    let (server, address) = serve("", &["-p", &session_plugin()]);
    let greeted = || {
        let mut client = Client::connect(address);
        client.frame();
        client
    };
    let mut finished = greeted();
    finished
        .send(BINARY, b"f")
        .expect(BINARY, b"f")
        .expect_close(1000);
    // The peer may go on until its own Close, and has its Pings answered up to then.
    finished
        .send(BINARY, b"more")
        .send(PING, b"?")
        .expect(PONG, b"?");
    finished.send(CLOSE, &code(1000));
    finished.0.expect_end();
    server.logged(&["closed", "connection=1", "reason=\"ended\"", "received=5"]);
    let mut closed = greeted();
    closed
        .send(BINARY, b"c")
        .expect(BINARY, b"c")
        .expect_close(1000);
    closed.send(CLOSE, &code(1000)).0.expect_end();
    server.logged(&["closed", "connection=2", "reason=\"by-plugin\""]);
    let mut reset = greeted();
    reset
        .send(BINARY, b"r")
        .expect(BINARY, b"r")
        .0
        .expect_reset();
    server.logged(&["closed", "connection=3", "reason=\"by-plugin\""]);
    let mut failed = greeted();
    failed.send(BINARY, b"t").0.expect_reset();
    // A stream that ends without a Close is torn, and a server that stops says Close.
    let mut torn = greeted();
    torn.0.finish();
    assert_eq!(read_frame(&mut torn.0), None);
    server.logged(&[
        "closed",
        "connection=5",
        "peer-reset",
        "without a Close frame",
    ]);
    let mut stopped = greeted();
    server.terminate();
    stopped.expect_close(1000);
    assert_eq!(server.wait().code, 0);
}

#[test]
fn pings_keep_no_connection_from_being_idle() {
    let (server, address) = serve("", &["--idle-timeout", "200ms"]);
    let mut client = Client::connect(address);
    let mut writer = client.0.0.try_clone().expect("a socket can be shared");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while writer.write_all(&frame(LAST | PING, b"")).is_ok() {
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        while client.frame().0 != CLOSE {}
        let mut rest = Vec::new();
        let _ = client.0.0.read_to_end(&mut rest);
    });
    server.logged(&["closed", "reason=\"idle\""]);
}
