//! What a core module is, by the names that it exports: a plugin for a world, or a program.

use wasmparser::{Parser, Payload};

const WORLDS: [(&str, &str); 4] = [
    ("eco:plugin/events@", "event-plugin"),
    ("eco:plugin/session@", "session-plugin"),
    ("eco:plugin/handler@", "handler-plugin"),
    ("eco:plugin/client@", "client-plugin"),
];

/// The function at which a program begins (WASI preview 1).
const START: &str = "_start";

/// The names that a core module exports, as far as it can be read.
pub(super) fn exports(module: &[u8]) -> Vec<&str> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Ok(Payload::ExportSection(section)) = payload {
            names.extend(section.into_iter().flatten().map(|export| export.name));
        }
    }
    names
}

/// The world that a module with these exports is for.
pub(super) fn world(exports: &[&str]) -> Option<&'static str> {
    let is_of = |interface: &str| exports.iter().any(|name| name.starts_with(interface));
    let world = WORLDS.iter().find(|(interface, _)| is_of(interface));
    world.map(|(_, world)| *world)
}

/// Whether a module with these exports is a program, and no plugin.
pub(super) fn is_program(exports: &[&str]) -> bool {
    exports.contains(&START) && world(exports).is_none()
}
