//! A store that outlives its server: what is in the file after a kill, who may have it, and `eco state`.

use crate::guests::empty_folder;
use crate::harness::{Eco, Server};
use crate::support::{Peer, plugin_file, serve};
use rustix::process::Signal;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Adds one for each byte, and says each sum in a line; `?` asks for it, and any other text is a key that is kept.
const COUNTS: &str = r#"
function receive(chunk) {
    const text = new TextDecoder().decode(chunk);
    if (text === "?") return `${store.add("n", 0)}\n`;
    if (text[0] !== "+") { store.set(text, "v".repeat(10000), { ttl: 50 }); return "kept\n"; }
    let sums = "";
    for (const _ of text) sums += `${store.add("n")}\n`;
    return sums;
}
"#;

fn counts(place: &str) -> Server {
    let plugin = plugin_file("counts.js", COUNTS);
    serve(&["-p", &plugin, "--snapshot", "never", "--state", place])
}

fn line(peer: &mut Peer) -> Option<String> {
    use std::io::Read as _;
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match peer.0.read(&mut byte) {
            Ok(1) if byte == *b"\n" => return String::from_utf8(line).ok(),
            Ok(1) => line.push(byte[0]),
            _ => return None,
        }
    }
}

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
fn what_a_call_was_told_is_kept_is_there_after_a_kill() {
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

/// Whoever names services that share a file may do so oddly, and often.
#[test]
fn names_that_others_gave_are_shown_harmless_and_not_all_of_them() {
    let file = empty_folder("many-names").join("state");
    let place = format!("file:{}", file.display());
    for number in 0..10 {
        let name = format!("\u{1b}[2J{number}\n");
        let plugin = plugin_file("counts.js", COUNTS);
        let server = serve(&["-p", &plugin, "--state", &place, "--namespace", &name]);
        Peer::connect(server.address).send(b"+").expect(b"1\n");
        server.terminate();
        server.wait();
    }
    let server = counts(&place);
    let warning = server.logged(&["WARN", "`counts`", "\\u{1b}[2J7\\n`", "and 2 more"]);
    assert!(!warning.contains('\u{1b}'), "{warning:?}");
    server.terminate();
    server.wait();
    let names = Eco::new(&["state", "list", "--state", &place])
        .run(b"")
        .text();
    assert_eq!(names.lines().count(), 10, "{names}");
    assert!(names.starts_with("\\u{1b}[2J0\\n\n"), "{names:?}");
}

#[test]
fn what_is_over_goes_and_the_file_does_not_grow() {
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

#[test]
fn a_stopped_server_s_store_is_listed_shown_and_wiped() {
    let file = empty_folder("looked-at").join("state");
    let place = format!("file:{}", file.display());
    let server = counts(&place);
    Peer::connect(server.address)
        .send(b"+")
        .expect(b"1\n")
        .send(b"++")
        .expect(b"2\n3\n");
    server.terminate();
    server.wait();
    let state = |arguments: &[&str]| {
        let place = ["--state", &place, "--namespace", "counts"];
        Eco::new(&[&["state"], arguments, &place].concat()).run(b"")
    };
    assert_eq!(state(&["list"]).text(), "n\n");
    assert_eq!(state(&["list", "x"]).text(), "");
    assert_eq!(state(&["show", "n"]).text(), "3");
    let missing = state(&["show", "m"]);
    assert_eq!(missing.code, 1, "{}", missing.stderr);
    assert_eq!(state(&["wipe", "x"]).text(), "removed 0 keys\n");
    assert_eq!(state(&["show", "n"]).text(), "3");
    assert_eq!(state(&["wipe"]).code, 64);
    assert_eq!(state(&["wipe", "--all"]).text(), "removed 1 keys\n");
    assert_eq!(state(&["list"]).text(), "");
}

/// What `eco state list` says of a file: its exit code, and stderr.
fn listed(file: &Path) -> (i32, String) {
    let place = format!("file:{}", file.display());
    let listed = Eco::new(&["state", "list", "--state", &place]).run(b"");
    (listed.code, listed.stderr)
}

fn mode(file: &Path) -> u32 {
    let found = std::fs::metadata(file).expect("it is there");
    found.permissions().mode() & 0o7777
}

fn set_mode(file: &Path, mode: u32) {
    std::fs::set_permissions(file, Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn a_store_s_file_is_for_its_user_alone_to_read_to_write_and_to_lock() {
    let file = empty_folder("own").join("state");
    let place = format!("file:{}", file.display());
    let plugin = plugin_file("counts.js", COUNTS);
    for mask in ["0", "0777"] {
        let arguments = [
            "serve",
            "-p",
            &plugin,
            "-l",
            "127.0.0.1:0",
            "--state",
            &place,
        ];
        drop(Eco::with_mask(mask, &arguments).serve());
        assert_eq!(mode(&file), 0o600, "{mask}");
        std::fs::remove_file(&file).expect("it is ours");
    }
    drop(counts(&place));
    // One of an earlier version, which others could read, is used and closed to them.
    set_mode(&file, 0o644);
    let server = counts(&place);
    server.logged(&["WARN", "other users could read"]);
    assert_eq!(mode(&file), 0o600);
    let mut peer = Peer::connect(server.address);
    peer.send(b"+");
    assert_eq!(line(&mut peer), Some("1".to_owned()));
}

#[test]
fn a_store_s_file_that_others_may_have_written_is_refused_with_what_to_do() {
    let folder = empty_folder("others");
    let file = folder.join("state");
    drop(counts(&format!("file:{}", file.display())));
    assert_eq!(listed(&file).0, 0);
    let refused = |file: &Path, words: &str| {
        let (code, said) = listed(file);
        assert_eq!(code, 64, "{words}: {said}");
        assert!(said.contains(words), "{said}");
    };
    for open in [0o620, 0o602, 0o666] {
        set_mode(&file, open);
        refused(&file, "chmod 600");
        assert_eq!(mode(&file), open);
    }
    set_mode(&file, 0o600);
    let link = folder.join("link");
    symlink(&file, &link).expect("a link");
    refused(&link, "it is a link");
    // One that leads to where nothing is yet.
    let planted = folder.join("planted");
    symlink(folder.join("new"), &planted).expect("a link");
    let place = format!("file:{}", planted.display());
    let served = Eco::new(&["serve", "-l", "127.0.0.1:0", "--state", &place]).run(b"");
    assert_eq!(served.code, 64, "{}", served.stderr);
    assert!(served.stderr.contains("it is a link"), "{}", served.stderr);
    assert!(!folder.join("new").exists());
    refused(Path::new("/dev/null"), "it is no file");
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&file, Some(65534), None).expect("root may");
        refused(&file, "belongs to another user");
    }
    // What is no store is left as it is.
    let text = folder.join("text");
    std::fs::write(&text, "this is no store\n".repeat(1000)).expect("it is written");
    set_mode(&text, 0o644);
    refused(&text, "cannot use");
    assert_eq!(mode(&text), 0o644);
}

#[test]
fn a_folder_that_is_open_to_all_is_warned_of() {
    let folder = empty_folder("open-to-all");
    let place = format!("file:{}", folder.join("state").display());
    set_mode(&folder, 0o777);
    counts(&place).logged(&["WARN", "the folder", "chmod o-w"]);
    // As a folder for temporary files is.
    set_mode(&folder, 0o1777);
    let server = counts(&place);
    server.logged(&["INFO", "the store is kept"]);
    assert!(!server.log().contains("chmod o-w"), "{}", server.log());
}

#[test]
fn to_look_at_a_file_without_a_store_writes_none_into_it() {
    let file = empty_folder("nothing").join("state");
    let place = format!("file:{}", file.display());
    std::fs::write(&file, b"").expect("it is written");
    for arguments in [
        &["state", "list"][..],
        &["state", "list", "--namespace", "n"],
        &["state", "wipe", "--all", "--namespace", "n"],
    ] {
        let done = Eco::new(arguments).args(&["--state", &place]).run(b"");
        assert_eq!(done.code, 0, "{arguments:?}: {}", done.stderr);
    }
    assert_eq!(std::fs::metadata(&file).expect("it is there").len(), 0);
}

#[test]
fn what_can_not_be_had_is_said_with_what_to_do() {
    let folder = empty_folder("no-state");
    let text = folder.join("text");
    std::fs::write(&text, "this is no store\n".repeat(1000)).expect("it is written");
    let (text, missing) = (
        text.display().to_string(),
        folder.join("no/such").display().to_string(),
    );
    let long = "n".repeat(201);
    for (arguments, code, words) in [
        (&["serve", "--state", "disk"][..], 64, "file:PATH"),
        (
            &["serve", "--state", &format!("file:{text}")],
            64,
            "cannot use",
        ),
        (
            &["serve", "--state", &format!("file:{missing}")],
            64,
            "cannot use",
        ),
        (
            &["serve", "--state", "redis://127.0.0.1:1"],
            69,
            "127.0.0.1:1",
        ),
        (
            &["serve", "--state", "redis://a:secret@127.0.0.1:1"],
            69,
            "127.0.0.1:1",
        ),
        (&["serve", "--state", "redis://host:port"], 64, "redis://"),
        (&["serve", "--namespace", &long], 64, "200 bytes"),
        (&["state", "list"], 64, "--state"),
        (&["state", "list", "--state", "memory:"], 64, "memory"),
        (
            &["state", "list", "--state", &format!("file:{missing}")],
            64,
            "no file",
        ),
        (
            &["state", "list", "--state", &format!("file:{text}")],
            64,
            "cannot use",
        ),
        (
            &["state", "list", "k", "--state", &format!("file:{text}")],
            64,
            "--namespace",
        ),
        (
            &["state", "show", "k", "--state", &format!("file:{text}")],
            64,
            "--namespace",
        ),
        (&["serve", "--state", "file://room.state"], 64, "file:PATH"),
        (&["serve", "--state", "file:///a%"], 64, "hexadecimal"),
        (
            &["serve", "--state", "redis://secret@127.0.0.1"],
            64,
            "no password",
        ),
        (
            &["state", "list", "--state", "redis://:secret@127.0.0.1?db=1"],
            64,
            "means nothing",
        ),
    ] {
        let refused = Eco::new(arguments).run(b"");
        assert_eq!(refused.code, code, "{arguments:?}: {}", refused.stderr);
        assert!(
            refused.stderr.contains(words),
            "{arguments:?}: {}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
    }
    let wrong = Eco::new(&["serve"]).env("ECO_STATE", "nowhere").run(b"");
    assert_eq!(wrong.code, 64, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("ECO_STATE"), "{}", wrong.stderr);
    #[cfg(unix)]
    {
        let bytes = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"redis://\xff");
        let wrong = Eco::new(&["serve"]).env("ECO_STATE", bytes).run(b"");
        assert_eq!(wrong.code, 64, "{}", wrong.stderr);
        assert!(wrong.stderr.contains("UTF-8"), "{}", wrong.stderr);
    }
}
