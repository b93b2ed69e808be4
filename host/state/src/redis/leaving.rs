//! Members that leave, until Redis knows.
//!
//! It owns their order, and what becomes of those that Redis can't be told of. Only what a broken connection explains is
//! said again. What Redis refuses, and what there is no room for here, is astray: it is looked for in Redis at a later
//! renewal of the lease, and removed then. Nothing that one key has holds up another.

use super::lease;
use super::link::Fault;
use super::topics::{Inner, TOGETHER, is_word};
use parking_lot::Mutex;
use redis::from_redis_value;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Members that wait to leave while Redis is away: some MiB. Of more, what Redis still has of this host is looked through
/// when it is back. Test: `leaving::tests::what_there_is_no_room_for_is_astray`.
const WAITING: usize = 65_536;

/// See the module.
pub(super) struct Leaving {
    queue: Sender<Leave>,
    /// Who leaves how many topics.
    who: Mutex<HashMap<Arc<str>, usize>>,
    /// Whether Redis may have members of this host that have left.
    astray: AtomicBool,
    /// Whether channels may be subscribed to of topics that have no member here.
    surplus: AtomicBool,
}

enum Leave {
    Member(Arc<str>, Arc<str>),
    /// No member of it is here any more.
    Topic(Arc<str>),
    /// Told when all before it are gone.
    Flush(oneshot::Sender<()>),
}

/// What tells Redis.
pub(super) struct Leaves(Receiver<Leave>);

impl Leaving {
    pub(super) fn new() -> (Self, Leaves) {
        let (queue, leaves) = channel(WAITING);
        let leaving = Self {
            queue,
            who: Mutex::default(),
            astray: AtomicBool::new(false),
            surplus: AtomicBool::new(false),
        };
        (leaving, Leaves(leaves))
    }

    /// A member leaves, after all that it has asked for.
    pub(super) fn member(&self, topic: &Arc<str>, id: &Arc<str>) {
        *self.who.lock().entry(id.clone()).or_default() += 1;
        if self.is_full(Leave::Member(topic.clone(), id.clone())) {
            self.has_left(id);
            self.astray.store(true, Ordering::Release);
        }
    }

    /// No member of a topic is here any more.
    pub(super) fn topic(&self, topic: &Arc<str>) {
        if self.is_full(Leave::Topic(topic.clone())) {
            self.surplus.store(true, Ordering::Release);
        }
    }

    /// Puts it in, or not.
    fn is_full(&self, leave: Leave) -> bool {
        matches!(self.queue.try_send(leave), Err(TrySendError::Full(_)))
    }

    /// Whether somebody is leaving.
    pub(super) fn has(&self, id: &str) -> bool {
        self.who.lock().contains_key(id)
    }

    /// Waits until all who are leaving have left.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Leave::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
    }

    fn has_left(&self, id: &Arc<str>) {
        if let Entry::Occupied(mut topics) = self.who.lock().entry(id.clone()) {
            *topics.get_mut() -= 1;
            if *topics.get() == 0 {
                topics.remove();
            }
        }
    }

    /// Removes from Redis what it has of this host and shouldn't, piece by piece. Nothing where nobody is astray.
    pub(super) async fn find_astray(&self, inner: &Inner) -> Result<(), Fault> {
        if self.surplus.swap(false, Ordering::AcqRel) {
            // Whoever connects anew subscribes to what the hub has.
            inner.links.events.give_up();
        }
        if !self.astray.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let found = self.remove_astray(inner).await;
        if found.is_err() {
            self.astray.store(true, Ordering::Release);
        }
        found
    }

    async fn remove_astray(&self, inner: &Inner) -> Result<(), Fault> {
        let mut cursor = "0".to_owned();
        loop {
            let looking = inner.run_own(&inner.scripts.memberships, |call| {
                call.arg(&cursor).arg(TOGETHER);
            });
            // A word, where the connection is another by now.
            let (next, memberships): (String, Vec<String>) =
                from_redis_value(looking.await?).map_err(|_| Fault::Refused)?;
            let members = memberships.iter().filter_map(|text| text.split_once('\n'));
            let astray = members.filter(|(id, topic)| !inner.hub.has_member(topic, id));
            let astray: Vec<(Arc<str>, Arc<str>)> = astray
                .map(|(id, topic)| (topic.into(), id.into()))
                .collect();
            if !astray.is_empty() {
                tell(inner, &astray).await?;
                let is_here = |(topic, id): &(Arc<str>, Arc<str>)| inner.hub.has_member(topic, id);
                if astray.iter().any(is_here) {
                    // It came again meanwhile.
                    inner.behind.store(true, Ordering::Release);
                }
            }
            if next == "0" {
                return Ok(());
            }
            cursor = next;
        }
    }
}

impl Leaves {
    /// Tells Redis who leaves, in their order. While it is away they wait.
    pub(super) async fn run(mut self, inner: Arc<Inner>) {
        let mut waiting = Vec::new();
        while self.0.recv_many(&mut waiting, TOGETHER).await > 0 {
            let members = waiting.iter().filter_map(|leave| match leave {
                Leave::Member(topic, id) => Some((topic.clone(), id.clone())),
                Leave::Topic(_) | Leave::Flush(_) => None,
            });
            let members: Vec<_> = members.collect();
            if !members.is_empty() {
                tell_until_known(&inner, &members).await;
            }
            for (_, id) in &members {
                inner.leaving.has_left(id);
            }
            for leave in waiting.drain(..) {
                match leave {
                    Leave::Member(..) => {}
                    Leave::Topic(topic) => unsubscribe(&inner, &topic).await,
                    Leave::Flush(done) => drop(done.send(())),
                }
            }
        }
    }
}

/// It may be said twice: who isn't there can't leave.
async fn tell_until_known(inner: &Inner, members: &[(Arc<str>, Arc<str>)]) {
    loop {
        match tell(inner, members).await {
            Ok(()) => return,
            Err(Fault::Link) => tokio::time::sleep(lease::FIRST_PAUSE).await,
            Err(Fault::Refused) => {
                inner.leaving.astray.store(true, Ordering::Release);
                return;
            }
        }
    }
}

async fn tell(inner: &Inner, members: &[(Arc<str>, Arc<str>)]) -> Result<(), Fault> {
    let leaving = inner.run_own(&inner.scripts.leave, |call| {
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

async fn unsubscribe(inner: &Inner, topic: &Arc<str>) {
    let _one = inner.subscribing.lock().await;
    if !inner.hub.has(topic) {
        let channel = inner.scripts.topic_channel(topic);
        // Whoever connects anew subscribes to what the hub has.
        let _ = inner.links.unsubscribe(channel.as_bytes()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_there_is_no_room_for_is_astray() {
        let (leaving, mut leaves) = Leaving::new();
        let (topic, id): (Arc<str>, Arc<str>) = ("tea".into(), "h-1".into());
        for _ in 0..WAITING {
            leaving.member(&topic, &id);
        }
        assert!(!leaving.astray.load(Ordering::Acquire));
        for _ in 0..WAITING {
            leaving.member(&topic, &id);
        }
        assert!(leaving.astray.load(Ordering::Acquire));
        assert_eq!(leaving.who.lock().get(&id), Some(&WAITING));
        assert_eq!(leaves.0.len(), WAITING);
        let mut waiting = Vec::new();
        assert_eq!(leaves.0.recv_many(&mut waiting, WAITING).await, WAITING);
    }
}
