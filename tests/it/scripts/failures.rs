//! Scripts that misbehave lose their connection, and the log has the line.

use crate::harness::{Eco, assert_same};
use crate::scripts::languages;
use crate::support::{Peer, plugin_file, serve, serve_both_ways, ways};

/// Words that the log must have for each word that is sent, with the line for the errors that the language has a line for.
fn verdict(word: &str, end: &str) -> Vec<String> {
    let lines: &[(&str, &str, &str)] = &[
        ("recurse", "js", "bad.js:1:"),
        ("recurse", "lua", "bad.lua:4:"),
        ("recurse", "py", "bad.py:1:"),
        ("throw", "js", "bad.js:7:"),
        ("throw", "lua", "bad.lua:6:"),
        ("throw", "py", "bad.py:9:"),
        ("type", "js", "bad.js"),
        ("type", "lua", "bad.lua"),
        ("type", "py", "bad.py"),
        ("next", "js", "bad.js"),
        ("next", "lua", "bad.lua"),
        ("next", "py", "bad.py"),
    ];
    let place = lines
        .iter()
        .filter(|(of, language, _)| (*of, *language) == (word, end))
        .map(|(_, _, place)| (*place).to_owned());
    let said: &[&str] = match word {
        "loop" => &["processor time per call", "--cpu"],
        "memory" => &["memory per instance", "--memory"],
        "flood" => &["log output per connection", "--log-output"],
        "reply" => &["bytes returned per call", "--reply"],
        "throw" => &["on purpose"],
        "type" => &["receive returned", "may return"],
        "next" => &["later"],
        _ => &[],
    };
    place
        .chain(said.iter().map(|word| (*word).to_owned()))
        .collect()
}

#[test]
fn a_script_that_misbehaves_loses_its_connection_and_the_log_says_where() {
    for (end, text) in languages() {
        let path = plugin_file(&format!("bad.{end}"), text);
        for server in serve_both_ways(&path, &["--cpu", "3s"]) {
            let mut neighbour = Peer::connect(server.address);
            for (id, word) in (2..).zip([
                "loop", "recurse", "memory", "throw", "type", "next", "flood", "reply",
            ]) {
                let mut peer = Peer::connect(server.address);
                peer.send(word.as_bytes());
                neighbour.send(b"still here").expect(b"still here");
                assert_same(&peer.expect_reset(), b"");
                let connection = format!("connection={id} ");
                let words = verdict(word, end);
                let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
                words.extend(["closed", &connection]);
                server.logged(&words);
                neighbour.send(b"as ever").expect(b"as ever");
            }
            neighbour.finish().expect_end();
        }
    }
}

/// `closed` would have a time of its own, and could log what it likes.
#[test]
fn closed_follows_an_error_of_the_script_and_never_a_broken_budget() {
    for (end, text) in languages() {
        let closed = match end {
            "js" => "function closed(why) { console.log('told ' + why); }",
            "lua" => "function closed(why) print('told ' .. why) end",
            _ => "def closed(why): print('told ' + why)",
        };
        let path = plugin_file(&format!("told.{end}"), format!("{text}\n{closed}\n"));
        for server in serve_both_ways(&path, &["--cpu", "200ms"]) {
            for (id, word, hears) in [
                (1, "loop", false),
                (2, "memory", false),
                (3, "flood", false),
                (4, "reply", false),
                (5, "throw", true),
                (6, "type", true),
            ] {
                let mut peer = Peer::connect(server.address);
                peer.send(word.as_bytes()).expect_reset();
                let connection = format!("connection={id} ");
                server.logged(&["closed", "reason=\"failed\"", &connection]);
                let log = server.log();
                let mut lines = log.lines().filter(|line| line.contains("told failed"));
                let told = lines.any(|line| line.ends_with(connection.trim_end()));
                assert_eq!(told, hears, "{end}, {word}");
            }
        }
    }
}

#[test]
fn an_error_in_any_callback_has_its_line() {
    let scripts = [
        (
            "js",
            "function open() { if (0) return;\n throw new Error('in open') }\nfunction receive() {}",
            "function receive() { return 'a' }\nfunction endOfInput() { throw new Error('at the end') }",
            "function receive() {}\nfunction closed(why) {\n throw new Error('after ' + why) }",
        ),
        (
            "lua",
            "function open()\n error('in open') end\nfunction receive() end",
            "function receive() return 'a' end\nfunction end_of_input() error('at the end') end",
            "function receive() end\nfunction closed(why)\n error('after ' .. why) end",
        ),
        (
            "py",
            "def open(connection):\n  raise ValueError('in open')\ndef receive(chunk): pass",
            "def receive(chunk): return b'a'\ndef end_of_input(): raise ValueError('at the end')",
            "def receive(chunk): pass\ndef closed(why):\n  raise ValueError('after ' + why)",
        ),
    ];
    let known: Vec<&str> = languages().map(|(end, _)| end).collect();
    for (end, open, end_of_input, closed) in scripts {
        if !known.contains(&end) {
            continue;
        }
        for way in ways(end) {
            let start = |name: &str, text| {
                let path = plugin_file(&format!("{name}.{end}"), text);
                let server = serve(&["-p", &path, "--snapshot", way]);
                (server, format!("{name}.{end}:2:"))
            };
            let (server, place) = start("in-open", open);
            Peer::connect(server.address).expect_end();
            server.logged(&["refused", &place, "in open"]);

            let (server, place) = start("in-end", end_of_input);
            let mut peer = Peer::connect(server.address);
            peer.send(b"?").expect(b"a").finish();
            assert_same(&peer.expect_reset(), b"");
            server.logged(&["closed", &place, "at the end"]);

            let (server, _) = start("in-closed", closed);
            Peer::connect(server.address)
                .send(b"?")
                .finish()
                .expect_end();
            server.logged(&["ERROR", &format!("in-closed.{end}:3:"), "after ended"]);
        }
    }
}

#[test]
fn a_client_script_that_fails_says_where_and_is_no_wrong_reply() {
    let server = serve(&[]);
    let to = server.address.to_string();
    let cases = [
        (
            "js",
            "function start() {\n throw new Error('early') }",
            "c.js:2:",
            "early",
        ),
        (
            "js",
            "function start() { return { send: 'x', exactly: 1 } }\nfunction replied() { oops() }",
            "c.js:2:",
            "oops",
        ),
        (
            "lua",
            "function start()\n error('early') end",
            "c.lua:2:",
            "early",
        ),
        (
            "lua",
            "function start() return { send = 'x', until_end = true } end",
            "c.lua",
            "until_end",
        ),
        (
            "lua",
            "function start() return { send = 'x', through = '' } end",
            "through",
            "empty",
        ),
    ];
    for (end, text, place, word) in cases {
        let path = plugin_file(&format!("c.{end}"), text);
        let sent = Eco::new(&["send", "-t", &to, "-p", &path]).run(b"");
        assert_eq!(sent.code, 65, "{}", sent.stderr);
        assert!(
            sent.stderr.contains(place) && sent.stderr.contains(word),
            "{}",
            sent.stderr
        );
    }
}
