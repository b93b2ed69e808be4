//! The languages themselves: replies, libraries, randomness.

use crate::harness::assert_same;
use crate::scripts::languages;
use crate::support::{Peer, plugin_file, serve_both_ways};

#[test]
fn a_script_decides_how_a_connection_goes_on() {
    let scripts = [
        (
            "js",
            "function open(c) { console.log(`from ${c.peer} to ${c.local}, number ${c.id}`) }
             function receive(chunk) {
               const word = new TextDecoder().decode(chunk);
               if (word === 'finish') return { data: 'bye', next: 'finish' };
               if (word === 'close') return { data: new Uint8Array([98, 121, 101]), next: 'close' };
               if (word === 'reset') return { next: 'reset' };
             }",
        ),
        (
            "lua",
            "function open(c) print('from ' .. c.peer .. ' to ' .. c['local'] .. ', number ' .. c.id) end
             function receive(word)
               if word == 'reset' then return nil, 'reset' end
               return 'bye', word
             end",
        ),
        (
            "py",
            "def open(c): print(f'from {c.peer} to {c.local}, number {c.id}')
def receive(word):
    if word == b'reset': return None, 'reset'
    return b'bye', word.decode()",
        ),
    ];
    let known: Vec<&str> = languages().map(|(end, _)| end).collect();
    for (end, text) in scripts {
        if !known.contains(&end) {
            continue;
        }
        for server in serve_both_ways(&plugin_file(&format!("next.{end}"), text), &[]) {
            let mut peer = Peer::connect(server.address);
            let local = peer.0.local_addr().expect("it is connected").to_string();
            let from = format!("from {local} to {}, number 1", server.address);
            server.logged(&["plugin: ", &from]);
            peer.send(b"finish");
            assert_same(&peer.rest(), b"bye");
            let mut peer = Peer::connect(server.address);
            peer.send(b"close");
            assert_same(&peer.rest(), b"bye");
            let mut peer = Peer::connect(server.address);
            peer.send(b"reset");
            peer.expect_reset();
            server.logged(&["by-plugin", "connection=3"]);
        }
    }
}

#[test]
fn the_libraries_of_the_languages_work() {
    let scripts = [
        (
            "js",
            r#"function receive(chunk) {
              const text = new TextDecoder().decode(new TextEncoder().encode("eñe"));
              const now = Date.now() > 1.7e12 && new Date().getFullYear() > 2023;
              const dice = Math.random() !== Math.random();
              const rest = JSON.stringify([...new Map([[1, 2]])]) + /(\d+)/.exec("a42")[1] + 2n ** 70n;
              return [text, now, dice, rest].join(" ");
            }"#,
            "eñe true true [[1,2]]421180591620717411303424",
        ),
        (
            "lua",
            r#"function receive(chunk)
              local ok, message = pcall(error, { code = 7 })
              local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
              local caught = not ok and message.code
              local dice = math.random(1 << 60) ~= math.random(1 << 60)
              local text = string.pack(">I2", 258):byte(2) .. utf8.char(241) .. table.concat({ 1, 2 }, "-")
              return ("%d %d %d %s %s %s %s"):format(caught, co(1), co(5), dice, text, io, os)
            end"#,
            "7 2 10 true 2ñ1-2 nil nil",
        ),
        (
            "py",
            r#"import json, re, struct, hashlib, random, datetime, zlib, base64
def receive(chunk):
    parts = [json.dumps({"a": [1, None]}), re.findall(r"\d+", "a42b7"), struct.pack(">H", 258),
             hashlib.sha256(b"eco").hexdigest()[:8], random.random() != random.random(),
             datetime.datetime.now().year > 2023, zlib.decompress(zlib.compress(b"x" * 99)) == b"x" * 99,
             base64.b64encode(b"eco")]
    return " ".join(map(str, parts)).encode()
"#,
            "{\"a\": [1, null]} ['42', '7'] b'\\x01\\x02' 8756de78 True True True b'ZWNv'",
        ),
    ];
    let known: Vec<&str> = languages().map(|(end, _)| end).collect();
    for (end, text, expected) in scripts {
        if known.contains(&end) {
            for server in serve_both_ways(&plugin_file(&format!("library.{end}"), text), &[]) {
                let mut peer = Peer::connect(server.address);
                peer.send(b"?").expect(expected.as_bytes());
            }
        }
    }
}

#[test]
fn chance_differs_from_connection_to_connection() {
    for (end, text) in [
        (
            "js",
            "function receive() { return String(Math.random()).padEnd(30) }",
        ),
        (
            "lua",
            "function receive() return ('%-30d'):format(math.random(1 << 62)) end",
        ),
        (
            "py",
            "import random\ndef receive(chunk): return str(random.random()).ljust(30).encode()",
        ),
    ] {
        if !languages().any(|(known, _)| known == end) {
            continue;
        }
        for server in serve_both_ways(&plugin_file(&format!("dice.{end}"), text), &[]) {
            let draw = || {
                let mut drawn = [0; 30];
                let mut peer = Peer::connect(server.address);
                peer.send(b"?");
                std::io::Read::read_exact(&mut peer.0, &mut drawn).expect("the server replies");
                drawn
            };
            assert_ne!(draw(), draw(), "{end}");
        }
    }
}

/// Caught exceptions must not pile up until a budget breaks.
#[test]
fn a_hundred_thousand_caught_errors_cost_no_memory() {
    let text = "function receive() for i = 1, 100000 do pcall(error, 'x') end return 'done' end";
    let path = plugin_file("pcall.lua", text);
    for server in serve_both_ways(&path, &["--cpu", "20s"]) {
        let mut peer = Peer::connect(server.address);
        peer.send(b"?").expect(b"done").finish().expect_end();
    }
}
