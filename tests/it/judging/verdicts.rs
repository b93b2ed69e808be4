//! Grading the grader: every wrong plugin of `tests/exercises/wrong` gets exactly its verdicts.

use crate::harness::{Eco, Exited};
use crate::judging::splits::{failed, one_case};
use crate::support::empty_folder;
use crate::support::{plugin_file, project_file};
use serde_json::Value;
use std::collections::BTreeMap;

/// The exercise that they get wrong: every line comes back, and "quit" ends it.
pub(crate) fn lines() -> String {
    project_file("tests/exercises/lines")
}

/// The folder of the wrong plugins.
fn wrong() -> String {
    project_file("tests/exercises/wrong")
}

/// The verdicts of each wrong plugin, case by case; one alone is that of every case.
const VERDICTS: [(&str, &[&str]); 29] = [
    ("answers-without-end", &["reply-too-big"]),
    ("appends-a-newline", &["extra-bytes"]),
    (
        "breaks-non-utf8",
        &[
            "passed",
            "passed",
            "passed",
            "wrong-bytes",
            "passed",
            "passed",
        ],
    ),
    ("buffers-for-ever", &["missing-bytes"]),
    (
        "closes-early",
        &[
            "closed-early",
            "closed-early",
            "closed-early",
            "closed-early",
            "extra-bytes",
            "closed-early",
        ],
    ),
    ("eats-memory", &["out-of-memory"]),
    ("exports-something-else", &["missing-function"]),
    ("floods-the-log", &["crashed"]),
    ("forgets-the-rest", &["wrong-bytes"]),
    ("has-a-syntax-error", &["does-not-load"]),
    ("has-other-types", &["bad-abi"]),
    ("is-a-core-module", &["does-not-load"]),
    ("is-no-component", &["does-not-load"]),
    ("is-off-by-one", &["wrong-bytes"]),
    ("lacks-receive", &["missing-function"]),
    ("lies-at-the-abi", &["bad-abi"]),
    ("looks-for-files", &["crashed"]),
    ("loops", &["out-of-cpu"]),
    ("loops-at-its-start", &["out-of-cpu"]),
    (
        "never-closes",
        &[
            "passed",
            "passed",
            "passed",
            "passed",
            "not-closed",
            "passed",
        ],
    ),
    ("recurses", &["crashed"]),
    ("shares-state-between-connections", &["passed"]),
    ("swallows-the-last-chunk", &["missing-bytes"]),
    ("takes-a-chunk-for-a-line", &["wrong-bytes"]),
    ("throws", &["crashed"]),
    ("traps", &["crashed"]),
    (
        "treats-the-second-client-otherwise",
        &[
            "passed",
            "passed",
            "passed",
            "passed",
            "passed",
            "wrong-bytes",
        ],
    ),
    ("wants-all-memory", &["out-of-memory"]),
    ("wants-the-network", &["import-not-allowed"]),
];

/// Grades submissions, and returns eco's own report.
#[track_caller]
pub(crate) fn grade(exercise: &str, submissions: &[&str]) -> (Exited, Value) {
    let arguments = [&["grade", exercise, "--report", "json=-"], submissions].concat();
    let graded = Eco::new(&arguments).run(b"");
    let report = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
    (graded, report)
}

/// The verdicts of each submission, in the order of the cases.
fn verdicts(report: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let submissions = report["submissions"].as_array().expect("a list");
    let cases = |submission: &Value| {
        let cases = submission["cases"].as_array().expect("a list");
        cases.iter().map(|case| text(&case["verdict"])).collect()
    };
    submissions
        .iter()
        .map(|submission| (text(&submission["name"]), cases(submission)))
        .collect()
}

#[test]
fn every_wrong_plugin_gets_exactly_its_verdicts() {
    let (graded, report) = grade(&lines(), &[&wrong()]);
    assert_eq!(graded.code, 0, "{}", graded.stderr);
    let found = verdicts(&report);
    for (name, expected) in VERDICTS {
        let every = vec![expected[0].to_owned(); 6];
        let expected = match expected {
            [_] => every,
            each => each.iter().map(|code| (*code).to_owned()).collect(),
        };
        assert_eq!(found.get(name), Some(&expected), "{name}");
    }
    assert_eq!(found.len(), VERDICTS.len(), "a plugin without its verdicts");
}

#[test]
fn a_plugin_that_fails_everything_gets_nothing_and_one_that_passes_gets_all() {
    let (_, report) = grade(&lines(), &[&wrong()]);
    for submission in report["submissions"].as_array().expect("a list") {
        let name = submission["name"].as_str().expect("a name");
        let expected = VERDICTS.iter().find(|(plugin, _)| *plugin == name);
        let expected = match expected.expect("it is in the list").1 {
            ["passed"] => 12.0,
            [_] => 0.0,
            // Each case is worth 2 of 12 points.
            each => 2.0 * each.iter().filter(|code| **code == "passed").count() as f64,
        };
        assert_eq!(submission["points"].as_f64(), Some(expected), "{name}");
    }
}

#[test]
fn twenty_runs_give_the_same_reports() {
    let first = grade(&lines(), &[&wrong()]).0.stdout;
    for _ in 1..20 {
        crate::harness::assert_same(&grade(&lines(), &[&wrong()]).0.stdout, &first);
    }
}

#[test]
fn however_many_are_graded_at_once_the_report_is_the_same() {
    let arguments = |jobs| {
        [
            "grade",
            &lines(),
            &wrong(),
            "--report",
            "json=-",
            "-j",
            jobs,
        ]
        .map(str::to_owned)
    };
    let run = |jobs| {
        let arguments = arguments(jobs);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Eco::new(&arguments).run(b"").stdout
    };
    crate::harness::assert_same(&run("1"), &run("8"));
}

/// A component that calls WASI's clock, with this as the body of `receive`.
fn with_clock(body: &str) -> String {
    format!(
        r#"(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $now (canon lower (func $clock "now")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core module $m
    (import "host" "block" (func $block (param i32)))
    (import "host" "now" (func $now (result i64)))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "receive") (param i32 i32) (result i32) {body}))
  (core instance $m (instantiate $m (with "host" (instance
    (export "block" (func $block)) (export "now" (func $now)) (export "subscribe" (func $subscribe))))))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

/// An exercise whose one case expects these bytes, in hexadecimal, for one byte.
pub(crate) fn expects(name: &str, hex: &str) -> String {
    let folder = empty_folder(name);
    let text = format!(
        "format = 1\nslug = \"one\"\ntitle = \"One\"\npoints = 1\nlimits.fuel = 5_000_000\n\n[[cases]]\nname = \"it\"\nsteps = [{{ send = \"!\" }}, {{ expect-hex = \"{hex}\" }}]\n"
    );
    std::fs::write(folder.join("exercise.toml"), text).expect("it can be written");
    folder.display().to_string()
}

#[test]
fn a_plugin_that_sleeps_loses_no_time_and_gets_the_same_verdict() {
    // An hour later by its own clock, the difference is sent.
    let body = "(local $before i64) (local.set $before (call $now))
        (call $block (call $subscribe (i64.const 3600000000000)))
        (i64.store (i32.const 0) (i64.sub (call $now) (local.get $before)))
        (i32.store (i32.const 8) (i32.const 0)) (i32.store (i32.const 12) (i32.const 8)) i32.const 8";
    let plugin = plugin_file("sleeps-an-hour.wat", with_clock(body));
    let hour: String = 3_600_000_000_000_u64
        .to_le_bytes()
        .map(|byte| format!("{byte:02x}"))
        .concat();
    let exercise = expects("an-hour", &hour);
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}

#[test]
fn clock_and_randomness_are_the_same_in_every_run() {
    let plugin = plugin_file(
        "tells-the-time.js",
        "function receive() { return `${Date.now()} ${Math.random()}`; }",
    );
    let exercise = expects("the-time", "00");
    let run = || Eco::new(&["check", &exercise, &plugin]).run(b"");
    let first = run();
    assert_eq!(first.code, 1, "{}", first.stderr);
    assert!(first.text().contains(" 0."), "{}", first.text());
    for _ in 0..3 {
        crate::harness::assert_same(&run().stdout, &first.stdout);
    }
}

#[test]
fn a_plugin_that_answers_without_end_is_stopped() {
    let text = "function receive(chunk) return string.rep('x', 1 << 20) end";
    let plugin = plugin_file("a-megabyte-for-a-byte.lua", text);
    let steps = format!("{} {{ expect = \"!\" }}", "{ send = \"!\" },".repeat(9));
    let shown = failed(&one_case("endless", &steps), &plugin);
    assert!(shown.contains("extra-bytes"), "{shown}");
    // It isn't given the other seven.
    assert_eq!(shown.matches("--> \"!\"").count(), 2, "{shown}");
}

/// A plugin that has the host make random bytes in a loop, so many at a time.
fn asks_for_randomness(bytes: u32) -> String {
    format!(
        r#"(component
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $memory (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64))
  (core instance $memory (instantiate $memory))
  (core func $random (canon lower (func $random "get-random-bytes")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "host" "random" (func $random (param i64 i32)))
    (func (export "receive") (param i32 i32) (result i32)
      (loop $again (call $random (i64.const {bytes}) (i32.const 8)) (br $again)) i32.const 0))
  (core instance $m (instantiate $m (with "host" (instance (export "random" (func $random))))))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

#[test]
fn work_that_the_host_does_counts_too() {
    let exercise = expects("randomness", "21");
    for (bytes, verdict) in [(4096, "out-of-cpu"), (4097, "crashed")] {
        let name = format!("asks-for-{bytes}-random-bytes.wat");
        let plugin = plugin_file(&name, asks_for_randomness(bytes));
        let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
        assert!(checked.text().contains(verdict), "{}", checked.text());
    }
}

#[test]
fn a_plugin_of_many_memories_is_refused_by_all_engines() {
    let exercise = expects("memories", "21");
    let text = format!(
        r#"(component
  (core module $many {})
  (core instance (instantiate $many))
  (core module $m
    (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)
    (func (export "receive") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) i32.const 0))
  (core instance $m (instantiate $m))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#,
        "(memory 0)".repeat(90)
    );
    let plugin = plugin_file("ninety-memories.wat", text);
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert_eq!(checked.code, 65, "{}", checked.text());
    let served = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &plugin]).run(b"");
    assert_eq!(served.code, 65, "{}", served.text());
    for said in [checked.stderr, served.stderr] {
        let words = "it is made of 91 memories (at most 32)";
        assert!(said.contains(words), "{said}");
    }
}
