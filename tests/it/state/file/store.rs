//! The file of a store after a kill, and its one server.

use crate::harness::Eco;
use crate::state::file::{COUNTS, counts, line};
use crate::support::{Peer, empty_folder, plugin_file, serve};
use rustix::process::Signal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Adds until the server is gone, and puts the largest sum that it was told into `told`.
fn add(mut peer: Peer, told: &AtomicU64) {
    use std::io::Write as _;
    while peer.0.write_all(b"+").is_ok() {
        let Some(sum) = line(&mut peer).and_then(|line| line.parse().ok()) else {
            return;
        };
        told.fetch_max(sum, Ordering::Relaxed);
    }
}

#[test]
fn a_value_that_was_reported_as_kept_survives_a_kill() {
    const CLIENTS: usize = 3;
    let place = format!("file:{}", empty_folder("killed").join("state").display());
    let told = AtomicU64::new(0);
    let mut most = 0;
    for round in 0..100 {
        let server = counts(&place);
        let mut peer = Peer::connect(server.address);
        peer.send(b"?");
        let kept: u64 = line(&mut peer)
            .expect("it answers")
            .parse()
            .expect("a number");
        let told_before = told.load(Ordering::Relaxed);
        assert!(
            kept >= told_before,
            "{told_before} was told, and {kept} is kept"
        );
        assert!(
            kept <= told_before + CLIENTS as u64,
            "{kept} is more than was asked for"
        );
        let enough = kept + 1 + round % 17;
        std::thread::scope(|scope| {
            // All of them, before the first one has enough.
            let peers = [(); CLIENTS].map(|()| Peer::connect(server.address));
            for peer in peers {
                scope.spawn(|| add(peer, &told));
            }
            while told.load(Ordering::Relaxed) < enough {
                std::thread::yield_now();
            }
            server.signal(Signal::KILL);
        });
        most = told.load(Ordering::Relaxed);
    }
    assert!(most > 500, "{most}");
}

#[test]
fn a_file_has_one_server_and_says_so_to_another() {
    let folder = empty_folder("one-server");
    let place = format!("file:{}", folder.join("state").display());
    let mut server = counts(&place);
    let again = ["serve", "-l", "127.0.0.1:0", "--state", &place];
    for arguments in [
        &again[..],
        &["state", "list", "--state", &place, "--namespace", "counts"],
    ] {
        let refused = Eco::new(arguments).run(b"");
        assert_eq!(refused.code, 69, "{}", refused.stderr);
        let words = "another process has";
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    assert!(server.is_running());
    server.terminate();
    assert_eq!(server.wait().code, 0);
    // Two services don't meet in it.
    let other = serve(&[
        "-p",
        &plugin_file("counts.js", COUNTS),
        "--state",
        &place,
        "--namespace",
        "other",
    ]);
    Peer::connect(other.address).send(b"+").expect(b"1\n");
}

/// A supervisor restarts a server at once, and a child that the old one was just starting may still have its file.
#[test]
fn a_file_that_is_let_go_in_time_is_waited_for() {
    let file = empty_folder("let-go").join("state");
    let place = format!("file:{}", file.display());
    let server = counts(&place);
    Peer::connect(server.address).send(b"+").expect(b"1\n");
    server.signal(Signal::KILL);
    server.wait();
    let state = |arguments: &[&str]| {
        let arguments = [arguments, &["--state", &place, "--namespace", "counts"]].concat();
        let held = std::fs::File::open(&file).expect("it is there");
        held.lock().expect("nobody has it");
        std::thread::scope(|scope| {
            let came = scope.spawn(|| Eco::new(&arguments).run(b""));
            // It is held for a quarter of the time that it is waited for.
            std::thread::sleep(Duration::from_millis(500));
            drop(held);
            came.join().expect("it ends")
        })
    };
    assert_eq!(state(&["state", "list"]).text(), "n\n");
    assert_eq!(state(&["state", "show", "n"]).text(), "1");
    assert_eq!(
        state(&["state", "wipe", "--all"]).text(),
        "removed 1 keys\n"
    );
    let held = std::fs::File::open(&file).expect("it is there");
    held.lock().expect("nobody has it");
    let server = std::thread::scope(|scope| {
        let came = scope.spawn(|| counts(&place));
        std::thread::sleep(Duration::from_millis(500));
        drop(held);
        came.join().expect("it listens")
    });
    Peer::connect(server.address).send(b"+").expect(b"1\n");
}

#[test]
fn a_renamed_plugin_is_told_of_what_was_kept_under_its_old_name() {
    let file = empty_folder("renamed").join("state");
    let place = format!("file:{}", file.display());
    let server = counts(&place);
    let kept = server.logged(&["INFO", "the store is kept in file:", "namespace=\"counts\""]);
    assert!(!kept.contains("WARN"), "{kept}");
    Peer::connect(server.address).send(b"+").expect(b"1\n");
    server.terminate();
    server.wait();
    let list = ["state", "list", "--state", &place];
    let names = || Eco::new(&list).run(b"").text();
    assert_eq!(names(), "counts\n");
    // To look under a name makes none.
    let typo = Eco::new(&[&list[..], &["--namespace", "count"]].concat()).run(b"");
    assert_eq!((typo.code, typo.text()), (0, String::new()));
    let renamed = plugin_file("renamed.js", COUNTS);
    let serve = |more: &[&str]| serve(&[&["-p", &renamed, "--state", &place], more].concat());
    // As often as it is started, until it keeps something itself.
    for _ in 0..2 {
        let server = serve(&[]);
        server.logged(&[
            "WARN",
            "nothing is kept under the name `renamed`",
            "`counts`",
            "--namespace",
        ]);
        server.logged(&["INFO", "namespace=\"renamed\""]);
        server.terminate();
        server.wait();
    }
    assert_eq!(names(), "counts\n");
    let server = serve(&["--namespace", "counts"]);
    Peer::connect(server.address).send(b"+").expect(b"2\n");
    assert!(!server.log().contains("WARN"), "{}", server.log());
    server.terminate();
    server.wait();
    let server = serve(&[]);
    Peer::connect(server.address).send(b"+").expect(b"1\n");
    server.terminate();
    server.wait();
    assert_eq!(names(), "counts\nrenamed\n");
    let server = serve(&[]);
    assert!(!server.log().contains("WARN"), "{}", server.log());
}

#[test]
fn expired_values_go_and_the_file_does_not_grow() {
    let file = empty_folder("over").join("state");
    let place = format!("file:{}", file.display());
    let server = counts(&place);
    let mut peer = Peer::connect(server.address);
    for round in 0..1000 {
        peer.send(format!("key {}", round % 300).as_bytes())
            .expect(b"kept\n");
    }
    let size = std::fs::metadata(&file).expect("it is there").len();
    assert!(
        size < 16 << 20,
        "ten megabytes were kept for a moment, and the file has {size}"
    );
    server.terminate();
    server.wait();
    let listed = Eco::new(&["state", "list", "--state", &place, "--namespace", "counts"]);
    // The last ones were set less than their time ago, perhaps.
    assert!(listed.run(b"").text().lines().count() < 300);
}
