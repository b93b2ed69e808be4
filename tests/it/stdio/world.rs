//! What a program has of the world: arguments, an environment, clocks, and nothing else.

use super::{both, program};
use crate::harness::Eco;
use crate::support::{Peer, plugin_file, serve};
use eco_host::plugin::{Budgets, Compiler, Engine, Program};

/// Writes its arguments, and then its environment, each with a zero at its end.
const TELLS: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func $write
    (i32.store (i32.const 16) (i32.const 8192))
    (i32.store (i32.const 20) (i32.load (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
  (func (export "_start")
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 4096) (i32.const 8192)))
    (call $write)
    (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
    (drop (call $environ (i32.const 4096) (i32.const 8192)))
    (call $write)))"#;

#[test]
fn arguments_are_those_after_two_dashes_and_the_environment_is_that_of_ucspi_and_no_more() {
    for path in both("tells", TELLS) {
        let file = path.rsplit('/').next().expect("a name");
        let server = serve(&[
            "--stdio",
            "-p",
            &path,
            "--env",
            "LEVEL=3",
            "--env",
            "A=first",
            "--env",
            "A==",
            "--env",
            "PROTO=mine",
            "--arguments=-x",
            "--",
            "-l",
            "two words",
        ]);
        let mut peer = Peer::connect(server.address);
        let address = peer.0.local_addr().expect("it is connected");
        let (ip, port) = (address.ip(), address.port());
        let (local_ip, local_port) = (server.address.ip(), server.address.port());
        let told = String::from_utf8(peer.rest()).expect("text");
        assert_eq!(
            told.replace('\0', "\n"),
            format!(
                "{file}\n-x\n-l\ntwo words\n\
                TCPREMOTEIP={ip}\nTCPREMOTEPORT={port}\nTCPLOCALIP={local_ip}\nTCPLOCALPORT={local_port}\n\
                LEVEL=3\nA==\nPROTO=mine\n"
            )
        );
    }
}

#[cfg(unix)]
#[test]
fn a_program_behind_a_unix_socket_is_told_so_and_of_no_address() {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;
    for path in both("tells", TELLS) {
        let socket = crate::support::empty_folder("stdio-unix").join("socket");
        let listen = format!("unix:{}", socket.display());
        let mut server = serve(&["-p", &path, "--listen", &listen]);
        assert!(server.line().contains(&listen));
        let mut told = String::new();
        let mut peer = UnixStream::connect(&socket).expect("it listens");
        peer.read_to_string(&mut told).expect("text");
        let file = path.rsplit('/').next().expect("a name");
        assert_eq!(told.replace('\0', "\n"), format!("{file}\nPROTO=UNIX\n"));
    }
}

#[test]
fn a_program_is_watched_and_its_new_version_is_for_new_connections() {
    let says = |text| {
        program(
            text,
            "(drop (call $read (i32.const 1))) (call $say (i32.const 4))",
        )
    };
    let (old, new) = (says("one\\n"), says("two\\n"));
    let path = plugin_file("watched-program.wat", &old);
    let server = serve(&["-p", &path, "--watch"]);
    let mut before = Peer::connect(server.address);
    // It has its instance once it is told of its peer.
    server.logged(&["opened connection=1"]);
    std::fs::write(format!("{path}.new"), new).expect("it can be written");
    std::fs::rename(format!("{path}.new"), &path).expect("it can be replaced");
    server.logged(&["reloaded", "version=2"]);
    let mut after = Peer::connect(server.address);
    after.send(b"?").expect(b"two\n").expect_end();
    before.send(b"?").expect(b"one\n").expect_end();
}

#[test]
fn what_only_programs_have_is_refused_for_plugins_and_a_script_is_no_program() {
    let script = plugin_file(
        "stdio-script.js",
        "function receive(chunk) { return chunk; }",
    );
    let native = plugin_file("stdio-native", b"\x7fELF\x02\x01\x01\0");
    for (arguments, words) in [
        (
            &["-p", "echo", "--env", "A=1"][..],
            "echo is a plugin, which has neither",
        ),
        (&["echo", "--", "-l"], "echo is a plugin, which has neither"),
        (&["--stdio", "-p", &script], "is a script, and no program"),
        (
            &["--stdio", "-p", &native],
            "eco runs programs that were compiled for WASI",
        ),
        (
            &["--stdio", "-p", "echo"],
            "echo is built in, and no program",
        ),
        (&["-p", "echo", "--env", "A"], "a variable has a name"),
        (&["-p", "echo", "--env", "=1"], "a variable has a name"),
    ] {
        let listen = ["serve", "-l", "127.0.0.1:0"];
        let refused = Eco::new(&[&listen, arguments].concat()).run(b"");
        assert_ne!(refused.code, 0);
        assert!(
            refused.stderr.contains(words),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
}

#[test]
fn standard_error_is_the_log_line_by_line() {
    let module = program(
        "first line\\nsecond \\1b[31m line\\nand a rest",
        "(call $write (i32.const 2) (i32.const 1024) (i32.const 39))",
    );
    for path in both("complains", &module) {
        let server = serve(&["-p", &path]);
        Peer::connect(server.address).expect_end();
        server.logged(&["plugin: \"first line\""]);
        server.logged(&["plugin: \"second \\x1b[31m line\""]);
        server.logged(&["plugin: \"and a rest\""]);
    }
}

#[test]
fn a_service_of_a_file_is_a_program_with_arguments_and_an_environment() {
    let folder = crate::support::empty_folder("stdio-services");
    std::fs::write(folder.join("tells.wat"), TELLS).expect("the folder is ours");
    std::fs::write(
        folder.join("eco.toml"),
        "[[service]]\nname = 'tells'\nplugin = 'tells.wat'\nstdio = true\nlisten = '127.0.0.1:0'\n\
        env = ['LEVEL=3', 'MODE=-x']\narguments = ['-l', 'two']\n",
    )
    .expect("the folder is ours");
    let path = folder.join("eco.toml").display().to_string();
    let server = Eco::new(&["serve", "--config", &path]).serve();
    let told = Peer::connect(server.address).rest();
    let told = String::from_utf8(told).expect("text").replace('\0', "\n");
    assert!(
        told.starts_with("tells.wat\n-l\ntwo\nPROTO=TCP\n"),
        "{told}"
    );
    assert!(told.ends_with("LEVEL=3\nMODE=-x\n"), "{told}");
}

#[tokio::test]
async fn randomness_is_given_in_any_amount_up_to_a_megabyte() {
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    for is_laboratory in [false, true] {
        let engine = Engine::builder(helper.clone(), Budgets::server(1 << 30));
        let engine = match is_laboratory {
            true => engine.laboratory(),
            false => engine,
        };
        let engine = engine.build().expect("an engine");
        for (bytes, is_given) in [(1 << 20, true), ((1 << 20) + 1, false)] {
            let module = super::program(
                "",
                &format!(
                    "(if (call $random (i32.const 65536) (i32.const {bytes})) (then unreachable))
                     ;; The last eight are not all zero.
                     (if (i64.eqz (i64.load (i32.add (i32.const 65528) (i32.const {bytes})))) (then unreachable))"
                ),
            );
            let module = module.replace("\"memory\") 4)", "\"memory\") 20)");
            let mut session = super::load(&engine, module).await.session();
            let begun = super::greeting(&mut session).await;
            assert_eq!(begun.is_ok(), is_given, "{bytes}: {begun:?}");
        }
    }
}
