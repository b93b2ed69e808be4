//! Scripts: what they may return, what becomes of those that misbehave, and what is said then.

use crate::guests::{empty_folder, samples};
use crate::harness::{Eco, assert_same};
use crate::support::{Peer, plugin_file, serve, serve_both_ways, ways};

/// A server script that does what its chunk says: the same in each language.
const MISBEHAVING: [(&str, &str); 3] = [
    (
        "js",
        r#"function deeper(n) { return deeper(n + 1) + 1; }
function receive(chunk) {
  const word = new TextDecoder().decode(chunk);
  if (word === "loop") for (;;) {}
  if (word === "recurse") return deeper(0);
  if (word === "memory") for (const kept = []; ; ) kept.push(new Uint8Array(1 << 20).fill(1));
  if (word === "throw") throw new TypeError("on purpose");
  if (word === "type") return 42;
  if (word === "next") return { data: "x", next: "later" };
  if (word === "flood") for (;;) console.log("x".repeat(200));
  if (word === "reply") return new Uint8Array(2 << 20);
  return chunk;
}"#,
    ),
    (
        "lua",
        r#"local function deeper(n) return deeper(n + 1) + 1 end
function receive(word)
  if word == "loop" then while true do end end
  if word == "recurse" then local function deep(n) return deep(n + 1) + 1 end return deep(0) end
  if word == "memory" then local kept = {} while true do kept[#kept + 1] = ("x"):rep(1 << 20) .. #kept end end
  if word == "throw" then error("on purpose") end
  if word == "type" then return 42 end
  if word == "next" then return "x", "later" end
  if word == "flood" then while true do print(("x"):rep(200)) end end
  if word == "reply" then return ("x"):rep(2 << 20) end
  return word
end"#,
    ),
    (
        "py",
        r#"def deeper(n): return deeper(n + 1) + 1
def receive(word):
    if word == b"loop":
        while True: pass
    if word == b"recurse": return deeper(0)
    if word == b"memory":
        kept = []
        while True: kept.append(b"x" * (1 << 20))
    if word == b"throw": raise ValueError("on purpose")
    if word == b"type": return 42
    if word == b"next": return b"x", "later"
    if word == b"flood":
        while True: print("x" * 200)
    if word == b"reply": return bytes(2 << 20)
    return word
"#,
    ),
];

/// What the log must say of each word, with the line for the errors that the language has a line for.
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

/// The ends of the names of the scripts that this machine runs.
pub(crate) fn languages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let python = samples().iter().any(|sample| sample.language == "python");
    MISBEHAVING
        .into_iter()
        .filter(move |(end, _)| python || *end != "py")
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
fn what_the_languages_bring_along_works() {
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

/// Serves a script that can't be served, and gives what it said.
#[track_caller]
fn refused(command: &str, name: &str, text: &[u8]) -> String {
    let path = plugin_file(name, text);
    let address = if command == "serve" { "-l" } else { "-t" };
    let exited = Eco::new(&[command, address, "127.0.0.1:0", "-p", &path]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    exited.stderr
}

#[test]
fn a_script_that_does_not_load_is_refused_with_the_place() {
    let cases: &[(&str, &[u8], &[&str])] = &[
        (
            "e.js",
            b"function receive() {\n  retrun 1;\n}",
            &["the script does not load", "e.js:2:", "SyntaxError"],
        ),
        (
            "e.lua",
            b"function receive()\n  retrun 1\nend",
            &["the script does not load", "e.lua:2:"],
        ),
        (
            "e.js",
            b"function receive() {}\nnowhere();",
            &["e.js:2:", "ReferenceError"],
        ),
        (
            "e.lua",
            b"function receive() end\nnowhere()",
            &["e.lua:2:", "nowhere"],
        ),
        (
            "e.js",
            b"let n = 0;\nfunction recieve() {}",
            &[
                "no function `receive`",
                "a server plugin needs",
                "Line 2 defines `recieve`. Call it `receive`",
            ],
        ),
        (
            "e.lua",
            b"function Recive() end",
            &["Line 1 defines `Recive`. Call it `receive`"],
        ),
        (
            "e.js",
            b"function receive(chunk) {\n  if (chunk) {\n    return chunk;\n}\n",
            &["e.js:5:", "SyntaxError: unexpected end of input: a }"],
        ),
        (
            "e.lua",
            b"function start() end",
            &[
                "no function `receive`",
                "functions for eco: start",
                "eco send -p",
            ],
        ),
        (
            "e.js",
            b"let n = 0;\nwhile (true)\n  n++;\n",
            &[
                "it fails as it starts",
                "processor time per call",
                ", near e.js:",
            ],
        ),
        (
            "e.lua",
            b"local n = 0\nwhile true do\n  n = n + 1\nend\n",
            &[
                "it fails as it starts",
                "processor time per call",
                ", near e.lua:",
            ],
        ),
        (
            "e.lua",
            b"-- line one\n\xff\xfe",
            &["line 2 is not UTF-8", "Save the Lua file"],
        ),
        (
            "e.lua",
            b"",
            &[
                "no function `receive`",
                "functions for eco: nothing",
                "at the top level",
            ],
        ),
    ];
    for (name, text, words) in cases {
        let said = refused("serve", name, text);
        for word in *words {
            assert!(said.contains(word), "{name}: {word}: {said}");
        }
    }
    let said = refused("send", "server.js", b"function receive() {}");
    assert!(said.contains("no function `start`"), "{said}");
    assert!(said.contains("eco serve -p"), "{said}");
    if languages().any(|(end, _)| end == "py") {
        let said = refused("serve", "e.py", b"n = 0\nwhile True:\n    n += 1\n");
        assert!(said.contains("processor time per call"), "{said}");
        assert!(said.contains(", near e.py:"), "{said}");
        let said = refused("serve", "e.py", b"def receive(chunk):\n  retrun 1\n");
        assert!(
            said.contains("e.py:2:") && said.contains("SyntaxError"),
            "{said}"
        );
    }
}

#[test]
fn a_function_that_is_defined_later_is_called_too() {
    let text = "function receive(c) { globalThis.endOfInput = () => 'bye'; return c }";
    for server in serve_both_ways(&plugin_file("later.js", text), &[]) {
        let mut peer = Peer::connect(server.address);
        peer.send(b"a").expect(b"a").finish();
        assert_same(&peer.rest(), b"bye");
    }
}

#[test]
fn the_spelling_of_another_language_is_warned_of() {
    for (name, text, words) in [
        (
            "spelt.js",
            "function receive() {} function end_of_input() {}",
            ["spelt.js has end_of_input", "endOfInput"],
        ),
        (
            "spelt.lua",
            "function receive() end function endOfInput() end",
            ["spelt.lua has endOfInput", "end_of_input"],
        ),
        (
            "slip.js",
            "function receive() {}\nconst close = (why) => {};",
            ["slip.js has close", "is closed meant? (line 2)"],
        ),
    ] {
        serve(&["-p", &plugin_file(name, text)]).logged(&words);
    }
}

#[test]
fn a_script_is_warned_of_few_slips_at_a_time() {
    let slips = [
        "opn",
        "endOfInpt",
        "closd",
        "mesage",
        "joind",
        "leftt",
        "missd",
    ];
    let slips = slips
        .map(|name| format!("function {name}() {{}}\n"))
        .concat();
    let path = plugin_file(
        "many-slips.js",
        format!("{slips}function receive(c) {{ return c }}"),
    );
    let exited = Eco::new(&["call", &path, "a"]).run(b"");
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    let warnings = exited.stderr.matches("which eco doesn't call").count();
    assert_eq!(warnings, 3, "{}", exited.stderr);
}

#[test]
fn python_that_is_not_set_up_is_one_command_away() {
    let path = plugin_file("lonely.py", "def receive(chunk): return chunk");
    let nowhere = empty_folder("empty-cache");
    let exited = Eco::new(&["serve", "-p", &path])
        .env("XDG_CACHE_HOME", nowhere)
        .run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(
        exited.stderr.contains("Run `eco setup python` once"),
        "{}",
        exited.stderr
    );
}

/// What it returns is never freed: it is the host's budget that ends such a connection.
#[test]
fn python_that_has_leaked_its_memory_away_is_ended_by_the_budget() {
    let text = "def receive(chunk): return bytes(1 << 20)";
    if !languages().any(|(end, _)| end == "py") {
        return;
    }
    let server = serve(&["-p", &plugin_file("leak.py", text)]);
    let mut peer = Peer::connect(server.address);
    let mut reply = vec![0; 1 << 20];
    for _ in 0..1000 {
        let sent = std::io::Write::write_all(&mut peer.0, b"?");
        if sent.is_err() || std::io::Read::read_exact(&mut peer.0, &mut reply).is_err() {
            break;
        }
    }
    server.logged(&["closed", "memory per instance", "--memory"]);
}

/// A reference to an object that is counted is a page of memory that is written.
#[test]
fn python_counts_references_to_a_scripts_objects_alone() {
    let text = r#"
import json, sys, xml.etree.ElementTree

OWN = [object()]

def receive(chunk):
    found = [json.dumps, json.dumps.__code__, json.dumps.__doc__, json.__dict__, xml.etree.ElementTree.Element]
    return f"{[sys._is_immortal(each) for each in found + [OWN, OWN[0], receive]]}".encode()
"#;
    if !languages().any(|(end, _)| end == "py") {
        return;
    }
    let server = serve(&["-p", &plugin_file("immortal.py", text)]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"?");
    peer.expect(b"[True, True, True, True, True, False, False, False]");
}

/// Each module of a component has tables and memories that are filled for each connection; the second one
/// is what joins the first to the host.
#[test]
fn pythons_libraries_are_one_module() {
    if !languages().any(|(end, _)| end == "py") {
        return;
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || std::path::Path::new(&std::env::var_os("HOME").expect("a home")).join(".cache"),
        Into::into,
    );
    let files = cache.join("eco").read_dir().expect("Python is set up");
    let names = files.flatten().map(|file| file.path());
    let mut pythons = names.filter(|path| path.extension().is_some_and(|end| end == "wasm"));
    let python = pythons.next().expect("Python is set up");
    let bytes = std::fs::read(&python).expect("it can be read");
    let modules = bytes.windows(8).filter(|bytes| bytes == b"\0asm\x01\0\0\0");
    assert_eq!(modules.count(), 2, "{}", python.display());
}

#[test]
fn a_component_cannot_pass_for_an_interpreter() {
    // Lua's would be refused for its exceptions.
    let javascript = include_bytes!("../../plugins/interpreters/javascript/javascript.wasm");
    let said = refused("serve", "spy.wasm", javascript);
    assert!(
        said.contains("it imports what eco does not offer: eco:plugin/script@0.1.0"),
        "{said}"
    );
}

#[test]
fn compiled_code_is_kept_in_the_cache_folder_and_a_missing_one_is_no_loss() {
    let path = plugin_file("cached.lua", "function receive(chunk) return chunk end");
    let cache = empty_folder("cache");
    let call = |folder: &std::path::Path| {
        // What it prints raw it can't print again, so that it compiles first.
        let called = Eco::new(&["call", "--raw", &path, "hi"])
            .env("XDG_CACHE_HOME", folder)
            .run(b"");
        assert_eq!(called.code, 0, "{}", called.stderr);
        assert_same(&called.stdout, b"hi");
    };
    call(&cache);
    let entries = || {
        let mut found = Vec::new();
        let mut folders = vec![cache.join("eco/compiled")];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().expect("it is there").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path())
                } else {
                    found.push(entry.path())
                }
            }
        }
        found
    };
    assert!(!entries().is_empty());
    call(&cache);
    // A file where the folder should be.
    let blocked = plugin_file("blocked-cache", "");
    call(std::path::Path::new(&blocked));
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
