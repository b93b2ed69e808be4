//! The template that instances of a plugin are made from.

use super::state::{InstanceState, PluginShared};
use super::store::Code;
use eco_compile::{Reservation, Target};
use std::sync::Arc;
use wasmtime::{Store, component};

/// Linked code, of which instances are made.
pub(crate) trait Ready {
    /// An instance of it.
    type Made;

    fn engine(&self) -> &wasmtime::Engine;

    /// Makes an instance. Its start code runs here.
    fn instantiate(
        &self,
        store: &mut Store<InstanceState>,
    ) -> impl Future<Output = wasmtime::Result<Self::Made>> + Send;
}

/// That of a component.
impl Ready for component::InstancePre<InstanceState> {
    type Made = component::Instance;

    fn engine(&self) -> &wasmtime::Engine {
        self.engine()
    }

    fn instantiate(
        &self,
        store: &mut Store<InstanceState>,
    ) -> impl Future<Output = wasmtime::Result<component::Instance>> + Send {
        self.instantiate_async(store)
    }
}

/// That of a core module, which is a program.
impl Ready for wasmtime::InstancePre<InstanceState> {
    type Made = wasmtime::Instance;

    fn engine(&self) -> &wasmtime::Engine {
        self.module().engine()
    }

    fn instantiate(
        &self,
        store: &mut Store<InstanceState>,
    ) -> impl Future<Output = wasmtime::Result<wasmtime::Instance>> + Send {
        self.instantiate_async(store)
    }
}

/// Linked code and settings for new instances of a plugin.
#[derive(Clone)]
pub(crate) struct Template<R = component::InstancePre<InstanceState>> {
    pub(crate) shared: PluginShared,
    pub(crate) ready: R,
    /// Bytes that the host holds for each instance beside its memory and its tables.
    pub(crate) held: usize,
    /// Whether a start is slow, because it copies many pages.
    pub(crate) starts_slowly: bool,
    pub(crate) target: Target,
    /// Counts the code as memory in use, for as long as a template exists.
    pub(crate) _counted: Arc<Reservation>,
}

impl<R: Ready> Template<R> {
    pub(super) fn code(&self) -> Code<'_> {
        Code {
            engine: self.ready.engine(),
            target: self.target,
        }
    }
}
