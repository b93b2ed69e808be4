//! The types and exports of `wit/`, as wasmtime's typed calls see them.
//!
//! A test builds a component from each world of `wit/` and loads it, so that these mirrors can't
//! drift from the files.

mod bytes;
mod measured;

pub(crate) use bytes::{Bytes, Lifting, Returned};
use eco_contract as contract;
pub(crate) use measured::Measured;
use wasmtime::component::{Component, ComponentExportIndex, ComponentType, Lift, Lower};

/// `connection` of `wit/session.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) peer: String,
    pub(crate) local: String,
}

impl From<&contract::Connection> for Connection {
    fn from(connection: &contract::Connection) -> Self {
        Self {
            id: connection.id,
            peer: connection.peer.clone(),
            local: connection.local.clone(),
        }
    }
}

/// `next` of `wit/session.wit`.
#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "lifting a value of the guest makes them")]
pub(crate) enum Next {
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
pub(crate) struct Reply<D> {
    pub(crate) data: D,
    pub(crate) next: Next,
}

/// `reason` of `wit/session.wit`.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Reason {
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
pub(crate) enum Expect {
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
pub(crate) struct Turn<D> {
    pub(crate) send: D,
    pub(crate) expect: Expect,
}

/// `fault` of `wit/client.wit`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Fault {
    pub(crate) reason: String,
    pub(crate) offset: Option<u64>,
}

/// `step` of `wit/client.wit`.
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Step<D> {
    #[component(name = "next")]
    Next(Turn<D>),
    #[component(name = "done")]
    Done,
    #[component(name = "wrong")]
    Wrong(Fault),
}

/// Interface names, with the version that this host speaks.
pub(crate) const HANDLER: &str = "eco:plugin/handler@0.1.0";
pub(crate) const SESSION: &str = "eco:plugin/session@0.1.0";
pub(crate) const EVENTS: &str = "eco:plugin/events@0.1.0";
pub(crate) const CLIENT: &str = "eco:plugin/client@0.1.0";
pub(crate) const INTERPRETER: &str = "eco:plugin/interpreter@0.1.0";

/// An interface that a component exports. Its functions are looked up once, when the component is loaded.
struct Interface<'a> {
    component: &'a Component,
    instance: ComponentExportIndex,
}

impl<'a> Interface<'a> {
    fn find(component: &'a Component, name: &str) -> Option<Self> {
        let instance = component.get_export_index(None, name)?;
        Some(Self {
            component,
            instance,
        })
    }

    fn function(&self, name: &str) -> Option<ComponentExportIndex> {
        self.component.get_export_index(Some(&self.instance), name)
    }
}

/// The functions of a server plugin, of either interface.
pub(crate) enum ServerExports {
    Handler {
        receive: ComponentExportIndex,
    },
    Session {
        open: ComponentExportIndex,
        receive: ComponentExportIndex,
        end_of_input: ComponentExportIndex,
        closed: ComponentExportIndex,
        /// The function of `events`, which a plugin exports that wants to hear of any.
        event: Option<ComponentExportIndex>,
    },
}

impl ServerExports {
    /// Finds the functions of `session`, else those of `handler`; `None` where the component lacks some of either.
    pub(crate) fn find(component: &Component) -> Option<Self> {
        let session = Interface::find(component, SESSION).and_then(|session| {
            Some(Self::Session {
                open: session.function("open")?,
                receive: session.function("receive")?,
                end_of_input: session.function("end-of-input")?,
                closed: session.function("closed")?,
                event: Interface::find(component, EVENTS)
                    .and_then(|events| events.function("event")),
            })
        });
        session.or_else(|| {
            let receive = Interface::find(component, HANDLER)?.function("receive")?;
            Some(Self::Handler { receive })
        })
    }
}

/// The functions of a client plugin.
pub(crate) struct ClientExports {
    pub(crate) start: ComponentExportIndex,
    pub(crate) replied: ComponentExportIndex,
    /// Has an interpreter evaluate the script. Other components have no such function.
    pub(crate) load: Option<ComponentExportIndex>,
}

impl ClientExports {
    /// Finds the functions; `None` where the component lacks one.
    pub(crate) fn find(component: &Component) -> Option<Self> {
        let client = Interface::find(component, CLIENT)?;
        Some(Self {
            start: client.function("start")?,
            replied: client.function("replied")?,
            load: find_load(component),
        })
    }
}

/// The function `load` of an interpreter.
pub(crate) fn find_load(component: &Component) -> Option<ComponentExportIndex> {
    Interface::find(component, INTERPRETER)?.function("load")
}
