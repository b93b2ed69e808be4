//! All connections, as JSON: those that are open, and those that have ended lately.

use super::json::since_1970;
use crate::admin::figures::{Figures, ServiceFigures};
use eco_capture::{EndedConnection, Ending, OpenConnection};
use eco_net::{Counts, Limit};
use serde::Serialize;
use std::collections::HashMap;
use std::time::SystemTime;

/// The connections of all services at a moment. Times are milliseconds since 1970.
#[derive(Serialize)]
pub(super) struct All {
    now: u64,
    services: Vec<Service>,
}

#[derive(Serialize)]
struct Service {
    /// That of a file of services.
    name: Option<String>,
    /// The version of the plugin that serves new connections.
    version: u64,
    /// How many connections are open.
    open: usize,
    /// How many of these are not among `connections`.
    unlisted: usize,
    connections: Vec<Open>,
    ended: Vec<Ended>,
    /// How many have ended before those among `ended`.
    ended_unlisted: u64,
}

#[derive(Serialize)]
struct Open {
    id: u64,
    peer: String,
    local: String,
    version: Option<u64>,
    opened: u64,
    received: u64,
    sent: u64,
    chunks: u64,
    /// Whether anything that went through it is kept.
    kept: bool,
}

#[derive(Serialize)]
struct Ended {
    #[serde(flatten)]
    was: Open,
    ended: u64,
    #[serde(flatten)]
    ending: EndingFields,
}

/// The end of a connection.
#[derive(Serialize)]
pub(super) struct EndingFields {
    reason: &'static str,
    budget: Option<&'static str>,
    limit: Option<&'static str>,
    error: Option<String>,
}

/// All connections now. What goes through them is kept from now on, for some seconds.
pub(super) fn all(figures: &Figures) -> All {
    let services = figures.services().into_iter();
    All {
        now: since_1970(SystemTime::now()),
        services: services
            .map(|(name, service)| Service::new(name, &service))
            .collect(),
    }
}

impl Service {
    fn new(name: Option<String>, service: &ServiceFigures) -> Self {
        let counts = service.open_connections().into_iter();
        let counts: HashMap<u64, Counts> = counts.collect();
        let now = service.capture().look();
        let open = now.open.into_iter().map(|connection| {
            let counts = counts.get(&connection.id).copied().unwrap_or_default();
            Open::new(connection, counts)
        });
        let connections: Vec<Open> = open.collect();
        Self {
            name,
            version: service.version(),
            open: connections.len() + now.others_open,
            unlisted: now.others_open,
            connections,
            ended: now.ended.into_iter().map(Ended::from).collect(),
            ended_unlisted: now.others_ended,
        }
    }
}

impl Open {
    fn new(connection: OpenConnection, counts: Counts) -> Self {
        Self {
            id: connection.id,
            peer: connection.peer.to_string(),
            local: connection.local.to_string(),
            version: connection.version,
            opened: since_1970(connection.opened),
            received: counts.received,
            sent: counts.sent,
            chunks: counts.chunks,
            kept: connection.is_kept,
        }
    }
}

impl From<EndedConnection> for Ended {
    fn from(connection: EndedConnection) -> Self {
        Self {
            was: Open::new(connection.was, connection.counts),
            ended: since_1970(connection.ended),
            ending: connection.ending.into(),
        }
    }
}

impl From<Ending> for EndingFields {
    fn from(ending: Ending) -> Self {
        Self {
            reason: ending.reason.code(),
            budget: ending.budget,
            limit: ending.limit.map(Limit::code),
            error: ending.error,
        }
    }
}
