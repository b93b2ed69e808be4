//! The choice of a folder for compiled code.

use std::path::PathBuf;

/// The folder in which an engine keeps compiled code, so that the next start is fast.
///
/// A folder is used only where it is no link, belongs to the owner named here, and nobody else can write to it, since
/// native code runs outside of any sandbox. The same holds for each file. Only on Unix are owners and rights checked. A
/// missing folder is made, for its owner alone. A folder holds 1 GiB of code at most, a quarter of that in snapshots of
/// scripts; beyond that those of its files that were unused longest are removed, and files of anybody else stay. Code
/// is found again by the same build of the program that compiles, with the same settings. Several processes may share a
/// folder.
///
/// Python's interpreter is no part of the library. An engine finds it in a [`Folder`](Self::Folder) of its own choice,
/// or where `eco setup python` has put it, whatever is chosen here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cache {
    /// None: each engine compiles anew, and nothing is written to disk. A plugin takes some 100 ms, an interpreter
    /// seconds, in which scripts in JavaScript and Lua run in portable code.
    #[default]
    None,
    /// `eco` in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache` on Linux), as the command `eco` uses it. Where
    /// that isn't safe to use, a warning is logged once, and code is kept in a temporary folder of this process. Code
    /// that is kept for all users is found too.
    User,
    /// `/usr/local/lib/eco`, or the folder that `ECO_SYSTEM_DIR` names: for root to write and for all users to read. On
    /// Unix alone.
    AllUsers,
    /// A folder of the caller's choice, which belongs to this user. Where it isn't safe to use, the engine is not
    /// built, and the error says why.
    Folder(PathBuf),
}
