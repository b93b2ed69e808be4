//! The store of a plugin's connections, its bounds, and time.

use crate::support::empty_folder;
use crate::support::samples::samples;
use crate::support::{Peer, plugin_file, serve, serve_both_ways};
use rustix::process::Signal;

/// Evaluates what comes, and replies with the value as JSON, or with the error's code.
const ASKS: &str = r#"
function receive(chunk) {
    try {
        const value = eval(new TextDecoder().decode(chunk));
        const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
        return `${JSON.stringify(text)}\n`;
    } catch (error) {
        return `${error.code ?? error}\n`;
    }
}
"#;

fn ask(peer: &mut Peer, question: &str, answer: &str) {
    peer.send(question.as_bytes())
        .expect(format!("{answer}\n").as_bytes());
}

#[test]
fn a_store_is_shared_by_all_connections_and_what_is_in_it_outlives_them() {
    for server in serve_both_ways(&plugin_file("store.js", ASKS), &[]) {
        let mut first = Peer::connect(server.address);
        for (question, answer) in [
            ("store.keys()", "[]"),
            ("store.get('a')", "undefined"),
            ("store.set('a', 'one')", "undefined"),
            ("store.get('a')", "\"one\""),
            ("store.add('n')", "1"),
            ("store.add('n', -3)", "-2"),
            ("store.add('a', 1)", "not-a-number"),
            ("store.compareAndSet('a', 'two', 'three')", "false"),
            ("store.compareAndSet('a', 'one', 'two')", "true"),
            ("store.compareAndSet('b', undefined, 'new')", "true"),
            ("store.compareAndSet('b', 'new', undefined)", "true"),
            ("store.delete('b')", "false"),
            ("store.set('later', '', { ttl: 3600000 })", "undefined"),
            ("store.set('now', '', { ttl: 0 })", "undefined"),
            ("store.keys().sort()", "[\"a\",\"later\",\"n\"]"),
            ("store.keys('l')", "[\"later\"]"),
            ("store.set('big', '9007199254740993')", "undefined"),
            (
                "store.add('big', 0)",
                "RangeError: store.add: the sum is beyond what a number can be",
            ),
            (
                "store.add('n', 0.5)",
                "RangeError: store.add takes a whole number",
            ),
            (
                "for (let i = 0; i < 2500; i++) store.set(`k${i}`, ''); store.keys('k').length",
                "2500",
            ),
        ] {
            ask(&mut first, question, answer);
        }
        first.finish().expect_end();
        let mut second = Peer::connect(server.address);
        ask(&mut second, "store.get('a')", "\"two\"");
        ask(&mut second, "store.delete('a')", "true");
        ask(&mut second, "store.get('a')", "undefined");
    }
}

/// The same, asked in each language.
#[test]
fn every_language_has_the_store_and_time_with_errors_that_have_a_code() {
    const LUA: &str = r#"
    function receive()
      local ok, problem = pcall(store.add, "text", 1)
      local parts = {
        tostring(store.get("none")), store.get("text"), problem.code, tostring(problem),
        store.add("n", 41), store.add("n"), tostring(store.compare_and_set("n", "1", "2")),
        tostring(store.compare_and_set("n", "42", nil)), tostring(store.delete("n")),
        #store.keys("k") + #store.keys("none"), tostring(pcall(store.get, "\xff")),
      }
      after(0.01, function(text) send(text) end, "later")
      cancel(after(0.001, function() send("never") end))
      return table.concat(parts, " ") .. "\n"
    end
    function open() store.set("text", "x") store.set("k1", "", 3600) store.set("k2", "", 0) end
    "#;
    const PYTHON: &str = r#"
from eco import Problem, after, cancel, send, store

def open(connection):
    store.set("text", b"x")
    store.set("k1", b"", ttl=3600)
    store.set("k2", b"", ttl=0)

def receive(chunk):
    try:
        store.add("text", 1)
    except Problem as error:
        problem = error
    try:
        store.get(b"bytes")
    except TypeError as error:
        wrong = error
    parts = [
        store.get("none"), store.get("text").decode(), problem.code, problem,
        store.add("n", 41), store.add("n"), store.compare_and_set("n", b"1", b"2"),
        store.compare_and_set("n", b"42", None), store.delete("n"), len([*store.keys("k"), *store.keys("none")]), wrong,
    ]
    after(0.01, lambda text: send(text), b"later")
    cancel(after(0.001, lambda: send(b"never")))
    return " ".join(map(str, parts)).encode() + b"\n"
"#;
    for (name, text, answer) in [
        (
            "words.lua",
            LUA,
            "nil x not-a-number store.add: not a number 41 42 false true false 1 false\n",
        ),
        (
            "words.py",
            PYTHON,
            "None x not-a-number store.add: not a number 41 42 False True False 1 store.get takes a str, not a bytes\n",
        ),
    ] {
        if name.ends_with("py") && !samples().iter().any(|sample| sample.language == "python") {
            continue;
        }
        let server = serve(&["-p", &plugin_file(name, text)]);
        let mut peer = Peer::connect(server.address);
        peer.send(b"?").expect(answer.as_bytes()).expect(b"later");
    }
}

#[test]
fn a_counter_that_many_count_on_at_once_misses_none() {
    let count = "function receive(chunk) { store.add('n', chunk.length); return chunk; }
        function endOfInput() { return `${store.add('n', 0)}`; }";
    let server = serve(&["-p", &plugin_file("count.js", count)]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut peer = Peer::connect(server.address);
                for _ in 0..100 {
                    peer.send(b"x").expect(b"x");
                }
            });
        }
    });
    let mut peer = Peer::connect(server.address);
    assert_eq!(peer.finish().rest(), b"800");
}

#[test]
fn each_limit_of_the_store_is_an_error_with_a_code_and_named_in_the_log() {
    let path = plugin_file("store-limits.js", ASKS);
    for (flags, question, answer, limit) in [
        (
            ["--key-size", "2"],
            "store.set('ab', ''); store.get('abc')",
            "too-large",
            "key-size",
        ),
        (
            ["--value-size", "2"],
            "store.set('a', 'ab'); store.set('a', 'abc')",
            "too-large",
            "value-size",
        ),
        (
            ["--store-keys", "2"],
            "store.set('a', ''); store.set('b', ''); store.set('a', 'x'); store.set('c', '')",
            "too-many",
            "store-keys",
        ),
        (
            ["--store-size", "1KiB"],
            "store.set('a', 'x'.repeat(800)); store.set('b', 'x'.repeat(100))",
            "too-many",
            "store-size",
        ),
    ] {
        let server = serve(&["-p", &path, flags[0], flags[1]]);
        let mut peer = Peer::connect(server.address);
        ask(&mut peer, question, answer);
        // Nothing was thrown away for it.
        ask(
            &mut peer,
            "store.get('a') !== undefined || store.get('ab') !== undefined",
            "true",
        );
        server.logged(&["the plugin reached a limit", &format!("--{limit}")]);
    }
}

#[test]
fn a_new_version_finds_what_the_old_one_kept() {
    let folder = empty_folder("kept");
    let path = folder.join("kept.js").display().to_string();
    std::fs::write(
        &path,
        "function receive() { return `old ${store.add('n')}`; }",
    )
    .expect("it is written");
    let server = serve(&["-p", &path]);
    Peer::connect(server.address).send(b"?").expect(b"old 1");
    std::fs::write(
        &path,
        "function receive() { return `new ${store.add('n')}`; }",
    )
    .expect("it is written");
    server.signal(Signal::HUP);
    server.logged(&["reloaded"]);
    Peer::connect(server.address).send(b"?").expect(b"new 2");
}

#[test]
fn timers_call_in_their_order_and_what_is_cleared_never_comes() {
    const TIMERS: &str = r#"
    let ticks = 0;
    function open() {
        setTimeout(() => send("b"), 20);
        setTimeout((text) => send(text), 10, "a");
        const never = setTimeout(() => send("never"), 5);
        clearTimeout(never);
        const each = setInterval(() => {
            send(`${++ticks}`);
            if (ticks === 3) { clearInterval(each); wait(); }
        }, 30);
        return "hello ";
    }
    async function wait() {
        await new Promise((resolve) => setTimeout(resolve, 10));
        send("end");
    }
    function receive(chunk) { send("<"); send(chunk); return ">"; }
    "#;
    for server in serve_both_ways(&plugin_file("timers.js", TIMERS), &[]) {
        let mut peer = Peer::connect(server.address);
        peer.expect(b"hello ab123end").send(b"x").expect(b"<x>");
    }
}

#[test]
fn a_connection_is_idle_when_its_timer_writes_nothing_more() {
    const PULSE: &str = "let ticks = 0;
        function open() {
            const each = setInterval(() => {
                send('.');
                if (++ticks === 5) clearInterval(each);
            }, 20);
        }
        function receive(chunk) { return chunk; }";
    let pulse = plugin_file("pulse.js", PULSE);
    let server = serve(&["-p", &pulse, "--idle-timeout", "300ms"]);
    let heard = Peer::connect(server.address).rest();
    assert!(heard.iter().all(|byte| *byte == b'.'), "{heard:?}");
    server.logged(&["closed", "reason=\"idle\"", "(see --idle-timeout)"]);
}

#[test]
fn a_timer_that_fails_ends_its_connection_with_the_place() {
    let fails = "function receive() {\n setTimeout(() => {\n throw new Error('late'); }, 1);\n}";
    let server = serve(&["-p", &plugin_file("late.js", fails)]);
    Peer::connect(server.address).send(b"?").expect_reset();
    server.logged(&["late.js:3:", "late"]);
}
