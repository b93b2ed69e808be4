//! Programs that attack the host.

use super::{load, program, serve_both};
use crate::support::{Peer, converse, plugin_file, resident_bytes, serve};
use eco_host::plugin::Budgets;
use std::io::Write as _;
use std::net::TcpStream;

/// The functions of WASI preview 1 that take pointers, with a call of each that is well, by its parameters: `p` for
/// a pointer, `n` for a number, and `N` for one of 64 bits.
const WITH_POINTERS: &[(&str, &str, &[i64])] = &[
    ("args_get", "pp", &[1024, 2048]),
    ("args_sizes_get", "pp", &[1024, 2048]),
    ("environ_get", "pp", &[1024, 2048]),
    ("environ_sizes_get", "pp", &[1024, 2048]),
    ("clock_res_get", "np", &[0, 1024]),
    ("clock_time_get", "nNp", &[1, 0, 1024]),
    ("fd_fdstat_get", "np", &[1, 1024]),
    ("fd_filestat_get", "np", &[1, 1024]),
    // The list at 0 has one part, of 4 bytes at 64.
    ("fd_read", "npnp", &[0, 0, 1, 1024]),
    ("fd_write", "npnp", &[1, 0, 1, 1024]),
    ("fd_write", "npnp", &[2, 0, 1, 1024]),
    // The subscription at 2048 is a clock's, without delay.
    ("poll_oneoff", "ppnp", &[2048, 3072, 1, 1024]),
    ("random_get", "pn", &[1024, 8]),
];

/// `EFAULT` of preview 1.
const FAULT: i64 = 21;

/// A program that calls a function once, and exits with what it returns, and 100 more.
fn calls(function: &str, kinds: &str, values: &[i64], before: &str) -> String {
    let types: Vec<_> = kinds
        .chars()
        .map(|kind| if kind == 'N' { "i64" } else { "i32" })
        .collect();
    let values = types
        .iter()
        .zip(values)
        .map(|(kind, value)| format!("({kind}.const {value})"));
    let (types, values) = (types.join(" "), values.collect::<Vec<_>>().join(" "));
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "{function}" (func $f (param {types}) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (i32.store (i32.const 0) (i32.const 64))
            (i32.store (i32.const 4) (i32.const 4))
            (i32.store8 (i32.const 2056) (i32.const 0))
            (i32.store (i32.const 2064) (i32.const 1))
            {before}
            (call $exit (i32.add (i32.const 100) (call $f {values})))))"#
    )
}

/// The exit code of a program in a laboratory, whose log has it. Its input has ended.
async fn exit_code(engine: &eco_host::plugin::Engine, module: &str) -> i64 {
    use eco_host::contract::Session as _;
    let laboratory = eco_host::plugin::Laboratory::default();
    let mut session = load(engine, module).await.session_in(&laboratory);
    super::greeting(&mut session).await.expect("it begins");
    // One that reads has not exited yet.
    let _ = session.receive(b"some").await;
    let log = laboratory.log();
    let code = log
        .iter()
        .find_map(|line| line.strip_prefix("eco: the program exited with code "));
    code.and_then(|code| code.parse::<i64>().ok())
        .expect("it has exited")
        - 100
}

#[tokio::test]
async fn every_function_answers_a_bad_pointer_and_a_bad_length() {
    let helper = eco_host::plugin::Program::new(crate::harness::binary());
    let helper = eco_host::plugin::Compiler::Helper(helper);
    let engine = eco_host::plugin::Engine::builder(helper, Budgets::server(1 << 30)).laboratory();
    let engine = engine.build().expect("an engine");
    for (function, kinds, well) in WITH_POINTERS {
        let module = calls(function, kinds, well, "");
        assert_eq!(exit_code(&engine, &module).await, 0, "{function} {well:?}");
        for (place, kind) in kinds.chars().enumerate().filter(|(_, kind)| *kind != 'N') {
            // At the end of memory, across it, behind it, and at the last address that there is.
            let bad: &[i64] = match (kind, *function) {
                ('p', "args_get") if place == 0 => &[65533, 65536, -1],
                // There is no environment here, so that nothing is written.
                ('p', "environ_get") => continue,
                ('p', _) => &[65533, 65536, 0x7fff_ffff, -1],
                _ => continue,
            };
            for value in bad {
                let mut values = well.to_vec();
                values[place] = *value;
                let module = calls(function, kinds, &values, "");
                let code = exit_code(&engine, &module).await;
                assert_eq!(code, FAULT, "{function} {values:?}");
            }
        }
    }
    // Parts that lie outside, that are too long, and lists that are.
    for function in ["fd_read", "fd_write"] {
        let descriptor = i64::from(function == "fd_write");
        for (address, length, count, code) in [
            (65533, 4, 1, FAULT),
            (-1, 1, 1, FAULT),
            (64, -1, 1, FAULT),
            (0x7fff_ffff, 0x7fff_ffff, 1, FAULT),
            (64, 4, 8193, 28),
            (64, 4, -1, 28),
            (64, 4, 1024, FAULT),
        ] {
            let before = format!(
                "(i32.store (i32.const 0) (i32.const {address})) (i32.store (i32.const 4) (i32.const {length}))
                 (memory.fill (i32.const 8) (i32.const 255) (i32.const 16))"
            );
            let values = [descriptor, 0, count, 1024];
            let module = calls(function, "npnp", &values, &before);
            let found = exit_code(&engine, &module).await;
            assert_eq!(found, code, "{function}: {address}, {length}, {count}");
        }
    }
    // Nothing but 0, 1 and 2 is a descriptor, and each goes one way.
    for (function, kinds, values) in [
        ("fd_read", "npnp", [1, 0, 1, 1024]),
        ("fd_read", "npnp", [3, 0, 1, 1024]),
        ("fd_write", "npnp", [0, 0, 1, 1024]),
        ("fd_write", "npnp", [-1, 0, 1, 1024]),
        ("fd_fdstat_get", "np", [3, 1024, 0, 0]),
        ("fd_prestat_get", "np", [3, 1024, 0, 0]),
        ("fd_close", "n", [3, 0, 0, 0]),
        ("path_open", "nnpnnNNnp", [3, 0, 64, 4]),
    ] {
        let mut values = values.to_vec();
        values.resize(kinds.len(), 0);
        let module = calls(function, kinds, &values, "");
        assert_eq!(
            exit_code(&engine, &module).await,
            8,
            "{function} {values:?}"
        );
    }
}

#[tokio::test]
async fn a_program_that_polls_thousands_is_told_that_this_is_invalid() {
    let helper = eco_host::plugin::Program::new(crate::harness::binary());
    let helper = eco_host::plugin::Compiler::Helper(helper);
    let engine = eco_host::plugin::Engine::builder(helper, Budgets::server(1 << 30)).laboratory();
    let engine = engine.build().expect("an engine");
    for (count, code) in [(0, 28), (257, 28), (100_000, 28), (-1, 28), (256, 0)] {
        let module = calls("poll_oneoff", "ppnp", &[4096, 32768, count, 1024], "");
        // The clocks of 256 subscriptions of zeros are that since 1970, and all are over.
        assert_eq!(exit_code(&engine, &module).await, code, "{count}");
    }
}

#[test]
fn programs_that_do_their_worst_lose_their_connection_and_no_other() {
    let attacks = [
        ("loop", "(loop $ever (br $ever))"),
        ("trap", "unreachable"),
        (
            "memory",
            "(loop $more (drop (memory.grow (i32.const 16))) (br $more))",
        ),
        (
            "write",
            "(loop $more (call $say (i32.const 1000)) (br $more))",
        ),
        (
            "log",
            "(loop $more (call $write (i32.const 2) (i32.const 1024) (i32.const 1000)) (br $more))",
        ),
        ("sleep", "(call $sleep (i64.const 1000000000000))"),
        (
            "yield",
            "(loop $more (call $sleep (i64.const 0)) (br $more))",
        ),
        (
            "random",
            "(loop $more (br_if $more (i32.eqz (call $fd_read (i32.const 9) (i32.const 0) (i32.const 1) (i32.const 8)))))  unreachable",
        ),
    ];
    let choices = attacks.iter().enumerate().map(|(place, (_, body))| {
        format!(
            "(if (i32.eq (i32.load8_u (i32.const 4096)) (i32.const {})) (then {body}))",
            97 + place
        )
    });
    let module = program(
        &"#".repeat(1000),
        &format!(
            "(loop $next
               (local.set $count (call $read (i32.const 100)))
               (if (local.get $count) (then
                 {} (call $write (i32.const 1) (i32.const 4096) (local.get $count)) (br $next))))",
            choices.collect::<Vec<_>>().join("\n")
        ),
    );
    let budgets = ["--cpu", "50ms", "--wait", "100ms", "--memory", "1MiB"];
    for server in serve_both("attacks", &module, &budgets) {
        let mut other = Peer::connect(server.address);
        for (place, (name, _)) in attacks.iter().enumerate() {
            let mut peer = Peer::connect(server.address);
            peer.send(b"0").expect(b"0");
            peer.send(&[97 + u8::try_from(place).expect("a letter")]);
            let before = peer.expect_reset();
            assert!(before.iter().all(|byte| *byte == b'#'), "{name}");
            other.send(b"1").expect(b"1");
        }
    }
}

#[test]
fn a_program_that_never_reads_leaves_what_its_peer_sends_with_the_peer() {
    let module = program(
        "",
        "(loop $ever (call $sleep (i64.const 10000000)) (br $ever))",
    );
    for server in serve_both("deaf", &module, &["--wait", "300ms"]) {
        let before = resident_bytes(&server);
        let mut stream = TcpStream::connect(server.address).expect("it accepts");
        let piece = vec![b'x'; 1 << 20];
        // The sockets' own buffers take some MiB, and then nobody does, up to the reset.
        let sent = (0..256).take_while(|_| stream.write_all(&piece).is_ok());
        let sent = sent.count();
        assert!(sent < 64, "{sent} MiB were read");
        let after = resident_bytes(&server);
        assert!(after < before + (8 << 20), "{before}, then {after}");
    }
}

#[test]
fn ten_thousand_short_connections_leave_nothing_behind() {
    let path = plugin_file("stdio-echo.wat", super::echo());
    let server = serve(&["-p", &path]);
    let some = |count: usize| {
        for number in 0..count {
            let message = number.to_string();
            assert_eq!(
                converse(server.address, message.as_bytes()),
                message.as_bytes()
            );
        }
    };
    some(1000);
    let before = resident_bytes(&server);
    some(9000);
    let after = resident_bytes(&server);
    assert!(after < before + (8 << 20), "{before}, then {after}");
    // Programs that are cut off in the middle are gone too.
    for _ in 0..100 {
        let mut peer = Peer::connect(server.address);
        peer.send(b"x").expect(b"x");
        peer.reset();
    }
    assert_eq!(converse(server.address, b"still there"), b"still there");
}

/// A module that writes so many parts of this length, and exits with what the call returns.
fn writes_parts(count: u32, length: u32) -> String {
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write" (func $f (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 64)
          (func (export "_start") (local $at i32)
            (loop $more
              (i32.store (i32.add (i32.const 8192) (local.get $at)) (i32.const 65536))
              (i32.store (i32.add (i32.const 8196) (local.get $at)) (i32.const {length}))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br_if $more (i32.lt_u (local.get $at) (i32.const 8192))))
            (call $exit (i32.add (i32.const 100)
              (call $f (i32.const 1) (i32.const 8192) (i32.const {count}) (i32.const 0))))))"#
    )
}

#[tokio::test]
async fn parts_have_a_price_and_a_sum_that_can_be_said() {
    use eco_host::contract::Session as _;
    let helper = eco_host::plugin::Program::new(crate::harness::binary());
    let helper = eco_host::plugin::Compiler::Helper(helper);
    let engine = eco_host::plugin::Engine::builder(helper, Budgets::server(1 << 30)).laboratory();
    let engine = engine.build().expect("an engine");
    // More parts than there may be, and three gigabytes of the same three megabytes: nothing of it is written.
    for (count, length) in [(1025, 0), (1024, 3 << 20)] {
        let module = writes_parts(count, length);
        assert_eq!(exit_code(&engine, &module).await, 28, "{count} of {length}");
    }
    let mut fuel = Vec::new();
    for count in [0, 1024] {
        let laboratory = eco_host::plugin::Laboratory::default();
        let plugin = load(&engine, writes_parts(count, 0)).await;
        let mut session = plugin.session_in(&laboratory);
        super::greeting(&mut session).await.expect("it begins");
        fuel.push(
            session
                .usage()
                .and_then(|usage| usage.fuel)
                .expect("it is counted"),
        );
        session
            .closed(eco_host::contract::Reason::Ended)
            .await
            .expect("its end");
    }
    // 32 of them cost as much as a call.
    assert!(fuel[1] >= fuel[0] + 32 * 1000, "{fuel:?}");
}

#[test]
fn a_read_with_a_bad_part_takes_nothing() {
    let module = program(
        "",
        "(i32.store (i32.const 32) (i32.const 4096)) (i32.store (i32.const 36) (i32.const 2))
         (i32.store (i32.const 40) (i32.const -8)) (i32.store (i32.const 44) (i32.const 2))
         (if (i32.ne (call $fd_read (i32.const 0) (i32.const 32) (i32.const 2) (i32.const 8)) (i32.const 21))
           (then unreachable))
         (call $write (i32.const 1) (i32.const 4096) (call $read (i32.const 100)))",
    );
    let server = serve(&["-p", &plugin_file("stdio-bad-part.wat", module)]);
    assert_eq!(converse(server.address, b"abcd"), b"abcd");
}
