//! Wrong replies, failures, and resources that run out.

use crate::harness::Eco;
use crate::load::{MESSAGE, echo, failed, figures, load, server};
use crate::support::{plugin_file, serve};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

#[test]
fn an_address_where_the_message_goes_is_pointed_out() {
    let eco = serve(&["-q"]);
    let exited = load(eco.address, &["localhost:7", "-n", "1", "-c", "1"]);
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    assert!(
        exited.stderr.contains("--to names the server"),
        "{}",
        exited.stderr
    );
}

#[test]
fn a_wrong_reply_is_no_fast_success_but_an_error_with_its_hexdump() {
    // Right so often that the client knows the dialogue by heart, then wrong in one byte.
    let address = server(|number, mut stream| {
        echo(&mut stream, 20);
        let mut message = [0; MESSAGE as usize];
        if number == 0 && stream.read_exact(&mut message).is_ok() {
            message[5] ^= 1;
            let _ = stream.write_all(&message);
        }
        echo(&mut stream, usize::MAX);
    });
    let exited = load(address, &["-n", "100", "-c", "1", "--json"]);
    assert_eq!(exited.code, 1);
    for words in [
        "1 reply was wrong",
        "the reply differs from the message, at byte 5 of 42",
        "|This hs the mess|",
    ] {
        assert!(
            exited.stderr.contains(words),
            "{words:?} in\n{}",
            exited.stderr
        );
    }
    let figures: Value = serde_json::from_slice(&exited.stdout).expect("one JSON object");
    assert_eq!(figures["dialogues"]["total"], 99);
    assert_eq!(failed(&figures, "wrong-reply"), 1);
    // The connection was given up with it.
    assert_eq!(figures["connected"]["total"], 2);
}

#[test]
fn bytes_beyond_the_reply_are_wrong_too_and_no_error_share_forgives_them() {
    let address = server(|_, mut stream| {
        let mut message = [0; MESSAGE as usize];
        while stream.read_exact(&mut message).is_ok() {
            let _ = stream.write_all(&[&message[..], b"!"].concat());
        }
    });
    let exited = load(address, &["-n", "3", "-c", "1", "--max-errors", "100%"]);
    assert_eq!(exited.code, 1);
    let words = "1 bytes came beyond what was expected: \"!\"";
    assert!(exited.stderr.contains(words), "{}", exited.stderr);
}

#[test]
fn the_error_share_decides_where_no_reply_was_wrong() {
    // Nine dialogues, then the tenth finds the connection closed.
    let closing = || server(|_, mut stream| echo(&mut stream, 9));
    let exited = load(closing(), &["-n", "20", "-c", "1", "--max-errors", "9%"]);
    assert_eq!(exited.code, 1);
    let words = "10.00 % of the dialogues failed, and --max-errors is 9 %";
    assert!(exited.stderr.contains(words), "{}", exited.stderr);
    let arguments = ["-n", "20", "-c", "1", "--max-errors", "10%"];
    let figures = figures(closing(), 0, &arguments);
    assert_eq!(
        failed(&figures, "closed-early") + failed(&figures, "broken"),
        2
    );
}

#[test]
fn a_plugin_that_fails_is_not_the_servers_fault() {
    let script = "function start(message) { throw new Error('no idea'); }";
    let path = plugin_file("fails.js", script);
    let eco = serve(&["-q"]);
    let arguments = ["-p", &path, "-n", "2", "--max-errors", "100%"];
    let exited = load(eco.address, &arguments);
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stderr.contains("no idea"), "{}", exited.stderr);
}

#[test]
fn resources_that_run_out_are_named_in_clear_words() {
    let eco = serve(&["-q"]);
    let to = eco.address.to_string();
    for (exited, code, words) in [
        // An address that is nobody's here, as the documentation of others has them (RFC 5737).
        (
            load(eco.address, &["--source", "192.0.2.1"]),
            69,
            &[
                "cannot open more connections",
                "--source are not this machine's",
            ][..],
        ),
        (
            Eco::with_descriptors(100, &["load", "-c", "200", "--to", &to]).run(b""),
            64,
            &["--connections 200", "ulimit -n"],
        ),
        (
            load(SocketAddr::from(([127, 0, 0, 1], 1)), &[]),
            69,
            &["cannot connect to 127.0.0.1:1", "`eco serve` starts one"],
        ),
        (load(eco.address, &["-d", "0s"]), 64, &["more than no time"]),
        (
            load(eco.address, &["--size", "0"]),
            64,
            &["1 byte at least"],
        ),
        (load(eco.address, &["--size", "1TiB"]), 64, &["larger than"]),
        (load(eco.address, &["--rate", "0"]), 64, &["above 0"]),
        (
            load(eco.address, &["--max-errors", "x"]),
            64,
            &["such as 1%"],
        ),
        (
            load(eco.address, &["--source", "home"]),
            64,
            &["127.0.0.0/8"],
        ),
        (
            load(eco.address, &["-n", "1", "-d", "1s"]),
            64,
            &["--duration"],
        ),
        (
            load(eco.address, &["--html", "/no/such/folder/page"]),
            64,
            &["cannot write the page"],
        ),
        (
            load(eco.address, &["-p", "nonsense"]),
            65,
            &["cannot use the plugin nonsense"],
        ),
    ] {
        assert_eq!(exited.code, code, "{}", exited.stderr);
        assert!(exited.stdout.is_empty());
        for word in words {
            assert!(
                exited.stderr.contains(word),
                "{word:?} in\n{}",
                exited.stderr
            );
        }
    }
}
