//! Errors of the interpreters: values, budgets and misspelt names.

use crate::harness::{Eco, assert_same};
use crate::scripts::languages;
use crate::support::{Peer, plugin_file, serve};

#[test]
fn a_value_that_is_no_reply_in_javascript_is_an_error_that_names_it() {
    let text = "function receive(chunk) { return eval(new TextDecoder().decode(chunk)) }";
    let server = serve(&["-p", &plugin_file("kinds.js", text)]);
    let kinds = [
        ("new Date(0)", "returned a Date;"),
        ("new Map()", "returned a Map;"),
        ("new Set()", "returned a Set;"),
        ("new WeakMap()", "returned a WeakMap;"),
        ("/x/", "returned a RegExp;"),
        ("new Error('x')", "returned an Error;"),
        ("new String('x')", "returned a String;"),
        ("new DataView(new ArrayBuffer(1))", "returned a DataView;"),
        ("new SharedArrayBuffer(1)", "returned a SharedArrayBuffer;"),
        ("new Uint16Array(1)", "returned a Uint16Array;"),
        ("new Proxy({}, {})", "returned a Proxy;"),
        (
            "(function* () {})()",
            "returned a generator (eco doesn't run it",
        ),
        ("[].values()", "returned an iterator (eco doesn't run it"),
        ("({ next() {} })", "returned an iterator, which"),
        ("new (class {})()", "returned an object;"),
        ("Math", "returned an object with the key"),
        ("({ data: new Map() })", "returned { data: a Map };"),
    ];
    for (value, words) in kinds {
        let mut peer = Peer::connect(server.address);
        peer.send(value.as_bytes());
        assert_same(&peer.expect_reset(), b"");
        server.logged(&[words]);
    }
    for (value, reply) in [
        ("({}), 'a'", "a"),
        ("({ data: 'b' })", "b"),
        ("new (class { data = 'c' })()", "c"),
        ("Promise.resolve('d')", "d"),
    ] {
        let mut peer = Peer::connect(server.address);
        peer.send(value.as_bytes()).expect(reply.as_bytes());
    }
}

#[test]
fn too_little_memory_for_the_interpreter_says_how_much_is_enough() {
    for (end, text) in [
        ("js", "function receive(chunk) { return chunk }"),
        ("lua", "function receive(chunk) return chunk end"),
        ("py", "def receive(chunk): return chunk"),
    ] {
        if !languages().any(|(known, _)| known == end) {
            continue;
        }
        let path = plugin_file(&format!("small.{end}"), text);
        let call = |memory: &str| Eco::new(&["call", "--memory", memory, &path, "hi"]).run(b"");
        let said = call("64KiB");
        assert_eq!(said.code, 65, "{}", said.stderr);
        let words = "That is too little for the interpreter of ";
        let (_, rest) = said.stderr.split_once(words).expect(&said.stderr);
        assert!(rest.contains("--memory"), "{}", said.stderr);
        // "JavaScript; 2.0 MiB is enough"
        let enough = rest.split_whitespace().nth(1).expect("a number of MiB");
        let called = call(&format!("{enough}MiB"));
        assert_eq!(called.code, 0, "{enough} MiB: {}", called.stderr);
    }
}

/// Errors at the end of the text too, and errors while the script runs.
#[test]
fn every_error_in_the_text_of_javascript_has_its_line() {
    for (text, words) in [
        ("let a = /(/;", "e.js:3:9: SyntaxError: expecting ')'"),
        ("let a = /a/gg;", "e.js:3:9: SyntaxError: invalid regular"),
        ("let a = [\n  /[b-a]/];", "e.js:4:3: SyntaxError: "),
        (
            "import x from 'lodash';",
            "e.js:3:15: SyntaxError: there is no module 'lodash'",
        ),
        (
            "import {\n  x\n} from './x.js'\nlet a = 1;",
            "e.js:5:8: SyntaxError: there is no module './x.js'",
        ),
        (
            "import 'x';",
            "e.js:3:8: SyntaxError: there is no module 'x'",
        ),
        (
            "export * from './x.js';",
            "e.js:3:15: SyntaxError: there is no module './x.js'",
        ),
        ("await import('fs');", "e.js:3:"),
        (
            "export { nope };",
            "e.js:3:10: SyntaxError: exported variable 'nope' does not exist",
        ),
        (
            "class A {\n  f() { return this.#x }\n}",
            "e.js:4:21: SyntaxError: undefined private field '#x'",
        ),
    ] {
        let text = format!("// a script\nexport function receive() {{}}\n{text}\n");
        let called = Eco::new(&["call", &plugin_file("e.js", text)]).run(b"");
        assert_eq!(called.code, 65, "{}", called.stderr);
        assert!(called.stderr.contains(words), "{words}: {}", called.stderr);
    }
    let text = "function receive() {}\nfunction* f() {}\nimport('x').catch((error) => console.log(error));";
    let called = Eco::new(&["call", &plugin_file("e.js", text)]).run(b"");
    let words = "ReferenceError: there is no module 'x': a script is one file at <eval> (e.js:3:";
    assert!(called.stderr.contains(words), "{}", called.stderr);
}

#[test]
fn a_function_that_is_nearly_one_of_those_that_eco_calls_draws_a_line() {
    for (name, text, words) in [
        (
            "slips.js",
            "function receive() {}\nfunction mesage() {}",
            "slips.js has mesage, which eco doesn't call; is message meant? (line 2)",
        ),
        (
            "slips.js",
            "function receive() {}\nconst onJoind = () => 1;",
            "slips.js has onJoind, which eco doesn't call; is joined meant? (line 2)",
        ),
        (
            "slips.lua",
            "function receive() end\nfunction leftt() end",
            "slips.lua has leftt, which eco doesn't call; is left meant? (line 2)",
        ),
        (
            "slips.lua",
            "function receive() end\nfunction missd() end",
            "slips.lua has missd, which eco doesn't call; is missed meant? (line 2)",
        ),
        (
            "slips.py",
            "def receive(chunk): pass\ndef endOfInput(): pass",
            "slips.py has endOfInput, which eco doesn't call; is end_of_input meant? (line 2)",
        ),
    ] {
        if languages().any(|(end, _)| name.ends_with(end)) {
            let called = Eco::new(&["call", &plugin_file(name, text)]).run(b"");
            assert_eq!(called.code, 0, "{}", called.stderr);
            assert!(called.stderr.contains(words), "{words}: {}", called.stderr);
        }
    }
    let text = "local file <close> = setmetatable({}, { __close = function() end })\nfunction receive() end";
    let called = Eco::new(&["call", &plugin_file("closes.lua", text)]).run(b"");
    assert_eq!(called.code, 0, "{}", called.stderr);
    assert!(!called.stderr.contains("meant"), "{}", called.stderr);
}

/// The interpreter stops it there, and a promise would take that for its own error.
#[test]
fn a_loop_behind_a_promise_breaks_the_budget_as_any_other() {
    for body in [
        "Promise.resolve().then(() => { for (;;); })",
        "(async () => { await 0; for (;;); })()",
        "setTimeout(() => { Promise.resolve().then(() => { for (;;); }); }, 1)",
    ] {
        let text = format!("function receive(chunk) {{ {body}; return chunk; }}");
        let plugin = plugin_file("loops-behind-a-promise.js", text);
        let server = serve(&["-p", &plugin, "--cpu", "50ms"]);
        Peer::connect(server.address).send(b"x").expect_reset();
        server.logged(&["closed", "budget=\"cpu\"", "processor time per call"]);
    }
    let text =
        "function receive(chunk) { Promise.resolve().then(() => { for (;;); }); return chunk; }";
    let plugin = plugin_file("loops-behind-a-promise.js", text);
    let checked = Eco::new(&["check", "echo", &plugin, "--all"]).run(b"");
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    assert!(
        checked.text().contains("0 of 7 cases passed"),
        "{}",
        checked.text()
    );
}
