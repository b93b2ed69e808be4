//! The types of `wit/session.wit` and `wit/client.wit`.

use eco_contract as contract;
use wasmtime::component::{ComponentType, Lift, Lower};

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
