//! Makes the list of the files of `wit/`, so that a new one is part of `eco wit` as soon as it is there.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The order in which a person reads the files: the package's name and worlds come first. Others follow by their names.
const ORDER: [&str; 11] = [
    "worlds.wit",
    "handler.wit",
    "session.wit",
    "topics.wit",
    "store.wit",
    "timer.wit",
    "events.wit",
    "peer.wit",
    "client.wit",
    "log.wit",
    "script.wit",
];

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit");
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder)?.collect::<io::Result<Vec<_>>>()?;
    let names = entries.iter().map(fs::DirEntry::file_name);
    let names = names.filter_map(|name| name.into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".wit")).collect();
    names.sort_by_key(|name| {
        let place = ORDER.iter().position(|known| known == name);
        (place.unwrap_or(ORDER.len()), name.clone())
    });
    let mut list = String::from("&[\n");
    for name in names {
        let path = folder.join(&name);
        let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
    }
    list.push_str("]\n");
    let to = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    fs::write(to.join("wit_files.rs"), list)
}
