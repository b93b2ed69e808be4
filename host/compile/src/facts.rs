//! What is known of compiled code beside the code. It comes from the helper, and is kept in the cache.

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
    /// What its module calls its parts, where the module is called directly.
    pub(crate) direct: Option<DirectNames>,
}

impl Facts {
    /// Of an interpreter of eco's own, which is not measured.
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

/// What the module of a plugin that is called directly calls its parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DirectNames {
    /// Its memory.
    pub memory: String,
    /// Its `realloc`.
    pub realloc: String,
    /// The function behind the interface's `receive`.
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
