//! Attacks in a call, in a reply and at the start.

use crate::harness::assert_same;
use crate::hostile_plugins::{ATTACK, ATTACK_MESSAGE, ATTACKS, Attack, Written};
use crate::support::{Peer, handler, noise, plugin_file, serve};
use eco_host::net::{Limits, Server};
use eco_host::plugin::{
    BUILT_IN_SERVERS, Budgets, Compiler, Engine, LoadError, ServerPlugin, Source,
};

#[test]
fn every_attack_costs_its_own_connection_and_no_other() {
    every_attack_costs_its_own_connection(Written::AsFunction);
}

#[test]
fn every_attack_costs_its_own_connection_in_straight_code_too() {
    every_attack_costs_its_own_connection(Written::InPlace);
}

fn every_attack_costs_its_own_connection(written: Written) {
    for attack in ATTACKS {
        let name = format!("hostile-{}-{written:?}.wat", attack.name);
        let path = plugin_file(&name, attack.text(written));
        let mut server = serve(&["-p", &path, "--cpu", "100ms"]);
        let mut neighbour = Peer::connect(server.address);
        neighbour.send(b"before").expect(b"before");
        let mut attacker = Peer::connect(server.address);
        attacker.send(ATTACK_MESSAGE);
        for seed in 0..20 {
            let message = noise(3000, seed);
            neighbour.send(&message).expect(&message);
        }
        assert_same(&attacker.expect_reset(), b"");
        let logged = [
            &["closed", "reason=\"failed\"", "connection=2"],
            attack.logged,
        ]
        .concat();
        server.logged(&logged);
        neighbour
            .send(b"after")
            .expect(b"after")
            .finish()
            .expect_end();
        Peer::connect(server.address)
            .send(b"a newcomer")
            .expect(b"a newcomer");
        assert!(server.is_running(), "{}", attack.name);
    }
}

#[test]
fn a_reply_of_exactly_the_budget_passes_and_one_byte_more_does_not() {
    let exactly = Attack {
        body: list!("0", "65536"),
        ..ATTACK
    }
    .text(Written::AsFunction);
    // The same, which is copied before the plugin frees it.
    let fields = r#"(memory (export "memory") 2)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
      (func (export "receive") (param i32 i32) (result i32)
        (i32.store (i32.const 0) (i32.const 0))
        (i32.store (i32.const 4) (i32.const 65536))
        (i32.const 0))
      (func (export "free") (param i32))"#;
    let freed = handler(fields, r#"(post-return (core func $m "free"))"#);
    for (name, text) in [("reply-exactly.wat", exactly), ("reply-freed.wat", freed)] {
        let path = plugin_file(name, text);
        let server = serve(&["-p", &path, "--chunk-size", "16", "--reply", "64KiB"]);
        let mut peer = Peer::connect(server.address);
        peer.send(b"!").finish();
        assert_eq!(peer.rest().len(), 65536);
        let server = serve(&["-p", &path, "--chunk-size", "16", "--reply", "65535"]);
        Peer::connect(server.address).send(b"!").expect_reset();
        server.logged(&["bytes returned per call"]);
    }
}

#[test]
fn a_reply_that_overlaps_the_result_itself_is_just_those_bytes() {
    let overlapping = Attack {
        body: list!("8", "8"),
        ..ATTACK
    }
    .text(Written::AsFunction);
    let server = serve(&["-p", &plugin_file("overlapping.wat", overlapping)]);
    Peer::connect(server.address)
        .send(b"!")
        .expect(&[8, 0, 0, 0, 8, 0, 0, 0]);
}

/// A plugin whose module has a start function, which runs at instantiation.
fn at_start(start: &str, fields: &str) -> Vec<u8> {
    let fields = format!("{fields} (func $start {start}) (start $start)");
    let text = Attack::default().text(Written::AsFunction);
    text.replace(
        "(func $attack (result i32) )",
        &format!("(func $attack (result i32) unreachable) {fields}"),
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_at_instantiation_are_refused_while_a_neighbour_is_served() {
    const CASES: &[(&str, &str, &str, &[&str])] = &[
        ("loop", "(loop $l (br $l))", "", &["--cpu"]),
        ("trap", "unreachable", "", &["trapped"]),
        ("recurse", "(call $start)", "", &["--stack", "--cpu"]),
        (
            "memory",
            "(loop $l (drop (memory.grow (i32.const 16))) (br $l))",
            "",
            &["--memory"],
        ),
        (
            "table",
            "(loop $l (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $l))",
            "(table $t 1 funcref)",
            &["--table"],
        ),
        (
            "4 GiB from the start",
            "",
            "(memory $big 65536)",
            &["--memory"],
        ),
        (
            "two memories over the budget",
            "",
            "(memory $a 600) (memory $b 600)",
            &["--memory"],
        ),
        (
            "a table of ten million",
            "",
            "(table $big 10000000 funcref)",
            &["--table"],
        ),
    ];
    let budgets = Budgets::server(8 << 30)
        .cpu(std::time::Duration::from_millis(200))
        .setting(|budget| Some(format!("--{}", budget.code())));
    let limits = Limits::default().max_connections(16);
    let engine = Engine::builder(Compiler::InProcess, budgets)
        .pooled(limits.max_connections)
        .build()
        .expect("an engine");
    let echo = Source::named("echo", BUILT_IN_SERVERS);
    let echo = ServerPlugin::load(&engine, echo).await.expect("the echo");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("it listens");
    let _server = Server::builder(limits)
        .listen(listener, move |_| Some(echo.session()))
        .start();
    for (name, start, fields, said) in CASES {
        let source = Source::component(*name, at_start(start, fields));
        let engine = engine.clone();
        let loading = tokio::spawn(async move { ServerPlugin::load(&engine, source).await });
        let neighbour = tokio::task::spawn_blocking(move || {
            let mut peer = Peer::connect(address);
            for seed in 0..20 {
                let message = noise(3000, seed);
                peer.send(&message).expect(&message);
            }
        });
        neighbour.await.expect("the neighbour is served");
        let error: LoadError = loading.await.expect("no panic").expect_err(name);
        let text = format!("{:#}", anyhow::Error::from(error));
        assert!(
            said.iter().any(|word| text.contains(word)),
            "{name}: {text}"
        );
    }
}
