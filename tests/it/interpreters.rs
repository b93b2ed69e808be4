//! What the interpreters add to their languages, and what they say of values and of budgets that they
//! can do nothing with.

use crate::harness::{Eco, assert_same};
use crate::scripts::languages;
use crate::support::{Peer, converse, plugin_file, serve};

#[test]
fn what_is_no_reply_in_javascript_is_an_error_that_names_it() {
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
fn what_nobody_runs_says_so() {
    for (name, text, words) in [
        (
            "yields.js",
            "function* open() { yield 'a' } function receive() {}",
            "open returned a generator (eco doesn't run it: write function, not function*)",
        ),
        (
            "yields.lua",
            "function open() return coroutine.create(print) end function receive() end",
            "open returned a coroutine",
        ),
        (
            "yields.py",
            "def open(connection):\n  yield b'a'\ndef receive(chunk): pass",
            "open returned a generator (eco doesn't run it: return the bytes, instead of yield)",
        ),
    ] {
        if !languages().any(|(end, _)| name.ends_with(end)) {
            continue;
        }
        let server = serve(&["-p", &plugin_file(name, text)]);
        Peer::connect(server.address).expect_end();
        server.logged(&["refused", words]);
    }
}

#[test]
fn bytes_and_text_are_decoded_however_they_are_cut() {
    let text = r#"
        const latin1 = new TextDecoder("latin1"), utf8 = new TextDecoder();
        let text = "";
        function receive(chunk) {
          text += utf8.decode(chunk, { stream: true });
          return Uint8Array.from(latin1.decode(chunk), (character) => character.charCodeAt(0));
        }
        function endOfInput() { return ` ${text.length} ${latin1.encoding} ${utf8.encoding}` }"#;
    let path = plugin_file("decoders.js", text);
    let server = serve(&["-p", &path, "--chunk-size", "1"]);
    let bytes: Vec<u8> = (0..=255).chain("eñe".bytes()).collect();
    let reply = converse(server.address, &bytes);
    let expected = [&bytes[..], b" 259 iso-8859-1 utf-8"].concat();
    assert_same(&reply, &expected);
}

/// The samples `lines` have more of it: any bytes, and every way to cut them.
#[test]
fn every_language_makes_lines_of_chunks() {
    let scripts = [
        (
            "js",
            "const lines = new Lines();
             const shown = (lines) => lines.map((line) => `<${line}>`).join('');
             function receive(chunk) { return shown(lines.feed(chunk)) }
             function endOfInput() { return shown(lines.flush()) + shown(lines.flush()) }",
        ),
        (
            "lua",
            "local lines = Lines()
             local function shown(each)
               local all = ''
               for line in each do all = all .. '<' .. line .. '>' end
               return all
             end
             function receive(chunk) return shown(lines:feed(chunk)) end
             function end_of_input() return shown(lines:flush()) .. shown(lines:flush()) end",
        ),
        (
            "py",
            "from eco import Lines
lines = Lines()
def shown(lines): return b''.join(b'<' + line + b'>' for line in lines)
def receive(chunk): return shown(lines.feed(chunk))
def end_of_input(): return shown(lines.flush()) + shown(lines.flush())",
        ),
    ];
    for (end, text) in scripts {
        if !languages().any(|(known, _)| known == end) {
            continue;
        }
        let path = plugin_file(&format!("splits.{end}"), text);
        for size in ["1", "4", "65536"] {
            let server = serve(&["-p", &path, "--chunk-size", size]);
            let reply = converse(server.address, "eñe\n\nb\r\n\nlast".as_bytes());
            assert_same(&reply, "<eñe><><b\r><><last>".as_bytes());
        }
    }
    let slip = "local lines = Lines()\nfunction receive(chunk)\n  lines.feed(chunk) end";
    let server = serve(&["-p", &plugin_file("slip.lua", slip)]);
    Peer::connect(server.address).send(b"a").expect_reset();
    server.logged(&["slip.lua:3: write lines:feed(chunk), with a colon"]);
    // The name is a script's own if it wants it.
    let own = "class Lines { all = 'own' }\nfunction receive() { return new Lines().all }";
    let server = serve(&["-p", &plugin_file("own-lines.js", own)]);
    Peer::connect(server.address).send(b"a").expect(b"own");
}

/// The host writes a chunk where the script has it, and reads a reply there after the call.
#[test]
fn chunks_that_are_kept_stay_and_replies_are_what_was_returned() {
    let scripts = [
        (
            "js",
            "const kept = [];
             function receive(chunk) {
               kept.push(chunk);
               if (kept.length < 4) return chunk;
               return kept.map((chunk) => new TextDecoder().decode(chunk)).join('');
             }",
        ),
        (
            "lua",
            "local kept = {}
             function receive(chunk)
               kept[#kept + 1] = chunk
               collectgarbage()
               return #kept < 4 and chunk or table.concat(kept)
             end",
        ),
    ];
    for (end, text) in scripts {
        let server = serve(&["-p", &plugin_file(&format!("keeps.{end}"), text)]);
        let mut peer = Peer::connect(server.address);
        // Lua has strings of more than 40 bytes in another way.
        let chunks = [40, 41, 3000].map(|size| vec![b'a' + (size % 26) as u8; size]);
        for chunk in &chunks {
            peer.send(chunk).expect(chunk);
        }
        peer.send(b"!")
            .expect(&[&chunks.concat()[..], b"!"].concat());
    }
    // What a script does after it returned.
    let text = "const after = new FinalizationRegistry((chunk) => chunk.fill(33));
        function receive(chunk) {
          if (chunk[0] === 49) { Promise.resolve().then(() => chunk.fill(33)); return chunk }
          if (chunk[0] === 50) { Promise.reject({ get message() { chunk.fill(33) } }); return chunk }
          const reply = { data: chunk };
          after.register(reply, chunk);
          return reply;
        }";
    let server = serve(&["-p", &plugin_file("after.js", text)]);
    let mut peer = Peer::connect(server.address);
    for chunk in [b"1 job", b"2 got", b"3 end"] {
        peer.send(chunk).expect(chunk);
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
