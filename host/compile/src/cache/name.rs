//! Names of the files in the folder of compiled code. A program that embeds eco chooses the folder, and may keep files
//! of its own in it: those have other names, are not counted, and stay.

use super::folder::whole_name;
use super::hash::Hash;

/// The input that code was compiled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) enum Kind {
    Plugin,
    Interpreter,
    /// An interpreter in the state that it had after it evaluated a script.
    Snapshot,
}

/// The name of an entry.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    pub(crate) hash: Hash,
}

const COMPONENT: &str = "component";
const MODULE: &str = "module";
const SNAPSHOT: &str = "snapshot";

/// The name of an entry's file with its component.
pub(super) fn component(key: &Key) -> String {
    let end = match key.kind {
        Kind::Plugin | Kind::Interpreter => COMPONENT,
        Kind::Snapshot => SNAPSHOT,
    };
    format!("{}.{end}", key.hash)
}

/// The name of an entry's file with its module.
pub(super) fn module(key: &Key) -> String {
    format!("{}.{MODULE}", key.hash)
}

/// What a file of the cache is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A component or a module.
    Code,
    Snapshot,
    /// One of these that is being written, or whose writer has ended before it was whole.
    Unfinished,
}

impl FileKind {
    /// `None` for a file that is none of the cache's.
    pub(super) fn of(name: &str) -> Option<Self> {
        if let Some(whole) = whole_name(name) {
            return Self::of(whole)
                .filter(|kind| *kind != Self::Unfinished)
                .map(|_| Self::Unfinished);
        }
        let (hash, end) = name.split_once('.')?;
        Hash::parse(hash)?;
        match end {
            COMPONENT | MODULE => Some(Self::Code),
            SNAPSHOT => Some(Self::Snapshot),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_caches_by_its_whole_name_alone() {
        let hash = Hash::of(b"");
        let of = |end: &str| FileKind::of(&format!("{hash}{end}"));
        assert_eq!(of(".component"), Some(FileKind::Code));
        assert_eq!(of(".module"), Some(FileKind::Code));
        assert_eq!(of(".snapshot"), Some(FileKind::Snapshot));
        assert_eq!(of(".module.12.3.new"), Some(FileKind::Unfinished));
        for end in [
            "",
            ".",
            ".wasm",
            ".component.old",
            ".component.new",
            ".component.1.new",
            ".component.a.1.new",
            ".component.1.2.new.1.2.new",
            ".1.2.new",
        ] {
            assert_eq!(of(end), None, "{end}");
        }
        let (short, upper) = ("0".repeat(63), "A".repeat(64));
        for name in ["notes.txt", "mine.snapshot", &short, &upper] {
            let name = format!("{name}.component");
            assert_eq!(FileKind::of(&name), None, "{name}");
        }
    }
}
