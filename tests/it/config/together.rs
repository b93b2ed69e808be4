//! Services of one process: they share the processors and the total of memory, and nothing else.

use super::Folder;
use crate::harness::{Eco, assert_same};
use crate::support::{Peer, converse, handler};

#[test]
fn a_service_that_loops_for_ever_holds_up_no_other() {
    let folder = Folder::new("loops");
    folder.write("loops.lua", "function receive() while true do end end");
    let text = r#"
        [[service]]
        name = "loops"
        plugin = "loops.lua"
        listen = "127.0.0.1:0"
        cpu = "5m"
        deadline = "10m"
        grace = "0s"
        [[service]]
        name = "echo"
        listen = "127.0.0.1:0"
    "#;
    folder.write("eco.toml", text);
    let (server, addresses) = folder.serve(2);
    let mut looping: Vec<Peer> = (0..8).map(|_| Peer::connect(addresses[0])).collect();
    for peer in &mut looping {
        peer.send(b"go");
    }
    let mut echo = Peer::connect(addresses[1]);
    for round in 0..500_u32 {
        let bytes = round.to_be_bytes();
        echo.send(&bytes).expect(&bytes);
        if round % 50 == 0 {
            assert_same(&converse(addresses[1], &bytes), &bytes);
        }
    }
    let log = server.log();
    assert!(
        !log.contains("closed connection=1 version=1 reason=\"failed\""),
        "{log}"
    );
    server.logged(&["opened", "connection=8", "service=loops"]);
    server.logged(&["closed", "service=echo"]);
}

#[test]
fn the_total_of_memory_is_one_for_all_services() {
    let folder = Folder::new("memory");
    // Each connection holds 40 MiB.
    let fields = r#"(memory (export "memory") 640)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
        (func (export "receive") (param i32 i32) (result i32)
          (i32.store (i32.const 0) (i32.const 8))
          (i32.store (i32.const 4) (i32.const 2))
          (i32.store (i32.const 8) (i32.const 0x6b6f))
          (i32.const 0))"#;
    folder.write("holds.wat", handler(fields, ""));
    let service = |name: &str| {
        format!(
            "[[service]]\nname = \"{name}\"\nplugin = \"holds.wat\"\nlisten = \"127.0.0.1:0\"\n"
        )
    };
    folder.write(
        "eco.toml",
        format!(
            "total-memory = \"64MiB\"\n{}{}",
            service("one"),
            service("two")
        ),
    );
    let (server, addresses) = folder.serve(2);
    let mut one = Peer::connect(addresses[0]);
    one.send(b"?").expect(b"ok");
    let mut two = Peer::connect(addresses[1]);
    two.send(b"?").expect_reset();
    server.logged(&[
        "reason=\"failed\"",
        "budget=\"total-memory\"",
        "service=two",
    ]);
    one.send(b"?").expect(b"ok").finish().expect_end();
    server.logged(&["closed", "reason=\"ended\"", "service=one"]);
    Peer::connect(addresses[1]).send(b"?").expect(b"ok");
}

#[test]
fn services_with_the_same_plugin_share_no_state_and_no_limit() {
    let folder = Folder::new("apart");
    folder.write(
        "counts.js",
        "function receive() { return `${store.add('n', 1)}\\n` }",
    );
    let text = |name: &str, cap: usize| {
        format!(
            "[[service]]\nname = \"{name}\"\nplugin = \"counts.js\"\nlisten = \"127.0.0.1:0\"\nmax-connections-per-peer = {cap}\n"
        )
    };
    folder.write("eco.toml", text("one", 1) + &text("two", 2));
    let (server, addresses) = folder.serve(2);
    let mut one = Peer::connect(addresses[0]);
    assert_eq!(one.send(b"+").line(), "1");
    assert_eq!(one.send(b"+").line(), "2");
    let mut two = [Peer::connect(addresses[1]), Peer::connect(addresses[1])];
    assert_eq!(two[0].send(b"+").line(), "1");
    assert_eq!(two[1].send(b"+").line(), "2");
    Peer::connect(addresses[0]).expect_reset();
    server.logged(&["refused", "reason=\"too-many\"", "service=one"]);
    server.terminate();
    let exited = server.wait();
    assert_eq!(exited.code, 0);
    for service in ["one", "two"] {
        let words = format!("cut_off=0 service={service}");
        assert!(exited.stderr.contains(&words), "{}", exited.stderr);
    }
}

#[test]
fn the_log_for_machines_has_the_service_and_what_a_plugin_says_has_it_too() {
    let folder = Folder::new("logs");
    folder.write(
        "says.lua",
        "function receive() print('hello there') return 'ok' end",
    );
    folder.write(
        "eco.toml",
        "[[service]]\nname = \"says\"\nplugin = \"says.lua\"\nlisten = \"127.0.0.1:0\"\n",
    );
    let server = folder
        .eco(&["serve", "--log-format", "json", "--config"])
        .serve();
    server.logged(&["\"listening\"", "\"version\":1", "\"service\":\"says\"}"]);
    Peer::connect(server.address).send(b"?").expect(b"ok");
    let said = server.logged(&["hello there", "\"service\":\"says\"}"]);
    let line: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
    assert_eq!(line["service"], "says");
    // Without a file there are no services to tell apart.
    let alone = Eco::new(&["serve", "-l", "127.0.0.1:0", "--log-format", "json"]).serve();
    Peer::connect(alone.address).send(b"?").expect(b"?");
    assert!(!alone.logged(&["opened"]).contains("service"));
}
