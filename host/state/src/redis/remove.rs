//! Removes members from Redis: those that leave, those astray, and those of dead hosts.
//!
//! A removal is repeated only after a broken connection. A refusal holds up no other member: that one is astray.

use super::host::{Host, is_word};
use super::leaving::{Leave, Leaves};
use super::link::{FIRST_PAUSE, Fault};
use super::sizes::TOGETHER;
use redis::from_redis_value;
use std::sync::Arc;

/// Tells Redis of members that leave, in their order. While it is away they wait.
pub(super) async fn remove_leaving(mut leaves: Leaves, host: Arc<Host>) {
    let mut waiting = Vec::new();
    while leaves.0.recv_many(&mut waiting, TOGETHER).await > 0 {
        let members = waiting.iter().filter_map(|leave| match leave {
            Leave::Member(topic, id) => Some((topic.clone(), id.clone())),
            Leave::Topic(_) | Leave::Flush(_) => None,
        });
        let members: Vec<_> = members.collect();
        if !members.is_empty() {
            tell_until_known(&host, &members).await;
        }
        for (_, id) in &members {
            host.leaving.has_left(id);
        }
        for leave in waiting.drain(..) {
            match leave {
                Leave::Member(..) => {}
                Leave::Topic(topic) => unsubscribe(&host, &topic).await,
                Leave::Flush(done) => drop(done.send(())),
            }
        }
    }
}

/// Tells Redis, again and again while the connection is broken. It does no harm twice.
async fn tell_until_known(host: &Host, members: &[(Arc<str>, Arc<str>)]) {
    loop {
        match tell(host, members).await {
            Ok(()) => return,
            Err(Fault::Link) => tokio::time::sleep(FIRST_PAUSE).await,
            Err(Fault::Refused) => {
                host.leaving.set_astray();
                return;
            }
        }
    }
}

async fn tell(host: &Host, members: &[(Arc<str>, Arc<str>)]) -> Result<(), Fault> {
    let leaving = host.run_own(&host.scripts.leave, |call| {
        for (topic, id) in members {
            call.arg(&**topic).arg(&**id);
        }
    });
    if is_word(&leaving.await?, "ok") {
        Ok(())
    } else {
        // The connection is another by now.
        Err(Fault::Link)
    }
}

async fn unsubscribe(host: &Host, topic: &Arc<str>) {
    let _one = host.subscribing.lock().await;
    if !host.local.has(topic) {
        let channel = host.scripts.topic_channel(topic);
        // If it fails, a new connection subscribes to the local topics alone.
        let _ = host.links.unsubscribe(channel.as_bytes()).await;
    }
}

/// Removes members astray, some at a time. It does nothing where there are none.
pub(super) async fn remove_astray(host: &Host) -> Result<(), Fault> {
    if host.leaving.take_surplus() {
        // A new connection subscribes to the local topics alone.
        host.links.events.give_up();
    }
    if !host.leaving.take_astray() {
        return Ok(());
    }
    let found = find_and_remove(host).await;
    if found.is_err() {
        host.leaving.set_astray();
    }
    found
}

async fn find_and_remove(host: &Host) -> Result<(), Fault> {
    let mut cursor = "0".to_owned();
    loop {
        let looking = host.run_own(&host.scripts.memberships, |call| {
            call.arg(&cursor).arg(TOGETHER);
        });
        // A word, where the connection is another by now.
        let (next, memberships): (String, Vec<String>) =
            from_redis_value(looking.await?).map_err(|_| Fault::Refused)?;
        let members = memberships.iter().filter_map(|text| text.split_once('\n'));
        let astray = members.filter(|(id, topic)| !host.local.has_member(topic, id));
        let astray: Vec<(Arc<str>, Arc<str>)> = astray
            .map(|(id, topic)| (topic.into(), id.into()))
            .collect();
        if !astray.is_empty() {
            tell(host, &astray).await?;
            let is_here = |(topic, id): &(Arc<str>, Arc<str>)| host.local.has_member(topic, id);
            if astray.iter().any(is_here) {
                // It came again meanwhile.
                host.set_behind(true);
            }
        }
        if next == "0" {
            return Ok(());
        }
        cursor = next;
    }
}

/// Removes the members of dead hosts, some at a time, when there are any. All living hosts do so.
pub(super) async fn remove_dead(host: Arc<Host>) {
    let scripts = &host.scripts;
    loop {
        host.dead.notified().await;
        loop {
            let removing = host.run_own(&scripts.remove_dead, |call| {
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
