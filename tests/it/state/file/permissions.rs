//! The rights on a store's file and folder.

use crate::harness::Eco;
use crate::state::file::{COUNTS, counts, line};
use crate::support::{Peer, empty_folder, plugin_file};
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

fn mode(file: &Path) -> u32 {
    let found = std::fs::metadata(file).expect("it is there");
    found.permissions().mode() & 0o7777
}

fn set_mode(file: &Path, mode: u32) {
    std::fs::set_permissions(file, Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn a_stores_file_is_for_its_user_alone_to_read_to_write_and_to_lock() {
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
fn a_stores_file_that_others_may_have_written_is_refused_with_the_next_step() {
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
    // A file that is no store is left as it is.
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

/// `eco state list` on a file: its exit code, and stderr.
fn listed(file: &Path) -> (i32, String) {
    let place = format!("file:{}", file.display());
    let listed = Eco::new(&["state", "list", "--state", &place]).run(b"");
    (listed.code, listed.stderr)
}
