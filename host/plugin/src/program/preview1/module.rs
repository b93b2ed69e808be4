//! The name by which programs import WASI preview 1.

/// See <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";
