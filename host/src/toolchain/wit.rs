//! The contract as text: the files of `wit/`, for plugin authors and for the tools that build.

/// The files of the package `eco:plugin`, by name. The first has the package's name and worlds.
pub const FILES: [(&str, &str); 6] = [
    ("worlds.wit", include_str!("../../../wit/worlds.wit")),
    ("handler.wit", include_str!("../../../wit/handler.wit")),
    ("session.wit", include_str!("../../../wit/session.wit")),
    ("client.wit", include_str!("../../../wit/client.wit")),
    ("log.wit", include_str!("../../../wit/log.wit")),
    ("script.wit", include_str!("../../../wit/script.wit")),
];

/// All of them as one file, which is valid WIT too.
pub fn text() -> String {
    FILES.map(|(_, text)| text).join("\n")
}
