//! The template that instances of a plugin are made from.

use super::state::{InstanceState, PluginShared};
use super::store::Code;
use eco_compile::{Reservation, Target};
use std::sync::Arc;
use wasmtime::component::InstancePre;

/// Linked code and settings for new instances of a plugin.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) shared: PluginShared,
    pub(crate) ready: InstancePre<InstanceState>,
    /// Bytes that the host holds for each instance beside its memory and its tables.
    pub(crate) held: usize,
    /// Whether a start is slow, because it copies many pages.
    pub(crate) starts_slowly: bool,
    pub(crate) target: Target,
    /// Counts the code as memory in use, for as long as a template exists.
    pub(crate) _counted: Arc<Reservation>,
}

impl Template {
    pub(super) fn code(&self) -> Code<'_> {
        Code {
            engine: self.ready.engine(),
            target: self.target,
        }
    }
}
