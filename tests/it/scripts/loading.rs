//! Scripts as they are loaded: refusals, slips, the cache.

use crate::harness::{Eco, assert_same};
use crate::scripts::languages;
use crate::support::{Peer, empty_folder, plugin_file, serve, serve_both_ways};

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
fn a_component_cannot_pass_for_an_interpreter() {
    // Lua's would be refused for its exceptions.
    let javascript = include_bytes!("../../../plugins/interpreters/javascript/javascript.wasm");
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
        // Raw output can't be taken back, so that it compiles first.
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
