//! WebAssembly text: a component or a program as it is, or a core module whose exports name its world.

use super::exports::{exports, is_program};
use super::form::Refusal;
use super::world;
use eco_text::escape::one_line;
use wasmparser::Parser;

/// The binary form of a text. That of a plugin says which world it is for.
pub(super) fn binary(name: &str, text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let text = std::str::from_utf8(text).map_err(|error| Refusal::Text(error.to_string()))?;
    let mut binary = wat::parse_str(text).map_err(|mut error| {
        error.set_path(name);
        Refusal::Text(error.to_string())
    })?;
    if Parser::is_core_wasm(&binary) {
        let exports = exports(&binary);
        if is_program(&exports) {
            return Ok(binary);
        }
        let name = super::exports::world(&exports).ok_or_else(|| {
            let names = one_line(exports.join(", "));
            Refusal::World(format!("its exports name no interface of eco: {names}"))
        })?;
        let embedded = world::embed(&mut binary, name);
        embedded.map_err(|error| Refusal::Fault(format!("{error:#}")))?;
    }
    Ok(binary)
}
