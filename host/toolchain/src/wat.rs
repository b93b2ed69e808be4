//! WebAssembly text: a component as it is, or a core module whose exports name its world.

use super::component;
use super::error::BuildError;
use eco_text::escape::{self, one_line};
use std::path::Path;
use wasmparser::{Parser, Payload};

const WORLDS: [(&str, &str); 4] = [
    ("eco:plugin/events@", "event-plugin"),
    ("eco:plugin/session@", "session-plugin"),
    ("eco:plugin/handler@", "handler-plugin"),
    ("eco:plugin/client@", "client-plugin"),
];

pub(super) fn build(source: &Path, output: &Path) -> Result<(), BuildError> {
    let unfit = |why: String, next| BuildError::Unfit {
        what: escape::path(source),
        why,
        next,
    };
    let text = std::fs::read_to_string(source).map_err(BuildError::file(source))?;
    let mut binary = wat::parse_str(&text).map_err(|mut error| {
        error.set_path(escape::path(source));
        unfit(error.to_string(), "The place is marked above.")
    })?;
    if Parser::is_core_wasm(&binary) {
        let exports = exports(&binary);
        let world = WORLDS
            .iter()
            .find(|(interface, _)| exports.iter().any(|name| name.starts_with(interface)))
            .ok_or_else(|| {
                unfit(
                    format!("its exports name no interface of eco: {}", one_line(exports.join(", "))),
                    "Export \"eco:plugin/handler@0.1.0#receive\", or what `eco wit` shows for the other worlds.",
                )
            })?;
        component::embed(&mut binary, world.1)
            .map_err(|error| unfit(format!("{error:#}"), "This is eco's own fault."))?;
    }
    component::write(&binary, output)
}

/// The names that a core module exports.
fn exports(module: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Ok(Payload::ExportSection(section)) = payload {
            names.extend(
                section
                    .into_iter()
                    .flatten()
                    .map(|export| export.name.to_owned()),
            );
        }
    }
    names
}
