//! The causes of refusals: errors of other crates, told apart by their types.

use super::refusal::Refusal;
use crate::binary::scan::Unfit;
use std::io;
use wasmparser::{BinaryReaderError, WasmFeatures};

/// The longest text of a refusal, in bytes. Messages quote the plugin, a line of it say, which may be as long as the
/// file. The rest is cut.
/// Test: `job::a_message_that_quotes_the_plugin_is_cut`.
pub(super) const MOST_TEXT: usize = 8 * 1024;
/// Features of the component model that asynchronous functions need.
const ASYNCHRONOUS: WasmFeatures = WasmFeatures::CM_ASYNC
    .union(WasmFeatures::CM_ASYNC_STACKFUL)
    .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS);

/// The kind of a system's error, if the cause is one. wasmtime has such errors of two crates.
fn refused_by_system(cause: &(dyn std::error::Error + 'static)) -> Option<io::ErrorKind> {
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return Some(error.kind());
    }
    #[cfg(unix)]
    if let Some(error) = cause.downcast_ref::<rustix::io::Errno>() {
        return Some(error.kind());
    }
    None
}

/// Whether a component is invalid only because eco offers no asynchronous functions.
fn is_asynchronous(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause
        .downcast_ref::<BinaryReaderError>()
        .and_then(BinaryReaderError::missing_wasm_feature)
        .is_some_and(|missing| missing.intersects(ASYNCHRONOUS))
}

pub(super) fn invalid(error: BinaryReaderError) -> Refusal {
    Refusal::Invalid(error.to_string())
}

/// Turns an error of wasmtime into a refusal, and tells the system's faults from the plugin's. A helper asks the system
/// for nothing but memory while it compiles.
pub(super) fn failed(error: wasmtime::Error) -> Refusal {
    if error.is::<wasmtime::OutOfMemory>() {
        return Refusal::Memory;
    }
    match error.chain().find_map(refused_by_system) {
        Some(io::ErrorKind::OutOfMemory) => Refusal::Memory,
        Some(_) => Refusal::System(format!("{error:#}")),
        None if error.chain().any(is_asynchronous) => Refusal::Asynchronous(format!("{error:#}")),
        None => Refusal::Invalid(format!("{error:#}")),
    }
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Malformed(error) => invalid(error),
            Unfit::Complex(what) => Self::Complex(what),
            Unfit::Unbounded(what) => Self::Unbounded(what),
        }
    }
}

impl Refusal {
    /// Cuts a text that is too long.
    pub(crate) fn cut(mut self) -> Self {
        if let Self::NotWasm(text)
        | Self::Text(text)
        | Self::Complex(text)
        | Self::Unbounded(text)
        | Self::Invalid(text)
        | Self::Asynchronous(text)
        | Self::System(text) = &mut self
        {
            cut(text, MOST_TEXT);
        }
        self
    }
}

/// Cuts a text to at most `most` bytes, and marks the cut with `…`.
pub(super) fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
}
