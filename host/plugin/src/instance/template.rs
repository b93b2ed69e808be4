//! The template that instances of a plugin are made from.

use super::state::{InstanceState, PluginShared};
use super::store::Code;
use eco_compile::{Reservation, Target};
use std::sync::Arc;
use wasmtime::component::InstancePre;

/// What instances of a plugin are made from.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) shared: PluginShared,
    pub(crate) ready: InstancePre<InstanceState>,
    /// Bytes that the host holds for each instance beside its memory and its tables.
    pub(crate) held: usize,
    /// Whether so much is copied for each instance that its start takes long.
    pub(crate) starts_slowly: bool,
    pub(crate) target: Target,
    /// Its code, as it counts for as long as there is anybody to start from this.
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
