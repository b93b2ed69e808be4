//! The samples of every language, served over real sockets and driven by each client, with both
//! streams split at random.

use crate::harness::{Eco, Server, assert_same};
use crate::support::empty_folder;
use crate::support::samples::{Samples, builder, is_missing, samples, skip};
use crate::support::{Peer, noise, relay, serve};
use eco_host::contract::Session as _;
use eco_host::plugin::{Budgets, Compiler, Engine, HostImport, Program, ServerPlugin, Source};
use std::path::Path;

/// The answer of `lines` to all of a message.
fn numbered(message: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = message.split(|&byte| byte == b'\n').collect();
    lines.pop_if(|last| last.is_empty());
    let mut reply = b"ready\n".to_vec();
    for (number, line) in lines.iter().enumerate() {
        reply.extend_from_slice(format!("{}: ", number + 1).as_bytes());
        reply.extend_from_slice(line);
        reply.push(b'\n');
    }
    reply.extend_from_slice(format!("goodbye after {} lines\n", lines.len()).as_bytes());
    reply
}

/// Lines of any bytes and lengths, empty ones too, and a last one without its end.
fn message(seed: u64) -> Vec<u8> {
    let mut bytes = noise(2000, seed);
    // A line break where noise has one of eight values, so that lines have 32 bytes or so.
    for byte in &mut bytes {
        if *byte < 8 {
            *byte = b'\n';
        }
    }
    bytes.extend_from_slice(b"\r\n\n\nthe last line has no end");
    bytes
}

#[test]
fn every_client_understands_every_server_however_the_network_splits() {
    for (seed, server) in (1..).zip(samples()) {
        let language = server.language;
        let server = serve(&["-p", &server.lines, "--chunk-size", &(seed * 3).to_string()]);
        for client in samples() {
            let message = message(seed);
            let relay = relay(server.address, seed).to_string();
            let sent = Eco::new(&["send", "-p", &client.client, "-t", &relay, "-"]).run(&message);
            let pair = format!("{} asks {language}", client.language);
            assert_eq!(sent.code, 0, "{pair}: {}\n{}", sent.stderr, server.log());
            assert_same(&sent.stdout, &numbered(&message));
        }
    }
}

#[test]
fn every_client_says_what_is_wrong_and_where() {
    // A server that greets as it should, and then changes each reply.
    let wrong = crate::support::plugin_file(
        "wrong-lines.lua",
        "function open() return 'ready\\n' end function receive(chunk) return '1; ' .. chunk end",
    );
    let server = serve(&["-p", &wrong]);
    let address = server.address.to_string();
    for client in samples() {
        let sent = Eco::new(&["send", "-p", &client.client, "-t", &address, "hello"]).run(b"");
        assert_eq!(sent.code, 1, "{}: {}", client.language, sent.stderr);
        let place = "line 1 came back changed, at byte 1 of 9";
        assert!(sent.stderr.contains(place), "{}", sent.stderr);
    }
}

#[test]
fn every_upper_changes_letters_and_no_other_byte_under_every_split() {
    let message = [noise(3000, 5), (0..=255).collect()].concat();
    for (seed, sample) in (1..).zip(samples()) {
        for chunk in [1, 7, 65536] {
            let server = serve(&["-p", &sample.upper, "--chunk-size", &chunk.to_string()]);
            let reply = crate::support::converse(relay(server.address, seed), &message);
            assert_same(&reply, &message.to_ascii_uppercase());
        }
    }
}

#[test]
fn every_language_keeps_connections_apart_and_says_how_they_ended() {
    for Samples {
        language, lines, ..
    } in samples()
    {
        let server = serve(&["-p", lines]);
        let mut one = Peer::connect(server.address);
        let mut other = Peer::connect(server.address);
        one.expect(b"ready\n").send(b"a\nb");
        one.expect(b"1: a\n");
        other.expect(b"ready\n").send(b"c\n").expect(b"1: c\n");
        one.send(b"\n").expect(b"2: b\n").finish();
        one.expect(b"goodbye after 2 lines\n").expect_end();
        server.logged(&["plugin: ", "ended", "connection=1"]);
        other.reset();
        server.logged(&["plugin: ", "peer-reset", "connection=2"]);
        assert!(
            !server.log().contains("WARN"),
            "{language}: {}",
            server.log()
        );
    }
}

/// A newcomer's first five minutes: what `eco new` says to type, typed.
#[test]
fn a_newcomer_has_a_plugin_answering_a_socket_in_every_language() {
    for sample in samples() {
        let language = sample.language;
        let folder = empty_folder(&format!("newcomer-{language}"));
        let new = Eco::new(&["new", "hello", "--lang", language]);
        let new = new.inside(&folder).run(b"");
        let said = String::from_utf8(new.stdout).expect("it is text");
        let server = follow(&said, &folder);
        let sent = Eco::new(&[
            "send",
            "-p",
            &upper_client(),
            "-t",
            &server.address.to_string(),
        ]);
        let sent = sent.run(b"");
        assert_eq!(sent.code, 0, "{language}: {}", sent.stderr);
        assert_same(&sent.stdout, b"HELLO");
    }
}

/// Types each command of `eco new`'s answer, and gives the server that the last one starts.
fn follow(said: &str, folder: &Path) -> Server {
    let mut server = None;
    for line in said.lines().filter(|line| line.starts_with("  eco ")) {
        let command = line.split("  #").next().unwrap_or_default();
        let words: Vec<&str> = command
            .split_whitespace()
            .skip(1)
            .map(|word| word.trim_matches('\''))
            .collect();
        match words.as_slice() {
            // Done once for the user, before.
            ["setup", "python"] => {}
            ["serve", ..] => {
                let eco = builder(&words).args(&["-l", "127.0.0.1:0"]).inside(folder);
                server = Some(eco.serve());
            }
            _ => {
                let exited = builder(&words).inside(folder).run(b"");
                assert_eq!(exited.code, 0, "{command}: {}", exited.stderr);
                if let ["call", ..] = words.as_slice() {
                    let shown = String::from_utf8_lossy(&exited.stdout);
                    assert!(shown.contains(r#"< "HELLO\n""#), "{shown}");
                }
            }
        }
    }
    server.expect("the last command serves")
}

/// A client of five lines, as a newcomer might write one.
fn upper_client() -> String {
    crate::support::plugin_file(
        "hello.js",
        r#"
        function start() { return { send: "hello", exactly: 5 }; }
        function replied(reply) {
          if (new TextDecoder().decode(reply) !== "HELLO") return { wrong: "it should be HELLO" };
        }"#,
    )
}

#[tokio::test]
async fn a_plugin_in_rust_calls_a_function_of_the_embedding_program() {
    let folder = crate::support::project_file("tests/plugins/kv");
    let built = builder(&["build", &folder]).run(b"");
    if is_missing(&built) {
        return skip("rust", &built);
    }
    // eco itself offers no such function.
    let refused = "it imports what eco does not offer: mycompany:kv/store@0.1.0";
    assert!(built.stderr.contains(refused), "{}", built.stderr);

    let kv = HostImport::new("mycompany:kv/store@0.1.0")
        .function("get", |key: String| {
            (key == "color").then(|| b"blue".to_vec())
        })
        .function("set", |_: (String, Vec<u8>)| {});
    let compiler = Compiler::Helper(Program::new(crate::harness::binary()));
    let engine = Engine::builder(compiler, Budgets::default()).import(kv);
    let engine = engine.build().expect("an engine");
    let source = Source::File(format!("{folder}/kv.wasm").into());
    let plugin = ServerPlugin::load(&engine, source).await.expect("it loads");
    let mut session = plugin.session();
    for (key, value) in [("color", "blue"), ("taste", "")] {
        let reply = session.receive(key.as_bytes()).await.expect("it replies");
        assert_same(&reply.data, value.as_bytes());
    }
}
