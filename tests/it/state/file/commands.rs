//! `eco state`: listing, showing and wiping a store.

use crate::harness::Eco;
use crate::state::file::{COUNTS, counts};
use crate::support::{Peer, empty_folder, plugin_file, serve};

/// Others may give the services that share a file odd names, and many.
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
fn a_stopped_servers_store_is_listed_shown_and_wiped() {
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

#[test]
fn looking_at_a_file_without_a_store_writes_none_into_it() {
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
fn a_store_that_can_not_be_had_is_reported_with_the_next_step() {
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
