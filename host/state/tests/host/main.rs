//! The host itself takes part: it reads and writes the store, publishes and listens, and nobody sees it.
//!
//! The same scenarios in memory, in a file, on Redis from two hosts, and with backends of one's own.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics, and one that indexes out of bounds has failed"
)]

#[path = "../model/own_backends.rs"]
mod own_backends;
#[cfg(feature = "redis")]
#[path = "../redis_server/mod.rs"]
mod redis_server;
mod scenarios;
#[cfg(all(feature = "file", target_os = "linux"))]
mod threads;

use eco_state::{Event, Limits, SharedState, SystemClock};
use own_backends::{OwnStore, OwnTopics};
use std::sync::Arc;
#[cfg(feature = "redis")]
use std::time::Duration;

#[tokio::test]
async fn the_host_takes_part_in_memory() {
    let state = SharedState::in_memory(Limits::default(), Arc::new(SystemClock::default()), "h-");
    scenarios::all(&state, &state).await;
}

#[tokio::test]
async fn the_host_takes_part_with_backends_of_ones_own() {
    let topics = Box::new(OwnTopics::default());
    let store = Box::new(OwnStore::new(Arc::new(SystemClock::default())));
    let state = SharedState::with_backends(topics, store, Limits::default(), "h-");
    scenarios::all(&state, &state).await;
}

#[cfg(feature = "file")]
#[tokio::test]
async fn the_host_takes_part_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = eco_state::Location::File(folder.path().join("state"));
    let opening = SharedState::open(&location, "n", Limits::default(), "h-");
    let state = opening.await.expect("it opens");
    scenarios::all(&state, &state).await;
    drop(state);
    #[cfg(target_os = "linux")]
    threads::a_store_in_a_file_has_one_and_it_ends_with_the_last_handle(&location).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_take_part_on_redis_and_hear_each_other() {
    let Some(redis) = redis_server::RedisServer::start() else {
        return;
    };
    let open = async |host: &str| {
        let location = redis.location();
        let opening = SharedState::open(&location, "n", Limits::default(), host);
        opening.await.expect("it opens")
    };
    let (one, other) = (open("h-").await, open("i-").await);
    scenarios::all(&one, &one).await;
    scenarios::all(&one, &other).await;
}

#[tokio::test]
async fn a_listener_that_does_not_listen_holds_no_more_than_a_mailbox_and_is_told_what_it_missed() {
    let state = SharedState::default();
    let most = state.limits().mailbox_events;
    let mut listener = state.listen("tea").await.expect("there is room");
    for number in 0..most + 7 {
        let said = number.to_le_bytes();
        state.publish("tea", "", &said).await.expect("it can");
    }
    let counters = state.counters();
    assert_eq!((counters.topics, counters.missed), (1, 7));
    assert!(counters.waiting > 0 && counters.held == counters.waiting);
    for number in 0..most {
        let said = listener.next().await;
        assert!(matches!(said, Event::Message { data, .. } if *data == number.to_le_bytes()));
    }
    let missed = listener.next().await;
    assert!(matches!(missed, Event::Missed { count: Some(7), .. }));
    assert_eq!(state.counters().waiting, 0);
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn a_listener_outlives_a_redis_that_has_lost_all() {
    let Some(mut redis) = redis_server::RedisServer::start() else {
        return;
    };
    let location = redis.location();
    let opening = SharedState::open(&location, "n", Limits::default(), "h-");
    let state = opening.await.expect("it opens");
    let mut listener = state.listen("tea").await.expect("it is there");
    assert!(state.counters().is_there);
    redis.kill();
    let gone = async {
        while state.counters().is_there {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_secs(20), gone).await;
    gone.expect("the link breaks with it");
    redis.start_again();
    let mut ready = Event::Missed {
        topic: "".into(),
        count: Some(0),
    };
    while !matches!(ready, Event::Message { .. }) {
        // Refused until the links are up again, and perhaps told to nobody until the listener is in again.
        if state.publish("tea", "host", b"again").await.is_err() {
            tokio::task::yield_now().await;
            continue;
        }
        let next = tokio::time::timeout(Duration::from_millis(50), listener.next());
        ready = next.await.unwrap_or(ready);
    }
    assert!(state.counters().is_there);
}
