//! Scripts that start from a snapshot: what connections see is the same with one and without, and one
//! that can't be had is no loss.

use crate::harness::{Eco, Server};
use crate::scripts::languages;
use crate::support::empty_folder;
use crate::support::{Peer, plugin_file, serve};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A script that keeps, at its top level, the time and a random number and a count. It answers with them,
/// and with others that it takes then: `time number count time number`.
const REMEMBERS: [(&str, &str); 3] = [
    (
        "js",
        r#"console.log("top level");
const began = Date.now(), drawn = Math.random();
let count = 1;
function receive() {
  count += 1;
  const waited = performance.now() >= 0 && Date.now() + 1 >= performance.timeOrigin;
  return [began, drawn, count, waited ? Date.now() : 0, Math.random()].join(" ") + "\n";
}"#,
    ),
    (
        "lua",
        r#"print("top level")
local began, drawn = 0, math.random(1 << 62)
count = 1
function receive()
  count = count + 1
  return ("%d %d %d %d %d\n"):format(began, drawn, count, began, math.random(1 << 62))
end"#,
    ),
    (
        "py",
        r#"import os, random, time, uuid
print("top level")
began, drawn = time.time(), f"{random.random()}-{uuid.uuid4()}-{os.urandom(2).hex()}-{time.monotonic()}"
count = 1
def receive(chunk):
    global count
    count += 1
    return f"{began} {drawn} {count} {time.time()} {random.random()}-{uuid.uuid4()}\n".encode()
"#,
    ),
];

/// The words of its answer.
fn answer(server: &Server) -> Vec<String> {
    let mut peer = Peer::connect(server.address);
    peer.send(b"?").finish();
    let text = String::from_utf8(peer.rest()).expect("it is text");
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn ten_connections_see_the_same_with_or_without_a_snapshot() {
    for (end, text) in REMEMBERS {
        if !languages().any(|(known, _)| known == end) {
            continue;
        }
        let path = plugin_file(&format!("remembers.{end}"), text);
        for way in ["never", "first"] {
            let server = Eco::new(&["serve", "--listen", "127.0.0.1:0", "--log-level", "debug"])
                .args(&["-p", &path, "--snapshot", way, "--compile-time", "5m"])
                .patience(Duration::from_secs(300))
                .serve();
            let answers: Vec<Vec<String>> = (0..10).map(|_| answer(&server)).collect();
            let [first, ..] = answers.as_slice() else {
                unreachable!("there are ten");
            };
            let log = server.log();
            let from_snapshot = log.contains("start from a snapshot");
            assert_eq!(from_snapshot, way == "first", "{log}");
            let said = log.matches("top level").count();
            assert_eq!(said, 1, "the top level is heard once: {log}");
            for (number, words) in answers.iter().enumerate() {
                let [began, drawn, count, now, chance] = words.as_slice() else {
                    unreachable!("{end}, {way}: {words:?}");
                };
                assert_eq!((began, drawn), (&first[0], &first[1]), "{end}, {way}");
                assert_eq!(count, "2", "{end}, {way}");
                let time = |text: &String| text.parse::<f64>().expect("a time");
                assert!(time(now) >= time(began), "{end}, {way}: {words:?}");
                let others = answers.iter().enumerate();
                for (_, other) in others.filter(|(other, _)| *other != number) {
                    assert_ne!(*chance, other[4], "{end}, {way}");
                }
                assert_ne!(chance, drawn, "{end}, {way}");
            }
        }
    }
}

/// The files of snapshots in a cache.
fn kept(cache: &Path) -> Vec<PathBuf> {
    let files = cache.join("eco/compiled").read_dir().expect("a cache");
    let paths = files.flatten().map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "snapshot"))
        .collect()
}

fn serve_with(cache: &Path, path: &str, arguments: &[&str]) -> Server {
    Eco::new(&["serve", "--listen", "127.0.0.1:0", "--log-level", "debug"])
        .args(&["-p", path])
        .args(arguments)
        .env("XDG_CACHE_HOME", cache)
        .serve()
}

#[test]
fn the_next_start_has_the_snapshot_of_a_script_that_looks_at_nothing() {
    let cache = empty_folder("cache-of-snapshots");
    let path = plugin_file("kept.lua", "function receive(chunk) return chunk end");
    serve_with(&cache, &path, &["--snapshot", "first"]);
    assert_eq!(kept(&cache).len(), 1);
    let server = serve_with(&cache, &path, &[]);
    server.logged(&["start from a snapshot"]);
    Peer::connect(server.address)
        .send(b"as ever")
        .expect(b"as ever");
    assert_eq!(kept(&cache).len(), 1);
}

#[test]
fn a_script_that_looks_at_its_clock_or_at_chance_gets_a_new_snapshot_each_time() {
    let cache = empty_folder("cache-without-snapshots");
    for (name, text) in [
        (
            "clock.js",
            "const began = Date.now();\nfunction receive() { return String(began); }",
        ),
        (
            "chance.lua",
            "drawn = math.random(1 << 62)\nfunction receive() return tostring(drawn) end",
        ),
    ] {
        let path = plugin_file(name, text);
        let [before, after] = [(); 2].map(|()| {
            let server = serve_with(&cache, &path, &["--snapshot", "first"]);
            server.logged(&["start from a snapshot"]);
            answer(&server)
        });
        assert_ne!(before, after, "{name}");
        assert_eq!(kept(&cache), Vec::<PathBuf>::new(), "{name}");
    }
}

#[test]
fn snapshots_of_old_versions_are_removed() {
    let cache = empty_folder("cache-of-old-snapshots");
    let path = plugin_file("versions.lua", "function receive(chunk) return chunk end");
    serve_with(&cache, &path, &["--snapshot", "first"]);
    let [own] = kept(&cache).try_into().expect("one");
    let old = SystemTime::now() - Duration::from_secs(1000);
    let named = |number: u64| own.with_file_name(format!("{number:064}.snapshot"));
    for number in 0..4 {
        // Files with holes: as long as they say, and empty.
        let file = File::create(named(number));
        let file = file.expect("it can be made");
        file.set_len(64 << 20).expect("it can be long");
        let age = Duration::from_secs(number);
        file.set_modified(old + age).expect("it can be old");
    }
    plugin_file(
        "versions.lua",
        "function receive(chunk) return chunk .. chunk end",
    );
    serve_with(&cache, &path, &["--snapshot", "first"]);
    let left = kept(&cache);
    assert!(left.contains(&own), "{left:?}");
    assert!(!left.contains(&named(0)), "{left:?}");
    assert!(left.contains(&named(3)), "{left:?}");
}

#[test]
fn a_snapshot_that_can_not_be_had_is_no_loss() {
    let path = plugin_file(
        "without.lua",
        "n = 1\nfunction receive() n = n + 1 return tostring(n) end",
    );
    // Enough for the sandbox, and not for a compiler.
    let cache = empty_folder("cache-of-none");
    let arguments = ["--snapshot", "first", "--compile-memory", "1MiB"];
    let server = serve_with(&cache, &path, &arguments);
    server.logged(&["without a snapshot"]);
    for _ in 0..2 {
        Peer::connect(server.address).send(b"?").expect(b"2");
    }
}

#[test]
fn a_new_version_starts_from_its_own_snapshot() {
    let path = plugin_file(
        "reloaded.lua",
        "word = 'old'\nfunction receive() return word end",
    );
    let server = serve(&["-p", &path, "--snapshot", "first"]);
    Peer::connect(server.address).send(b"?").expect(b"old");
    plugin_file(
        "reloaded.lua",
        "word = 'new'\nfunction receive() return word end",
    );
    server.signal(rustix::process::Signal::HUP);
    server.logged(&["reloaded"]);
    Peer::connect(server.address).send(b"?").expect(b"new");
}

/// What each call writes lies close together, so that few pages are a connection's own: one of the stack, two of variables and
/// of the first that Lua has, one of the chunk; and one more where that lies across two.
#[cfg(target_os = "linux")]
#[test]
fn an_idle_connection_of_a_lua_script_has_few_pages_of_its_own() {
    const PAGES: usize = 5;
    let text = "function receive(chunk) return chunk end";
    let path = plugin_file("few-pages.lua", text);
    let server = serve(&["-p", &path, "--snapshot", "first"]);
    let mut peers = [(); 10].map(|()| Peer::connect(server.address));
    for peer in &mut peers {
        peer.send(b"0123456789abcdef").expect(b"0123456789abcdef");
    }
    let mappings = std::fs::read_to_string(format!("/proc/{}/smaps", server.pid()));
    let mappings = mappings.expect("the server runs");
    let mut lines = mappings.lines();
    let mut own = Vec::new();
    // proc(5): the name of a mapping is at the end of its first line, and what was written of it is anonymous.
    while let Some(line) = lines.next() {
        if line.contains(" rw-p ") && line.ends_with(".snapshot") {
            let size = lines.find_map(|line| line.strip_prefix("Anonymous:"));
            let size = size.and_then(|size| size.trim().strip_suffix(" kB"));
            own.push(
                size.and_then(|size| size.parse().ok())
                    .unwrap_or(usize::MAX),
            );
        }
    }
    assert!(own.len() >= peers.len(), "{own:?}");
    let most = PAGES * 4096 / 1024;
    assert!(own.iter().all(|own| *own <= most), "{own:?}");
}
