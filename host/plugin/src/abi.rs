//! The types and exports of `wit/`, as wasmtime's typed calls see them.
//!
//! A test builds a component from each world of `wit/` and loads it, so that these mirrors can't
//! drift from the files.

use super::sandbox::State;
use eco_contract as contract;
use std::borrow::Cow;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, Instance, Lift, Lower, TypedFunc, WasmList,
};
use wasmtime::{AsContext, Store};

/// `connection` of `wit/session.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct Connection {
    pub(super) id: u64,
    pub(super) peer: String,
    pub(super) local: String,
}

impl From<&contract::Connection> for Connection {
    fn from(connection: &contract::Connection) -> Self {
        Self {
            id: connection.id,
            peer: connection.peer.to_string(),
            local: connection.local.to_string(),
        }
    }
}

/// `next` of `wit/session.wit`.
#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "lifting a value of the guest makes them")]
pub(super) enum Next {
    #[component(name = "keep-open")]
    KeepOpen,
    #[component(name = "finish")]
    Finish,
    #[component(name = "close")]
    Close,
    #[component(name = "reset")]
    Reset,
}

impl From<Next> for contract::Next {
    fn from(next: Next) -> Self {
        match next {
            Next::KeepOpen => Self::KeepOpen,
            Next::Finish => Self::Finish,
            Next::Close => Self::Close,
            Next::Reset => Self::Reset,
        }
    }
}

/// `reply` of `wit/session.wit`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Reply<D> {
    pub(super) data: D,
    pub(super) next: Next,
}

/// `reason` of `wit/session.wit`.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
pub(super) enum Reason {
    #[component(name = "ended")]
    Ended,
    #[component(name = "by-plugin")]
    ByPlugin,
    #[component(name = "peer-reset")]
    PeerReset,
    #[component(name = "idle")]
    Idle,
    #[component(name = "stalled")]
    Stalled,
    #[component(name = "stopping")]
    Stopping,
    #[component(name = "failed")]
    Failed,
}

impl From<contract::Reason> for Reason {
    fn from(reason: contract::Reason) -> Self {
        match reason {
            contract::Reason::Ended => Self::Ended,
            contract::Reason::ByPlugin => Self::ByPlugin,
            contract::Reason::PeerReset => Self::PeerReset,
            contract::Reason::Idle => Self::Idle,
            contract::Reason::Stalled => Self::Stalled,
            contract::Reason::Stopping => Self::Stopping,
            contract::Reason::Failed => Self::Failed,
        }
    }
}

/// `expect` of `wit/client.wit`.
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(super) enum Expect {
    #[component(name = "exactly")]
    Exactly(u64),
    #[component(name = "through")]
    Through(Vec<u8>),
    #[component(name = "to-end")]
    ToEnd,
    #[component(name = "nothing")]
    Nothing,
}

/// `turn` of `wit/client.wit`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Turn<D> {
    pub(super) send: D,
    pub(super) expect: Expect,
}

/// `fault` of `wit/client.wit`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Fault {
    pub(super) reason: String,
    pub(super) offset: Option<u64>,
}

/// `step` of `wit/client.wit`.
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(super) enum Step<D> {
    #[component(name = "next")]
    Next(Turn<D>),
    #[component(name = "done")]
    Done,
    #[component(name = "wrong")]
    Wrong(Fault),
}

/// The bytes that a call returned: as they lie in the plugin's memory, or copied out of it.
///
/// A plugin whose functions have a `post-return` has freed or overwritten them by the time that
/// the host could look, so those are copied while they are lifted. See [`super::survey`].
pub(super) trait Returned: Lift + Send + Sync + 'static {
    /// The bytes, wherever they are.
    fn bytes(self, store: &Store<State>) -> Cow<'_, [u8]>;
}

impl Returned for WasmList<u8> {
    fn bytes(self, store: &Store<State>) -> Cow<'_, [u8]> {
        self.as_le_slice(store.as_context()).into()
    }
}

impl Returned for Vec<u8> {
    fn bytes(self, _: &Store<State>) -> Cow<'_, [u8]> {
        self.into()
    }
}

/// A function that takes a chunk.
pub(super) type OfChunk<R> = TypedFunc<(&'static [u8],), (R,)>;

/// Interface names, with the version that this host speaks.
pub(super) const HANDLER: &str = "eco:plugin/handler@0.1.0";
pub(super) const SESSION: &str = "eco:plugin/session@0.1.0";
pub(super) const CLIENT: &str = "eco:plugin/client@0.1.0";
pub(super) const INTERPRETER: &str = "eco:plugin/interpreter@0.1.0";

/// Where the functions of an interface are in a component, looked up once when it is loaded.
pub(super) struct Exports(Vec<ComponentExportIndex>);

impl Exports {
    /// `None` where the component doesn't export the interface with all of its functions.
    pub(super) fn find(component: &Component, interface: &str) -> Option<Self> {
        let functions: &[&str] = match interface {
            HANDLER => &["receive"],
            SESSION => &["open", "receive", "end-of-input", "closed"],
            INTERPRETER => &["load"],
            _ => &["start", "replied"],
        };
        let instance = component.get_export_index(None, interface)?;
        functions
            .iter()
            .map(|name| component.get_export_index(Some(&instance), name))
            .collect::<Option<Vec<_>>>()
            .map(Self)
    }

    /// The function at `place` in the list above.
    pub(super) fn function<P, R>(
        &self,
        place: usize,
        instance: &Instance,
        store: &mut Store<State>,
    ) -> wasmtime::Result<TypedFunc<P, R>>
    where
        P: wasmtime::component::ComponentNamedList + Lower,
        R: wasmtime::component::ComponentNamedList + Lift,
    {
        let index = self
            .0
            .get(place)
            .ok_or_else(|| wasmtime::format_err!("no such function"))?;
        instance.get_typed_func(store, index)
    }
}
