//! Any sequence of steps of several connections, against a model of a few lines: in memory, in a file, on Redis, and on
//! Redis from two hosts, and with backends that are written against what the crate shows to others alone.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics, and one that indexes out of bounds has failed"
)]

mod expected;
mod hands;
#[cfg(feature = "redis")]
mod on_redis;
mod own_backends;
#[cfg(feature = "redis")]
#[path = "../redis_server/mod.rs"]
mod redis_server;
mod sequences;
mod steps;
mod trial;

#[cfg(feature = "file")]
use eco_state::Location;
use eco_state::SharedState;
use hands::{ClockHands, Hands};
use own_backends::{OwnStore, OwnTopics};
#[cfg(feature = "file")]
use sequences::open;
use sequences::{holds, limits};
use std::sync::Arc;

#[test]
fn what_connections_do_is_what_the_model_does_in_memory() {
    holds(256, async |_| {
        let hands = Arc::new(ClockHands::default());
        let state = SharedState::in_memory(limits(), hands.clone(), "p-");
        (vec![state], Some(hands as Arc<dyn Hands>))
    });
}

#[test]
fn what_connections_do_is_what_the_model_does_with_backends_of_ones_own() {
    holds(256, async |_| {
        let hands = Arc::new(ClockHands::default());
        let topics = Box::new(OwnTopics::default());
        let store = Box::new(OwnStore::new(hands.clone()));
        let state = SharedState::with_backends(topics, store, limits(), "p-");
        (vec![state], Some(hands as Arc<dyn Hands>))
    });
}

#[cfg(feature = "file")]
#[test]
fn what_connections_do_is_what_the_model_does_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = Location::File(folder.path().join("state"));
    holds(24, async |case| {
        (vec![open(&location, case, "p-").await], None)
    });
}
