//! The names of submissions as parts of paths, of which no two reports have the same.

use super::handed_in::key;
use clap_lex::OsStrExt as _;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::report_to::NAME;

/// The longest part of a path that is made of a name, in bytes: file systems take 255, and there is an end
/// to come. What is longer is cut, and has its number. Test: `grading::names_of_any_kind_are_graded_and_reported`.
const LONGEST_NAME: usize = 200;

/// A name as a part of a path that leads nowhere else: bytes that mean something there are written as
/// `%` and two digits, so that two names never become one. A long one is cut, and has its number among the
/// submissions at its end, behind a sign that nothing else has.
pub(super) fn file_name(name: &str, number: usize) -> String {
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
        if safe.len() > LONGEST_NAME {
            safe.truncate(LONGEST_NAME);
            return numbered(&safe, number);
        }
    }
    if safe.is_empty() {
        // No byte is written so.
        safe.push('%');
    }
    safe
}

/// The name with its number.
pub(super) fn numbered(safe: &str, number: usize) -> String {
    format!("{safe}~{number}")
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
            let parts: Vec<String> = (1..).zip(&names).map(|(number, name)| file_name(name, number)).collect();
            let different: HashSet<&String> = parts.iter().collect();
            prop_assert_eq!(different.len(), names.len(), "{:?}", parts);
            for part in parts {
                prop_assert!(part.len() <= LONGEST_NAME + 21);
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
            assert_eq!(file_name(name, 1), part);
        }
        let long = file_name(&"é".repeat(65_536), 7);
        assert_eq!(long.len(), LONGEST_NAME + 2);
        assert!(long.ends_with("~7"), "{long}");
    }

    #[test]
    fn a_path_is_taken_once_whatever_its_case_and_no_file_is_a_folder() {
        let mut taken = Taken::default();
        let mut take = |path: &str| taken.take(Path::new(path));
        assert!(take("/out/Class.json"));
        assert!(!take("/out/class.JSON"));
        assert!(!take("/out/class.json/results"));
        assert!(take("/out/anna/results"));
        assert!(!take("/OUT/anna"));
        assert!(take("/out/ben/results"));
    }
}
