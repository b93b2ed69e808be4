//! The folders in which eco keeps files: the user's own, and one for all users.

use super::folder::Folder;
use super::users::Users;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Once;

/// Path of the folder for all users, unless the variable `ECO_SYSTEM_DIR` names another.
const SYSTEM: &str = "/usr/local/lib/eco";

/// Opens eco's folder in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache` on Linux). `None`, with a warning in
/// the log, for a user without a cache folder, and where the folder is not safe to use.
pub(super) fn home() -> Option<Folder> {
    let Some(path) = dirs::cache_dir() else {
        not_kept("this user has no cache folder (see XDG_CACHE_HOME, HOME)");
        return None;
    };
    Folder::make(&path.join("eco"), Users::This)
        .map_err(not_kept)
        .ok()
}

/// Opens the folder for all users, if there is one. A folder that users other than root could have written to is not
/// used.
pub(super) fn system() -> Option<Folder> {
    Folder::open(&system_path(), Users::All)
        .inspect_err(|error| tracing::debug!("nothing is there for all users: {error}"))
        .ok()
}

/// Opens the folder for all users, and makes it first if there is none.
///
/// # Errors
/// Users other than root could write to it, or it can't be made.
pub(super) fn make_system() -> io::Result<Folder> {
    Folder::make(&system_path(), Users::All).map_err(io::Error::other)
}

fn system_path() -> PathBuf {
    let path = std::env::var_os("ECO_SYSTEM_DIR").filter(|path| !path.is_empty());
    path.map_or_else(|| PathBuf::from(SYSTEM), PathBuf::from)
}

/// Warns once that nothing is kept, and why.
pub(super) fn not_kept(why: impl Display) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!("compiled plugins are not kept, and every start compiles anew: {why}");
    });
}
