//! Attacks on a Redis that servers share, by way of a plugin, of another of its users, or by what answers in its place.

mod answers;
mod links;
mod members;
mod store;

use crate::harness::Server;
use crate::redis_server::{RedisServer, ask};
use crate::support::{Peer, plugin_file, serve};
use std::process::Command;
use std::time::{Duration, Instant};

/// A room that tells who comes, leaves and speaks, in lines. What begins with `=` is evaluated.
const ROOM: &str = r#"
const lines = new Lines();
let name;
function receive(chunk) { for (const line of lines.feed(chunk)) hear(line); }
function hear(line) {
    try {
        if (line[0] === "=") {
            const value = eval(line.slice(1));
            return send(`= ${value instanceof Uint8Array ? value.length : value}\n`);
        }
        if (name === undefined) {
            name = line;
            const others = subscribe("room", name).map(({ label }) => label).sort();
            return send(`with ${others.length > 9 ? others.length : others.join(",")}\n`);
        }
        publish("room", line);
    } catch (error) { send(`${error.code}: ${error.message.replace(/^[\w.]+: /, "")}\n`); }
}
function message(topic, data, from) { return `${from.label}: ${new TextDecoder().decode(data)}\n`; }
function joined(topic, { label }) { return `+${label}\n`; }
function left(topic, { label }) { return `-${label}\n`; }
function missed(topic, count) { return `missed ${count}\n`; }
"#;

/// The error that a plugin has where Redis can't be used.
const AWAY: &str = "where this is kept can't be used now";

fn host(place: &str, more: &[&str]) -> Server {
    let plugin = plugin_file("attacked.js", ROOM);
    let arguments = ["-p", &plugin, "--snapshot", "never", "--state", place];
    serve(&[&arguments[..], more].concat())
}

fn enter(server: &Server, name: &str, with: &str) -> Peer {
    let mut peer = Peer::connect(server.address);
    peer.send(format!("{name}\n").as_bytes())
        .expect(format!("with {with}\n").as_bytes());
    peer
}

/// Takes lines up to this one; returns those before it.
fn skip_to(peer: &mut Peer, line: &str) -> Vec<String> {
    std::iter::from_fn(|| Some(peer.line()).filter(|come| come != line)).collect()
}

/// Asks the plugin, and takes its answer.
#[track_caller]
fn answers(peer: &mut Peer, question: &str, answer: &str) {
    peer.send(format!("={question}\n").as_bytes())
        .expect(format!("{answer}\n").as_bytes());
}

/// A script's answer, run as by anybody. `key` gives a key of the namespace.
fn run(redis: &RedisServer, script: &str) -> String {
    let head = "local function key(name) return 'eco:{attacked}:' .. name end ";
    ask(redis.port, &["EVAL", &format!("{head}{script}"), "0"])
}

/// Waits until a script says this.
#[track_caller]
fn until(redis: &RedisServer, script: &str, said: &str) {
    let began = Instant::now();
    loop {
        let now = run(redis, script);
        if now == said {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{script}: {now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How often Redis has run a command; `None` where there is no redis-cli.
fn calls(redis: &RedisServer, command: &str) -> Option<u64> {
    let port = redis.port.to_string();
    let info = Command::new("redis-cli")
        .args(["-p", &port, "info", "commandstats"])
        .output()
        .ok()?;
    let info = String::from_utf8(info.stdout).expect("it is text");
    let head = format!("cmdstat_{command}:calls=");
    let line = info.lines().find_map(|line| line.strip_prefix(&head));
    let calls = line.and_then(|line| line.split(',').next());
    Some(calls.map_or(0, |calls| calls.parse().expect("a number")))
}

/// The most memory that a process has had, in bytes; nothing where the system doesn't say it.
fn peak(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.map_or(0, |number| {
        1024 * number.parse::<usize>().expect("a number")
    })
}

const MIB: usize = 1024 * 1024;
