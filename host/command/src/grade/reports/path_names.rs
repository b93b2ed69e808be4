//! Students' names as parts of paths, so that no two reports have the same path.

use super::handed_in::key;
use super::report_to::NAME;
use clap_lex::OsStrExt as _;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The longest part of a path for a name, in bytes. A longer name is cut, and has a digest of the whole name at its end.
/// Test: `grading::class::names_of_any_kind_are_graded_and_reported`.
const LONGEST_NAME: usize = 200;

/// The longest part of a path on file systems, in bytes. A name is cut to fit beside the rest of its part.
/// Test: `grading::reports::contents::a_name_and_a_form_that_are_long_together_fit_into_a_path`.
const LONGEST_PART: usize = 255;

/// Bytes for the end of a longer name: the digest and a number.
const TAIL: usize = 32;

/// A path in which names have less room, in bytes, is refused: its reports could hardly be told apart.
/// Test: `path_names::tests::a_name_has_the_room_that_a_path_leaves_it`.
const LEAST_ROOM: usize = 20;

/// Hexadecimal digits of a digest. Names with the same digest get a number too; see [`longer`].
const DIGITS: usize = 12;

/// Makes a name a part of a path that leads to no other folder. Bytes with a meaning in paths become `%` and two digits, so
/// different names stay different. A name longer than `room` is cut, and ends in `~` and its digest. A number would not do,
/// since the same student would have another one in another class.
pub(super) fn file_name(name: &str, room: usize) -> String {
    let mut safe = String::new();
    let last = name.len().saturating_sub(1);
    for (at, &byte) in name.as_bytes().iter().enumerate() {
        // A dot at the start hides a file. Windows drops one at the end.
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
        // No byte is encoded as this.
        safe.push('%');
    }
    safe
}

/// A longer part of a path for this name, where others have the shorter ones. `times` is the number of tries.
pub(super) fn longer(safe: &str, name: &str, times: usize) -> String {
    let digest = format!("{:x}", Sha256::digest(name));
    let digest = digest.get(..DIGITS).unwrap_or_default();
    match times {
        0 | 1 => format!("{safe}~{digest}"),
        _ => format!("{safe}~{digest}~{times}"),
    }
}

/// The bytes of a name that fit into these parts of a path. `None` is too few.
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

/// The path with `name` for `{name}`.
pub(super) fn with_name(parts: &[&OsStr], name: &str) -> PathBuf {
    let part = |part: &&OsStr| -> OsString {
        let pieces: Vec<&OsStr> = part.split(NAME).collect();
        pieces.join(OsStr::new(name))
    };
    parts.iter().map(part).collect()
}

/// The paths of reports, and of the folders around them.
#[derive(Default)]
pub(super) struct Taken {
    files: HashSet<PathBuf>,
    folders: HashSet<PathBuf>,
}

impl Taken {
    /// Whether a report has this path.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.contains(&key(path))
    }

    /// Takes the path for a report, and returns `true`. It must be no other report's, no folder around one, and not below
    /// one.
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
    fn a_name_has_the_room_that_a_path_leaves_it() {
        let room_in = |parts: &[&str]| room(&parts.iter().map(OsStr::new).collect::<Vec<_>>());
        let long = |length: usize| format!("{NAME}{}", "a".repeat(length));
        assert_eq!(room_in(&[NAME, "results.json"]), Some(LONGEST_NAME));
        assert_eq!(room_in(&[&long(100)]), Some(255 - 100 - TAIL));
        assert_eq!(
            room_in(&[NAME, &long(100), &long(120)]),
            Some(255 - 120 - TAIL)
        );
        assert_eq!(room_in(&["{name}-{name}"]), Some(254 / 2 - TAIL));
        assert_eq!(room_in(&[&long(203)]), Some(LEAST_ROOM));
        assert_eq!(room_in(&[&long(204)]), None);
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
