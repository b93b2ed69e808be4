//! The connection that an instance belongs to.

use crate::engine_state::EngineState;
use crate::imports::peer_details::PeerDetails;
use crate::laboratory::Laboratory;
use crate::stdio::Stdio;
use eco_contract::SlowFlag;
use eco_fair::Membership;
use std::sync::Arc;
use std::time::Duration;

/// The owner of an instance.
#[derive(Clone)]
pub(crate) struct Owner {
    /// The number of its connection.
    pub(crate) connection: u64,
    /// What is known of its peer; `None` for nothing.
    pub(crate) peer_details: Option<Arc<PeerDetails>>,
    /// The connection's membership in its peer, which pays for processor time.
    pub(crate) membership: Arc<Membership>,
    pub(crate) slow_flag: SlowFlag,
    /// The time by the clock in which each of its calls must be over; `None` for the engine's.
    pub(crate) deadline: Option<Duration>,
    /// What a program has of the world. `None` for a plugin.
    pub(crate) stdio: Option<Stdio>,
    /// The laboratory that the instance runs in, if any.
    pub(crate) laboratory: Option<Laboratory>,
}

impl Owner {
    /// The owner of an instance without a connection.
    pub(crate) fn nobody(engine: &EngineState) -> Self {
        Self {
            connection: 0,
            peer_details: None,
            membership: engine.nobody.clone(),
            slow_flag: SlowFlag::default(),
            deadline: None,
            stdio: None,
            laboratory: None,
        }
    }
}
