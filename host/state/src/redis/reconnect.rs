//! Connects, and catches up after the connections were broken: members come in again, and hear what they missed.

use super::host::Host;
use super::lease::{LEASE, renew};
use super::link::{FIRST_PAUSE, Fault};
use super::lists::list;
use super::sizes::TOGETHER;
use crate::error::OpenError;
use crate::problem::Problem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

/// The longest pause before Redis is tried again. One that comes back is found within that.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Connects for the first time. Redis has to be there, and to refuse nothing.
pub(super) async fn connect(host: &Arc<Host>) -> Result<(), OpenError> {
    connect_links(host).await?;
    restore(host).await.map_err(|_| away(host))
}

fn away(host: &Host) -> OpenError {
    OpenError::Unreachable {
        address: host.links.server.name.clone(),
        error: Problem::AWAY.into(),
    }
}

/// Makes the connections that are missing.
async fn connect_links(host: &Arc<Host>) -> Result<(), OpenError> {
    let links = &host.links;
    if !links.answers.is_up() {
        // Both are to be connections to the same.
        links.events.give_up();
        links.connect().await?;
    }
    if !links.events.is_up() {
        let weak = Arc::downgrade(host);
        let heard = move |channel: &[u8], data: &[u8]| {
            if let Some(host) = weak.upgrade() {
                host.heard(channel, data);
            }
        };
        host.local.forget_lists();
        links.events.connect(heard).await?;
    }
    Ok(())
}

/// Connects again. A refusal is no reason to leave this Redis: the members here stay behind, and the store needs no
/// lease. Test: `state::redis_attacks::links::a_link_that_breaks_while_redis_is_full_is_used_again`.
async fn reconnect(host: &Arc<Host>) -> Result<(), OpenError> {
    connect_links(host).await?;
    match restore(host).await {
        Ok(()) => Ok(()),
        Err(Fault::Refused) => {
            host.set_behind(true);
            Ok(())
        }
        Err(Fault::Link) => Err(away(host)),
    }
}

/// Keeps the connections, and keeps the local members in Redis.
pub(super) async fn keep_connections(host: Arc<Host>) {
    let links = &host.links;
    loop {
        links.server.broken.notified().await;
        if !links.answers.is_up() || !links.events.is_up() {
            connect_again(&host).await;
        }
        if host.is_behind() {
            // A member that a limit keeps out, or Redis refuses, tries again at the next renewal.
            let _ = resume(&host).await;
        }
    }
}

async fn connect_again(host: &Arc<Host>) {
    let links = &host.links;
    let server = &links.server;
    server.warn("the connection is broken");
    let mut pause = FIRST_PAUSE;
    while let Err(error) = reconnect(host).await {
        links.give_up();
        server.warn(error);
        sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    tracing::info!("Redis at {} is back", server.name);
}

/// Catches up after connecting: renews the lease, and goes on even if that is refused.
async fn restore(host: &Host) -> Result<(), Fault> {
    let renewed = renew(host, LEASE).await;
    if renewed == Err(Fault::Link) {
        return Err(Fault::Link);
    }
    resume(host).await?;
    renewed.map(drop)
}

/// Subscribes to all channels of the local members, and finds out what they missed.
async fn resume(host: &Host) -> Result<(), Fault> {
    let events = host.links.events.number();
    if host.listening.load(Ordering::Acquire) != events {
        listen(host, events).await?;
    }
    if host.is_behind() {
        rejoin(host).await?;
    } else {
        list(host, &host.local.names()).await?;
    }
    host.tell_all_lost().await;
    Ok(())
}

/// Subscribes to the channels of all local topics.
async fn listen(host: &Host, events: u64) -> Result<(), Fault> {
    let own = host.scripts.host_channel().to_owned();
    let topics = host.local.names();
    let channels = topics.iter().map(|topic| host.scripts.topic_channel(topic));
    let channels: Vec<String> = std::iter::once(own).chain(channels).collect();
    for channels in channels.chunks(TOGETHER) {
        host.links.subscribe(channels).await?;
    }
    host.listening.store(events, Ordering::Release);
    Ok(())
}

/// The local members come in again, as they may have been removed. They stay behind where that fails, or a limit keeps
/// one out.
async fn rejoin(host: &Host) -> Result<(), Fault> {
    // First, so that a lease that is lost meanwhile is not forgotten.
    host.set_behind(false);
    let all_are_in = rejoin_all(host).await;
    if all_are_in != Ok(true) {
        host.set_behind(true);
    }
    all_are_in.map(drop)
}

/// Whether all are in. It asks for the lists of their topics.
async fn rejoin_all(host: &Host) -> Result<bool, Fault> {
    let members = host.local.members();
    let mut all_are_in = true;
    for members in members.chunks(TOGETHER) {
        let joining = host.run_own(&host.scripts.rejoin, |call| {
            call.arg(host.limits.members);
            for (topic, member, ticket) in members {
                call.arg(&**topic).arg(&*member.id).arg(&*member.label);
                call.arg(ticket.map_or(String::new(), |ticket| ticket.to_string()));
            }
        });
        let joined = joining.await;
        for (topic, member, _) in members {
            if !host.local.has_member(topic, &member.id) {
                // It has left meanwhile, before Redis had it again.
                host.leaving.member(topic, &member.id);
            }
        }
        if joined == Err(Fault::Link) {
            return Err(Fault::Link);
        }
        // A refusal holds up no others.
        all_are_in &= matches!(joined, Ok(redis::Value::Int(1)));
    }
    list(host, &host.local.names()).await?;
    Ok(all_are_in)
}
