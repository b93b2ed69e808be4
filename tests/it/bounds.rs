//! What no plugin gets past: work that nobody would count is refused or has a price, and all that an
//! instance makes the host hold is bounded.

use crate::exercises::{HEAD, exercise};
use crate::harness::Eco;
use crate::hostile::with_wasi;
use crate::support::{Peer, handler, plugin_file, serve};
use crate::verdicts::{expects, grade};
use eco_exercise::{Cases, Exercise, Files, Judge};
use eco_host::plugin::{Compiler, Engine, ServerPlugin, Source};
use std::time::{Duration, Instant};

/// The plugin can't be used; the message has these words.
#[track_caller]
fn refused(path: &str, words: &str) {
    let refused = Eco::new(&["serve", "--listen", "127.0.0.1:0", "-p", path]).run(b"");
    assert_eq!(refused.code, 65, "{}", refused.stderr);
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
}

/// Serves the plugin, which is an echo.
#[track_caller]
fn served(path: &str) {
    let eco = serve(&["-p", path]);
    Peer::connect(eco.address).send(b"hello").expect(b"hello");
}

/// Fields of a module that is an echo, with these besides.
fn echo(fields: &str) -> String {
    echo_at("", fields)
}

/// As [`echo`], and does this at `!`.
fn echo_at(attack: &str, fields: &str) -> String {
    format!(
        r#"(memory (export "memory") 2)
  {fields}
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
  (func (export "receive") (param $at i32) (param $length i32) (result i32)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then {attack}))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (i32.const 0))"#
    )
}

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

/// What is thrown passes through every function that is being called, and Lua bounds how deep those nest.
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

/// So many bytes of data, each three pages after the one before.
pub(crate) fn strewn(segments: u32) -> String {
    let segment = |number| format!("(data (i32.const {}) \"x\")\n", 1024 + number * 3 * 4096);
    let data: String = (0..segments).map(segment).collect();
    let fields = echo(&data).replace("\"memory\") 2", "\"memory\") 960");
    handler(&fields, "")
}

#[test]
fn data_that_is_strewn_over_the_memory_is_refused() {
    served(&plugin_file("strewn-a-little.wat", strewn(4096)));
    refused(
        &plugin_file("strewn.wat", strewn(4097)),
        "copied into 4097 pages",
    );
    // Each instance of the module counts, of which one of the plugin is made.
    let twice = |segments| {
        let text = strewn(segments).replace("\"memory\") 960", "\"memory\") 400");
        let again = "(core instance (instantiate $m)) (core instance $m";
        text.replacen("(core instance $m", again, 1)
    };
    served(&plugin_file("strewn-twice-a-little.wat", twice(2048)));
    refused(
        &plugin_file("strewn-twice.wat", twice(2049)),
        "copied into 4098 pages",
    );
}

#[test]
fn what_would_have_the_host_hold_much_for_an_instance_is_refused() {
    let elements = |number| format!("(func $f) (elem func {})", "$f ".repeat(number));
    let path = plugin_file("some-elements.wat", handler(&echo(&elements(1000)), ""));
    served(&path);
    let many = handler(&echo(&elements(4 << 20 >> 4)), "");
    refused(
        &plugin_file("many-elements.wat", many),
        "have the host hold",
    );
    let elem = format!("(elem (i32.const 0) {})", "$f ".repeat(1000));
    let filled = format!("(table 1000 funcref) {}", elem.repeat(101));
    let filled = handler(&echo(&format!("(func $f) {filled}")), "");
    refused(&plugin_file("fills-again.wat", filled), "--table");
    // A table of which each instance has one more.
    let filled = format!("(table 1000 funcref) (func $f) {}", elem.repeat(40));
    let filled = handler(&echo(&filled), "");
    let again = "(core instance (instantiate $m))".repeat(2);
    let thrice = filled.replacen(
        "(core instance $m",
        &format!("{again} (core instance $m"),
        1,
    );
    served(&plugin_file("fills.wat", filled));
    refused(&plugin_file("fills-thrice.wat", thrice), "--table");
}

/// A plugin that at `!` makes so many handles to a resource of its own, fills a table and uses its
/// stack.
fn hoards(handles: u32) -> String {
    let attack = "(local.set $left (i32.const HANDLES))
      (loop $more
        (drop (call $new (i32.const 0)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $more (local.get $left)))
      (drop (table.grow $t (ref.null func) (i32.const 99999)))
      (table.fill $t (i32.const 0) (ref.func $deeper) (i32.const 100000))
      (drop (call $deeper (i32.const 5000)))"
        .replace("HANDLES", &handles.to_string());
    let fields = echo_at(&attack, "").replace(
        "(if (i32.eq (i32.load8_u",
        "(local $left i32) (if (i32.eq (i32.load8_u",
    );
    // Imports come first in a module.
    let fields = format!(
        r#"(import "host" "new" (func $new (param i32) (result i32)))
  (table $t 1 funcref) (elem declare func $deeper)
  (func $deeper (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $deeper (i32.sub (local.get 0) (i32.const 1))) (local.get 0)))
      (else (i32.const 0))))
  {fields}"#
    );
    handler(&fields, "").replace(
        "(core instance $m (instantiate $m))",
        r#"(type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core instance $m (instantiate $m (with "host" (instance (export "new" (func $new))))))"#,
    )
}

#[test]
fn a_plugin_that_hoards_handles_is_cut() {
    let eco = serve(&["-p", &plugin_file("hoards-1024.wat", hoards(1024))]);
    Peer::connect(eco.address).send(b"!").expect(b"!");
    let eco = serve(&["-p", &plugin_file("hoards-1025.wat", hoards(1025))]);
    Peer::connect(eco.address).send(b"!").expect_reset();
    eco.logged(&["closed", "reason=\"failed\"", "handle limit"]);
}

/// Resident memory of a process, in bytes (proc_pid_status(5)).
#[cfg(target_os = "linux")]
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    1024 * kib
        .and_then(|kib| kib.parse::<usize>().ok())
        .expect("a size")
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_host_holds_for_all_instances_has_a_budget() {
    let path = plugin_file("hoards.wat", hoards(1000));
    let eco = serve(&["-p", &path, "--total-memory", "16MiB"]);
    let before = resident(eco.pid());
    let mut peers: Vec<Peer> = (0..60).map(|_| Peer::connect(eco.address)).collect();
    let answered = peers.iter_mut().filter_map(|peer| {
        peer.send(b"!");
        let mut reply = [0];
        std::io::Read::read_exact(&mut peer.0, &mut reply).ok()
    });
    let answered = answered.count();
    // Memory of 128 KiB, a stack of 512 KiB, a table of 800 KiB, and what the handles take.
    assert!((5..=11).contains(&answered), "{answered} instances");
    eco.logged(&["memory of all instances", "--total-memory"]);
    let grown = resident(eco.pid()).saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes for {answered} instances");
}

/// An echo with two megabytes of data, which are in the code of the component and in that of its module.
#[test]
fn the_code_of_a_plugin_counts_with_the_memory_of_its_instances() {
    let data = format!("(data (i32.const 65536) \"{}\")", "x".repeat(2 << 20));
    let fields = echo(&data).replace("\"memory\") 2", "\"memory\") 33");
    let path = plugin_file("large-code.wat", handler(&fields, ""));
    let arguments = ["serve", "-l", "127.0.0.1:0", "-p", &path];
    let small = Eco::new(&arguments)
        .args(&["--total-memory", "4MiB"])
        .run(b"");
    assert_eq!(small.code, 65, "{}", small.stderr);
    for words in [
        "memory of all instances, 4.0 MiB",
        "compiled to takes",
        "--total-memory",
    ] {
        assert!(small.stderr.contains(words), "{}", small.stderr);
    }
    // With room for that, one instance and a half.
    let eco = serve(&["-p", &path, "--total-memory", "7MiB"]);
    let mut first = Peer::connect(eco.address);
    first.send(b"hello").expect(b"hello");
    Peer::connect(eco.address).send(b"hello").expect_reset();
    eco.logged(&["memory of all instances", "7.0 MiB", "--total-memory"]);
    first.finish().expect_end();
    eco.logged(&["closed", "connection=1"]);
    Peer::connect(eco.address).send(b"hello").expect(b"hello");
}

/// Loops as often as `$left` says, for a tenth of a microsecond each or less.
const WORKS: &str = "(loop $more (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))";

/// An echo that does this at `!`, with a local of its own.
fn works(name: &str, attack: &str) -> String {
    let fields = echo_at(attack, "").replace(
        "(if (i32.eq (i32.load8_u",
        "(local $left i32) (if (i32.eq (i32.load8_u",
    );
    plugin_file(name, handler(&fields, ""))
}

/// Steps on so many connections, on each of which so many bytes come back.
fn on_each(connections: usize, bytes: usize) -> String {
    let step = |number, action| {
        format!("{{ connection = {number}, {action} = \"!\", repeat = {bytes} }}, ")
    };
    (1..=connections)
        .map(|number| step(number, "send") + &step(number, "expect"))
        .collect()
}

/// Processor time of this thread.
#[cfg(unix)]
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("it goes forwards")
}

#[cfg(unix)]
#[tokio::test]
async fn all_that_is_done_to_judge_a_plugin_has_a_bound() {
    let long = format!("(local.set $left (i32.const 20000000)) {WORKS}");
    let short = format!("(local.set $left (i32.const 20000)) {WORKS}");
    for (name, attack, steps) in [
        // One run is more than there is: it is left under way.
        ("loops", long, on_each(64, 1)),
        // No call is so long that it pauses.
        ("works", short, on_each(4, 1000)),
        // Nothing is done but to make instances, and give them back.
        ("starts", String::new(), on_each(64, 1)),
        // It breaks at the last of a thousand bytes, and every try of finding the smallest split takes long.
        (
            "breaks-late",
            format!(
                "(local.set $left (i32.const 20000)) {WORKS}
                (if (i32.eq (local.get $length) (i32.const 1)) (then
                  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                  (if (i32.eq (global.get $calls) (i32.const 1000)) (then unreachable))))"
            ),
            on_each(1, 1000),
        ),
    ] {
        let plugin = works(&format!("{name}.wat"), &attack);
        if name == "breaks-late" {
            let text = std::fs::read_to_string(&plugin).expect("it is there");
            let calls = "(global $calls (mut i32) (i32.const 0)) (func (export \"realloc\")";
            std::fs::write(
                &plugin,
                text.replacen("(func (export \"realloc\")", calls, 1),
            )
            .expect("it can be written");
        }
        let case = |number| format!("[[cases]]\nname = \"{number}\"\nsteps = [{steps}]\n");
        let cases: String = (0..50).map(case).collect();
        let folder = exercise(&format!("costs-{name}"), &format!("{HEAD}{cases}"));
        let mut exercise = Exercise::read(&Files::Folder(folder), Cases::All).expect("it is right");
        exercise.limits.fuel = u64::MAX;
        let time = Duration::from_millis(300);
        exercise.limits.time = time;
        let engine = Engine::builder(Compiler::InProcess, exercise.limits.budgets(usize::MAX))
            .laboratory()
            .build()
            .expect("an engine");
        let source = Source::File(plugin.into());
        let plugin = ServerPlugin::load(&engine, source).await;
        let plugin = plugin.unwrap_or_else(|error| panic!("{name}: {error}"));
        let judge = Judge::of(&exercise, &Compiler::InProcess, usize::MAX)
            .await
            .expect("no judge is needed");
        let before = thread_time();
        let judgements = judge.judge(&plugin, |_, _| {}).await;
        let used = thread_time() - before;
        assert!(used < 3 * time, "{name}: {used:?}");
        let last = judgements.last().expect("there are cases");
        assert_eq!(last.verdict.code(), "internal", "{name} has taken {used:?}");
        let said = last.verdict.sentence();
        assert!(
            said.contains("the 300ms of processor time"),
            "{name}: {said}"
        );
        // What was found before is as it is without a bound.
        let judged = judgements.iter().map(|judged| judged.verdict.code());
        let judged: Vec<&str> = judged.take_while(|code| *code != "internal").collect();
        let expected = if name == "breaks-late" {
            "crashed"
        } else {
            "passed"
        };
        assert!(
            judged.iter().all(|code| *code == expected),
            "{name}: {judged:?}"
        );
    }
}
