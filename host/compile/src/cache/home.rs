//! The folders in which eco keeps files: the user's own, and one for all users.

use super::folder::Folder;
use super::users::Users;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Once;

/// Where the folder for all users is, unless the variable `ECO_SYSTEM_DIR` says otherwise.
const SYSTEM: &str = "/usr/local/lib/eco";

/// eco's folder in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache` on Linux). `None` for a
/// user without one, and where it is not safe to use, which is said.
pub(super) fn home() -> Option<Folder> {
    let Some(path) = dirs::cache_dir() else {
        not_kept("this user has no cache folder (see XDG_CACHE_HOME, HOME)");
        return None;
    };
    Folder::make(&path.join("eco"), Users::This)
        .map_err(not_kept)
        .ok()
}

/// The folder for all users, where there is one. One that others than root could have written to is not used.
pub(super) fn system() -> Option<Folder> {
    Folder::open(&system_path(), Users::All)
        .inspect_err(|error| tracing::debug!("nothing is there for all users: {error}"))
        .ok()
}

/// The same, which is made if need be.
///
/// # Errors
/// Others than root could write to it, or it can't be made.
pub(super) fn make_system() -> io::Result<Folder> {
    Folder::make(&system_path(), Users::All).map_err(io::Error::other)
}

fn system_path() -> PathBuf {
    let path = std::env::var_os("ECO_SYSTEM_DIR").filter(|path| !path.is_empty());
    path.map_or_else(|| PathBuf::from(SYSTEM), PathBuf::from)
}

/// Says once why the cache doesn't do its work, and what that means.
pub(super) fn not_kept(why: impl Display) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!("compiled plugins are not kept, and every start compiles anew: {why}");
    });
}
