//! The first start of a script: its interpreter isn't compiled for this machine yet, and runs in portable code.

use crate::harness::Eco;
use crate::support::empty_folder;
use crate::support::{Peer, plugin_file, terminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Work of some tenths of a second in portable code of an unoptimised build, in each language.
const HEAVY: [(&str, &str, &[u8]); 2] = [
    (
        "js",
        "function receive() { let s = 0; for (let i = 0; i < 5e4; i++) s = (s * 31 + i) % 1000003; return String(s) }",
        b"496409",
    ),
    (
        "lua",
        "function receive() local s = 0 for i = 1, 50000 do s = (s * 31 + i) % 1000003 end return tostring(s) end",
        b"438634",
    ),
];

/// Compiling an interpreter takes a busy machine longer than other tests take in all.
const PATIENCE: Duration = Duration::from_secs(600);

/// The files that are kept of compiled code.
fn kept(cache: &Path) -> Vec<PathBuf> {
    let folder = cache.join("eco/compiled").read_dir();
    folder
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

#[test]
fn a_script_answers_before_anything_is_compiled() {
    for (end, text) in [
        ("js", "function receive(chunk) { return chunk }"),
        ("lua", "function receive(chunk) return chunk end"),
    ] {
        let cache = empty_folder(&format!("first-start-{end}"));
        let path = plugin_file(&format!("first.{end}"), text);
        let called = Eco::new(&["call", &path, "hi"])
            .env("XDG_CACHE_HOME", &cache)
            .run(b"");
        assert_eq!(
            called.text(),
            "> \"hi\"\n< \"hi\"\n> end of input\n",
            "{}",
            called.stderr
        );
        assert_eq!(
            kept(&cache),
            [""; 0].map(PathBuf::from),
            "it compiled something"
        );
    }
}

#[test]
fn a_call_that_takes_long_is_not_cut_while_there_is_only_portable_code() {
    for (end, text, reply) in HEAVY {
        let cache = empty_folder(&format!("heavy-start-{end}"));
        let path = plugin_file(&format!("heavy.{end}"), text);
        let server = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &path, "--cpu", "100ms"])
            .env("XDG_CACHE_HOME", &cache)
            .serve();
        Peer::connect(server.address).send(b"?").expect(reply);
    }
}

#[test]
fn a_call_that_takes_too_long_in_portable_code_is_made_once_more_compiled() {
    let (end, text, reply) = HEAVY[0];
    let cache = empty_folder("slow-call");
    let path = plugin_file(&format!("slow.{end}"), text.replace("5e4", "3e6"));
    let call = || {
        let eco = Eco::new(&["call", "--cpu", "1s", &path, "?"]);
        eco.env("XDG_CACHE_HOME", &cache)
            .patience(PATIENCE)
            .run(b"")
    };
    let called = call();
    assert_eq!(called.code, 0, "{}", called.stderr);
    assert!(
        called.stderr.contains("once more, compiled"),
        "{}",
        called.stderr
    );
    assert!(!called.text().contains(&*String::from_utf8_lossy(reply)));
    assert_eq!(called.text().matches("< ").count(), 1, "{}", called.text());
    let again = call();
    assert!(!again.stderr.contains("once more"), "{}", again.stderr);
}

/// A table that is built at the top level, say.
#[test]
fn a_top_level_that_takes_long_waits_for_the_compiler() {
    let (_, text, _) = HEAVY[0];
    let work = text
        .replace("function receive() {", "function work() {")
        .replace("5e4", "3e6");
    let path = plugin_file(
        "long-top.js",
        format!("{work}; work(); function receive(chunk) {{ return chunk }}"),
    );
    let server = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &path, "--cpu", "1s"])
        .env("XDG_CACHE_HOME", empty_folder("long-top"))
        .serve();
    Peer::connect(server.address).send(b"hi").expect(b"hi");
}

/// An interpreter has no budget of its own, however small that of plugins is.
#[test]
fn compiling_an_interpreter_has_no_budget() {
    let path = plugin_file("no-budget.lua", "function receive(chunk) return chunk end");
    let called = Eco::new(&[
        "call",
        "--raw",
        "--compile-time",
        "1ms",
        "--compile-memory",
        "1MiB",
        &path,
        "hi",
    ])
    .env("XDG_CACHE_HOME", empty_folder("no-budget"))
    .patience(PATIENCE)
    .run(b"");
    assert_eq!(
        (called.code, &*called.text()),
        (0, "hi"),
        "{}",
        called.stderr
    );
}

#[cfg(unix)]
#[test]
fn compiling_for_longer_than_a_second_is_told_on_a_terminal() {
    let path = plugin_file("spinner.js", "function receive(chunk) { return chunk }");
    let (far, shown) = terminal();
    let called = Eco::new(&["call", "--raw", &path, "hi"])
        .env("XDG_CACHE_HOME", empty_folder("spinner"))
        .patience(PATIENCE)
        .stderr(far)
        .run(b"");
    assert_eq!((called.code, &*called.text()), (0, "hi"));
    let shown = shown.join().expect("it was read");
    // On a machine that is quicker than that there is nothing to say.
    assert!(
        shown.is_empty() || shown.contains("compiling the interpreter of JavaScript"),
        "{shown}"
    );
}

/// Portable code wants four gigabytes of it for each instance.
#[cfg(unix)]
#[test]
fn where_address_space_is_short_a_script_is_compiled_first() {
    let path = plugin_file("short-space.js", "function receive(chunk) { return chunk }");
    let arguments = [
        "serve",
        "-l",
        "127.0.0.1:0",
        "-p",
        &path,
        "--max-connections",
        "100",
    ];
    let server = Eco::with_address_space(60_000_000, &arguments)
        .args(&["--snapshot", "never"])
        .env("XDG_CACHE_HOME", empty_folder("short-space"))
        .serve();
    let mut peers: Vec<Peer> = (0..30).map(|_| Peer::connect(server.address)).collect();
    for peer in &mut peers {
        peer.send(b"hi").expect(b"hi");
    }
}
