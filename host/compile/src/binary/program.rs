//! Programs: core modules that begin at `_start`, as WASI preview 1 defines a command
//! (<https://github.com/WebAssembly/WASI/blob/main/legacy/application-abi.md>).
//!
//! It only finds the export. wasmtime checks its type.

use wasmparser::{BinaryReaderError, ExternalKind, Parser, Payload};

/// The function at which a program begins.
const START: &str = "_start";

/// Whether a core module exports the function at which a program begins.
///
/// # Errors
/// The binary is malformed; the error has the offset.
pub(crate) fn has_start(module: &[u8]) -> Result<bool, BinaryReaderError> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(exports) = payload? {
            for export in exports {
                let export = export?;
                if export.name == START && export.kind == ExternalKind::Func {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}
