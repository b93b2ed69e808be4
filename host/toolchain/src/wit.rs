//! The contract as text: the files of `wit/`, for plugin authors and for the tools that build.

use super::error::BuildError;
use super::folder::Open;
use std::path::Path;

/// The files of the package `eco:plugin`, by name. The first has the package's name and worlds.
pub const FILES: [(&str, &str); 10] = [
    ("worlds.wit", include_str!("../../../wit/worlds.wit")),
    ("handler.wit", include_str!("../../../wit/handler.wit")),
    ("session.wit", include_str!("../../../wit/session.wit")),
    ("topics.wit", include_str!("../../../wit/topics.wit")),
    ("store.wit", include_str!("../../../wit/store.wit")),
    ("timer.wit", include_str!("../../../wit/timer.wit")),
    ("events.wit", include_str!("../../../wit/events.wit")),
    ("client.wit", include_str!("../../../wit/client.wit")),
    ("log.wit", include_str!("../../../wit/log.wit")),
    ("script.wit", include_str!("../../../wit/script.wit")),
];

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
    FILES.map(|(_, text)| text).join("\n")
}
