//! Work that nobody would count is refused or has a price.

use crate::harness::Eco;
use crate::hostile_plugins::{echo_at, refused, served, with_wasi};
use crate::judging::verdicts::{expects, grade};
use crate::support::{Peer, handler, plugin_file, serve};
use std::time::{Duration, Instant};

/// An echo that is made of two components, one of which hands the other at `!` what comes, as this type.
fn hands_over(kind: &str, encoding: &str) -> String {
    let fields = echo_at("(call $take (local.get $at) (local.get $length))", "");
    // Its memory has to be there before it.
    let fields = fields.replace(r#"(memory (export "memory") 2)"#, "");
    format!(
        r#"(component
  (component $inner
    (core module $m (memory (export "memory") 2)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
      (func (export "take") (param i32 i32)))
    (core instance $m (instantiate $m))
    (func (export "take") (param "it" {kind})
      (canon lift (core func $m "take") {encoding}
        (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $outer
    (import "take" (func $take (param "it" {kind})))
    (core module $memory (memory (export "memory") 2))
    (core instance $memory (instantiate $memory))
    (core func $take (canon lower (func $take) (memory (core memory $memory "memory"))))
    (core module $m
      (import "host" "take" (func $take (param i32 i32)))
      (import "memory" "memory" (memory 2))
      {fields})
    (core instance $m (instantiate $m
      (with "memory" (instance $memory))
      (with "host" (instance (export "take" (func $take))))))
    (func (export "receive") (param "chunk" (list u8)) (result (list u8))
      (canon lift (core func $m "receive")
        (memory (core memory $memory "memory")) (realloc (core func $m "realloc")))))
  (instance $inner (instantiate $inner))
  (instance $outer (instantiate $outer (with "take" (func $inner "take"))))
  (instance $handler (export "receive" (func $outer "receive")))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

#[test]
fn components_that_pass_each_other_strings_are_refused_and_lists_may_pass() {
    for encoding in ["", "string-encoding=utf16", "string-encoding=latin1+utf16"] {
        let text = hands_over("string", encoding);
        refused(
            &plugin_file("passes-strings.wat", text),
            "pass strings to each other",
        );
    }
    let path = plugin_file("passes-lists.wat", hands_over("(list u8)", ""));
    let eco = serve(&["-p", &path]);
    Peer::connect(eco.address).send(b"!hello").expect(b"!hello");
    // To a student it is said as any other mistake in what was handed in.
    let path = plugin_file("passes-strings.wat", hands_over("string", ""));
    let (_, report) = grade(&expects("passes-strings", "21"), &[&path]);
    let case = &report["submissions"][0]["cases"][0];
    assert_eq!(case["verdict"], "does-not-load", "{case}");
}

#[test]
fn a_plugin_that_throws_exceptions_is_refused_and_scripts_may_throw() {
    let throws = echo_at("(throw $oh)", "(tag $oh)");
    let path = plugin_file("throws-exceptions.wat", handler(&throws, ""));
    refused(&path, "it throws exceptions");
    let script = "function receive(chunk)\n  pcall(error, 'oh')\n  return chunk\nend";
    served(&plugin_file("throws-and-catches.lua", script));
}

/// An error passes through every function that is being called, and Lua bounds how deep those nest.
#[test]
fn errors_of_scripts_are_paid_for_by_the_calls_that_they_leave() {
    const SCRIPTS: [(&str, &str); 3] = [
        ("at-once", "pcall(error)"),
        ("nested-calls", "pcall(deep, 180)"),
        ("nested-text", "load(('('):rep(190))"),
    ];
    let exercise = expects("errors-of-scripts", "21");
    for (name, throws) in SCRIPTS {
        let script = format!(
            "local function deep(n)
  if n == 0 then error('oh', 0) end
  return (('x'):gsub('x', function() return deep(n - 1) end))
end
function receive() while true do {throws} end end"
        );
        let path = plugin_file(&format!("throws-{name}.lua"), script);
        let started = Instant::now();
        let checked = Eco::new(&["check", &exercise, &path]).run(b"");
        assert!(checked.text().contains("out-of-cpu"), "{}", checked.text());
        // A loop of as many units takes some milliseconds.
        assert!(started.elapsed() < Duration::from_secs(10), "{name}");
    }
}

#[test]
fn a_plugin_with_garbage_that_the_host_would_collect_is_refused() {
    let collects = echo_at("(drop (struct.new $thing))", "(type $thing (struct))");
    refused(
        &plugin_file("makes-garbage.wat", handler(&collects, "")),
        "gc",
    );
}

/// A plugin that polls the same thing so many times at once.
fn polls(handles: u32) -> String {
    with_wasi(
        r#"
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))"#,
        r#"
  (core func $poll (canon lower (func $poll "poll")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))"#,
        r#"(export "poll" (func $poll)) (export "subscribe" (func $subscribe))"#,
        r#"
    (import "host" "poll" (func $poll (param i32 i32 i32)))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))"#,
        &format!(
            "(local $handle i32) (local $at i32)
      (local.set $handle (call $subscribe (i64.const 0)))
      (local.set $at (i32.const 65536))
      (loop $more
        (i32.store (local.get $at) (local.get $handle))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $more (i32.lt_u (local.get $at) (i32.const {}))))
      (call $poll (i32.const 65536) (i32.const {handles}) (i32.const 8))
      (i32.store8 (i32.const 16) (i32.const 33))
      (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 1))
      (i32.const 0)",
            65536 + 4 * handles
        ),
    )
}

#[test]
fn a_plugin_that_polls_thousands_of_handles_at_once_is_cut() {
    let eco = serve(&["-p", &plugin_file("polls-256.wat", polls(256))]);
    Peer::connect(eco.address).send(b"!").expect(b"!");
    let eco = serve(&["-p", &plugin_file("polls-257.wat", polls(257))]);
    Peer::connect(eco.address).send(b"!").expect_reset();
    eco.logged(&["closed", "it polls 257 handles at once"]);
}

#[test]
fn each_handle_that_is_polled_costs_as_much_as_a_call() {
    let path = plugin_file("polls-200.wat", polls(200));
    let (graded, report) = grade(&expects("polls", "21"), &[&path]);
    assert_eq!(graded.code, 0, "{}", graded.stderr);
    let case = &report["submissions"][0]["cases"][0];
    assert_eq!(case["verdict"], "passed", "{case}");
    assert!(case["fuel"].as_u64() > Some(200_000), "{case}");
}
