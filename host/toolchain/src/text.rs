//! WebAssembly text: a component as it is, or a core module whose exports name its world.

use super::form::Refusal;
use super::world;
use eco_text::escape::one_line;
use wasmparser::{Parser, Payload};

const WORLDS: [(&str, &str); 4] = [
    ("eco:plugin/events@", "event-plugin"),
    ("eco:plugin/session@", "session-plugin"),
    ("eco:plugin/handler@", "handler-plugin"),
    ("eco:plugin/client@", "client-plugin"),
];

/// The binary form of a text, which says which world it is for.
pub(super) fn binary(name: &str, text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let text = std::str::from_utf8(text).map_err(|error| Refusal::Text(error.to_string()))?;
    let mut binary = wat::parse_str(text).map_err(|mut error| {
        error.set_path(name);
        Refusal::Text(error.to_string())
    })?;
    if Parser::is_core_wasm(&binary) {
        let exports = exports(&binary);
        let is_of = |interface: &str| exports.iter().any(|name| name.starts_with(interface));
        let world = WORLDS.iter().find(|(interface, _)| is_of(interface));
        let (_, name) = world.ok_or_else(|| {
            let names = one_line(exports.join(", "));
            Refusal::World(format!("its exports name no interface of eco: {names}"))
        })?;
        let embedded = world::embed(&mut binary, name);
        embedded.map_err(|error| Refusal::Fault(format!("{error:#}")))?;
    }
    Ok(binary)
}

/// The names that a core module exports.
fn exports(module: &[u8]) -> Vec<&str> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Ok(Payload::ExportSection(section)) = payload {
            names.extend(section.into_iter().flatten().map(|export| export.name));
        }
    }
    names
}
