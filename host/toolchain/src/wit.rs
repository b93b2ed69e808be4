//! The contract as text: the files of `wit/`, for plugin authors and for the tools that build.

use super::error::BuildError;
use super::folder;
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

/// Writes all of them into `wit/` in this folder, where Rust's bindings are made from.
///
/// # Errors
/// They can't be written.
pub fn write(project: &Path) -> Result<(), BuildError> {
    FILES.iter().try_for_each(|(file, text)| {
        folder::write(&project.join("wit").join(file), text.as_bytes())
    })
}

/// All of them as one file, which is valid WIT too.
pub fn text() -> String {
    FILES.map(|(_, text)| text).join("\n")
}
