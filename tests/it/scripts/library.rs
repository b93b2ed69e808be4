//! Functions that the interpreters add to their languages: decoding, lines, the log.

use crate::harness::assert_same;
use crate::scripts::languages;
use crate::support::{Peer, converse, plugin_file, serve};

#[test]
fn a_generator_or_coroutine_is_refused_as_one_that_nobody_runs() {
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
    // Work of a script after it returned.
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

/// Any value gives a line of the log, and the script goes on.
#[test]
fn logging_a_value_never_throws() {
    let setup = "const ring = {}; ring.me = ring;
        const { proxy, revoke } = Proxy.revocable({}, {}); revoke();
        const odd = { toString() { throw 1 }, valueOf() { throw 2 }, toJSON() { throw 3 },
          [Symbol.toPrimitive]() { throw 4 } };
        class Built { a = 1 }
        Object.defineProperty(Built.prototype, 'constructor', { get() { throw 5 } });
        class Named { static get name() { throw 6 } }
        const error = new Error('x');
        Object.defineProperty(error, 'message', { get() { throw 7 } });
        const sized = new Map([[1, 2]]);
        Object.defineProperty(sized, 'size', { get() { throw 8 } });
        const listed = [1];
        listed[Symbol.iterator] = () => { throw 9 };
        const trap = new Proxy({}, { ownKeys() { throw 10 }, getPrototypeOf() { throw 11 } });
        function deeper() { console.log({}); deeper(); }
        function tamper() { Array.prototype.join = () => { throw 12 }; return {}; }
        function receive(chunk) { eval(new TextDecoder().decode(chunk)); return 'alive'; }";
    let server = serve(&["-p", &plugin_file("logs.js", setup), "--log-output", "1MiB"]);
    let hidden = "(a value that can't be shown)";
    for (values, shown) in [
        ("'<%d>', Symbol('x')", "<NaN>"),
        ("'<%i %f>', Symbol('x'), Symbol('x')", "<NaN NaN>"),
        ("'<%s>', Symbol('x')", "<Symbol(x)>"),
        ("'<%d %i>', 10n, 11n", "<10n 11n>"),
        ("'<%d %i %f>', odd, odd, odd", "<NaN NaN NaN>"),
        (
            "'<%f>', Object.assign(() => 1, { toString() { throw 1 } })",
            "<NaN>",
        ),
        ("'<%j>', ring", "<{ me: [Circular] }>"),
        ("'<%j>', { n: 12n }", "<{ n: 12n }>"),
        (
            "'<%j>', { toJSON() { throw 1 } }",
            "<{ toJSON: [Function: toJSON] }>",
        ),
        ("'<%o>', proxy", hidden),
        ("{ a: 1, proxy }", "{ a: 1, proxy: (a value"),
        ("'trap', trap", hidden),
        ("'odd', odd", "odd { toString: [Function: toString]"),
        ("new Built()", "{ a: 1 }"),
        ("Named", "[class (anonymous)]"),
        ("error", "Error at "),
        ("'sized', sized", hidden),
        ("'listed', listed", hidden),
        ("{ get got() { throw 1 } }", "{ got: [Getter] }"),
        ("'tampered', tamper()", hidden),
    ] {
        let mut peer = Peer::connect(server.address);
        let call = format!("console.log({values})");
        peer.send(call.as_bytes()).expect(b"alive");
        server.logged(&["plugin: ", shown]);
    }
    // No stack is left to show a value.
    let mut peer = Peer::connect(server.address);
    peer.send(b"try { deeper() } catch (e) { console.log('as deep as can be:', e.name) }")
        .expect(b"alive");
    server.logged(&["as deep as can be: RangeError"]);
    // But nobody gets time by it.
    let mut peer = Peer::connect(server.address);
    peer.send(b"console.log({ get [(() => { for (;;); })()]() {} })")
        .expect_reset();
    server.logged(&["processor time per call"]);
}

#[test]
fn an_option_that_nobody_knows_is_an_error() {
    let text = "function receive(chunk) {
          try { return `${eval(new TextDecoder().decode(chunk))}` } catch (e) { return `${e.name}: ${e.message}` }
        }";
    let server = serve(&["-p", &plugin_file("options.js", text)]);
    for (asked, answer) in [
        (
            "store.set('k', 'v', { tll: 10 })",
            "TypeError: store.set has no option \"tll\"; it takes { ttl }",
        ),
        (
            "store.set('k', 'v', { ttl: 1, ttL: 1 })",
            "TypeError: store.set has no option \"ttL\"; it takes { ttl }",
        ),
        (
            "store.set('k', 'v', 10)",
            "TypeError: store.set takes its options as { ttl }, and not as a number",
        ),
        (
            "store.set('k', 'v', '10')",
            "TypeError: store.set takes its options as { ttl }, and not as a string",
        ),
        (
            "store.set('k', 'v', [10])",
            "TypeError: store.set takes its options as { ttl }, and not as an array",
        ),
        (
            "store.set('k', 'v', new Map())",
            "TypeError: store.set takes its options as { ttl }, and not as a Map",
        ),
        (
            "store.set('k', 'v', { ttl: '10' })",
            "RangeError: store.set takes { ttl }, a number of milliseconds",
        ),
        ("store.get('k')", "undefined"),
        ("store.set('k', 'v', { ttl: 10000 })", "undefined"),
        (
            "store.set('k', 'v', { ttl: undefined }); store.set('k', 'v', {}); store.set('k', 'v', null)",
            "undefined",
        ),
        (
            "subscribe('room', { label: 'anna' })",
            "TypeError: subscribe takes a text, and not an object",
        ),
        (
            "store.get({ key: 'k' })",
            "TypeError: store.get takes a text, and not an object",
        ),
        (
            "new TextDecoder('utf-8', { fatl: true })",
            "TypeError: TextDecoder has no option \"fatl\"; it takes { fatal, ignoreBOM }",
        ),
        (
            "new TextDecoder().decode(chunk, { steam: true })",
            "TypeError: decode has no option \"steam\"; it takes { stream }",
        ),
        (
            "new TextDecoder().decode(chunk, true)",
            "TypeError: decode takes its options as { stream }, and not as a boolean",
        ),
        (
            "new TextDecoder('latin1', { fatal: true }).decode(new Uint8Array([65]), { stream: true })",
            "A",
        ),
    ] {
        Peer::connect(server.address)
            .send(asked.as_bytes())
            .expect(answer.as_bytes());
    }
    // In the other languages it is the language that says so.
    for (end, text, words) in [
        (
            "lua",
            "function receive() store.set('k', 'v', { tll = 10 }) end",
            "number expected, got table",
        ),
        (
            "py",
            "from eco import store\ndef receive(chunk): store.set('k', b'v', tll=10)",
            "unexpected keyword argument 'tll'. Did you mean 'ttl'?",
        ),
        (
            "py",
            "from eco import store\ndef receive(chunk): store.set('k', b'v', {'ttl': 10})",
            "store.set takes seconds",
        ),
    ] {
        if !languages().any(|(known, _)| known == end) {
            continue;
        }
        let server = serve(&["-p", &plugin_file(&format!("options.{end}"), text)]);
        Peer::connect(server.address).send(b"x").expect_reset();
        server.logged(&["failed", words]);
    }
}
