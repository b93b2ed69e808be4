//! The timers of scripts: which clock they follow, in which order they come, and what their functions may return.

use crate::scripts::languages;
use crate::support::{Peer, plugin_file, serve, serve_both_ways};

/// The scripts whose language this machine runs.
fn known<T>(scripts: impl IntoIterator<Item = (&'static str, T)>) -> Vec<(&'static str, T)> {
    let scripts = scripts.into_iter();
    scripts
        .filter(|(end, _)| languages().any(|(known, _)| known == *end))
        .collect()
}

#[test]
fn timers_come_by_the_time_due_and_then_in_the_order_in_which_they_were_set() {
    let scripts = [
        (
            "js",
            "function open() {
               setTimeout(() => send('z'), 60);
               for (const letter of 'abcdefgh') setTimeout(() => send(letter), 20);
               setTimeout(() => send('i'), 40);
               clearTimeout(setTimeout(() => send('never'), 20));
               // All are due by now, each at its own time.
               for (const until = performance.now() + 70; performance.now() < until;);
             }
             function receive() {}",
        ),
        (
            "lua",
            "function open()
               after(0.06, function() send('z') end)
               for letter in ('abcdefgh'):gmatch('.') do after(0.02, send, letter) end
               after(0.04, send, 'i')
               cancel(after(0.02, send, 'never'))
             end
             function receive() end",
        ),
        (
            "py",
            "import time
from eco import after, cancel, send
def open(connection):
    after(0.06, send, b'z')
    for letter in 'abcdefgh':
        after(0.02, send, letter.encode())
    after(0.04, send, b'i')
    cancel(after(0.02, send, b'never'))
    until = time.monotonic() + 0.07
    while time.monotonic() < until: pass
def receive(chunk): pass",
        ),
    ];
    for (end, text) in known(scripts) {
        let path = plugin_file(&format!("order.{end}"), text);
        for server in serve_both_ways(&path, &["--cpu", "1s"]) {
            Peer::connect(server.address).expect(b"abcdefghiz");
        }
    }
}

/// One that comes again is due by when it was due before, and not by when its function was called.
#[test]
fn a_timer_that_comes_again_takes_its_turn() {
    let scripts = [
        (
            "js",
            "let turns = 0;
             function open() {
               const each = setInterval(() => { send('r'); if (++turns === 3) clearInterval(each); }, 200);
               setTimeout(() => send('1'), 200); setTimeout(() => send('2'), 400); setTimeout(() => send('3'), 600);
               setTimeout(() => send('.'), 900);
             }
             function receive() {}",
        ),
        (
            "lua",
            "local turns, each = 0
             function open()
               each = every(0.2, function() send('r') turns = turns + 1 if turns == 3 then cancel(each) end end)
               after(0.2, send, '1') after(0.4, send, '2') after(0.6, send, '3') after(0.9, send, '.')
             end
             function receive() end",
        ),
        (
            "py",
            "from eco import after, cancel, every, send
turns = 0
def tick():
    global turns
    send(b'r')
    turns += 1
    if turns == 3: cancel(each)
def open(connection):
    global each
    each = every(0.2, tick)
    for wait, what in (0.2, b'1'), (0.4, b'2'), (0.6, b'3'), (0.9, b'.'): after(wait, send, what)
def receive(chunk): pass",
        ),
    ];
    for (end, text) in known(scripts) {
        let server = serve(&["-p", &plugin_file(&format!("again.{end}"), text)]);
        Peer::connect(server.address).expect(b"r1r2r3.");
    }
}

#[test]
fn promises_that_a_timer_resolves_are_done_before_the_next_timer() {
    const PROMISES: &str = r"
    function open() {
        setTimeout(() => {
            Promise.resolve().then(() => send('b')).then(() => send('c'));
            queueMicrotask(() => send('d'));
            send('a');
            return '!';
        }, 10);
        setTimeout(async () => { await null; return 'e'; }, 10);
        setTimeout(() => Promise.reject(new Error('unheard')).catch(() => 'f'), 10);
        setTimeout(() => { Promise.reject(new Error('unhandled')); return 'g'; }, 10);
        setTimeout(() => 'h', 10);
    }
    function receive() {}";
    for server in serve_both_ways(&plugin_file("promises.js", PROMISES), &[]) {
        // Bytes sent in a call come before its reply.
        Peer::connect(server.address).expect(b"abdc!efgh");
        server.logged(&["ERROR", "unhandled"]);
    }
}

/// Results of timers' functions are replies or errors as those of any other function, in each language.
#[test]
fn the_result_of_a_timers_function_is_a_reply() {
    const EVAL: [(&str, &str); 3] = [
        (
            "js",
            "function receive(chunk) {
               const text = new TextDecoder().decode(chunk);
               setTimeout(() => eval(text), 1);
             }",
        ),
        (
            "lua",
            "function receive(chunk) after(0.001, load('return ' .. chunk)) end",
        ),
        (
            "py",
            "from eco import after
def receive(chunk): after(0.001, lambda: eval(chunk.decode()))",
        ),
    ];
    let taken: &[(&str, &str, &str)] = &[
        ("js", "'text'", "text"),
        ("js", "new Uint8Array([65])", "A"),
        ("js", "({ data: 'a' })", "a"),
        ("js", "(async () => 'late')()", "late"),
        ("js", "undefined; send('sent')", "sent"),
        ("lua", "'text'", "text"),
        ("lua", "'a', 'keep-open'", "a"),
        ("py", "b'text'", "text"),
        ("py", "bytearray(b'a')", "a"),
        ("py", "(memoryview(b'a'), 'keep-open')", "a"),
    ];
    let closes: &[(&str, &str, &str)] = &[
        ("js", "({ data: 'bye', next: 'close' })", "bye"),
        ("js", "({ data: new ArrayBuffer(1), next: 'close' })", "\0"),
        ("lua", "'bye', 'close'", "bye"),
        ("lua", "nil, 'close'", ""),
        ("py", "(b'bye', 'close')", "bye"),
        ("py", "(bytearray(b'bye'), 'close')", "bye"),
        ("py", "(memoryview(b'bye'), 'close')", "bye"),
        ("py", "(None, 'close')", ""),
    ];
    let wrong: &[(&str, &str, &str)] = &[
        ("js", "42", "returned a number"),
        (
            "js",
            "({ next: 'clos' })",
            "returned { next: \\\"clos\\\" }",
        ),
        (
            "js",
            "({ next: 5 })",
            "{ next: something that is no string }",
        ),
        ("js", "({ nxt: 'close' })", "the key \\\"nxt\\\""),
        ("js", "new Map()", "returned a Map"),
        ("js", "(async () => { throw Error('thrown') })()", "thrown"),
        ("lua", "42", "returned a number"),
        ("lua", "true, 'close'", "returned a boolean"),
        ("lua", "'a', 'clos'", "\\\"clos\\\" as the second value"),
        ("lua", "'a', 5", "a number as the second value"),
        ("lua", "{ next = 'close' }", "returned a table"),
        ("lua", "'a', 'close', 'b'", "returned 3 values"),
        ("py", "42", "returned an int"),
        ("py", "'text'", "returned a str"),
        ("py", "(b'a', 'clos')", "'clos' as what comes next"),
        ("py", "(b'a', 5)", "5 as what comes next"),
        ("py", "('a', 'close')", "a tuple with a str"),
        ("py", "[b'a', 'close']", "returned a list"),
        ("py", "(x for x in b'')", "returned a generator (eco"),
    ];
    for (end, text) in known(EVAL) {
        let of_it = |cases: &'static [(&str, &str, &str)]| {
            cases.iter().filter(move |(language, ..)| *language == end)
        };
        let server = serve(&["-p", &plugin_file(&format!("replies.{end}"), text)]);
        let ask = |value: &str| {
            let mut peer = Peer::connect(server.address);
            peer.send(value.as_bytes());
            peer
        };
        for (_, value, reply) in of_it(taken) {
            ask(value).expect(reply.as_bytes());
        }
        for (_, value, reply) in of_it(closes) {
            assert_eq!(ask(value).rest(), reply.as_bytes(), "{value}");
        }
        for (_, value, words) in of_it(wrong) {
            ask(value).expect_reset();
            server.logged(&["failed", &format!("replies.{end}"), words]);
        }
    }
}

/// A function that waits for another timer says something by `send`, in its own time.
#[test]
fn a_timer_may_wait_for_another_but_what_it_returns_then_is_no_reply() {
    const WAITS: &str = r"
    const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));
    function open() {
        setTimeout(async () => { await sleep(5); send('waited '); }, 1);
        setTimeout(async () => { await sleep(20); return 'never'; }, 1);
        setTimeout(() => send('end'), 60);
    }
    function receive() {}";
    let server = serve(&["-p", &plugin_file("waits.js", WAITS)]);
    Peer::connect(server.address).expect(b"waited end");
    server.logged(&["ERROR", "waits.js", "has waited", "use send"]);
}

#[test]
fn after_the_last_word_no_timer_is_called() {
    let scripts = [
        (
            "js",
            "function open() {
               setTimeout(() => ({ data: 'bye', next: 'close' }), 10);
               setTimeout(() => 'never', 10);
               for (const until = performance.now() + 15; performance.now() < until;);
             }
             function receive() {}",
        ),
        (
            "lua",
            "function open()
               after(0.01, function() return 'bye', 'close' end)
               after(0.01, function() return 'never' end)
             end
             function receive() end",
        ),
        (
            "py",
            "from eco import after
def open(connection):
    after(0.01, lambda: (b'bye', 'close'))
    after(0.01, lambda: b'never')
def receive(chunk): pass",
        ),
    ];
    for (end, text) in known(scripts) {
        let server = serve(&["-p", &plugin_file(&format!("last-word.{end}"), text)]);
        assert_eq!(Peer::connect(server.address).rest(), b"bye");
    }
}

/// A clock that is set is the system's own; what counts durations has nothing to do with it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod set_back {
    use super::known;
    use crate::harness::Eco;
    use crate::support::empty_folder;
    use crate::support::{Peer, plugin_file, project_file};
    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// Builds what sets the clock of one process back. Without a C compiler it says so.
    fn clock(folder: &Path) -> Option<PathBuf> {
        let library = folder.join("clock.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&library);
        let built = compiler.arg(project_file("tests/plugins/clock.c")).status();
        if built.is_ok_and(|status| status.success()) {
            return Some(library);
        }
        assert!(
            std::env::var_os("ECO_ALL_TOOLS").is_none(),
            "there is no cc"
        );
        None
    }

    #[test]
    fn a_clock_that_is_set_back_an_hour_holds_up_no_timer() {
        let scripts = [
            (
                "js",
                "let began, date;
                 function open() {
                   [began, date] = [performance.now(), Date.now()];
                   setTimeout(() => send('once '), 300);
                   const each = setInterval(() => {
                     const lasted = performance.now() - began, older = date - Date.now();
                     clearInterval(each);
                     return lasted >= 400 && lasted < 60000 && older > 3000000 ? 'again' : `${lasted} ${older}`;
                   }, 400);
                   return 'set';
                 }
                 function receive() {}",
            ),
            (
                "lua",
                "function open()
                   after(0.3, function() return 'once ' end)
                   every(0.4, function() return 'again' end)
                   return 'set'
                 end
                 function receive() end",
            ),
            (
                "py",
                "import time
from eco import after, every
def open(connection):
    after(0.3, lambda: b'once ')
    every(0.4, lambda: b'again')
    return b'set'
def receive(chunk): pass",
            ),
        ];
        let folder = empty_folder("clock");
        let Some(clock) = clock(&folder) else { return };
        for (end, text) in known(scripts) {
            let path = plugin_file(&format!("clock.{end}"), text);
            let back = folder.join(end);
            let eco = Eco::new(&["serve", "--listen", "127.0.0.1:0", "-p", &path]);
            let eco = eco.env("LD_PRELOAD", &clock).env("CLOCK_IS_BACK", &back);
            let server = eco.serve();
            let mut peer = Peer::connect(server.address);
            peer.expect(b"set");
            std::fs::write(&back, "").expect("a file can be written");
            peer.expect(b"once again");
        }
    }
}
