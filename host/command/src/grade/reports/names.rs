//! The names of submissions as parts of paths, of which no two reports have the same.

use super::handed_in::key;
use clap_lex::OsStrExt as _;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::report_to::NAME;

/// The longest part of a path that is made of a name, in bytes. What is longer is cut, and has a digest of the whole name.
/// Test: `grading::names_of_any_kind_are_graded_and_reported`.
const LONGEST_NAME: usize = 200;

/// The longest part of a path that file systems take, in bytes. A name is cut to what else is in its part.
/// Test: `reports::a_name_and_a_form_that_are_long_together_fit_into_a_path`.
const LONGEST_PART: usize = 255;

/// Bytes for what a longer name ends in.
const TAIL: usize = 32;

/// A form in which names have less room, in bytes, is refused: its reports could hardly be told apart.
/// Test: `reports::names::tests::a_name_has_the_room_that_a_form_leaves_it`.
const LEAST_ROOM: usize = 20;

/// Hexadecimal digits of a digest of a name. Two names that have the same are told apart all the same: see [`longer`].
const DIGITS: usize = 12;

/// A name as a part of a path that leads nowhere else: bytes that mean something there are written as
/// `%` and two digits, so that two names never become one. One that is longer than `room` is cut, and has its digest at the
/// end, behind a sign that nothing else has: a number would be another one in another class.
pub(super) fn file_name(name: &str, room: usize) -> String {
    let mut safe = String::new();
    let last = name.len().saturating_sub(1);
    for (at, &byte) in name.as_bytes().iter().enumerate() {
        // One at the start hides a file, and Windows drops one at the end.
        let is_dot = byte == b'.' && at > 0 && at < last;
        if is_dot || byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            safe.push(char::from(byte))
        } else {
            safe += &format!("%{byte:02X}")
        }
        if safe.len() > room {
            safe.truncate(room);
            return longer(&safe, name, 1);
        }
    }
    if safe.is_empty() {
        // No byte is written so.
        safe.push('%');
    }
    safe
}

/// A part of a path that was made of this name, and is another's so many times.
pub(super) fn longer(safe: &str, name: &str, times: usize) -> String {
    let digest = format!("{:x}", Sha256::digest(name));
    let digest = digest.get(..DIGITS).unwrap_or_default();
    match times {
        0 | 1 => format!("{safe}~{digest}"),
        _ => format!("{safe}~{digest}~{times}"),
    }
}

/// Bytes that a name may have in these parts of a path, beside what else is in them. `None` where it is too little.
pub(super) fn room(parts: &[&OsStr]) -> Option<usize> {
    let rooms = parts.iter().filter_map(|part| {
        let pieces: Vec<&OsStr> = part.split(NAME).collect();
        let rest: usize = pieces.iter().map(|piece| piece.len()).sum();
        let room = LONGEST_PART.saturating_sub(rest);
        Some(room.checked_div(pieces.len() - 1)?.saturating_sub(TAIL))
    });
    let room = rooms.fold(LONGEST_NAME, usize::min);
    (room >= LEAST_ROOM).then_some(room)
}

/// A path with this for `{name}`.
pub(super) fn with_name(parts: &[&OsStr], name: &str) -> PathBuf {
    let part = |part: &&OsStr| -> OsString {
        let pieces: Vec<&OsStr> = part.split(NAME).collect();
        pieces.join(OsStr::new(name))
    };
    parts.iter().map(part).collect()
}

/// The paths that reports have, and the folders that they lie in.
#[derive(Default)]
pub(super) struct Taken {
    files: HashSet<PathBuf>,
    folders: HashSet<PathBuf>,
}

impl Taken {
    /// Whether it is a file's.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.contains(&key(path))
    }

    /// Takes the path for a file, unless it is another's, or a folder of another's, or would lie in another's.
    pub(super) fn take(&mut self, path: &Path) -> bool {
        let path = key(path);
        let mut folders = path.ancestors().skip(1);
        let is_free = !self.folders.contains(&path) && !folders.any(|it| self.files.contains(it));
        if !is_free || self.files.contains(&path) {
            return false;
        }
        let folders = path.ancestors().skip(1).map(Path::to_owned);
        self.folders.extend(folders);
        self.files.insert(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::handed_in::CASE_IS_FOLDED;
    use super::*;
    use proptest::prelude::*;

    /// Names that are near each other once they are parts of paths: short alphabets, and lengths about the longest.
    fn names() -> impl Strategy<Value = Vec<String>> {
        let near = "[a%~3.é]{0,4}|a{195,203}[%~0-9.é]{0,4}|(a{198}|%){0,2}[0-9A-F%~]{1,6}";
        proptest::collection::hash_set(near, 1..20).prop_map(|names| names.into_iter().collect())
    }

    proptest! {
        #[test]
        fn different_names_are_different_parts_of_paths(names in names()) {
            let parts: Vec<String> = names.iter().map(|name| file_name(name, LONGEST_NAME)).collect();
            let different: HashSet<&String> = parts.iter().collect();
            prop_assert_eq!(different.len(), names.len(), "{:?}", parts);
            for part in parts {
                prop_assert!(part.len() <= LONGEST_NAME + TAIL);
                prop_assert!(!part.starts_with('.') && !part.ends_with('.') && !part.is_empty());
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_.%~".contains(c);
                prop_assert!(part.chars().all(plain), "{}", part);
            }
        }
    }

    #[test]
    fn names_that_mean_something_in_paths_are_only_names() {
        for (name, part) in [
            ("", "%"),
            (".", "%2E"),
            ("..", "%2E%2E"),
            ("-", "-"),
            ("a/../b", "a%2F..%2Fb"),
            ("\u{202e}a\0", "%E2%80%AEa%00"),
            ("{name}", "%7Bname%7D"),
            ("C:\\", "C%3A%5C"),
        ] {
            assert_eq!(file_name(name, LONGEST_NAME), part);
        }
        let long = file_name(&"é".repeat(65_536), LONGEST_NAME);
        assert_eq!(long.len(), LONGEST_NAME + 1 + DIGITS);
        assert!(longer(&long, "é", 10_000).len() <= LONGEST_NAME + TAIL);
    }

    #[test]
    fn a_name_has_the_room_that_a_form_leaves_it() {
        let form = |parts: &[&str]| room(&parts.iter().map(OsStr::new).collect::<Vec<_>>());
        let long = |length: usize| format!("{NAME}{}", "a".repeat(length));
        assert_eq!(form(&[NAME, "results.json"]), Some(LONGEST_NAME));
        assert_eq!(form(&[&long(100)]), Some(255 - 100 - TAIL));
        assert_eq!(
            form(&[NAME, &long(100), &long(120)]),
            Some(255 - 120 - TAIL)
        );
        assert_eq!(form(&["{name}-{name}"]), Some(254 / 2 - TAIL));
        assert_eq!(form(&[&long(203)]), Some(LEAST_ROOM));
        assert_eq!(form(&[&long(204)]), None);
    }

    #[test]
    fn a_path_is_taken_once_and_no_file_is_a_folder() {
        let mut taken = Taken::default();
        let mut take = |path: &str| taken.take(Path::new(path));
        assert!(take("/out/Class.json"));
        assert_eq!(take("/out/class.JSON"), !CASE_IS_FOLDED);
        assert!(!take("/out/Class.json"));
        assert!(!take("/out/Class.json/results"));
        assert!(take("/out/anna/results"));
        assert!(!take("/out/anna"));
        assert!(take("/out/ben/results"));
    }
}
