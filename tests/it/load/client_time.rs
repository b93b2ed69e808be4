//! `eco load` where the client itself takes time: it says so, and the server isn't blamed.

use crate::harness::Eco;
use crate::support::{plugin_file, project_file, serve};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// A client that takes 10 ms for each reply, and holds up all the others of its thread meanwhile.
const SLOW: &str = "
    const message = new TextEncoder().encode('hello');
    function start() { return { send: message, exactly: message.length }; }
    function replied() { for (const began = Date.now(); Date.now() < began + 10;); }";

/// A client that reads a line, then as many bytes as that says, then nothing.
const HEAD_AND_BODY: &str = "
    let turns = 0;
    function start() { return { send: 'GET', through: '\\n' }; }
    function replied(reply) {
        turns++;
        if (turns === 1) return { exactly: Number(new TextDecoder().decode(reply)) };
        if (turns === 2) return {};
    }";

/// The built-in client, which says in the log when its instance starts and when it has a reply.
fn talkative() -> String {
    const LOG: &str = r#"(instance $log (type $levels (enum "debug" "info" "warn" "error"))
      (export "level" (type $level (eq $levels)))
      (export "log" (func (param "level" $level) (param "message" string))))"#;
    let client = include_str!("../../../plugins/echo-client/echo-client.wat");
    let changes = [
        (
            "(component $plugin",
            format!(r#"(component $plugin (import "eco:plugin/log@0.1.0" {LOG})"#),
        ),
        (
            r#"(memory (export "memory") 1)"#,
            r#"(import "log" "log" (func $log (param i32 i32 i32)))
            (import "texts" "memory" (memory 1)) (export "memory" (memory 0))
            (func $begin (call $log (i32.const 1) (i32.const 128) (i32.const 7)))
            (start $begin)"#
                .to_owned(),
        ),
        (
            "(local.set $at (call $difference",
            "(call $log (i32.const 1) (i32.const 144) (i32.const 7))
            (local.set $at (call $difference"
                .to_owned(),
        ),
        (
            "(component $client",
            format!(
                r#"(core module $texts (memory (export "memory") 1)
                (data (i32.const 128) "started") (data (i32.const 144) "replied"))
                (component $client (import "log" {LOG})
                (alias outer $plugin $texts (core module $texts))
                (core instance $texts (instantiate $texts))
                (core func $say
                    (canon lower (func $log "log") (memory (core memory $texts "memory"))))"#
            ),
        ),
        (
            "(core instance $echo (instantiate $echo))",
            r#"(core instance $echo (instantiate $echo (with "texts" (instance $texts))
                (with "log" (instance (export "log" (func $say))))))"#
                .to_owned(),
        ),
        (
            "(instance $client (instantiate $client))",
            r#"(instance $client (instantiate $client (with "log" (instance $log))))"#.to_owned(),
        ),
    ];
    changes.iter().fold(client.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

/// The figures of a run with `--json` that ended well, which are what the schema says.
#[track_caller]
fn figures(to: SocketAddr, arguments: &[&str]) -> Value {
    let to = to.to_string();
    let load = Eco::new(&["load", "--json", "--to", &to]).args(arguments);
    let exited = load.run(b"");
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    let figures = serde_json::from_slice(&exited.stdout).expect("one JSON object");
    assert_valid(&figures);
    figures
}

#[track_caller]
fn assert_valid(figures: &Value) {
    let schema = std::fs::read(project_file("tests/schemas/load.schema.json"));
    let schema = schema.expect("it can be read");
    let schema = serde_json::from_slice(&schema).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let errors = schema.iter_errors(figures).map(|error| error.to_string());
    let errors: Vec<String> = errors.collect();
    assert!(errors.is_empty(), "{errors:#?} in {figures:#}");
}

#[track_caller]
fn number(figures: &Value, path: &str) -> f64 {
    let found = figures.pointer(path).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("no number {path} in {figures:#}"))
}

/// Linux notes when a reply arrives.
#[cfg(target_os = "linux")]
#[test]
fn a_reply_that_waits_for_the_client_is_not_the_servers_latency() {
    let eco = serve(&["-q"]);
    let slow = plugin_file("slow.js", SLOW);
    let arguments = ["-p", &slow, "-c", "8", "--threads", "1", "-n", "80"];
    let figures = figures(eco.address, &arguments);
    // Seven others have their 10 ms before its turn comes.
    let (server, client) = (
        number(&figures, "/turn/p50"),
        number(&figures, "/client/wait/p50"),
    );
    assert!(client >= 10e3, "{client} µs of the client");
    assert!(server < client / 10.0, "{server} µs of the server");
    assert_eq!(figures["client"]["wait"]["count"], 80);
    assert_eq!(figures["client"]["limit"], "busy", "{figures:#}");
    assert!(number(&figures, "/client/plugin") > 0.5, "{figures:#}");
}

/// A head that says how long the body is, and the body, which comes with it.
#[test]
fn a_turn_that_neither_sends_nor_waits_is_no_latency_and_the_dialogue_has_its_own() {
    let client = plugin_file("head-and-body.js", HEAD_AND_BODY);
    let echo = plugin_file(
        "head-and-body-server.js",
        "function receive() { return '5\\nhello'; }",
    );
    let eco = serve(&["-q", "-p", &echo]);
    let arguments = ["-p", &client, "-c", "2", "-n", "50"];
    let figures = figures(eco.address, &arguments);
    assert_eq!(figures["turns"]["total"], 150);
    assert_eq!(figures["turn"]["count"], 50);
    assert_eq!(figures["dialogue"]["count"], 50);
    assert_eq!(figures["client"]["wait"]["count"], 50);
    // All of it had arrived with the head.
    assert_eq!(figures["dialogue"], figures["turn"]);
    if cfg!(target_os = "linux") {
        assert!(number(&figures, "/client/stamped") > 0.5, "{figures:#}");
    }
}

#[test]
fn a_dialogue_takes_as_long_as_all_of_its_turns() {
    let twice = "let turns = 0;
        function start() { return { send: 'a', exactly: 1 }; }
        function replied() { if (++turns < 2) return { send: 'b', exactly: 1 }; }";
    let eco = serve(&["-q"]);
    let twice = plugin_file("twice.js", twice);
    let figures = figures(eco.address, &["-p", &twice, "-c", "1", "-n", "20"]);
    assert_eq!(figures["turn"]["count"], 40);
    assert_eq!(figures["dialogue"]["count"], 20);
    let (turn, dialogue) = (
        number(&figures, "/turn/mean"),
        number(&figures, "/dialogue/mean"),
    );
    // Times are kept to three digits.
    assert!(dialogue >= 1.99 * turn, "{turn} µs, {dialogue} µs");
}

#[test]
fn table_and_page_say_that_the_client_was_the_limit_and_what_helps() {
    let eco = serve(&["-q"]);
    let slow = plugin_file("limited.js", SLOW);
    let page = plugin_file("limited.html", "");
    let to = eco.address.to_string();
    let load = Eco::new(&["load", "--to", &to, "-p", &slow, "--html", &page]);
    let exited = load
        .args(&["-c", "8", "--threads", "1", "-n", "80"])
        .run(b"");
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    let page = std::fs::read_to_string(&page).expect("it is written");
    for words in [
        "The client was the limit: its busiest thread worked ",
        " of that in the plugin; half of the turns waited ",
        "or longer for it, and ",
        "What helps: ",
        "a faster client plugin (a compiled one instead of a script)",
        "fewer --connections",
        "dialogue",
    ] {
        let table = exited.text();
        assert!(table.contains(words), "{words:?} is missing in\n{table}");
        assert!(page.contains(words), "{words:?} is missing in\n{page}");
    }
}

#[test]
fn a_server_that_takes_long_is_the_limit_itself() {
    // It holds every reply back, which it can do by nothing but time.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut message = [0; 5];
                while stream.read_exact(&mut message).is_ok() {
                    std::thread::sleep(Duration::from_secs(1));
                    let _ = stream.write_all(&message);
                }
            });
        }
    });
    let figures = figures(address, &["hello", "-c", "2", "--threads", "1", "-n", "4"]);
    assert_eq!(figures["client"]["limit"], Value::Null, "{figures:#}");
    assert_eq!(figures["client"]["advice"], "");
    assert!(number(&figures, "/turn/p50") >= 1e6, "{figures:#}");
}

/// Only Linux tells when replies arrive.
#[cfg(target_os = "linux")]
#[test]
fn an_instance_is_started_before_its_dialogue_is_due() {
    let eco = serve(&["-q"]);
    let path = plugin_file("talkative.wat", talkative());
    let to = eco.address.to_string();
    let load = ["load", "--to", &to, "-p", &path, "-c", "1"];
    for (arguments, expected) in [
        // While a reply is waited for, and no more of them than there are dialogues.
        (
            &["-n", "2"][..],
            &["started", "started", "replied", "replied"][..],
        ),
        // The second would be due long after the end.
        (
            &["-d", "300ms", "--rate", "0.01"],
            &["started", "replied", "started"],
        ),
    ] {
        let exited = Eco::new(&load).args(arguments).run(b"");
        assert_eq!(exited.code, 0, "{}", exited.stderr);
        let words = ["started", "replied"];
        let said = |line: &str| words.into_iter().find(|word| line.contains(word));
        // The first is the one that is tried out.
        let said: Vec<&str> = exited.stderr.lines().filter_map(said).skip(1).collect();
        assert_eq!(said, expected, "{arguments:?}: {}", exited.stderr);
    }
}

#[test]
fn the_figures_are_what_their_schema_says_also_where_all_fails() {
    let eco = serve(&["-q"]);
    figures(eco.address, &["-n", "100", "--rate", "1000"]);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let to = listener.local_addr().expect("it listens").to_string();
    let load = ["load", "--json", "--to", &to, "-c", "2", "-n", "4"];
    let closing = std::thread::spawn(move || listener.incoming().take(4).for_each(drop));
    let exited = Eco::new(&load).run(b"");
    closing.join().expect("no panic");
    let figures = serde_json::from_slice(&exited.stdout).expect("one JSON object");
    assert_valid(&figures);
    assert_eq!(figures["client"]["limit"], Value::Null, "{figures:#}");
}
