//! The log: for people, and for machines.

use crate::harness::Eco;
use crate::support::{Peer, converse, serve};
use serde_json::Value;

#[test]
fn every_accepted_connection_ends_in_exactly_one_line_with_reason_and_counts() {
    let server = serve(&["--log-format", "json", "--idle-timeout", "300ms"]);
    converse(server.address, b"in order");
    Peer::connect(server.address)
        .send(b"x")
        .expect(b"x")
        .expect_end();
    Peer::connect(server.address).reset();
    Peer::connect(server.address).finish().expect_end();
    server.logged(&["closed", "idle"]);
    server.logged(&["closed", "peer-reset"]);
    server.terminate();
    let log = server.wait().stderr;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    for connection in 1..=4 {
        let of = |message: &str| -> Vec<&Value> {
            let mine =
                |line: &&Value| line["connection"] == connection && line["message"] == message;
            lines.iter().filter(mine).collect()
        };
        assert_eq!(of("opened").len(), 1, "{log}");
        let [closed] = of("closed")[..] else {
            panic!("{log}")
        };
        assert!(
            closed["received"].is_u64()
                && closed["sent"].is_u64()
                && closed["duration_ms"].is_f64()
        );
        let reason = closed["reason"].as_str();
        assert!(
            matches!(reason, Some("ended" | "idle" | "peer-reset")),
            "{log}"
        );
    }
}

#[test]
fn the_default_level_has_connections_and_verbose_has_chunks() {
    let plain = serve(&[]);
    converse(plain.address, b"hello");
    plain.logged(&["closed", "received=5", "sent=5"]);
    assert!(!plain.log().contains("hello"), "{}", plain.log());
    let verbose = serve(&["-v"]);
    converse(verbose.address, "ol\u{e1}\n\u{1b}[2J\u{0}".as_bytes());
    verbose.logged(&["received \"ol\u{e1}\\n\\x1b[2J\\0\"", "bytes=10"]);
    verbose.logged(&["sent \"ol"]);
    converse(verbose.address, &[b'a'; 1000]);
    verbose.logged(&["received", "aaa\"… (1000 bytes in all)"]);
}

#[test]
fn quiet_says_nothing_of_what_goes_well() {
    let server = serve(&["-q"]);
    converse(server.address, b"hello");
    server.terminate();
    assert_eq!(server.wait().stderr, "");
}

#[test]
fn a_log_that_nobody_reads_holds_up_nobody() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let server = Eco::new(&["serve", "-v", "-l", "127.0.0.1:0"])
        .stderr(writer)
        .serve();
    // Much more than a pipe holds.
    let message = crate::support::noise(1000, 1);
    for _ in 0..1000 {
        Peer::connect(server.address)
            .send(&message)
            .expect(&message);
    }
    server.terminate();
    assert_eq!(server.wait().code, 0);
    drop(reader);
}
