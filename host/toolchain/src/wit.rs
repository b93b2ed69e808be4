//! The contract as text: the files of `wit/`, for plugin authors and for the tools that build.

use super::error::BuildError;
use super::folder::Open;
use std::path::Path;

/// The files of the package `eco:plugin`, by name. The first has the package's name and worlds.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/wit_files.rs"));

/// Writes all of them into `wit/` in the project at this path below the folder: Rust's bindings are made from them.
///
/// # Errors
/// They can't be written.
pub fn write(folder: &Open, project: &Path) -> Result<(), BuildError> {
    let place = project.join("wit");
    FILES
        .iter()
        .try_for_each(|(file, text)| folder.write(place.join(file), text.as_bytes()))
}

/// All of them as one file, which is valid WIT too.
pub fn text() -> String {
    let texts: Vec<&str> = FILES.iter().map(|(_, text)| *text).collect();
    texts.join("\n")
}
