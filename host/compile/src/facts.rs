//! Facts about compiled code. The helper sends them, and the cache keeps them beside the code.

use crate::binary::direct::DirectModule;
use crate::binary::scan::Scanned;
use serde::{Deserialize, Serialize};

/// The facts of one component.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
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

impl Facts {
    /// Facts of an interpreter of eco's own, which is not measured.
    pub(crate) fn of_interpreter(size: usize, scan: Scanned) -> Self {
        Self {
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

impl DirectNames {
    pub(crate) fn of(module: &DirectModule<'_>) -> Self {
        Self {
            memory: module.memory.to_owned(),
            realloc: module.realloc.to_owned(),
            receive: module.receive.to_owned(),
        }
    }
}
