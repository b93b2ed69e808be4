//! This host's part in Redis: a lease that it renews, and what is done when the connection is made anew.
//!
//! A host whose lease has ended is dead to the others: whoever renews next removes its members from all topics.
//! One that comes back before that is still known, and nobody is told anything.

use super::hub::Presence;
use super::link::Link;
use super::topics::Inner;
use crate::problem::Problem;
use crate::shared::OpenError;
use std::sync::Arc;
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
    inner.link.connect(heard).await?;
    restore(inner)
        .await
        .map_err(|problem| OpenError::Unreachable {
            address: inner.link.address.clone(),
            reason: problem.to_string(),
        })
}

/// Keeps the lease, and the connection.
pub(super) async fn keep(inner: Arc<Inner>) {
    let mut ticks = interval_at(Instant::now() + RENEW, RENEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if inner.link.is_up() {
                    // What fails gives the connection up.
                    let _ = keep_alive(&inner).await;
                }
                inner.hub.sweep();
            }
            () = inner.link.broken.notified() => {}
        }
        if !inner.link.is_up() {
            connect_again(&inner).await;
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
        inner.hub.sweep();
    }
    tracing::info!("Redis at {} is back", link.address);
}

/// After connecting: subscribes to all that the members here are subscribed to, and finds out what they
/// missed.
async fn restore(inner: &Inner) -> Result<(), Problem> {
    inner
        .link
        .subscribe(inner.scripts.host_channel().as_bytes())
        .await?;
    let topics = inner.hub.topics();
    for topic in &topics {
        let channel = inner.scripts.topic_channel(topic);
        inner.link.subscribe(channel.as_bytes()).await?;
    }
    if !keep_alive(inner).await? {
        list(inner, &topics).await?;
    }
    inner.tell_all_lost().await
}

/// Renews the lease. Whether the members here had been removed, and are in again.
async fn keep_alive(inner: &Inner) -> Result<bool, Problem> {
    if renew(inner, LEASE).await? {
        return Ok(false);
    }
    let members = inner.hub.members();
    for (topic, member) in &members {
        inner.join(topic, member, Presence::Listed).await?;
        if !inner.hub.has_member(topic, &member.id) {
            // It has left meanwhile, and was in nobody's list when that was said.
            inner.leaves(topic, &member.id);
        }
    }
    list(inner, &inner.hub.topics()).await?;
    Ok(true)
}

async fn list(inner: &Inner, topics: &[Arc<str>]) -> Result<(), Problem> {
    for topic in topics {
        let mut call = inner.scripts.call(&inner.scripts.list);
        call.arg(&**topic);
        inner.link.run::<redis::Value>(&call).await?;
    }
    Ok(())
}

/// Renews the lease for so long, or gives it up. Whether there was one.
pub(super) async fn renew(inner: &Inner, lease: Duration) -> Result<bool, Problem> {
    let mut call = inner.scripts.call(&inner.scripts.renew);
    call.arg(u64::try_from(lease.as_millis()).unwrap_or(u64::MAX));
    inner.link.run(&call).await
}
