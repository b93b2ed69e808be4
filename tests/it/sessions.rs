//! The interface `session`: greetings, replies, endings, and state that belongs to one connection.

use crate::support::{Peer, handler, plugin_file, serve, session_plugin};

#[test]
fn a_session_greets_replies_and_says_goodbye() {
    let server = serve(&["-p", &session_plugin()]);
    let mut peer = Peer::greeted(server.address);
    peer.send(b"k1").expect(b"k1").send(b"k2").expect(b"k2");
    peer.finish().expect(b"end").expect_end();
    server.logged(&["closed 0"]);
}

#[test]
fn finish_sends_fin_and_goes_on_reading() {
    let server = serve(&["-p", &session_plugin(), "-v"]);
    let mut peer = Peer::greeted(server.address);
    peer.send(b"f").expect(b"f").expect_end();
    peer.send(b"still read");
    server.logged(&["received \"still read\""]);
    peer.finish();
    server.logged(&["closed", "reason=\"ended\"", "received=11"]);
}

#[test]
fn a_reply_after_finish_is_the_plugins_error() {
    let server = serve(&["-p", &session_plugin()]);
    let mut peer = Peer::greeted(server.address);
    peer.send(b"f").expect(b"f").expect_end();
    peer.send(b"x");
    server.logged(&[
        "closed",
        "reason=\"failed\"",
        "replied after it had finished",
    ]);
}

#[test]
fn close_writes_the_reply_and_then_closes_in_order() {
    let server = serve(&["-p", &session_plugin()]);
    let mut peer = Peer::greeted(server.address);
    peer.send(b"c is the last word")
        .expect(b"c is the last word")
        .expect_end();
    server.logged(&["closed 1"]);
    server.logged(&["closed", "reason=\"by-plugin\"", "received=18"]);
}

#[test]
fn reset_tears_the_connection_down() {
    let server = serve(&["-p", &session_plugin()]);
    Peer::greeted(server.address).send(b"r").expect_reset();
    server.logged(&["closed", "reason=\"by-plugin\""]);
}

#[test]
fn an_error_of_the_plugin_resets_and_its_text_goes_to_the_log_alone() {
    let server = serve(&["-p", &session_plugin()]);
    let before = Peer::greeted(server.address).send(b"e").expect_reset();
    crate::harness::assert_same(&before, b"");
    server.logged(&[
        "reason=\"failed\"",
        "the plugin says: \"an error of its own\"",
    ]);
    server.logged(&["closed 6"]);
}

#[test]
fn after_a_trap_the_plugin_is_called_no_more() {
    let server = serve(&["-p", &session_plugin()]);
    Peer::greeted(server.address).send(b"t").expect_reset();
    server.logged(&["closed", "reason=\"failed\"", "trapped"]);
    assert!(!server.log().contains("plugin: "), "{}", server.log());
}

#[test]
fn a_refusal_closes_without_a_word_and_is_logged() {
    let text = std::fs::read_to_string(session_plugin()).expect("it is there");
    let refusing = text.replace(
        "(call $reply (local.get $peer) (local.get $length) (i32.const 0))",
        "(call $error)",
    );
    assert_ne!(refusing, text);
    let server = serve(&["-p", &plugin_file("refusing.wat", refusing)]);
    Peer::connect(server.address).expect_end();
    server.logged(&["closed", "reason=\"refused\"", "an error of its own"]);
    assert!(!server.log().contains("closed 6"), "{}", server.log());
}

#[test]
fn a_trap_in_open_is_no_refusal_but_a_reset() {
    let text = std::fs::read_to_string(session_plugin()).expect("it is there");
    let trapping = text.replace(
        "(call $reply (local.get $peer) (local.get $length) (i32.const 0))",
        "unreachable",
    );
    assert_ne!(trapping, text);
    let server = serve(&["-p", &plugin_file("traps-in-open.wat", trapping)]);
    Peer::connect(server.address).expect_reset();
    server.logged(&["closed", "reason=\"failed\"", "trapped"]);
}

#[test]
fn closed_comes_exactly_once_whatever_the_end() {
    let server = serve(&["-p", &session_plugin(), "--idle-timeout", "1s"]);
    // 0 ended, 1 by the plugin, 2 by the peer, 3 idle, 6 failed.
    Peer::greeted(server.address).finish().rest();
    Peer::greeted(server.address)
        .send(b"c")
        .expect(b"c")
        .expect_end();
    Peer::greeted(server.address).reset();
    Peer::greeted(server.address).expect_end();
    Peer::greeted(server.address).send(b"e").expect_reset();
    for reason in ["closed 0", "closed 1", "closed 2", "closed 3", "closed 6"] {
        server.logged(&[reason]);
    }
    let log = server.log();
    assert_eq!(log.matches("plugin: \"closed ").count(), 5, "{log}");
}

/// A counter in a global: it shows whose it is.
const COUNTER: &str = r#"
    (memory (export "memory") 2)
    (global $n (mut i32) (i32.const 48))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
    (func (export "receive") (param i32 i32) (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store8 (i32.const 16) (global.get $n))
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.const 1))
      (i32.const 0))"#;

#[test]
fn globals_belong_to_one_connection_and_start_fresh() {
    let server = serve(&["-p", &plugin_file("counter.wat", handler(COUNTER, ""))]);
    let (mut one, mut two) = (Peer::connect(server.address), Peer::connect(server.address));
    one.send(b"x").expect(b"1").send(b"x").expect(b"2");
    two.send(b"x").expect(b"1");
    one.send(b"x").expect(b"3");
    one.finish().expect_end();
    // In the slot of the pool that the first one has left.
    Peer::connect(server.address).send(b"x").expect(b"1");
}

/// Writes what the last connection in this slot may have left, or what is there from it.
#[test]
fn no_byte_of_a_connection_is_left_for_the_next() {
    let server = serve(&[
        "-p",
        &plugin_file("leak.wat", handler(LEAK, "")),
        "--max-connections",
        "1",
    ]);
    let mut first = Peer::connect(server.address);
    first.send(b"secret!!").expect(b"\0\0\0\0\0\0\0\0");
    first
        .send(b"another!")
        .expect(b"secret!!")
        .finish()
        .expect_end();
    Peer::connect(server.address)
        .send(b"stranger")
        .expect(b"\0\0\0\0\0\0\0\0");
}

/// Replies with the eight bytes that the call before left at another place.
const LEAK: &str = r#"
    (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
    (func (export "receive") (param i32 i32) (result i32)
      (i64.store (i32.const 64) (i64.load (i32.const 70000)))
      (i64.store (i32.const 70000) (i64.load (i32.const 16)))
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 8))
      (i32.const 0))"#;

/// A plugin that frees what it returned, in its `post-return`, before the host could look.
#[test]
fn a_reply_that_the_plugin_frees_after_returning_it_still_arrives() {
    let free = r#"(func (export "free") (param i32)
      (i64.store (i32.const 64) (i64.const 0x6565726665657266)))"#;
    let freeing = handler(
        &format!("{LEAK} {free}"),
        r#"(post-return (core func $m "free"))"#,
    );
    let server = serve(&["-p", &plugin_file("freeing.wat", freeing)]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"12345678").expect(b"\0\0\0\0\0\0\0\0");
    peer.send(b"........").expect(b"12345678");
}
