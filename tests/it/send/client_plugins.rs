//! Client plugins: dialogues, budgets and the sandbox.

use crate::harness::assert_same;
use crate::send::{assert_said, dialogue, send, server};
use crate::support::{noise, plugin_file, serve};
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

#[test]
fn a_reply_of_exactly_the_budget_is_taken_and_one_byte_more_is_not() {
    let welcome = || {
        server(|mut stream| {
            stream.write_all(b"welcome\npong\n").expect("it reads");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
            let _ = stream.write_all(b"bye");
        })
    };
    let exited = send(welcome(), &["-p", &dialogue(), "--reply", "8"], b"");
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"welcome\npong\nbye");
    let exited = send(welcome(), &["-p", &dialogue(), "--reply", "7"], b"");
    assert_said(&exited, 1, &["a reply may have 7 B", "--reply"]);
}

#[test]
fn a_message_that_cannot_be_sent_is_usage_and_a_client_that_cannot_be_run_a_bad_plugin() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let missing = send(nowhere, &["--file", "no-such-file"], b"");
    assert_said(
        &missing,
        64,
        &["cannot read the message from no-such-file", "No such file"],
    );
    assert_said(
        &send(nowhere, &["--file", "x", "and a message"], b""),
        64,
        &["cannot be used with"],
    );
    assert_said(
        &send(nowhere, &["--plugin", "no-such-plugin"], b""),
        65,
        &["no-such-plugin"],
    );
    let server_plugin = plugin_file(
        "no-client.wat",
        include_str!("../../../plugins/echo/echo.wat"),
    );
    assert_said(
        &send(nowhere, &["-p", &server_plugin], b""),
        65,
        &["expected: eco:plugin/client@0.1.0"],
    );
}

#[test]
fn a_client_plugin_is_sandboxed_too() {
    let echo = include_str!("../../../plugins/echo-client/echo-client.wat");
    let start = "(i32.store8 (i32.const 0) (i32.const 0))\n      (i32.store (i32.const 8)";
    let looping = echo.replace(start, &format!("(loop $l (br $l)) {start}"));
    assert_ne!(looping, echo);
    let path = plugin_file("looping-client.wat", looping);
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    assert_said(
        &send(nowhere, &["-p", &path, "--cpu", "100ms"], b""),
        65,
        &["processor time per call, 100ms", "--cpu"],
    );
    assert_said(
        &send(nowhere, &["--memory", "64KiB", "-"], &noise(100_000, 9)),
        65,
        &["memory per instance", "--memory"],
    );
}

#[test]
fn a_dialogue_of_several_turns_reads_as_far_as_each_turn_says() {
    let address = server(|mut stream| {
        // The greeting and half of what comes next in one piece: the rest must be kept.
        stream.write_all(b"welcome\npo").expect("the client reads");
        let mut ping = [0; 5];
        stream.read_exact(&mut ping).expect("the client sends");
        assert_same(&ping, b"ping\n");
        stream.write_all(b"ng\n").expect("the client reads");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("FIN");
        assert_same(&rest, b"quiet\nbye\n");
        stream.write_all(b"the end").expect("the client reads");
    });
    let exited = send(address, &["-p", &dialogue()], b"");
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"welcome\npong\nthe end");
}

#[test]
fn a_reply_that_the_plugin_calls_wrong_is_shown_with_its_reason_escaped() {
    let address = server(|mut stream| {
        stream
            .write_all(b"welcome\nplop\n")
            .expect("the client reads");
        let _ = stream.read(&mut [0; 5]);
    });
    let exited = send(address, &["-p", &dialogue()], b"");
    assert_said(
        &exited,
        1,
        &["wrong reply: this is no pong\\x1b[2J", "|plop.|"],
    );
}

#[test]
fn a_reply_without_its_end_says_which_end() {
    let address = server(|mut stream| stream.write_all(b"welcome").expect("the client reads"));
    let exited = send(address, &["-p", &dialogue()], b"");
    assert_said(
        &exited,
        1,
        &["7 bytes came, without the \"\\n\" that ends the reply"],
    );
}

#[test]
fn a_budget_without_end_has_no_end() {
    let eco = serve(&["-q"]);
    let exited = send(
        eco.address,
        &["--reply", "18446744073709551615", "-"],
        b"abc",
    );
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"abc");
}
