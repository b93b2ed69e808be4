//! A plugin that is a server of a part of Redis's protocol, over the shared store, and its clients.

use crate::harness::{Eco, Server};
use crate::support::empty_folder;
use crate::support::samples::{builder, samples};
use crate::support::{Peer, project_file, serve};
use std::process::Command;
use std::sync::OnceLock;

/// The servers, in JavaScript and in Rust.
fn servers() -> &'static [(&'static str, String)] {
    static MADE: OnceLock<Vec<(&'static str, String)>> = OnceLock::new();
    MADE.get_or_init(make)
}

fn make() -> Vec<(&'static str, String)> {
    let script = project_file("tests/plugins/redis/redis.js");
    let mut servers = vec![("JavaScript", script)];
    if samples().iter().any(|sample| sample.language == "rust") {
        let folder = empty_folder("redis");
        let new = Eco::new(&["new", "redis", "--lang", "rust", "--chat"]).inside(&folder);
        let new = new.run(b"");
        assert_eq!(new.code, 0, "{}", new.stderr);
        let source = include_str!("../plugins/redis/redis.rs");
        std::fs::write(folder.join("redis/src/lib.rs"), source).expect("it is written");
        let built = builder(&["build", "redis"]).inside(&folder).run(b"");
        assert_eq!(built.code, 0, "{}", built.stderr);
        let component = folder.join("redis/redis.wasm");
        servers.push(("Rust", component.display().to_string()));
    }
    servers
}

#[test]
fn values_outlive_connections_however_the_commands_come() {
    for (language, plugin) in servers() {
        let server = serve(&["-p", plugin]);
        let mut first = Peer::connect(server.address);
        first
            .send(b"PING\r\n*1\r\n$4\r\nping\r\n")
            .expect(b"+PONG\r\n+PONG\r\n");
        first
            .send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\xff\r\n\x00\r\n")
            .expect(b"+OK\r\n");
        first.send(b"SET n 41 EX 1000\r\nINCR n\r\nINCR k\r\n");
        first.expect(b"+OK\r\n:42\r\n-ERR not-a-number\r\n");
        first.finish().expect_end();
        let mut second = Peer::connect(server.address);
        for byte in b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n" {
            second.send(&[*byte]);
        }
        second.expect(b"$4\r\n\xff\r\n\x00\r\n:1\r\n");
        second.send(b"GET k\r\nDEL k\r\nGET n\r\nGETT\r\n");
        second.expect(b"$-1\r\n:0\r\n$2\r\n42\r\n-ERR unknown command 'GETT'\r\n");
        eprintln!("{language}: all right");
    }
}

/// The output of redis-cli. `None` where it isn't there.
fn redis_cli(server: &Server, words: &[&str]) -> Option<String> {
    let port = server.address.port().to_string();
    let mut command = Command::new("redis-cli");
    command.args(["-h", "127.0.0.1", "-p", &port]).args(words);
    match command.output() {
        Ok(output) => Some(String::from_utf8(output.stdout).expect("it is text")),
        Err(error) => {
            assert!(
                std::env::var_os("ECO_ALL_TOOLS").is_none(),
                "redis-cli: {error}"
            );
            eprintln!("SKIPPED: redis-cli: {error}");
            None
        }
    }
}

#[test]
fn redis_cli_finds_what_it_expects() {
    for (language, plugin) in servers() {
        let server = serve(&["-p", plugin]);
        for (words, expected) in [
            (&["ping"][..], "PONG\n"),
            (&["set", "greeting", "hello world", "ex", "100"], "OK\n"),
            (&["get", "greeting"], "hello world\n"),
            (&["incr", "visits"], "1\n"),
            (&["incr", "visits"], "2\n"),
            (&["del", "greeting"], "1\n"),
            (&["get", "greeting"], "\n"),
            (&["incr", "visits"], "3\n"),
        ] {
            let Some(printed) = redis_cli(&server, words) else {
                return;
            };
            assert_eq!(printed, expected, "{language}: {words:?}");
        }
    }
}
