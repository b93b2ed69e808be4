//! The file of Python's interpreter: its folder and its name.

use super::choice::Cache;
use super::folder::Folder;
use super::hash::Hash;
use super::home::{home, make_home, make_system, system};
use super::users::Users;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Start of the file's name. It has eco's version, since another version may bring another interpreter.
const PYTHON: &str = concat!("python-", env!("CARGO_PKG_VERSION"), "-");

/// Finds Python's interpreter, if it is set up: its folder, its name, and the hash in the name, which its bytes should
/// have. A folder that the caller chose comes first, then the user's and that for all users. None of them is made.
pub(crate) fn python(cache: &Cache) -> Option<(Folder, String, Hash)> {
    let chosen = match cache {
        Cache::Folder(path) => Folder::open(path, Users::This).ok(),
        Cache::None | Cache::User | Cache::AllUsers => None,
    };
    chosen
        .and_then(python_in)
        .or_else(|| python_in(home()?))
        .or_else(|| python_in(system()?))
}

fn python_in(folder: Folder) -> Option<(Folder, String, Hash)> {
    let mut files = folder.list().ok()?;
    files.sort_by_key(|file| std::cmp::Reverse(file.modified));
    let (name, hash) = files.into_iter().find_map(|file| {
        let hash = hash_in(&file.name)?;
        Some((file.name, hash))
    })?;
    Some((folder, name, hash))
}

/// The hash in the name of an interpreter's file. `None` for any other file.
fn hash_in(name: &str) -> Option<Hash> {
    Hash::parse(name.strip_prefix(PYTHON)?.strip_suffix(".wasm")?)
}

/// The folder that Python's interpreter is kept in.
fn python_folder(cache: &Cache) -> io::Result<Folder> {
    match cache {
        Cache::User => make_home(),
        Cache::AllUsers => make_system(),
        Cache::Folder(path) => Folder::make(path, Users::This).map_err(io::Error::other),
        Cache::None => Err(io::Error::other("there is no folder to keep it in")),
    }
}

/// Checks, before Python's interpreter is built, that there is a folder for it. A missing folder is made.
///
/// # Errors
/// As of [`keep_python`].
pub fn check_python_folder(cache: &Cache) -> io::Result<()> {
    python_folder(cache).map(drop)
}

/// Keeps the Python interpreter that was built at `built`, in the place of an earlier one, and returns its new path.
///
/// # Errors
/// It can't be read, or there is no folder for it that nobody but this user, or root, can write to.
pub fn keep_python(built: &Path, cache: &Cache) -> io::Result<PathBuf> {
    let bytes = std::fs::read(built)?;
    let folder = python_folder(cache)?;
    let name = format!("{PYTHON}{}.wasm", Hash::of(&bytes));
    folder.write(&name, |mut file| file.write_all(&bytes))?;
    for file in folder.list()? {
        if hash_in(&file.name).is_some() && file.name != name {
            folder.remove(&file.name)?;
        }
    }
    Ok(folder.path().join(name))
}
