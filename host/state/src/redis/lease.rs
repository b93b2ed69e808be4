//! This host's lease in Redis, which it renews.
//!
//! A host whose lease has ended is dead to the others: the next host to renew marks it so, and removes its members from
//! all topics, some at a time. A dead host that comes back brings its members in again, and the others hear of those
//! that left and joined, and nothing of the rest. A host that comes back in time is still known, and nobody is told
//! anything.

use super::host::Host;
use super::link::{Fault, PATIENCE};
use super::remove::remove_astray;
use redis::from_redis_value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// A silent host counts as alive for so long. With [`RENEW`] its members are gone within ten seconds, unless they are
/// more than some ten thousand. Test: `state::redis::failures::a_host_that_is_killed_leaves_and_each_hears_it_once`.
pub(super) const LEASE: Duration = Duration::from_secs(6);
/// The time between two renewals, each of which looks for dead hosts.
const RENEW: Duration = Duration::from_secs(2);
/// Hosts that are marked as dead in one renewal. More are at the next.
/// Test: `state::redis_attacks::members::a_host_with_many_members_is_removed_in_pieces`.
const MARKED: usize = 64;
/// Hosts whose members are counted anew now and then. Where there are more, members that somebody has deleted stay
/// counted.
/// Test: `state::redis_attacks::store::values_that_somebody_deletes_are_counted_anew`.
const COUNTED: usize = 1000;

/// Keeps the lease, whatever else is under way.
pub(super) async fn keep(host: Arc<Host>) {
    let mut ticks = interval_at(Instant::now() + RENEW, RENEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // A failure gives the connection up, or is tried again.
        if host.links.answers.is_up() && renew_and_hear(&host).await.is_ok() {
            host.tell_all_lost().await;
            let _ = remove_astray(&host).await;
            if host.is_behind() {
                host.links.server.broken.notify_one();
            }
        }
        host.local.sweep();
    }
}

/// Renews the lease, and gives both connections up where this host doesn't hear the renewal: the one for events hangs,
/// or leads elsewhere.
async fn renew_and_hear(host: &Host) -> Result<(), Fault> {
    let listens = |events: u64| host.listening.load(Ordering::Acquire) == events;
    let events = host.links.events.number();
    let was_listening = listens(events);
    let renewal = renew(host, LEASE).await?;
    let mut renewed = host.renewed.subscribe();
    let heard = timeout(PATIENCE, renewed.wait_for(|heard| *heard >= renewal)).await;
    if heard.is_err() && was_listening && host.links.events.number() == events {
        host.links
            .server
            .warn("nothing is heard of what is published");
        host.links.give_up();
        return Err(Fault::Link);
    }
    Ok(())
}

/// Renews the lease for so long, or gives it up. Where there was none, or nobody knows, the local members are behind.
/// Returns the number of the renewal, which comes over this host's own channel.
pub(super) async fn renew(host: &Host, lease: Duration) -> Result<u64, Fault> {
    static RENEWALS: AtomicU64 = AtomicU64::new(0);
    let number = RENEWALS.fetch_add(1, Ordering::Relaxed) + 1;
    let renewing = host.run_own(&host.scripts.renew, |call| {
        call.arg(u64::try_from(lease.as_millis()).unwrap_or(u64::MAX));
        call.arg(number).arg(COUNTED).arg(MARKED);
    });
    let renewed = match renewing.await {
        // A word, where the connection is another by now.
        Ok(answer) => from_redis_value(answer).map_err(|_| Fault::Refused),
        Err(fault) => Err(fault),
    };
    let (had, any_dead): (bool, bool) = renewed.inspect_err(|_| fall_behind(host))?;
    if !had {
        fall_behind(host);
    }
    if any_dead {
        host.dead.notify_one();
    }
    Ok(number)
}

fn fall_behind(host: &Host) {
    host.set_behind(true);
    host.links.server.broken.notify_one();
}
