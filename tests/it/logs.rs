//! The log: for people, and for machines.

use crate::harness::Eco;
use crate::support::{Peer, converse, plugin_file, serve};
use rustix::process::Signal;
use serde_json::Value;

/// The lines of a log in JSON.
fn records(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

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
    let lines = records(&log);
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

/// A script that breaks a budget at an `l`, and fails at all else.
fn failing(name: &str) -> String {
    let text = "function receive(chunk) while chunk == 'l' do end error('no such word') end";
    plugin_file(name, text)
}

#[test]
fn quiet_leaves_what_plugins_do_wrong_and_twice_quiet_what_eco_can_not_do() {
    let told = |arguments: &[&str]| {
        let path = failing("failing-quietly.lua");
        let server = serve(&[&["-p", &path], arguments].concat());
        converse(server.address, b"");
        Peer::connect(server.address).send(b"?").expect_reset();
        std::fs::write(&path, "nonsense").expect("it can be written");
        server.signal(Signal::HUP);
        server.logged(&["ERROR", "not reloaded"]);
        server.terminate();
        let log = server.wait().stderr;
        ["DEBUG", " INFO", " WARN", "ERROR"].map(|level| log.contains(level))
    };
    for (arguments, expected) in [
        (&["-v"][..], [true, true, true, true]),
        (&[], [false, true, true, true]),
        (&["-q"], [false, false, true, true]),
        (&["-qq"], [false, false, false, true]),
        (&["--log-level", "debug"], [true, true, true, true]),
        (&["--log-level", "info"], [false, true, true, true]),
        (&["--log-level", "warn"], [false, false, true, true]),
        (&["--log-level", "error"], [false, false, false, true]),
    ] {
        assert_eq!(told(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn the_log_has_fields_for_machines() {
    let path = failing("failing-in-fields.lua");
    let server = serve(&["-p", &path, "--log-format", "json", "--cpu", "50ms"]);
    Peer::connect(server.address).send(b"?").expect_reset();
    server.signal(Signal::HUP);
    server.logged(&["reloaded"]);
    Peer::connect(server.address).send(b"l").expect_reset();
    server.logged(&["closed", "budget"]);
    let address = server.address.to_string();
    server.terminate();
    let log = server.wait().stderr;
    let lines = records(&log);
    let with = |message: &str| -> Vec<&Value> {
        let has = |line: &&Value| line["message"] == message;
        lines.iter().filter(has).collect()
    };
    let listening = with("listening")[0];
    assert_eq!(listening["address"], address, "{log}");
    assert_eq!(listening["plugin"], path, "{log}");
    assert_eq!(listening["version"], 1, "{log}");
    let [failed, looped] = with("closed")[..] else {
        panic!("{log}")
    };
    assert_eq!(failed["version"], 1, "{log}");
    assert!(failed["budget"].is_null(), "{log}");
    assert_eq!(looped["version"], 2, "{log}");
    assert_eq!(looped["budget"], "cpu", "{log}");
    let stopped = with("stopped")[0];
    assert_eq!(stopped["served"], 2, "{log}");
    assert_eq!(stopped["cut_off"], 0, "{log}");
    // The last line of a connection comes a moment before its end.
    assert!(stopped["open"].is_u64(), "{log}");
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
