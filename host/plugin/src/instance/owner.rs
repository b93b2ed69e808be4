//! The connection that an instance belongs to.

use crate::engine::EngineState;
use crate::laboratory::Laboratory;
use eco_contract::SlowFlag;
use eco_fair::Membership;
use std::sync::Arc;

/// Whose instance it is.
#[derive(Clone)]
pub(crate) struct Owner {
    /// The number of its connection.
    pub(crate) connection: u64,
    /// Its peer's part of the processors.
    pub(crate) membership: Arc<Membership>,
    pub(crate) slow_flag: SlowFlag,
    /// Its surroundings, in a laboratory.
    pub(crate) laboratory: Option<Laboratory>,
}

impl Owner {
    /// No connection's.
    pub(crate) fn nobody(engine: &EngineState) -> Self {
        Self {
            connection: 0,
            membership: engine.nobody.clone(),
            slow_flag: SlowFlag::default(),
            laboratory: None,
        }
    }
}
