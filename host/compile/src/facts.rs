//! Facts about compiled code. The helper sends them, and the cache keeps them beside the code.

use serde::{Deserialize, Serialize};

/// What a file in binary form holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    Component,
    /// A core module with `_start`: a program of WASI preview 1.
    Module,
}

/// The facts of one component, or of one module that is a program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) form: Form,
    /// Bytes of its binary form.
    pub(crate) size: usize,
    pub(crate) scan: Scanned,
    /// Bytes that the host holds for each instance, beside its memory and its tables.
    pub(crate) held: u64,
    /// Pages of memory into which data is copied for each instance.
    pub(crate) copied: u64,
    /// Names of the module's parts, where the module is called directly.
    pub(crate) direct: Option<DirectNames>,
}

/// Facts that the compiled component no longer tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scanned {
    /// Whether any function has a `post-return`. It runs before the host sees the function's result, and may free or
    /// overwrite that. Where there is none, the host may read returned bytes in the plugin's memory, without a copy,
    /// until the next call.
    pub(crate) post_return: bool,
    /// Largest memory that a module declares from the start, in bytes.
    pub(crate) memory: u64,
    /// Largest table that a module declares from the start, in elements.
    pub(crate) table: u64,
    /// Tools that made the component, with their versions, as its producers sections name them.
    pub(crate) made_with: Vec<String>,
}

impl Facts {
    /// Facts of an interpreter of eco's own, which is not measured.
    pub(crate) fn of_interpreter(size: usize, scan: Scanned) -> Self {
        Self {
            form: Form::Component,
            size,
            scan,
            held: 0,
            copied: 0,
            direct: None,
        }
    }
}

/// Names under which the module of a directly called plugin exports its parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DirectNames {
    /// Name of its memory.
    pub memory: String,
    /// Name of its `realloc`.
    pub realloc: String,
    /// Name of the function behind the interface's `receive`.
    pub receive: String,
}
