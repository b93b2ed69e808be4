//! Data that plugins hand to the host, in each language: as much as each limit admits works, and one more is an answer that
//! the plugin can act on.

use crate::redis_server::RedisServer;
use crate::support::empty_folder;
use crate::support::samples::samples;
use crate::support::{Peer, plugin_file, serve};
use std::sync::OnceLock;

/// Does what its peer asks for, with so many bytes or so often, and says what came of it: `v 1000`.
const JAVASCRIPT: &str = r#"
const name = (number) => String.fromCharCode(65 + number % 50, 65 + number / 50);
function each(number, act) { for (; number > 0; number--) act(name(number)); }
const acts = {
    g: (n) => store.get("x".repeat(n)), k: (n) => store.set("x".repeat(n), ""),
    a: (n) => store.add("x".repeat(n), 0), d: (n) => store.delete("x".repeat(n)),
    p: (n) => store.keys("x".repeat(n)), v: (n) => store.set("x", "x".repeat(n)),
    e: (n) => store.compareAndSet("x", "x".repeat(n), undefined),
    n: (n) => store.compareAndSet("xx", undefined, "x".repeat(n)),
    m: (n) => publish("x", "x".repeat(n)), t: (n) => publish("x".repeat(n), ""),
    s: (n) => subscribe("x".repeat(n), ""), l: (n) => subscribe("x", "x".repeat(n)),
    u: (n) => unsubscribe("x".repeat(n)),
    c: (n) => each(n, (key) => store.set(key, "")), r: (n) => each(n, (topic) => publish(topic, "")),
    o: (n) => each(n, (topic) => subscribe(topic, "")),
};
function receive(chunk) {
    const [what, number] = new TextDecoder().decode(chunk).split(" ");
    try { acts[what](Number(number)); } catch (error) { return `${error.code ?? error}\n`; }
    return "ok\n";
}
"#;

const LUA: &str = r#"
local function name(number) return string.char(65 + number % 50, 65 + number // 50) end
local function each(number, act) for at = number, 1, -1 do act(name(at)) end end
local function x(n) return ("x"):rep(n) end
local acts = {
  g = function(n) store.get(x(n)) end, k = function(n) store.set(x(n), "") end,
  a = function(n) store.add(x(n), 0) end, d = function(n) store.delete(x(n)) end,
  p = function(n) store.keys(x(n)) end, v = function(n) store.set("x", x(n)) end,
  e = function(n) store.compare_and_set("x", x(n), nil) end,
  n = function(n) store.compare_and_set("xx", nil, x(n)) end,
  m = function(n) publish("x", x(n)) end, t = function(n) publish(x(n), "") end,
  s = function(n) subscribe(x(n), "") end, l = function(n) subscribe("x", x(n)) end,
  u = function(n) unsubscribe(x(n)) end,
  c = function(n) each(n, function(key) store.set(key, "") end) end,
  r = function(n) each(n, function(topic) publish(topic, "") end) end,
  o = function(n) each(n, function(topic) subscribe(topic, "") end) end,
}
function receive(chunk)
  local what, number = chunk:match("(%a) (%d+)")
  local ok, problem = pcall(acts[what], tonumber(number))
  return (ok and "ok" or problem.code or tostring(problem)) .. "\n"
end
"#;

const PYTHON: &str = r#"
from eco import Problem, publish, store, subscribe, unsubscribe

def name(number):
    return chr(65 + number % 50) + chr(65 + number // 50)

def each(number, act):
    for at in range(number, 0, -1):
        act(name(at))

acts = {
    "g": lambda n: store.get("x" * n), "k": lambda n: store.set("x" * n, b""),
    "a": lambda n: store.add("x" * n, 0), "d": lambda n: store.delete("x" * n),
    "p": lambda n: list(store.keys("x" * n)), "v": lambda n: store.set("x", b"x" * n),
    "e": lambda n: store.compare_and_set("x", b"x" * n, None),
    "n": lambda n: store.compare_and_set("xx", None, b"x" * n),
    "m": lambda n: publish("x", b"x" * n), "t": lambda n: publish("x" * n, b""),
    "s": lambda n: subscribe("x" * n, ""), "l": lambda n: subscribe("x", "x" * n),
    "u": lambda n: unsubscribe("x" * n),
    "c": lambda n: each(n, lambda key: store.set(key, b"")),
    "r": lambda n: each(n, lambda topic: publish(topic, b"")),
    "o": lambda n: each(n, lambda topic: subscribe(topic, "")),
}

def receive(chunk):
    what, number = chunk.decode().split()
    try:
        acts[what](int(number))
    except Problem as problem:
        return problem.code.encode() + b"\n"
    return b"ok\n"
"#;

/// The same plugin in each language of scripts, and as a component.
fn plugins() -> &'static [String] {
    static MADE: OnceLock<Vec<String>> = OnceLock::new();
    MADE.get_or_init(make)
}

fn make() -> Vec<String> {
    let folder = empty_folder("limits");
    let text = include_str!("../plugins/limits.wat");
    std::fs::write(folder.join("limits.wat"), text).expect("it is written");
    let mut plugins = vec![
        folder.display().to_string(),
        plugin_file("limits.js", JAVASCRIPT),
        plugin_file("limits.lua", LUA),
    ];
    if samples().iter().any(|sample| sample.language == "python") {
        plugins.push(plugin_file("limits.py", PYTHON));
    }
    plugins
}

const MIB: usize = 1024 * 1024;
/// More than anybody would think of, and than a reply may have.
const MUCH: usize = 3 * MIB;

/// A question to a plugin, the greatest amount that works, and the answer to one more.
const SIZES: [(&str, usize); 12] = [
    ("v", MIB),
    ("e", MIB),
    ("n", MIB),
    ("g", 1024),
    ("a", 1024),
    ("k", 1024),
    ("p", 1024),
    ("d", 1024),
    ("m", 64 * 1024),
    ("t", 256),
    ("s", 256),
    ("l", 256),
];

#[track_caller]
fn ask(peer: &mut Peer, what: &str, number: usize, answer: &str) {
    eprintln!("{what} {number}: {answer}");
    peer.send(format!("{what} {number}").as_bytes())
        .expect(format!("{answer}\n").as_bytes());
}

#[test]
fn data_of_the_greatest_length_is_taken_and_one_byte_more_is_an_answer_in_every_language() {
    for plugin in plugins() {
        eprintln!("{plugin}");
        let server = serve(&["-p", plugin, "--snapshot", "never"]);
        for (what, most) in SIZES {
            let mut peer = Peer::connect(server.address);
            for (number, answer) in [
                (most, "ok"),
                (most + 1, "too-large"),
                (MUCH, "too-large"),
                (most, "ok"),
            ] {
                ask(&mut peer, what, number, answer);
            }
            peer.finish().expect_end();
        }
        // There is no such topic, and no answer to say so.
        ask(&mut Peer::connect(server.address), "u", MUCH, "ok");
    }
}

#[test]
fn calls_are_made_as_often_as_they_may_be_and_once_more_is_an_answer_in_every_language() {
    // A key of two bytes counts 130; one of a byte, with a value, 129 and its length.
    for plugin in plugins() {
        eprintln!("{plugin}");
        for (flag, value, what, most) in [
            ("--topics", "3", "o", 3),
            ("--members", "3", "o", 3),
            ("--store-keys", "3", "c", 3),
            ("--store-size", "390B", "c", 3),
            ("--store-size", "1000B", "v", 1000 - 129),
            ("--publish-rate", "3", "r", 3),
            ("--publish-size", "1000B", "m", 1000),
        ] {
            let serve = || serve(&["-p", plugin, "--snapshot", "never", flag, value]);
            ask(&mut Peer::connect(serve().address), what, most, "ok");
            let server = serve();
            let mut peer = Peer::connect(server.address);
            ask(&mut peer, what, most + 1, "too-many");
            // It goes on.
            ask(&mut peer, "d", 1, "ok");
            server.logged(&["the plugin reached a limit", &format!("(see {flag})")]);
        }
    }
}

#[test]
fn a_value_is_as_long_as_it_may_be_wherever_it_is_kept() {
    let file = empty_folder("limits-kept").join("state");
    let redis = RedisServer::start();
    let places = [format!("file:{}", file.display())];
    for place in places
        .into_iter()
        .chain(redis.as_ref().map(RedisServer::url))
    {
        let plugin = plugin_file("limits-kept.js", JAVASCRIPT);
        let server = serve(&["-p", &plugin, "--snapshot", "never", "--state", &place]);
        let mut peer = Peer::connect(server.address);
        for (what, most) in SIZES {
            ask(&mut peer, what, most, "ok");
            ask(&mut peer, what, most + 1, "too-large");
        }
        ask(&mut peer, "v", MUCH, "too-large");
        ask(&mut peer, "v", MIB, "ok");
    }
}

#[test]
fn a_plugin_that_hands_over_all_of_its_memory_is_told_so_and_goes_on() {
    let plugin = &plugins()[0];
    let server = serve(&["-p", plugin]);
    let mut peer = Peer::connect(server.address);
    for what in ["v", "e", "n", "k", "p", "m", "t", "s", "l"] {
        ask(&mut peer, what, 19_000_000, "too-large");
    }
    // Of the log it has had too much, which ends it, and not of what a call returns.
    peer.send(b"L 2000000").expect_reset();
    server.logged(&["log output per connection", "--log-output"]);
}
