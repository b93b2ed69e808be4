//! Entries that a stranger may have put into a folder, and what eco does with them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use eco_files::{EntryKind, Folder, Identity, Lock, OpenError, open, read_at_most};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// A folder `class` with a stranger's things in it, beside a file of the teacher's.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.at("class")).unwrap();
        fs::write(place.at("teacher"), "secret").unwrap();
        place
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    fn class(&self) -> Folder {
        Folder::open(&self.at("class")).unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_link_is_replaced_and_what_it_leads_to_stays() {
    let place = Place::new();
    symlink("../teacher", place.at("class/marks")).unwrap();
    place.class().replace(OsStr::new("marks"), b"10").unwrap();
    assert_eq!(fs::read_to_string(place.at("teacher")).unwrap(), "secret");
    assert!(!place.at("class/marks").is_symlink());
    assert_eq!(fs::read_to_string(place.at("class/marks")).unwrap(), "10");
    let left = place.class().entries().unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_folder_that_is_a_link_is_not_entered() {
    let place = Place::new();
    symlink("..", place.at("class/anna")).unwrap();
    let class = place.class();
    let name = OsStr::new("anna");
    for entered in [class.enter(name), class.enter_or_make(name)] {
        assert_eq!(entered.err().unwrap().to_string(), "it is a link");
    }
    let entries = class.entries().unwrap();
    assert_eq!(entries.first().unwrap().kind, EntryKind::Link);
}

#[test]
fn a_file_is_put_below_through_no_link() {
    let place = Place::new();
    symlink("..", place.at("class/anna")).unwrap();
    symlink("..", place.at("class/made")).unwrap();
    let class = place.class();
    let put = |path: &str| class.replace_below(Path::new(path), b"10");
    for path in ["anna/teacher", "made/teacher", "made/new/marks"] {
        assert_eq!(put(path).unwrap_err().to_string(), "it is a link", "{path}");
    }
    for path in [
        "../teacher",
        "ben/../../teacher",
        "/tmp/teacher",
        "ben/",
        "",
    ] {
        assert!(put(path).is_err(), "{path}");
    }
    assert_eq!(fs::read_to_string(place.at("teacher")).unwrap(), "secret");
    put("./ben/1/marks").unwrap();
    put("ben/1/marks").unwrap();
    assert_eq!(fs::read(place.at("class/ben/1/marks")).unwrap(), b"10");
    fs::write(place.at("class/file"), "").unwrap();
    assert!(put("file/marks").is_err());
}

#[test]
fn what_has_a_name_is_told_without_following_it() {
    let place = Place::new();
    symlink("..", place.at("class/link")).unwrap();
    fs::create_dir(place.at("class/folder")).unwrap();
    let class = place.class();
    let kind = |name: &str| class.kind(OsStr::new(name)).ok();
    assert_eq!(kind("link"), Some(EntryKind::Link));
    assert_eq!(kind("folder"), Some(EntryKind::Folder));
    assert_eq!(kind("none"), None);
    assert_eq!(kind(".."), None);
}

#[test]
fn a_folder_is_tried_and_nothing_is_left_in_it() {
    let place = Place::new();
    place.class().try_writing().unwrap();
    assert_eq!(place.class().entries().unwrap(), []);
    assert!(
        Folder::open(Path::new("/proc"))
            .unwrap()
            .try_writing()
            .is_err()
    );
}

#[test]
fn a_name_that_leads_elsewhere_is_none() {
    let class = Place::new().class();
    for name in ["..", ".", "", "a/b", "../teacher", "/etc", "a/"] {
        let name = OsStr::new(name);
        assert!(class.file(name).is_err(), "{name:?}");
        assert!(class.enter(name).is_err(), "{name:?}");
        assert!(class.enter_or_make(name).is_err(), "{name:?}");
        assert!(class.replace(name, b"").is_err(), "{name:?}");
    }
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let place = Place::new();
    let made = Command::new("mkfifo").arg(place.at("class/pipe")).status();
    assert!(made.unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(place.at("class/socket")).unwrap();
    fs::create_dir(place.at("class/folder")).unwrap();
    for (name, what) in [
        ("pipe", "a pipe"),
        ("socket", "a socket"),
        ("folder", "a folder"),
    ] {
        let path = place.at("class").join(name);
        let error = open(&path).unwrap_err();
        assert!(
            matches!(error, OpenError::NotAFile(found) if found == what),
            "{error}"
        );
        assert!(place.class().file(OsStr::new(name)).is_err(), "{name}");
    }
    let endless = open(Path::new("/dev/zero")).unwrap_err();
    assert_eq!(endless.to_string(), "it is a device, not a file");
}

#[test]
fn a_file_is_read_only_so_far() {
    let place = Place::new();
    let file = open(&place.at("teacher")).unwrap();
    assert_eq!(read_at_most(file, 3).unwrap(), b"secr");
}

#[test]
fn a_new_file_is_for_those_whom_the_old_one_was_for() {
    let place = Place::new();
    let (old, new) = (place.at("class/old"), place.at("class/new"));
    fs::write(&old, "").unwrap();
    fs::set_permissions(&old, PermissionsExt::from_mode(0o600)).unwrap();
    eco_files::replace(&old, b"marks").unwrap();
    eco_files::replace(&new, b"marks").unwrap();
    assert_eq!(mode(&old), 0o600);
    // Any other new file has the rights that this process's mask leaves.
    fs::write(place.at("any"), "").unwrap();
    assert_eq!(mode(&new), mode(&place.at("any")));
    // Rights that a stranger gave to everybody are not kept.
    fs::set_permissions(&old, PermissionsExt::from_mode(0o777)).unwrap();
    let class = place.class();
    class.replace_strange(OsStr::new("old"), b"2").unwrap();
    assert_eq!(mode(&old), mode(&place.at("any")));
}

#[test]
fn nothing_is_left_where_it_cannot_be_written() {
    let place = Place::new();
    fs::create_dir(place.at("class/folder")).unwrap();
    let class = place.class();
    assert!(class.replace(OsStr::new("folder"), b"").is_err());
    assert!(eco_files::replace(Path::new("/dev/null"), b"").is_err());
    assert!(eco_files::replace(&place.at("none/file"), b"").is_err());
    assert_eq!(class.entries().unwrap().len(), 1);
}

#[test]
fn two_names_of_one_file_are_told() {
    let place = Place::new();
    fs::write(place.at("class/anna"), "same").unwrap();
    fs::hard_link(place.at("class/anna"), place.at("class/mallory")).unwrap();
    fs::write(place.at("class/ben"), "same").unwrap();
    let class = place.class();
    let identity = |name: &str| {
        let file = class.file(OsStr::new(name)).unwrap();
        Identity::of(&file).unwrap().unwrap()
    };
    assert_eq!(identity("anna"), identity("mallory"));
    assert_ne!(identity("anna"), identity("ben"));
}

#[test]
fn a_folder_of_ones_own_is_nobody_elses_and_no_link() {
    let place = Place::new();
    let own = Folder::own(&place.at("cache/eco")).unwrap();
    own.enter_own(OsStr::new("grading")).unwrap();
    for made in ["cache", "cache/eco", "cache/eco/grading"] {
        assert_eq!(mode(&place.at(made)), 0o700, "{made}");
    }
    fs::set_permissions(
        place.at("cache/eco/grading"),
        fs::Permissions::from_mode(0o770),
    )
    .unwrap();
    symlink("../../class", place.at("cache/eco/link")).unwrap();
    fs::write(place.at("cache/eco/file"), "").unwrap();
    for refused in ["grading", "link", "file"] {
        assert!(own.enter_own(OsStr::new(refused)).is_err(), "{refused}");
        let path = place.at("cache/eco").join(refused);
        assert!(Folder::own(&path).is_err(), "{refused}");
    }
}

#[test]
fn a_look_at_a_full_folder_ends_and_what_is_removed_is_gone() {
    let place = Place::new();
    for number in 0..20 {
        fs::write(place.at(&format!("class/{number}")), "").unwrap();
    }
    let class = place.class();
    assert_eq!(class.entries_at_most(7).unwrap().len(), 8);
    assert_eq!(class.entries_at_most(20).unwrap().len(), 20);
    symlink("../teacher", place.at("class/link")).unwrap();
    class.remove(OsStr::new("link")).unwrap();
    assert!(place.at("teacher").exists());
    let above = Folder::open(place.0.path()).unwrap();
    assert!(above.remove_folder(OsStr::new("class")).is_err());
    for number in 0..20 {
        class.remove(OsStr::new(&number.to_string())).unwrap();
    }
    above.remove_folder(OsStr::new("class")).unwrap();
    assert!(!place.at("class").exists());
    assert!(class.remove(OsStr::new("../teacher")).is_err());
}

#[test]
fn halves_that_a_killed_program_left_are_removed_after_a_day() {
    let place = Place::new();
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let old = std::time::SystemTime::now() - 2 * day;
    let with_age = |name: &str, is_old: bool| {
        let file = fs::File::create(place.at("class").join(name)).unwrap();
        if is_old {
            file.set_modified(old).unwrap();
        }
    };
    with_age(".eco-0123456789abcdef", true);
    with_age(".eco-0123456789abcde0", false);
    with_age(".eco-notes-of-my-own", true);
    with_age("eco-0123456789abcdef", true);
    fs::create_dir(place.at("class/.eco-aaaaaaaaaaaaaaaa")).unwrap();
    place.class().remove_halves();
    let left = place.class().entries().unwrap().into_iter();
    let left: Vec<_> = left.map(|entry| entry.name).collect();
    let expected = [
        ".eco-0123456789abcde0",
        ".eco-aaaaaaaaaaaaaaaa",
        ".eco-notes-of-my-own",
        "eco-0123456789abcdef",
    ];
    assert_eq!(left, expected);
}

#[test]
fn a_lock_of_a_folder_is_seen_by_whoever_asks_for_one_and_ends_with_it() {
    let place = Place::new();
    let (first, second) = (place.class(), place.class());
    assert_eq!(first.identity().unwrap(), second.identity().unwrap());
    assert!(first.try_lock(Lock::Exclusive).unwrap());
    assert!(!second.try_lock(Lock::Shared).unwrap());
    assert!(first.try_lock(Lock::Shared).unwrap());
    assert!(second.try_lock(Lock::Shared).unwrap());
    assert!(!second.try_lock(Lock::Exclusive).unwrap());
    drop(first);
    assert!(second.try_lock(Lock::Exclusive).unwrap());
}
