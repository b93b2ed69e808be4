//! What is Python's own: its library, which imports some of itself only when that is needed, and its coroutines.

use crate::harness::{Eco, assert_same};
use crate::scripts::languages;
use crate::support::{Peer, plugin_file, serve};

fn is_there() -> bool {
    languages().any(|(end, _)| end == "py")
}

/// The result of an expression, and of what its modules import meanwhile.
#[test]
fn what_the_library_imports_when_it_is_called_is_there() {
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
