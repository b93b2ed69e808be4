//! Python's own: its library, which imports some of itself only when that is needed, its coroutines and its memory.

use crate::harness::{Eco, assert_same};
use crate::scripts::languages;
use crate::support::{Peer, empty_folder, plugin_file, serve};

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

/// Its result is never freed: the host's budget ends such a connection.
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

fn is_there() -> bool {
    languages().any(|(end, _)| end == "py")
}

/// The result of an expression, and of what its modules import meanwhile.
#[test]
fn modules_that_the_library_imports_when_it_is_called_are_there() {
    if !is_there() {
        return;
    }
    let text = "import ast, base64, calendar, datetime, email.message, hashlib, json, pathlib, shutil, statistics
import time, uuid, xml.etree.ElementTree as xml
def receive(chunk):
    return str(eval(chunk.decode())).encode()
";
    let server = serve(&["-p", &plugin_file("late.py", text), "--cpu", "5s"]);
    for (asked, answer) in [
        ("ast.unparse(ast.parse('1+1'))", "1 + 1"),
        ("pathlib.PurePosixPath('/a b').as_uri()", "file:///a%20b"),
        ("pathlib.Path('/a').as_uri()", "file:///a"),
        (
            "__import__('pydoc').plain(__import__('pydoc').render_doc(len)).splitlines()[0]",
            "Python Library Documentation: built-in function len in module builtins",
        ),
        ("help(len)", "None"),
        ("time.strptime('2024', '%Y').tm_year", "2024"),
        ("datetime.datetime.strptime('2024', '%Y').year", "2024"),
        ("len(str(10 ** 5000))", "ValueError"),
        ("xml.fromstring('<a><b/></a>').find('b').tag", "b"),
        (
            "calendar.TextCalendar().formatmonth(2024, 2).split()[0]",
            "February",
        ),
        ("email.message.EmailMessage().as_string()", "\n"),
        ("hashlib.new('sha3_256', b'').hexdigest()[:4]", "a7ff"),
    ] {
        let mut peer = Peer::connect(server.address);
        peer.send(asked.as_bytes());
        if answer == "ValueError" {
            peer.expect_reset();
        } else {
            peer.expect(answer.as_bytes());
        }
    }
    server.logged(&["Help on built-in function len"]);
}

/// All that a function of the library imports is there, but for what is of no use here, or not of this system.
#[test]
fn no_function_of_the_library_misses_a_module() {
    if !is_there() {
        return;
    }
    let text = r#"
import dis, gc, importlib.util, library, sys, types

def imports(function):
    package, codes = function.__globals__.get("__package__"), [function.__code__]
    while codes:
        code = codes.pop()
        codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
        for name, level, _ in dis._find_imports(code):
            yield importlib.util.resolve_name("." * level + name, package) if level else name

seen, waiting, names = set(), [sys.modules], set()
while waiting:
    each = waiting.pop()
    if id(each) in seen:
        continue
    seen.add(id(each))
    waiting += gc.get_referents(each)
    if isinstance(each, types.FunctionType):
        names.update(imports(each))
missing = sorted(name for name in names if name not in sys.modules and not library.is_elsewhere(name))

def receive(chunk):
    return f"{len(names) > 100} {' '.join(missing)}\n".encode()
"#;
    let path = plugin_file("imports.py", text);
    let called = Eco::new(&["call", &path, "x", "--cpu", "60s"])
        .args(&["--memory", "256MiB"])
        .run(b"");
    assert_eq!(called.code, 0, "{}", called.stderr);
    let expected = "< \"True \\n\"";
    assert!(called.text().contains(expected), "{}", called.text());
}

#[test]
fn a_coroutine_where_a_function_should_be_is_told_as_such() {
    if !is_there() {
        return;
    }
    let plain = "(eco doesn't run it: write def, not async def)";
    for (text, words) in [
        (
            "async def receive(chunk):\n    return chunk",
            "async.py:2: receive is a coroutine function",
        ),
        (
            "def receive(chunk): pass\nasync def closed(why): pass",
            "async.py:3: closed is a coroutine function",
        ),
        (
            "async def receive(chunk):\n    yield chunk",
            "async.py:2: receive is an asynchronous generator function",
        ),
        (
            "async def handler(): pass\nreceive = handler()",
            "async.py:2: receive is a coroutine",
        ),
    ] {
        let path = plugin_file("async.py", format!("import asyncio\n{text}\n"));
        let called = Eco::new(&["call", &path]).run(b"");
        assert_eq!(called.code, 65, "{}", called.stderr);
        let words = format!("{words} {plain}");
        assert!(called.stderr.contains(&words), "{words}: {}", called.stderr);
    }
    for (body, words) in [
        ("return handler()", "receive returned a coroutine"),
        (
            "after(1, handler)",
            "async.py:4: TypeError: after takes seconds, then a function, and not a coroutine function",
        ),
        (
            "after(1, handler())",
            "async.py:4: TypeError: after takes seconds, then a function, and not a coroutine",
        ),
    ] {
        let text = format!(
            "from eco import after\nasync def handler(): pass\ndef receive(chunk):\n    {body}\n"
        );
        let server = serve(&["-p", &plugin_file("async.py", text)]);
        let mut peer = Peer::connect(server.address);
        peer.send(b"x");
        assert_same(&peer.expect_reset(), b"");
        server.logged(&["failed", &format!("{words} {plain}")]);
    }
}

/// A script is one file: what else it imports of its own isn't there, whatever the interpreter's own files are called.
#[test]
fn the_interpreters_files_are_no_modules_that_a_script_would_name() {
    if !is_there() {
        return;
    }
    for module in [
        "topics",
        "store",
        "timers",
        "peer",
        "call",
        "problem",
        "arguments",
    ] {
        let text = format!("import {module}\ndef receive(chunk): return chunk\n");
        let called = Eco::new(&["call", &plugin_file("main.py", text)]).run(b"");
        assert_eq!(called.code, 65, "{module}: {}", called.stderr);
        let words = format!("No module named '{module}'");
        assert!(called.stderr.contains(&words), "{}", called.stderr);
    }
}

/// The interpreter has a file of that name too, whose frames are left out.
#[test]
fn a_scripts_frames_are_told_whatever_its_name_is() {
    if !is_there() {
        return;
    }
    let text = "def look(): raise ValueError('lost')\ndef receive(chunk): look()\n";
    for name in ["eco.py", "store.py", "upper.py"] {
        let called = Eco::new(&["call", &plugin_file(name, text), "x"])
            .args(&["--log-level", "debug"])
            .run(b"");
        for frame in ["at look", "at receive"] {
            let words = format!("{frame} ({name}:");
            assert!(called.stderr.contains(&words), "{words}: {}", called.stderr);
        }
    }
}
