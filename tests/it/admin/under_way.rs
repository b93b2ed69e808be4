//! The metrics of what goes on at the moment: calls and events that wait, compilations, memory.

use super::{Metrics, admin_of, until};
use crate::compile::loops;
use crate::support::{Peer, plugin_file, serve};

#[test]
fn calls_that_wait_for_a_processor_are_shown() {
    let path = plugin_file("loops-on.lua", "function receive() while true do end end");
    let mut server = serve(&["-p", &path, "--admin", "127.0.0.1:0", "--cpu", "10m"]);
    let admin = admin_of(&mut server);
    let slow = r#"eco_calls_waiting{queue="slow"}"#;
    assert_eq!(Metrics::of(admin).value(slow), 0.0);
    let busy = std::thread::available_parallelism().map_or(1, usize::from);
    let mut looping: Vec<Peer> = (0..busy * 2)
        .map(|_| Peer::connect(server.address))
        .collect();
    for peer in &mut looping {
        peer.send(b"!");
    }
    until(admin, |metrics| metrics.value(slow) >= 1.0);
}

#[test]
fn events_that_wait_and_those_that_are_missed_are_shown() {
    const SLOW: &str = r#"
    function receive(chunk) {
        const text = new TextDecoder().decode(chunk);
        if (text === "in") { subscribe("room", ""); return "ok\n"; }
        if (text === "big") return new Uint8Array(1 << 23).fill(46);
        publish("room", text);
        return "ok\n";
    }
    function message(topic, data) { return data; }
    "#;
    let path = plugin_file("slow-member.js", SLOW);
    let limits = ["--mailbox-events", "3", "--reply", "16MiB"];
    let flags = ["-p", &path, "--admin", "127.0.0.1:0"];
    let mut server = serve(&[&flags[..], &limits].concat());
    let admin = admin_of(&mut server);
    let mut slow = Peer::connect(server.address);
    // It has begun to reply, and can't go on.
    slow.send(b"in").expect(b"ok\n").send(b"big").expect(b".");
    let (waiting, missed) = ("eco_events_waiting_bytes", "eco_events_missed_total");
    let before = Metrics::of(admin);
    assert_eq!((before.value(waiting), before.value(missed)), (0.0, 0.0));
    let mut speaker = Peer::connect(server.address);
    for word in [b"aaaa", b"bbbb", b"cccc", b"dddd", b"eeee"] {
        speaker.send(word).expect(b"ok\n");
    }
    // Three have a place, and two have not.
    let full = Metrics::of(admin);
    assert!(full.value(waiting) >= 12.0, "{}", full.value(waiting));
    assert_eq!(full.value(missed), 2.0);
    slow.expect(&vec![b'.'; (1 << 23) - 1])
        .expect(b"aaaabbbbcccc");
    until(admin, |metrics| metrics.value(waiting) == 0.0);
}

#[test]
fn a_compilation_is_shown_while_it_goes_on() {
    let path = plugin_file("compiles-long.wat", crate::support::handler(ECHO, ""));
    let limits = ["--watch", "--compile-time", "5s"];
    let flags = ["-p", &path, "--admin", "127.0.0.1:0"];
    let mut server = serve(&[&flags[..], &limits].concat());
    let admin = admin_of(&mut server);
    let compiling = |count: f64| move |metrics: &Metrics| metrics.value("eco_compiling") == count;
    until(admin, compiling(0.0));
    std::fs::write(&path, loops(20_000)).expect("it can be written");
    until(admin, compiling(1.0));
    server.logged(&["not reloaded", "time to compile, 5s"]);
    until(admin, compiling(0.0));
}

/// The fields of a module that returns what it gets.
const ECHO: &str = r#"(memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
    (func (export "receive") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))"#;

#[test]
fn the_memory_of_a_services_instances_grows_with_them_and_goes_with_them() {
    let text = "local kept = {}
        function receive(chunk)
          if chunk == 'grow' then kept[#kept + 1] = ('x'):rep(8 << 20) end
          return 'ok\\n'
        end";
    let path = plugin_file("grows.lua", text);
    let mut server = serve(&["-p", &path, "--admin", "127.0.0.1:0", "--memory", "32MiB"]);
    let admin = admin_of(&mut server);
    let memory = "eco_instance_memory_bytes";
    let start = Metrics::of(admin);
    let limit = start.value("eco_instance_memory_limit_bytes");
    assert_eq!(limit, f64::from(32 << 20));
    let mut small = Peer::connect(server.address);
    small.send(b"?").expect(b"ok\n");
    let one = Metrics::of(admin).value(memory);
    assert!(one > start.value(memory), "{one}");
    let mut large = Peer::connect(server.address);
    large.send(b"grow").expect(b"ok\n");
    let two = Metrics::of(admin);
    let grown = two.value(memory);
    assert!(grown >= 2.0 * one + f64::from(8 << 20), "{one}, {grown}");
    assert!(grown <= two.value("eco_memory_bytes"));
    large.finish().expect_end();
    until(admin, |metrics| metrics.value(memory) == one);
}
