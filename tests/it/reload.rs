//! New versions of a plugin under way: no byte of an open connection may notice.

#[cfg(target_os = "linux")]
use crate::fairness::processors::processor_time;
use crate::harness::{Eco, Server};
use crate::support::empty_folder;
use crate::support::samples::builder;
use crate::support::{Peer, handler, noise, plugin_file, serve};
use rustix::process::Signal;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const CONNECTIONS: usize = 50;
const SWAPS: usize = 100;

/// A version that returns every byte with these bits flipped.
fn flipping(bits: u8) -> String {
    let fields = format!(
        r#"(memory (export "memory") 3)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
        (func (export "receive") (param $at i32) (param $length i32) (result i32)
          (local $end i32)
          (i32.store (i32.const 0) (local.get $at))
          (i32.store (i32.const 4) (local.get $length))
          (local.set $end (i32.add (local.get $at) (local.get $length)))
          (loop $each
            (i32.store8 (local.get $at) (i32.xor (i32.load8_u (local.get $at)) (i32.const {bits})))
            (br_if $each (i32.lt_u
              (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
          (i32.const 0))"#
    );
    handler(&fields, "")
}

/// Puts a new version in the place of the old in one step, as an editor does.
fn put(path: &str, contents: &str) {
    let new = format!("{path}.new");
    std::fs::write(&new, contents).expect("the file can be written");
    std::fs::rename(&new, path).expect("the file can be replaced");
}

/// Streams on one connection and holds every reply against the version that gave the first.
/// Returns which version that was.
fn stream(server: &Server, seed: u64) -> u8 {
    let mut peer = Peer::connect(server.address);
    peer.send(&[0]);
    let mut version = [0];
    std::io::Read::read_exact(&mut peer.0, &mut version).expect("the server replies");
    for round in 0..8 {
        let message = noise(20_000, seed + round);
        let expected: Vec<u8> = message.iter().map(|byte| byte ^ version[0]).collect();
        peer.send(&message).expect(&expected);
    }
    peer.finish().expect_end();
    version[0]
}

#[test]
fn a_hundred_swaps_under_fifty_streaming_connections_lose_and_mix_no_byte() {
    let path = plugin_file("swapped.wat", flipping(0));
    let server = serve(&["-p", &path, "--log-format", "json"]);
    let swapping = AtomicBool::new(true);
    let seen = [AtomicUsize::new(0), AtomicUsize::new(0)];
    std::thread::scope(|scope| {
        for place in 0..CONNECTIONS {
            let (server, swapping, seen) = (&server, &swapping, &seen);
            scope.spawn(move || {
                let mut seed = place as u64 * 1000 + 1;
                while swapping.load(Ordering::Relaxed) {
                    let version = stream(server, seed);
                    seen[usize::from(version != 0)].fetch_add(1, Ordering::Relaxed);
                    seed += 8;
                }
            });
        }
        for swap in 1..=SWAPS {
            put(&path, &flipping(if swap % 2 == 0 { 0 } else { 0xff }));
            server.signal(Signal::HUP);
            server.logged(&["reloaded", &format!("\"version\":{}}}", swap + 1)]);
        }
        swapping.store(false, Ordering::Relaxed);
    });
    for seen in seen {
        assert!(seen.into_inner() > 0, "both versions have served");
    }
    let mut last = Peer::connect(server.address);
    last.send(b"hello").expect(b"hello").finish().expect_end();
    server.terminate();
    let exited = server.wait();
    assert_eq!(exited.code, 0);
    assert!(
        !exited.stderr.contains("\"level\":\"WARN\""),
        "{}",
        exited.stderr
    );
}

#[test]
fn a_new_version_on_disk_is_for_new_connections_and_open_ones_keep_theirs() {
    let path = plugin_file("watched.lua", "function receive() return 'one\\n' end");
    let server = serve(&["-p", &path, "--watch"]);
    let mut old = Peer::connect(server.address);
    old.send(b"?").expect(b"one\n");
    put(&path, "function receive() return 'two\\n' end");
    server.logged(&["reloaded", "version=2"]);
    old.send(b"?").expect(b"one\n");
    Peer::connect(server.address).send(b"?").expect(b"two\n");

    // Written in place, as many editors do.
    std::fs::write(&path, "function receive() retrun end").expect("it can be written");
    server.logged(&["not reloaded", "the old version stays", "watched.lua:1:"]);
    Peer::connect(server.address).send(b"?").expect(b"two\n");
    old.send(b"?").expect(b"one\n").finish().expect_end();

    std::fs::write(&path, "function receive() return 'three\\n' end").expect("it can be written");
    server.logged(&["reloaded", "version=3"]);
    Peer::connect(server.address).send(b"?").expect(b"three\n");
}

#[test]
fn a_folder_is_built_again_when_its_sources_change() {
    let folder = empty_folder("watched-folder");
    let new = Eco::new(&["new", "w", "--lang", "wat"])
        .inside(&folder)
        .run(b"");
    assert_eq!(new.code, 0, "{}", new.stderr);
    let server = builder(&["serve", "-l", "127.0.0.1:0", "--watch", "-p", "w"])
        .inside(&folder)
        .serve();
    Peer::connect(server.address).send(b"abc").expect(b"ABC");
    let source = Path::new(&folder).join("w/w.wat");
    let text = std::fs::read_to_string(&source).expect("it is there");
    // Letters then stay as they are.
    let changed = text.replace("(i32.const 32)", "(i32.const 0)");
    assert_ne!(text, changed, "the sample has changed: change this test");
    std::fs::write(&source, changed).expect("it can be written");
    server.logged(&["reloaded", "version=2"]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"zyx").expect(b"zyx");
    std::fs::write(&source, "(module").expect("it can be written");
    server.logged(&["not reloaded", "w.wat"]);
    peer.send(b"zyx").expect(b"zyx");
}

#[test]
fn the_target_of_a_link_is_watched_and_a_plugin_that_is_gone_is_missed() {
    let folder = empty_folder("watched-link");
    let (real, link) = (folder.join("real"), folder.join("link.lua"));
    std::fs::create_dir(&real).expect("a folder can be made");
    let real = real.join("real.lua");
    std::fs::write(&real, "function receive() return 'one\\n' end").expect("it can be written");
    std::os::unix::fs::symlink(&real, &link).expect("a link can be made");
    let server = serve(&["--watch", &link.display().to_string()]);
    Peer::connect(server.address).send(b"?").expect(b"one\n");
    std::fs::write(&real, "function receive() return 'two\\n' end").expect("it can be written");
    server.logged(&["reloaded", "version=2"]);
    Peer::connect(server.address).send(b"?").expect(b"two\n");
    std::fs::remove_file(&link).expect("it is there");
    server.logged(&["WARN", "link.lua is gone: the old version stays"]);
    Peer::connect(server.address).send(b"?").expect(b"two\n");
    std::fs::write(&link, "function receive() return 'three\\n' end").expect("it can be written");
    server.logged(&["reloaded", "version=3"]);
    Peer::connect(server.address).send(b"?").expect(b"three\n");
}

#[test]
fn a_folder_that_contains_itself_is_watched_all_the_same() {
    let folder = empty_folder("watched-circle");
    std::fs::write(folder.join("a.js"), "function receive() { return 'a' }").expect("it can be");
    for link in ["x", "y"] {
        std::os::unix::fs::symlink(".", folder.join(link)).expect("a link can be made");
    }
    let server = serve(&["--watch", &folder.display().to_string()]);
    Peer::connect(server.address).send(b"?").expect(b"a");
    std::fs::write(folder.join("a.js"), "function receive() { return 'b' }").expect("it can be");
    server.logged(&["reloaded", "version=2"]);
    Peer::connect(server.address).send(b"?").expect(b"b");
}

#[test]
fn a_plugin_that_is_not_on_disk_cannot_be_watched() {
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:0", "--watch"]).run(b"");
    assert_eq!(exited.code, 64, "{}", exited.stderr);
    assert!(
        exited.stderr.contains("--watch needs a plugin on disk"),
        "{}",
        exited.stderr
    );
}

#[test]
fn where_there_is_nothing_to_reload_sighup_is_a_warning_and_the_server_goes_on() {
    let component = plugin_file("typed.wat", flipping(0));
    let from_stdin = Eco::with_stdin(&component, &["serve", "-l", "127.0.0.1:0", "-p", "-"]);
    for server in [serve(&[]), from_stdin.serve()] {
        let mut peer = Peer::connect(server.address);
        peer.send(b"one").expect(b"one");
        server.signal(Signal::HUP);
        server.logged(&["WARN", "nothing to reload"]);
        peer.send(b"two").expect(b"two").finish().expect_end();
        Peer::connect(server.address)
            .send(b"three")
            .expect(b"three");
        server.terminate();
        assert_eq!(server.wait().code, 0);
    }
}

#[test]
fn a_server_that_is_full_can_be_reloaded() {
    let path = plugin_file("full.lua", "function receive() return 'one\\n' end");
    let server = serve(&["-p", &path, "--max-connections", "1"]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"?").expect(b"one\n");
    server.signal(Signal::HUP);
    server.logged(&["reloaded", "version=2"]);
    peer.send(b"?").expect(b"one\n");
}

/// As `cp -p` and package managers do it.
#[test]
fn a_file_of_the_same_size_and_time_is_another_version_all_the_same() {
    let one = plugin_file("same.lua", "function receive() return 'one\\n' end");
    let two = plugin_file("same-two.lua", "function receive() return 'two\\n' end");
    let times = std::fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
    for path in [&one, &two] {
        let file = std::fs::File::options()
            .append(true)
            .open(path)
            .expect("it is there");
        file.set_times(times).expect("it is ours");
    }
    let server = serve(&["-p", &one, "--watch"]);
    Peer::connect(server.address).send(b"?").expect(b"one\n");
    std::fs::rename(&two, &one).expect("it can be moved");
    server.logged(&["reloaded", "version=2"]);
    Peer::connect(server.address).send(b"?").expect(b"two\n");
}

/// A text in which a search may go over the same place again and again, as one line of a comment.
#[cfg(target_os = "linux")]
#[test]
fn reading_a_script_holds_no_other_connection() {
    let echo = "function receive(chunk) { return chunk }\n";
    let path = plugin_file("long-to-read.js", echo);
    let server = serve(&["-p", &path, "--watch"]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"before").expect(b"before");
    for piece in ["a=(function b ", "function ", "a=(", " "] {
        let (before, reloads) = (
            processor_time(server.pid()),
            server.log().matches("reloaded:").count(),
        );
        put(
            &path,
            &format!("{echo}//{}", piece.repeat(250_000 / piece.len())),
        );
        while server.log().matches("reloaded:").count() == reloads {
            peer.send(b"meanwhile").expect(b"meanwhile");
        }
        // Of what a search that is not linear takes, 250 kB are minutes.
        let took = processor_time(server.pid()) - before;
        assert!(took < Duration::from_secs(30), "{piece:?}: {took:?}");
    }
}
