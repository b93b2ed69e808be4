//! Plugins that attack the host. Each is an echo until a chunk starts with `!`; then it does its
//! worst. It must lose that connection, with the reason in the log, and nobody else may notice.

use crate::harness::assert_same;
use crate::support::{Peer, handler, noise, plugin_file, serve};
use eco_host::net::{Limits, Server};
use eco_host::plugin::{
    BUILT_IN_SERVERS, Budgets, Compiler, Engine, LoadError, ServerPlugin, Source,
};

/// One attack: what `receive` does at `!`, what the module has besides, and how `realloc` begins.
#[derive(Clone, Copy, Default)]
struct Attack {
    name: &'static str,
    /// Instructions that leave the address of the result, as `receive` has to.
    body: &'static str,
    fields: &'static str,
    realloc: &'static str,
    /// What the log must say of it.
    logged: &'static [&'static str],
}

const ATTACK: Attack = Attack {
    name: "",
    body: "unreachable",
    fields: "",
    realloc: "",
    logged: &[],
};

/// Stores a list in the place for the result: address, length.
macro_rules! list {
    ($at:literal, $length:literal) => {
        concat!(
            "(i32.store (i32.const 8) (i32.const ",
            $at,
            ")) (i32.store (i32.const 12) (i32.const ",
            $length,
            ")) (i32.const 8)"
        )
    };
}

const ATTACKS: &[Attack] = &[
    Attack {
        name: "loop",
        body: "(loop $l (br $l)) unreachable",
        logged: &["processor time per call", "--cpu"],
        ..ATTACK
    },
    Attack {
        name: "trap",
        body: "unreachable",
        logged: &["trapped", "unreachable"],
        ..ATTACK
    },
    Attack {
        name: "divide",
        body: "(i32.div_u (i32.const 1) (i32.const 0))",
        logged: &["trapped", "divide by zero"],
        ..ATTACK
    },
    Attack {
        name: "recurse",
        body: "(call $deeper (i32.const 0))",
        fields: "(func $deeper (param i32) (result i32) (i32.add (call $deeper (local.get 0)) (i32.const 1)))",
        logged: &["stack per call", "--stack"],
        ..ATTACK
    },
    Attack {
        name: "memory",
        body: "(loop $l (drop (memory.grow (i32.const 16))) (br $l)) unreachable",
        logged: &["memory per instance", "--memory"],
        ..ATTACK
    },
    Attack {
        name: "memory-at-once",
        body: "(memory.grow (i32.const 65000))",
        logged: &["memory per instance", "--memory"],
        ..ATTACK
    },
    Attack {
        name: "table",
        body: "(loop $l (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $l)) unreachable",
        fields: "(table $t 1 funcref)",
        logged: &["table elements", "--table"],
        ..ATTACK
    },
    Attack {
        name: "reply-too-large",
        body: concat!(
            "(drop (memory.grow (i32.const 400)))",
            list!("0", "16777216")
        ),
        logged: &["bytes returned per call", "--reply"],
        ..ATTACK
    },
    Attack {
        name: "list-out-of-bounds",
        body: list!("65000", "0x7fffffff"),
        logged: &["calling convention", "out of bounds"],
        ..ATTACK
    },
    Attack {
        name: "list-wraps-around",
        body: list!("0xfffffff0", "0xffffffff"),
        logged: &["calling convention", "out of bounds"],
        ..ATTACK
    },
    Attack {
        name: "result-unaligned",
        body: "(i32.const 9)",
        logged: &["calling convention", "not aligned"],
        ..ATTACK
    },
    Attack {
        name: "result-out-of-bounds",
        body: "(i32.const 0x7ffffff8)",
        logged: &["calling convention", "out of bounds"],
        ..ATTACK
    },
    Attack {
        name: "realloc-out-of-bounds",
        realloc: "(return (i32.const 0x7fffff00))",
        logged: &["calling convention", "realloc"],
        ..ATTACK
    },
    Attack {
        name: "realloc-loops",
        realloc: "(loop $l (br $l))",
        logged: &["processor time per call", "--cpu"],
        ..ATTACK
    },
    Attack {
        name: "realloc-traps",
        realloc: "unreachable",
        logged: &["trapped"],
        ..ATTACK
    },
    Attack {
        name: "fills-memory-for-ever",
        body: "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 131072)) (br $l)) unreachable",
        logged: &["processor time per call", "--cpu"],
        ..ATTACK
    },
];

/// A message whose length tells `realloc` that an attack comes.
const ATTACK_MESSAGE: &[u8] = b"!attack";

impl Attack {
    /// The plugin. Where the attack is a function that is called, the host has to reckon with
    /// everything; written into `receive`, most of them are straight-line code, which it calls in
    /// another way.
    fn text(&self, written: Written) -> String {
        let Self {
            body,
            fields,
            realloc,
            ..
        } = self;
        let (function, attack) = match written {
            Written::AsFunction => (
                format!("(func $attack (result i32) {body})"),
                "(call $attack)".to_owned(),
            ),
            Written::InPlace => (String::new(), (*body).to_owned()),
        };
        let fields = format!(
            r#"(memory (export "memory") 2)
    {fields}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.eq (local.get 3) (i32.const 7)) (then {realloc}))
      (i32.const 16))
    {function}
    (func (export "receive") (param $at i32) (param $length i32) (result i32)
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then {attack} (return)))
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0))"#
        );
        handler(&fields, "")
    }
}

#[derive(Clone, Copy, Debug)]
enum Written {
    AsFunction,
    InPlace,
}

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

/// Room for large chunks is asked for before they are there, and that may fail as well.
#[test]
fn a_plugin_that_has_no_room_for_what_may_come_is_not_called_again() {
    let fields = r#"(memory (export "memory") 2)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.gt_u (local.get 3) (i32.const 9000)) (then unreachable))
        (i32.const 16))
      (func (export "receive") (param $at i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (i32.const 0))"#;
    let path = plugin_file("no-room.wat", handler(fields, ""));
    // Where chunks go no further than it can take, it is asked for no more.
    let eco = serve(&["-p", &path, "--chunk-size", "5000"]);
    let mut peer = Peer::connect(eco.address);
    for _ in 0..3 {
        peer.send(&[7; 5000]).expect(&[7; 5000]);
    }
    let eco = serve(&["-p", &path]);
    let mut peer = Peer::connect(eco.address);
    peer.send(&[7; 5000]).expect(&[7; 5000]);
    peer.send(&[7; 5000]).expect_reset();
    eco.logged(&["closed", "trapped", "unreachable"]);
}

#[test]
fn while_many_plugins_loop_a_neighbour_is_served_at_once() {
    let text = ATTACKS.first().expect("the loop").text(Written::InPlace);
    let server = serve(&["-p", &plugin_file("hostile-loops.wat", text), "--cpu", "1s"]);
    let attackers: Vec<Peer> = (0..16)
        .map(|_| {
            let mut attacker = Peer::connect(server.address);
            attacker.send(ATTACK_MESSAGE);
            attacker
        })
        .collect();
    let mut neighbour = Peer::connect(server.address);
    for seed in 0..20 {
        let message = noise(3000, seed);
        neighbour.send(&message).expect(&message);
    }
    // All of them together have 16 s of processor time to burn. The neighbour is through first.
    let cut = server.log().matches("--cpu").count();
    assert!(
        cut < attackers.len(),
        "the neighbour had to wait for {cut} loops to end"
    );
}

/// Beside what every other program does, they get what is left over.
#[cfg(target_os = "linux")]
#[test]
fn a_plugin_that_loops_is_run_by_threads_of_the_lowest_priority() {
    let text = ATTACKS.first().expect("the loop").text(Written::InPlace);
    let eco = serve(&["-p", &plugin_file("background.wat", text), "--cpu", "200ms"]);
    let mut looping = Peer::connect(eco.address);
    looping.send(ATTACK_MESSAGE);
    // It is cut all the same.
    looping.expect_reset();
    let priorities = priorities(eco.pid());
    for (name, nice) in &priorities {
        assert_eq!(*nice == 19, name == "eco-background", "{name}: {nice}");
    }
    assert!(
        priorities.iter().any(|(_, nice)| *nice == 19),
        "{priorities:?}"
    );
    Peer::connect(eco.address).send(b"hello").expect(b"hello");
}

/// The threads of a process, and how nice each is (proc_pid_stat(5), field 19).
#[cfg(target_os = "linux")]
fn priorities(pid: u32) -> Vec<(String, i32)> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let stats = threads.flatten().filter_map(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).ok()?;
        let (name, fields) = stat.split_once('(')?.1.rsplit_once(") ")?;
        let nice = fields.split(' ').nth(16)?.parse().ok()?;
        Some((name.to_owned(), nice))
    });
    stats.collect()
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

#[test]
fn memory_of_all_instances_together_has_a_budget_and_is_given_back() {
    let body = concat!("(drop (memory.grow (i32.const 100)))", list!("8", "1"));
    let text = Attack { body, ..ATTACK }.text(Written::AsFunction);
    let path = plugin_file("total-memory.wat", text);
    let server = serve(&["-p", &path, "--total-memory", "8MiB"]);
    let mut first = Peer::connect(server.address);
    first.send(b"!").expect(b"\x08").finish().expect_end();
    server.logged(&["closed", "connection=1"]);
    let mut held = Peer::connect(server.address);
    held.send(b"!").expect(b"\x08");
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["memory of all instances", "8.0 MiB", "--total-memory"]);
    held.finish().expect_end();
    server.logged(&["closed", "connection=2"]);
    Peer::connect(server.address).send(b"!").expect(b"\x08");
}

#[test]
fn a_connection_that_never_spoke_has_no_memory_of_the_plugin() {
    // There is room for one instance of the echo, which has two pages, and for its code.
    let eco = serve(&["--total-memory", "160KiB"]);
    let mut silent: Vec<Peer> = (0..3).map(|_| Peer::connect(eco.address)).collect();
    eco.logged(&["opened", "connection=3"]);
    let mut speaking = Peer::connect(eco.address);
    speaking.send(b"hello").expect(b"hello");
    let first = silent.first_mut().expect("there are three");
    first.send(b"hello").expect_reset();
    eco.logged(&["memory of all instances", "connection=1"]);
    speaking.send(b"still here").expect(b"still here");
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
    let mut budgets = Budgets::server(8 << 30);
    budgets.cpu = std::time::Duration::from_millis(200);
    budgets.setting = |budget| Some(format!("--{}", budget.code()));
    let limits = Limits {
        max_connections: 16,
        ..Limits::default()
    };
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
    tokio::spawn(
        Server::new(vec![listener], limits).run(move || echo.session(), std::future::pending()),
    );
    for (name, start, fields, said) in CASES {
        let source = Source::Bytes((*name).to_owned(), at_start(start, fields));
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

/// A component with WASI, whose `receive` runs `body` at `!`.
pub(crate) fn with_wasi(
    imports: &str,
    lowered: &str,
    given: &str,
    module_imports: &str,
    body: &str,
) -> String {
    format!(
        r#"(component
  {imports}
  (core module $memory
    (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $memory (instantiate $memory))
  {lowered}
  (core module $m
    (import "memory" "memory" (memory 2))
    {module_imports}
    (data (i32.const 512) "words, words, words: \1b[31m red \0a")
    (func $attack (result i32) {body})
    (func (export "receive") (param $at i32) (param $length i32) (result i32)
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then (return (call $attack))))
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0)))
  (core instance $m (instantiate $m
    (with "memory" (instance $memory))
    (with "host" (instance {given}))))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

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
fn a_call_of_some_ticks_comes_through_among_hundreds_that_loop() {
    // At ! it loops for ever, at ? it counts to some hundred million, which takes several ticks.
    let text = ATTACKS
        .first()
        .expect("the loop")
        .text(Written::AsFunction)
        .replace(
            "(i32.store (i32.const 0) (local.get $at))",
            "(if (i32.eq (i32.load8_u (local.get $at)) (i32.const 63)) (then
           (loop $l (global.set $n (i64.add (global.get $n) (i64.const 1)))
             (br_if $l (i64.lt_u (global.get $n) (i64.const 30000000))))))
         (i32.store (i32.const 0) (local.get $at))",
        );
    let text = text.replace(
        "(memory (export \"memory\") 2)",
        "(memory (export \"memory\") 2) (global $n (mut i64) (i64.const 0))",
    );
    let path = plugin_file("hostile-crowd.wat", text);
    let server = serve(&["-p", &path, "--cpu", "1s", "--wait", "1s"]);
    let attackers: Vec<Peer> = (0..200)
        .map(|_| {
            let mut attacker = Peer::connect(server.address);
            attacker.send(ATTACK_MESSAGE);
            attacker
        })
        .collect();
    Peer::connect(server.address)
        .send(b"?honest")
        .expect(b"?honest");
    let log = server.log();
    let cut = log.matches("--cpu").count();
    assert!(cut < attackers.len() / 2, "{cut} loops had to end first");
    assert!(
        !log.contains("--wait"),
        "making way was counted as waiting:\n{log}"
    );
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
