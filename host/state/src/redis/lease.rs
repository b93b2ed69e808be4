//! This host's part in Redis: a lease that it renews, and what is done when the connection is made anew.
//!
//! A host whose lease has ended is dead to the others: whoever renews next removes its members from all topics.
//! One that comes back before that is still known, and nobody is told anything.

use super::link::Link;
use super::topics::{Inner, TOGETHER};
use crate::problem::Problem;
use crate::shared::OpenError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

/// How long a host that says nothing is taken for alive. With [`RENEW`] its members are gone within ten seconds.
/// Test: `many_hosts::a_host_that_is_killed_leaves_and_each_hears_it_once`.
pub(super) const LEASE: Duration = Duration::from_secs(6);
/// How often it is renewed, and the dead are looked for.
const RENEW: Duration = Duration::from_secs(2);
/// The pause before Redis is tried again, which doubles up to [`LONGEST_PAUSE`].
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest: Redis that comes back is found within that.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Connects, for the first time.
pub(super) async fn connect(inner: &Arc<Inner>) -> Result<(), OpenError> {
    let weak = Arc::downgrade(inner);
    let heard = move |channel: &[u8], data: &[u8]| {
        if let Some(inner) = weak.upgrade() {
            inner.heard(channel, data);
        }
    };
    inner.hub.forget_lists();
    inner.link.connect(heard).await?;
    restore(inner)
        .await
        .map_err(|problem| OpenError::Unreachable {
            address: inner.link.address.clone(),
            reason: problem.to_string(),
        })
}

/// Keeps the lease, whatever else is under way.
pub(super) async fn keep(inner: Arc<Inner>) {
    let mut ticks = interval_at(Instant::now() + RENEW, RENEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // What fails gives the connection up, or is tried again.
        if inner.link.is_up() && renew(&inner, LEASE).await.is_ok() {
            let _ = inner.tell_all_lost().await;
            if inner.behind.load(Ordering::Acquire) {
                inner.link.broken.notify_one();
            }
        }
        inner.hub.sweep();
    }
}

/// Keeps the connection, and the members that are here in Redis.
pub(super) async fn keep_connection(inner: Arc<Inner>) {
    loop {
        inner.link.broken.notified().await;
        if !inner.link.is_up() {
            connect_again(&inner).await;
        }
        while inner.link.is_up() && inner.behind.load(Ordering::Acquire) {
            match rejoin(&inner).await {
                // Whom a limit keeps out tries again at the next renewal.
                Ok(()) => break,
                Err(_) => sleep(FIRST_PAUSE).await,
            }
        }
    }
}

async fn connect_again(inner: &Arc<Inner>) {
    let link: &Link = &inner.link;
    link.warn("the connection is broken");
    let mut pause = FIRST_PAUSE;
    while let Err(error) = connect(inner).await {
        link.give_up();
        link.warn(&error.to_string());
        sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    tracing::info!("Redis at {} is back", link.address);
}

/// After connecting: subscribes to all that the members here are subscribed to, and finds out what they
/// missed.
async fn restore(inner: &Inner) -> Result<(), Problem> {
    renew(inner, LEASE).await?;
    let host = inner.scripts.host_channel().to_owned();
    let topics = inner.hub.topics();
    let channels = topics
        .iter()
        .map(|topic| inner.scripts.topic_channel(topic));
    let channels: Vec<String> = std::iter::once(host).chain(channels).collect();
    for channels in channels.chunks(TOGETHER) {
        inner.link.subscribe(channels).await?;
    }
    if inner.behind.load(Ordering::Acquire) {
        rejoin(inner).await?;
    } else {
        list(inner, &topics).await?;
    }
    inner.tell_all_lost().await
}

/// The members that are here may have been removed: they come in again. They stay behind where that fails, or a
/// limit keeps one out.
async fn rejoin(inner: &Inner) -> Result<(), Problem> {
    // Before: a lease that is lost meanwhile is not forgotten.
    inner.behind.store(false, Ordering::Release);
    let all_are_in = rejoin_all(inner).await;
    if all_are_in != Ok(true) {
        inner.behind.store(true, Ordering::Release);
    }
    all_are_in.map(drop)
}

/// Whether all are in. What their topics have is listed.
async fn rejoin_all(inner: &Inner) -> Result<bool, Problem> {
    let members = inner.hub.members();
    let mut all_are_in = true;
    for members in members.chunks(TOGETHER) {
        let mut call = inner.call(|scripts| &scripts.rejoin);
        call.arg(inner.limits.members);
        for (topic, member) in members {
            call.arg(&**topic).arg(&*member.id).arg(&*member.label);
        }
        let joined: Result<bool, _> = inner.link.run(&call).await;
        for (topic, member) in members {
            if !inner.hub.has_member(topic, &member.id) {
                // It has left meanwhile, and was in nobody's list when that was said.
                inner.leaves(topic, &member.id);
            }
        }
        all_are_in &= joined?;
    }
    list(inner, &inner.hub.topics()).await?;
    Ok(all_are_in)
}

async fn list(inner: &Inner, topics: &[Arc<str>]) -> Result<(), Problem> {
    for topics in topics.chunks(TOGETHER) {
        let mut call = inner.call(|scripts| &scripts.list);
        for topic in topics {
            call.arg(&**topic);
        }
        inner.link.run::<redis::Value>(&call).await?;
    }
    Ok(())
}

/// Renews the lease for so long, or gives it up. Where there was none, or nobody knows, the members here are
/// behind.
pub(super) async fn renew(inner: &Inner, lease: Duration) -> Result<(), Problem> {
    let mut call = inner.call(|scripts| &scripts.renew);
    call.arg(u64::try_from(lease.as_millis()).unwrap_or(u64::MAX));
    let had = inner.link.run::<bool>(&call).await;
    if had != Ok(true) {
        inner.behind.store(true, Ordering::Release);
        inner.link.broken.notify_one();
    }
    had.map(drop)
}
