//! Sequences of steps, each tried on hosts of its own.

use crate::hands::Hands;
use crate::steps::{KEYS, MANY, Step, step, timeless};
use crate::trial::Trial;
#[cfg(any(feature = "file", feature = "redis"))]
use eco_state::Location;
use eco_state::{Limits, SharedState};
use proptest::prelude::*;
use std::sync::Arc;

/// Limits that no sequence reaches.
pub(crate) fn limits() -> Limits {
    Limits::default()
        .messages_per_second(1 << 30)
        .bytes_per_second(1 << 30)
        // With labels as long as that, a piece of a list has one member.
        .label(1 << 20)
        // Expired keys take no room.
        .keys(MANY + KEYS.len())
}

/// Tries so many sequences. `hosts` makes the hosts of each.
pub(crate) fn holds(
    cases: u32,
    hosts: impl AsyncFn(u32) -> (Vec<SharedState>, Option<Arc<dyn Hands>>),
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let config = ProptestConfig {
        cases,
        ..ProptestConfig::default()
    };
    let numbers = std::cell::Cell::new(0);
    proptest!(config, |(steps in prop::collection::vec(step(), 1..120))| {
        numbers.set(numbers.get() + 1);
        runtime.block_on(async {
            let (hosts, hands) = hosts(numbers.get()).await;
            let steps: Vec<Step> = match hands {
                Some(_) => steps,
                // Time that can't be moved would have to be waited for.
                None => steps.into_iter().map(timeless).collect(),
            };
            Trial::new(hosts, hands).run(steps).await
        })?;
    });
}

/// The namespace of a sequence.
#[cfg(any(feature = "file", feature = "redis"))]
pub(crate) fn namespace(case: u32) -> String {
    format!("case-{case}")
}

/// A host's state for a sequence.
#[cfg(any(feature = "file", feature = "redis"))]
pub(crate) async fn open(location: &Location, case: u32, host: &str) -> SharedState {
    let namespace = namespace(case);
    let opening = SharedState::open(location, &namespace, limits(), host);
    opening.await.expect("it opens")
}
