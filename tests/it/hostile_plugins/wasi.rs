//! Attacks by way of WASI: sleep, handles, randomness, standard output.

use crate::hostile_plugins::with_wasi;
use crate::support::{Peer, plugin_file, serve};

const CLOCK: &str = r#"
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))"#;

const CLOCK_LOWERED: &str = r#"
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))"#;

const CLOCK_GIVEN: &str =
    r#"(export "block" (func $block)) (export "subscribe" (func $subscribe))"#;

const CLOCK_IMPORTS: &str = r#"
    (import "host" "block" (func $block (param i32)))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))"#;

#[test]
fn a_plugin_that_sleeps_for_ever_is_cut_by_the_wall_clock() {
    let body = "(call $block (call $subscribe (i64.const 0x0fffffffffffffff))) unreachable";
    let text = with_wasi(CLOCK, CLOCK_LOWERED, CLOCK_GIVEN, CLOCK_IMPORTS, body);
    let server = serve(&["-p", &plugin_file("sleeps.wat", text), "--wait", "300ms"]);
    let mut neighbour = Peer::connect(server.address);
    neighbour.send(b"x").expect(b"x");
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["waiting per call", "300ms", "--wait"]);
    neighbour.send(b"y").expect(b"y");
}

#[test]
fn a_plugin_may_sleep_a_little() {
    let body = "(call $block (call $subscribe (i64.const 1000000))) (i64.store (i32.const 0) (i64.const 0)) (i32.const 0)";
    let text = with_wasi(CLOCK, CLOCK_LOWERED, CLOCK_GIVEN, CLOCK_IMPORTS, body);
    let server = serve(&["-p", &plugin_file("naps.wat", text)]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"!").finish().expect_end();
}

#[test]
fn a_plugin_that_hoards_wasi_objects_is_cut() {
    let body = "(loop $l (drop (call $subscribe (i64.const 0))) (br $l)) unreachable";
    let text = with_wasi(CLOCK, CLOCK_LOWERED, CLOCK_GIVEN, CLOCK_IMPORTS, body);
    let server = serve(&["-p", &plugin_file("hoards.wat", text)]);
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["closed", "reason=\"failed\"", "table has no free keys"]);
}

#[test]
fn a_plugin_that_asks_for_a_gigabyte_of_randomness_is_cut() {
    let text = with_wasi(
        r#"(import "wasi:random/random@0.2.0" (instance $random
            (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))"#,
        r#"(core func $random (canon lower (func $random "get-random-bytes")
            (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))"#,
        r#"(export "random" (func $random))"#,
        r#"(import "host" "random" (func $random (param i64 i32)))"#,
        "(call $random (i64.const 1073741824) (i32.const 8)) unreachable",
    );
    let server = serve(&["-p", &plugin_file("random.wat", text)]);
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["closed", "reason=\"failed\""]);
}

const STDOUT: &str = r#"
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output (sub resource)))
    (alias outer 1 $error (type $outer))
    (export "error" (type $error (eq $outer)))
    (type $failed (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $failed)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8)) (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $outer))
    (export "output-stream" (type $output (eq $outer)))
    (export "get-stdout" (func (result (own $output))))))"#;

const STDOUT_LOWERED: &str = r#"
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))"#;

const STDOUT_GIVEN: &str = r#"(export "get" (func $get)) (export "write" (func $write))"#;

const STDOUT_IMPORTS: &str = r#"
    (import "host" "get" (func $get (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))"#;

#[test]
fn standard_output_goes_to_the_log_escaped() {
    let body = "(call $write (call $get) (i32.const 512) (i32.const 32) (i32.const 64)) (i64.store (i32.const 0) (i64.const 0)) (i32.const 0)";
    let text = with_wasi(STDOUT, STDOUT_LOWERED, STDOUT_GIVEN, STDOUT_IMPORTS, body);
    let server = serve(&["-p", &plugin_file("prints.wat", text)]);
    Peer::connect(server.address)
        .send(b"!")
        .finish()
        .expect_end();
    server.logged(&[
        "plugin: \"words, words, words: \\x1b[31m red \"",
        "connection=1",
    ]);
}

#[test]
fn a_plugin_that_floods_standard_output_is_cut() {
    let body = "(local $out i32) (local.set $out (call $get)) (loop $l (call $write (local.get $out) (i32.const 512) (i32.const 512) (i32.const 64)) (br $l)) unreachable";
    let text = with_wasi(STDOUT, STDOUT_LOWERED, STDOUT_GIVEN, STDOUT_IMPORTS, body);
    let server = serve(&[
        "-p",
        &plugin_file("floods.wat", text),
        "--log-output",
        "4KiB",
    ]);
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["log output per connection", "4.0 KiB", "--log-output"]);
    assert!(server.log().len() < 16 * 1024, "the log is bounded");
}

#[test]
fn a_plugin_that_floods_the_log_or_recurses_into_the_host_is_cut() {
    const IMPORT: &str = r#"(import "eco:plugin/log@0.1.0" (instance $log
      (type $level-type (enum "debug" "info" "warn" "error"))
      (export "level" (type $level (eq $level-type)))
      (export "log" (func (param "level" $level) (param "message" string)))))"#;
    const LOWERED: &str = r#"(core func $log (canon lower (func $log "log") (memory (core memory $memory "memory"))))"#;
    const GIVEN: &str = r#"(export "log" (func $log))"#;
    let floods = with_wasi(
        IMPORT,
        LOWERED,
        GIVEN,
        r#"(import "host" "log" (func $log (param i32 i32 i32)))"#,
        "(loop $l (call $log (i32.const 1) (i32.const 512) (i32.const 21)) (br $l)) unreachable",
    );
    let server = serve(&[
        "-p",
        &plugin_file("floods-log.wat", floods),
        "--log-output",
        "4KiB",
    ]);
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["log output per connection", "--log-output"]);
    // Logs at every depth of its stack, to the very end of it.
    let recurses = with_wasi(
        IMPORT,
        LOWERED,
        GIVEN,
        r#"(import "host" "log" (func $log (param i32 i32 i32)))
           (func $deeper (result i32) (call $log (i32.const 0) (i32.const 512) (i32.const 0)) (i32.add (call $deeper) (i32.const 1)))"#,
        "(call $deeper)",
    );
    let path = plugin_file("recurses-into-host.wat", recurses);
    let mut server = serve(&["-p", &path, "--log-output", "1GiB"]);
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["stack per call", "--stack"]);
    assert!(server.is_running());
}

#[test]
fn empty_lines_count_too() {
    let body = "(local $out i32) (local.set $out (call $get)) (loop $l (call $write (local.get $out) (i32.const 543) (i32.const 1) (i32.const 64)) (br $l)) unreachable";
    let text = with_wasi(STDOUT, STDOUT_LOWERED, STDOUT_GIVEN, STDOUT_IMPORTS, body);
    // The 32nd byte of its words is a line break.
    let text = text.replace(
        "(data (i32.const 512)",
        "(data (i32.const 543) \"\\0a\") (data (i32.const 512)",
    );
    let server = serve(&[
        "-p",
        &plugin_file("floods-empty.wat", text),
        "--log-output",
        "4KiB",
    ]);
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["log output per connection", "--log-output"]);
    let lines = server.log().lines().count();
    assert!(lines < 100, "{lines} lines");
}
