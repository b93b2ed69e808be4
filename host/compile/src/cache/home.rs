//! The folders in which eco keeps files: the user's own, and one for all users.

use super::folder::Folder;
use super::users::Users;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Once;

/// Path of the folder for all users, unless the variable `ECO_SYSTEM_DIR` names another.
const SYSTEM: &str = "/usr/local/lib/eco";

/// Opens eco's folder in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache` on Linux), and makes it first if there
/// is none.
///
/// # Errors
/// The user has no cache folder, or the folder is not safe to use.
pub(super) fn make_home() -> io::Result<Folder> {
    let path = home_path().ok_or_else(|| {
        let why = "there is no cache folder of this user's own (see XDG_CACHE_HOME, HOME)";
        io::Error::other(why)
    })?;
    Folder::make(&path, Users::This).map_err(io::Error::other)
}

/// Opens eco's folder in the user's cache folder, if there is one that is safe to use.
pub(super) fn home() -> Option<Folder> {
    Folder::open(&home_path()?, Users::This)
        .inspect_err(|error| tracing::debug!("nothing is there for this user: {error}"))
        .ok()
}

fn home_path() -> Option<PathBuf> {
    dirs::cache_dir().map(|path| path.join("eco"))
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
