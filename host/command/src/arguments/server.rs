//! The flags of the limits of a server.

use super::flag_table::{FlagTable, LimitArgs};
use eco_limits::Limit as _;
use eco_net::Limit;

/// The limits of `eco serve`.
pub(crate) type ServerArgs = LimitArgs<Serving>;

/// The limits of a server.
#[derive(Debug)]
pub(crate) struct Serving;

impl FlagTable for Serving {
    type Limit = Limit;
    const HEADING: Option<&'static str> = None;

    fn limits() -> impl Iterator<Item = Limit> {
        Limit::ALL.iter().copied()
    }

    fn default(limit: Limit) -> String {
        let default = limit.row().default.typed();
        match limit {
            Limit::MaxConnections => format!("{default}, or what the descriptor limit allows"),
            Limit::MaxConnectionsPerPeer => format!("{default} of its own"),
            _ => default,
        }
    }
}
