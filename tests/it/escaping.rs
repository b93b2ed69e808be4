//! Text of strangers, such as words of plugins and names of files, in the log and on a terminal. None of it
//! leaves its line, and the log has bounds.

use crate::harness::{Eco, Exited, assert_same};
use crate::support::empty_folder;
use crate::support::{Peer, converse, plugin_file, project_file, serve, session_plugin};
use rustix::process::Signal;
use std::io::Read as _;

/// The session plugin of the tests, which refuses every connection, or fails at an `e`, in words of this
/// many bytes: some that would forge a line, and clear a terminal.
fn hostile_session(name: &str, length: usize, refuses: bool) -> String {
    let text = std::fs::read_to_string(session_plugin()).expect("it is there");
    let text = text
        .replace("an error of its own", "no\\0aforged \\1b[2J")
        .replace("(i32.const 19))", &format!("(i32.const {length}))"));
    let greeting = "(call $reply (local.get $peer) (local.get $length) (i32.const 0))";
    assert!(text.contains(greeting), "it greets");
    let text = if refuses {
        text.replace(greeting, "(call $error)")
    } else {
        text
    };
    plugin_file(name, text)
}

/// None of it begins a line, or is a command to a terminal.
#[track_caller]
fn assert_tame(text: &str) {
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(
        !text.lines().any(|line| line.starts_with("forged")),
        "{text}"
    );
}

#[test]
fn a_refusal_is_one_line_of_the_log_escaped_and_cut() {
    let path = hostile_session("refuses.wat", 100_000, true);
    for format in ["text", "json"] {
        let server = serve(&["-p", &path, "--log-format", format]);
        assert_same(&converse(server.address, b""), b"");
        let line = server.logged(&["closed", "refused", "[2J", "(100000 bytes in all)"]);
        assert!(line.len() < 2048, "{} bytes: {line}", line.len());
        server.terminate();
        assert_tame(&server.wait().stderr);
    }
}

#[test]
fn words_of_a_refusal_or_an_error_count_as_log_output() {
    let cut = ["closed", "log output per connection", "--log-output"];
    let path = hostile_session("refuses-at-length.wat", 5000, true);
    let server = serve(&["-p", &path, "--log-output", "4KiB"]);
    Peer::connect(server.address).expect_reset();
    server.logged(&cut);

    let path = hostile_session("fails-at-length.wat", 5000, false);
    let server = serve(&["-p", &path, "--log-output", "4KiB"]);
    Peer::greeted(server.address).send(b"e").expect_reset();
    server.logged(&cut);
    let enough = serve(&["-p", &path]);
    Peer::greeted(enough.address).send(b"e").expect_reset();
    enough.logged(&["closed", "the plugin says", "(5000 bytes in all)"]);
}

/// A script whose name would forge a line, and whose function is misspelt.
fn oddly_named(name: &str) -> String {
    let text = "function receive(chunk) { return chunk; }\nfunction end_of_input() {}";
    plugin_file(&format!("{name}\nforged \u{1b}[2J.js"), text)
}

#[test]
fn the_name_of_a_file_leaves_no_line_of_the_log() {
    let server = serve(&["-p", &oddly_named("logged")]);
    server.logged(&["has end_of_input", r"logged\nforged \u{1b}[2J.js"]);
    server.terminate();
    let exited = server.wait();
    assert_tame(&exited.stderr);
    // The first line, which the harness has read, was all of it.
    assert_same(&exited.stdout, b"");
}

#[test]
fn the_name_of_a_file_does_a_terminal_no_harm() {
    let path = oddly_named("shown");
    let exercise = project_file("tests/exercises/lines");
    let absent = format!("{path}.lua");
    let folder = path.replace(".js", "");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let commands: [(&[&str], i32); 8] = [
        (&["inspect", &path], 0),
        (&["call", &path], 0),
        (&["check", &exercise, &path], 1),
        (&["inspect", &absent], 65),
        (&["send", "-p", &absent], 65),
        (&["build", &folder], 65),
        (&["build", &path], 64),
        // The shell's expansion of `*` is typed, too.
        (&["inspect", &path, &absent], 64),
    ];
    for (arguments, code) in commands {
        let Exited {
            code: ended,
            stdout,
            stderr,
        } = Eco::new(arguments).run(b"");
        assert_eq!(ended, code, "{arguments:?}: {stderr}");
        assert_tame(&String::from_utf8_lossy(&stdout));
        assert_tame(&stderr);
    }
    let exited = Eco::new(&["inspect", "--json", &path]).run(b"");
    assert_tame(&exited.text());
    assert!(serde_json::from_slice::<serde_json::Value>(&exited.stdout).is_ok());
}

/// A path is what the system has as one: bytes that are no UTF-8 too.
#[cfg(unix)]
#[test]
fn every_command_takes_a_file_of_any_name_and_shows_it_escaped() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = |name: &[u8]| std::ffi::OsStr::from_bytes(name).to_owned();
    let around = empty_folder("any-name").join(name(b"\xff"));
    std::fs::create_dir(&around).expect("a folder can be made");
    let [plugin, client, photo] = [b"p\xff.lua".as_slice(), b"c\xff.lua", b"photo\xff"].map(name);
    for (file, text) in [
        (&plugin, "function receive(chunk) return chunk end"),
        (
            &client,
            "function start(message) return { send = message, exactly = #message } end function replied() end",
        ),
        (&photo, "hello"),
    ] {
        std::fs::write(around.join(file), text).expect("it can be written");
    }
    let after = |start: &[u8], path: &std::ffi::OsStr| name(&[start, path.as_bytes()].concat());
    let run = |arguments: &[&dyn AsRef<std::ffi::OsStr>], shown: &str| {
        let eco = Eco::new(&[]).inside(&around);
        let eco = arguments
            .iter()
            .fold(eco, |eco, argument| eco.arg(argument));
        let exited = eco.run(b"");
        let said = exited.text() + &exited.stderr;
        let words: Vec<String> = arguments
            .iter()
            .map(|it| it.as_ref().to_string_lossy().into_owned())
            .collect();
        assert_eq!(exited.code, 0, "{words:?}: {said}");
        assert!(said.contains(shown), "{words:?}: {said}");
    };
    let exercise = name(b"e\xff");
    run(&[&"inspect", &plugin], r"p\xff.lua");
    run(&[&"call", &plugin, &after(b"@", &photo)], "hello");
    let of_a_peer = after(b"a: @", &photo);
    run(&[&"call", &plugin, &"--peers", &"a", &of_a_peer], "hello");
    run(&[&"exercise", &"start", &"echo", &exercise], r"made e\xff");
    run(&[&"check", &exercise, &plugin], r"for p\xff.lua");
    let main = after(exercise.as_bytes(), "/exercise.toml".as_ref());
    run(&[&"check", &main, &plugin], "cases passed");
    run(&[&"check", &"--lint", &exercise], r"e\xff: all right");
    for report in [
        b"csv=marks\xff.csv".as_slice(),
        b"exercism=\xff{name}\xff.json",
    ] {
        let report = name(report);
        run(
            &[&"grade", &exercise, &plugin, &"--report", &report],
            r"p\xff",
        );
    }
    for report in [b"marks\xff.csv".as_slice(), b"\xffp%5Cxff\xff.json"] {
        assert!(around.join(name(report)).is_file(), "{report:?}");
    }
    let made = name(b"n\xff/hello");
    run(&[&"new", &made, &"--lang", &"lua"], r"made n\xff/hello");
    run(&[&"build", &made], r"n\xff/hello/hello.lua");
    let state = name(b"file:s\xff.redb");
    let server = Eco::new(&["serve", "-l", "127.0.0.1:0", "--watch", "--state"]);
    let server = server.arg(&state).arg("-p").arg(&plugin).inside(&around);
    let server = server.serve();
    let to = server.address.to_string();
    let file = after(b"--file=", &photo);
    run(&[&"send", &"-t", &to, &"-p", &client, &file], "hello");
    let few = ["-n", "1", "-c", "1"];
    let page = name(b"--html=l\xff.html");
    run(
        &[
            &"load", &"-t", &to, &"-p", &client, &file, &few[0], &few[1], &few[2], &few[3], &page,
        ],
        r"c\xff",
    );
    server.terminate();
    assert_eq!(server.wait().code, 0);
    assert!(around.join(name(b"s\xff.redb")).is_file());
    let kept = Eco::new(&["state", "list", "--namespace", "p"]).env("ECO_STATE", &state);
    let kept = kept.inside(&around).run(b"");
    assert_eq!(kept.code, 0, "{}", kept.stderr);
}

#[test]
fn a_version_that_does_not_load_is_one_short_line_however_long_its_text() {
    let text = std::fs::read(session_plugin()).expect("it is there");
    let path = plugin_file("grows.wat", text);
    let server = serve(&["-p", &path]);
    let long = "long ".repeat(200_000);
    let text = format!("(component (foo \"{long}\u{1b}[2J\" bar))");
    std::fs::write(&path, text).expect("it can be written");
    server.signal(Signal::HUP);
    let line = server.logged(&["not reloaded", "grows.wat:1:", "bytes in all)"]);
    assert!(line.len() < 8192, "{} bytes", line.len());
    assert_tame(&server.log());
}

#[test]
fn a_plugin_with_many_names_fills_no_terminal() {
    let names: String = (0..5000)
        .map(|number| format!("(export \"name-of-the-{number}th\" (func $f))\n"))
        .collect();
    let module = "(core module $m (func (export \"f\"))) (core instance $i (instantiate $m))";
    let text = format!("(component {module} (func $f (canon lift (core func $i \"f\")))\n{names})");
    let path = plugin_file("many-names.wat", text);
    let exited = Eco::new(&["inspect", &path]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    let (text, errors) = (exited.text(), exited.stderr);
    assert!(text.contains("name-of-the-1th"), "{text}");
    assert!(text.contains("bytes in all)"), "{text}");
    assert!(text.len() < 100_000, "{} bytes", text.len());
    assert!(errors.len() < 100_000, "{} bytes", errors.len());
}

const CONNECTIONS: usize = 40;
/// As many as 256 KiB of log output have room for.
const LINES: usize = 900;

#[test]
fn lines_of_plugins_cost_the_log_no_line_of_eco_and_are_counted() {
    let text = format!(
        "local words = ('x'):rep(200)
         function receive(chunk) for _ = 1, {LINES} do print(words) end return chunk end"
    );
    let path = plugin_file("talkative.lua", text);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let server = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &path])
        .stderr(writer)
        .serve();
    for _ in 0..CONNECTIONS {
        assert_same(&converse(server.address, b"?"), b"?");
    }
    // Only now somebody reads.
    let reading = std::thread::spawn(move || {
        let mut log = String::new();
        reader.read_to_string(&mut log).expect("it is text");
        log
    });
    server.terminate();
    assert_eq!(server.wait().code, 0);
    let log = reading.join().expect("it reads to the end");
    let count = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    assert_eq!(count(" opened "), CONNECTIONS);
    assert_eq!(count(" closed "), CONNECTIONS);
    let lost = |name: &str| -> usize {
        let missing = log
            .lines()
            .filter(|line| line.contains("lines are missing here"));
        let fields = missing.flat_map(|line| line.split(' '));
        let counts = fields.filter_map(|field| field.strip_prefix(name)?.parse::<usize>().ok());
        counts.sum()
    };
    assert_eq!(lost("own="), 0);
    assert!(lost("said=") > 0, "all of it had room: {} bytes", log.len());
    assert_eq!(count("plugin: \"xxx") + lost("said="), CONNECTIONS * LINES);
    assert!(log.len() < 6 * 1024 * 1024, "{} bytes", log.len());
}
