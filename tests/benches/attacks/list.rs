//! What is done to the servers: the attacks, by what they are on.
//!
//! It owns their names. It must not know how they are measured.

use crate::trial::{Figures, Origin, Scene};
use crate::{memory, processor, redis, scripts, store, topics};
use anyhow::Result;
use std::pin::Pin;
use std::process::Command;

type Run = fn(Scene) -> Pin<Box<dyn Future<Output = Result<Figures>>>>;

/// An attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Where it comes from, in turn.
    pub(crate) origins: &'static [Origin],
    pub(crate) run: Run,
}

impl Attack {
    /// From an address of its own.
    fn own(name: &'static str, run: Run) -> Self {
        let origins = &[Origin::Own];
        Self { name, origins, run }
    }

    /// Also from the neighbour's address, where that may matter.
    fn both(name: &'static str, run: Run) -> Self {
        let origins = &[Origin::Own, Origin::Shared];
        Self { name, origins, run }
    }
}

/// What the server holds for calls that don't return, and for events that wait.
pub(crate) fn memory() -> Vec<Attack> {
    vec![
        Attack::own(
            "one call publishes without end, on forty connections, under `--total-memory 256MiB`",
            |scene| Box::pin(memory::endless_call(scene)),
        ),
        Attack::own(
            "30,000 messages of a byte wait for each of 30 that loop, under `--waiting-size 64MiB`",
            |scene| Box::pin(memory::waiting_events(scene)),
        ),
    ]
}

/// What those who speak cost.
pub(crate) fn topics() -> Vec<Attack> {
    vec![
        Attack::both("one call says 1,000 messages to 1,900", |scene| {
            Box::pin(topics::many_hear(scene))
        }),
        Attack::both(
            "1.5 KB of lines a second in a chat of 1,500; the neighbour is greeted",
            |scene| Box::pin(topics::chat_is_talked_in(scene)),
        ),
        Attack::own(
            "one comes and goes 100 times a second in a chat of 1,500; the neighbour is greeted",
            |scene| Box::pin(topics::chat_is_come_to(scene)),
        ),
        Attack::both("1,900 join one topic and are told of each other", |scene| {
            Box::pin(topics::many_join(scene, scripts::JOINS_AND_IS_TOLD))
        }),
        Attack::own(
            "1,900 join one topic, with neither `joined` nor `left`",
            |scene| Box::pin(topics::many_join(scene, scripts::JOINS)),
        ),
        Attack::both("two speak to the neighbour, beside 16 that loop", |scene| {
            Box::pin(topics::neighbour_hears(scene))
        }),
    ]
}

/// Processor time in small pieces.
pub(crate) fn processor() -> Vec<Attack> {
    vec![
        Attack::both(
            "8 connect anew for each call of 40 ms, beside one of 400 ms",
            |scene| Box::pin(processor::reconnecting(scene)),
        ),
        Attack::both(
            "a timer of 250 ms that works for 10 ms, on 1,900 connections",
            |scene| Box::pin(processor::timers_that_work(scene)),
        ),
        Attack::own("a timer every millisecond, on 100 connections", |scene| {
            Box::pin(processor::timers_without_work(scene))
        }),
    ]
}

/// The store, and Redis.
pub(crate) fn state() -> Vec<Attack> {
    let mut all = vec![Attack::own(
        "16 set and get values of 1 MB in loops; the neighbour gets a small one",
        |scene| Box::pin(store::large_values(scene)),
    )];
    let redis = Command::new("redis-server").arg("--version").output();
    if redis.is_ok() {
        all.push(Attack::own(
            "on Redis: a host with 128,000 memberships dies; the neighbour sends PING to Redis",
            |scene| Box::pin(redis::host_dies(scene)),
        ));
        all.push(Attack::own(
            "on Redis: forty get 1 MB at once; the neighbour gets a small value",
            |scene| Box::pin(redis::large_answers(scene)),
        ));
    } else {
        println!("Redis is not here, so that nothing is said of it.");
    }
    all
}
