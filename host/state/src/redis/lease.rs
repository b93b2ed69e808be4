//! This host's part in Redis: a lease that it renews, and what is done when a connection is made anew.
//!
//! A host whose lease has ended is dead to the others: whoever renews next marks it so, and removes its members from all
//! topics, some at a time. One that comes back is dead no more, and who was removed comes in again: the others hear of
//! those that they left and joined, and nothing of the rest. One that comes back before that is still known, and nobody is
//! told anything.

use super::event::ID;
use super::link::{Fault, PATIENCE};
use super::topics::{Inner, TOGETHER};
use crate::problem::Problem;
use crate::shared::OpenError;
use redis::from_redis_value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

/// How long a host that says nothing is taken for alive. With [`RENEW`] its members are gone within ten seconds, but for
/// more than some ten thousand. Test: `many_hosts::a_host_that_is_killed_leaves_and_each_hears_it_once`.
pub(super) const LEASE: Duration = Duration::from_secs(6);
/// How often it is renewed, and the dead are looked for.
const RENEW: Duration = Duration::from_secs(2);
/// The pause before Redis is tried again, which doubles up to [`LONGEST_PAUSE`].
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest: Redis that comes back is found within that.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Hosts that are marked as dead in one renewal. More are at the next.
/// Test: `redis_attacks::a_host_with_many_members_is_removed_in_pieces`.
const MARKED: usize = 64;
/// Hosts whose members are counted anew now and then. Of more, what somebody has deleted stays counted.
/// Test: `redis_attacks::what_somebody_deletes_is_counted_anew`.
const COUNTED: usize = 1000;
/// Bytes that a piece of a list has, about: as many members as have that with the longest labels, [`LISTED`] at most.
/// Test: `redis_attacks::a_long_list_comes_in_pieces`.
const PIECE: usize = 1024 * 1024;
/// Members, and topics, that a piece of a list has.
/// Test: `redis_attacks::a_long_list_comes_in_pieces`.
const LISTED: usize = 512;
/// The pause between two lists that are asked for since a number is not the next.
/// Test: `redis_attacks::a_number_that_nobody_gave_silences_no_topic`.
const DOUBT: Duration = Duration::from_secs(1);
/// Bytes of a member beside its label, at most about.
pub(super) const MEMBER: usize = 128;

/// Connects for the first time. Redis has to be there, and refuse nothing.
pub(super) async fn connect(inner: &Arc<Inner>) -> Result<(), OpenError> {
    connect_links(inner).await?;
    restore(inner).await.map_err(|_| away(inner))
}

fn away(inner: &Inner) -> OpenError {
    OpenError::Unreachable {
        address: inner.links.server.name.clone(),
        reason: Problem::AWAY.to_string(),
    }
}

/// Connects to what is missing.
async fn connect_links(inner: &Arc<Inner>) -> Result<(), OpenError> {
    let links = &inner.links;
    if !links.answers.is_up() {
        // Both are to be connections to the same.
        links.events.give_up();
        links.connect().await?;
    }
    if !links.events.is_up() {
        let weak = Arc::downgrade(inner);
        let heard = move |channel: &[u8], data: &[u8]| {
            if let Some(inner) = weak.upgrade() {
                inner.heard(channel, data);
            }
        };
        inner.hub.forget_lists();
        links.events.connect(heard).await?;
    }
    Ok(())
}

/// As [`connect`], where Redis has been there. What it refuses now is no reason to leave it: the members here stay behind,
/// and the store needs no lease. Test: `redis_attacks::a_link_that_breaks_while_redis_is_full_is_used_again`.
async fn reconnect(inner: &Arc<Inner>) -> Result<(), OpenError> {
    connect_links(inner).await?;
    match restore(inner).await {
        Ok(()) => Ok(()),
        Err(Fault::Refused) => {
            inner.behind.store(true, Ordering::Release);
            Ok(())
        }
        Err(Fault::Link) => Err(away(inner)),
    }
}

/// Keeps the lease, whatever else is under way.
pub(super) async fn keep(inner: Arc<Inner>) {
    let mut ticks = interval_at(Instant::now() + RENEW, RENEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // What fails gives the connection up, or is tried again.
        if inner.links.answers.is_up() && renew_and_hear(&inner).await.is_ok() {
            inner.tell_all_lost().await;
            let _ = inner.leaving.find_astray(&inner).await;
            if inner.behind.load(Ordering::Acquire) {
                inner.links.server.broken.notify_one();
            }
        }
        inner.hub.sweep();
    }
}

/// Renews the lease, and gives both connections up where it isn't heard that it was: the one for events hangs, or leads
/// elsewhere.
async fn renew_and_hear(inner: &Inner) -> Result<(), Fault> {
    let listens = |events: u64| inner.listening.load(Ordering::Acquire) == events;
    let events = inner.links.events.number();
    let was_listening = listens(events);
    let renewal = renew(inner, LEASE).await?;
    let mut renewed = inner.renewed.subscribe();
    let heard = timeout(PATIENCE, renewed.wait_for(|heard| *heard >= renewal)).await;
    if heard.is_err() && was_listening && inner.links.events.number() == events {
        inner
            .links
            .server
            .warn("nothing is heard of what is published");
        inner.links.give_up();
        return Err(Fault::Link);
    }
    Ok(())
}

/// Keeps the connections, and the members that are here in Redis.
pub(super) async fn keep_connections(inner: Arc<Inner>) {
    let links = &inner.links;
    loop {
        links.server.broken.notified().await;
        if !links.answers.is_up() || !links.events.is_up() {
            connect_again(&inner).await;
        }
        if inner.behind.load(Ordering::Acquire) {
            // Whom a limit keeps out, or Redis refuses, tries again at the next renewal.
            let _ = resume(&inner).await;
        }
    }
}

async fn connect_again(inner: &Arc<Inner>) {
    let links = &inner.links;
    let server = &links.server;
    server.warn("the connection is broken");
    let mut pause = FIRST_PAUSE;
    while let Err(error) = reconnect(inner).await {
        links.give_up();
        server.warn(error);
        sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    tracing::info!("Redis at {} is back", server.name);
}

/// Removes the members of hosts that are dead, some at a time, when there are any. All who live do.
pub(super) async fn remove_dead(inner: Arc<Inner>) {
    let scripts = &inner.scripts;
    loop {
        inner.dead.notified().await;
        loop {
            let removing = inner.run_own(&scripts.remove_dead, |call| {
                call.arg(TOGETHER);
            });
            match removing.await {
                Ok(redis::Value::Int(1)) => {}
                // None are left, or the next renewal tells again.
                Ok(_) | Err(_) => break,
            }
        }
    }
}

/// After connecting: renews the lease, and goes on even if that is refused.
async fn restore(inner: &Inner) -> Result<(), Fault> {
    let renewed = renew(inner, LEASE).await;
    if renewed == Err(Fault::Link) {
        return Err(Fault::Link);
    }
    resume(inner).await?;
    renewed.map(drop)
}

/// Has the members here hear all that they are subscribed to, and finds out what they missed.
async fn resume(inner: &Inner) -> Result<(), Fault> {
    let events = inner.links.events.number();
    if inner.listening.load(Ordering::Acquire) != events {
        listen(inner, events).await?;
    }
    if inner.behind.load(Ordering::Acquire) {
        rejoin(inner).await?;
    } else {
        list(inner, &inner.hub.topics()).await?;
    }
    inner.tell_all_lost().await;
    Ok(())
}

/// Subscribes to all that the members here are subscribed to.
async fn listen(inner: &Inner, events: u64) -> Result<(), Fault> {
    let host = inner.scripts.host_channel().to_owned();
    let topics = inner.hub.topics();
    let channels = topics
        .iter()
        .map(|topic| inner.scripts.topic_channel(topic));
    let channels: Vec<String> = std::iter::once(host).chain(channels).collect();
    for channels in channels.chunks(TOGETHER) {
        inner.links.subscribe(channels).await?;
    }
    inner.listening.store(events, Ordering::Release);
    Ok(())
}

/// The members that are here may have been removed: they come in again. They stay behind where that fails, or a
/// limit keeps one out.
async fn rejoin(inner: &Inner) -> Result<(), Fault> {
    // Before: a lease that is lost meanwhile is not forgotten.
    inner.behind.store(false, Ordering::Release);
    let all_are_in = rejoin_all(inner).await;
    if all_are_in != Ok(true) {
        inner.behind.store(true, Ordering::Release);
    }
    all_are_in.map(drop)
}

/// Whether all are in. What their topics have is listed.
async fn rejoin_all(inner: &Inner) -> Result<bool, Fault> {
    let members = inner.hub.members();
    let mut all_are_in = true;
    for members in members.chunks(TOGETHER) {
        let joining = inner.run_own(&inner.scripts.rejoin, |call| {
            call.arg(inner.limits.members);
            for (topic, member, ticket) in members {
                call.arg(&**topic).arg(&*member.id).arg(&*member.label);
                call.arg(ticket.map_or(String::new(), |ticket| ticket.to_string()));
            }
        });
        let joined = joining.await;
        for (topic, member, _) in members {
            if !inner.hub.has_member(topic, &member.id) {
                // It has left meanwhile, and was in nobody's list when that was said.
                inner.leaving.member(topic, &member.id);
            }
        }
        if joined == Err(Fault::Link) {
            return Err(Fault::Link);
        }
        // What is refused to some holds up no others.
        all_are_in &= matches!(joined, Ok(redis::Value::Int(1)));
    }
    list(inner, &inner.hub.topics()).await?;
    Ok(all_are_in)
}

/// Has Redis publish who is in these topics, for this host alone.
pub(super) async fn list(inner: &Inner, topics: &[Arc<str>]) -> Result<(), Fault> {
    let ticket = inner.hub.ticket();
    let room = (PIECE / (inner.limits.label + MEMBER)).clamp(1, LISTED);
    let (mut left, mut cursor) = (topics, "0".to_owned());
    while !left.is_empty() {
        let some = left.get(..left.len().min(TOGETHER)).unwrap_or_default();
        let listing = inner.run_own(&inner.scripts.list, |call| {
            call.arg(ticket).arg(room).arg(&cursor);
            call.arg(ID).arg(inner.limits.label);
            for topic in some {
                call.arg(&**topic);
            }
        });
        // A word, where the connection is another by now.
        let (done, next): (usize, String) =
            from_redis_value(listing.await?).map_err(|_| Fault::Refused)?;
        left = left.get(done..).unwrap_or_default();
        cursor = next;
    }
    Ok(())
}

/// Asks for the lists of topics whose numbers can't be trusted. What somebody publishes that no script has said makes that
/// no more often than once in [`DOUBT`].
pub(super) async fn list_doubtful(inner: Arc<Inner>) {
    loop {
        inner.hub.doubted.notified().await;
        // Where that fails it is asked again, or all are listed over the next connection.
        let listed = list(&inner, &inner.hub.doubtful()).await;
        sleep(DOUBT).await;
        if listed.is_err() {
            inner.hub.doubted.notify_one();
        }
    }
}

/// Renews the lease for so long, or gives it up. Where there was none, or nobody knows, the members here are
/// behind. Returns the number of the renewal, which is heard over this host's own channel.
pub(super) async fn renew(inner: &Inner, lease: Duration) -> Result<u64, Fault> {
    static RENEWALS: AtomicU64 = AtomicU64::new(0);
    let number = RENEWALS.fetch_add(1, Ordering::Relaxed) + 1;
    let renewing = inner.run_own(&inner.scripts.renew, |call| {
        call.arg(u64::try_from(lease.as_millis()).unwrap_or(u64::MAX));
        call.arg(number).arg(COUNTED).arg(MARKED);
    });
    let renewed = match renewing.await {
        // A word, where the connection is another by now.
        Ok(answer) => from_redis_value(answer).map_err(|_| Fault::Refused),
        Err(fault) => Err(fault),
    };
    let (had, any_dead): (bool, bool) = renewed.inspect_err(|_| fall_behind(inner))?;
    if !had {
        fall_behind(inner);
    }
    if any_dead {
        inner.dead.notify_one();
    }
    Ok(number)
}

fn fall_behind(inner: &Inner) {
    inner.behind.store(true, Ordering::Release);
    inner.links.server.broken.notify_one();
}
