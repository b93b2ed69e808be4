//! The facts that eco needs of a language of scripts.
//!
//! It owns their types. Each language's file has the values.

use crate::cache::hash::Hash;
use crate::script::absent::Absent;
use crate::script::definitions::Syntax;
use std::sync::OnceLock;

/// Bytes of a MiB.
pub(super) const MIB: usize = 1024 * 1024;

/// The facts of a language. The methods of `Language` document the fields.
pub(crate) struct Spec {
    pub(super) name: &'static str,
    pub(super) word: &'static str,
    pub(super) folder: &'static str,
    /// In lower case, like `other_extensions`.
    pub(super) extension: &'static str,
    pub(super) other_extensions: &'static [&'static str],
    pub(super) case: Case,
    pub(super) instructions_per_unit: u64,
    pub(super) least_memory: usize,
    pub(crate) interpreter: Origin,
    /// How a script defines functions.
    pub(crate) syntax: Syntax,
    /// Words that only a script with sockets of its own has.
    pub(crate) sockets: &'static [&'static str],
    pub(crate) absent: FindAbsent,
    pub(super) from_sockets: Option<&'static str>,
    pub(super) samples: [(&'static str, &'static str); 4],
}

/// Finds the missing thing in an interpreter's error. The second argument is the answer where the system refused
/// something to the script.
pub(crate) type FindAbsent = fn(&str, Absent) -> Option<Absent>;

/// A language's convention for names of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// `endOfInput`
    Camel,
    /// `end_of_input`
    Snake,
}

/// The origin of a language's interpreter.
pub(crate) enum Origin {
    /// It is part of eco.
    Embedded(Embedded),
    /// A user sets it up once, and the cache keeps it.
    SetUp,
}

/// An interpreter that is part of eco.
pub(crate) struct Embedded {
    pub(crate) bytes: &'static [u8],
    /// Its portable code (`code_cache::portable`).
    pub(crate) portable: &'static [u8],
    hash: OnceLock<Hash>,
}

impl Embedded {
    pub(super) const fn new(bytes: &'static [u8], portable: &'static [u8]) -> Self {
        Self {
            bytes,
            portable,
            hash: OnceLock::new(),
        }
    }

    /// The hash of its bytes, computed once: a start asks for it more than once, and the bytes are many.
    pub(crate) fn hash(&self) -> &Hash {
        self.hash.get_or_init(|| Hash::of(self.bytes))
    }
}
