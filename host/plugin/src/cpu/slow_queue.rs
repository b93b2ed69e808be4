//! The queue for long calls: only so many run at the same time, and of those that wait, the one whose
//! connection has had least lately goes first. A plugin that loops can't hold up a call that needs a
//! few ticks, and short calls that come again and again can't hold up a long one.

use crate::cpu::recent::RecentTime;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// The queue of one engine. Clones are the same queue.
#[derive(Clone)]
pub(crate) struct SlowQueue(Arc<Mutex<Places>>);

struct Places {
    free: usize,
    /// By what their connections have had lately, then in the order in which they came.
    waiting: BTreeMap<(i64, u64), oneshot::Sender<Place>>,
    came: u64,
    began: Instant,
}

/// A place in the queue, given back when it is dropped. Empty, it is nobody's any more.
pub(crate) struct Place(Option<SlowQueue>);

impl SlowQueue {
    /// One place fewer than there are processors, and at least one.
    pub(crate) fn for_this_machine() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_places(processors.saturating_sub(1).max(1))
    }

    fn with_places(free: usize) -> Self {
        Self(Arc::new(Mutex::new(Places {
            free,
            waiting: BTreeMap::new(),
            came: 0,
            began: Instant::now(),
        })))
    }

    /// Waits for a place. `recent` is what the connection has had.
    pub(crate) async fn enter(&self, recent: RecentTime) -> Place {
        let granted = {
            let mut places = self.lock();
            if places.free > 0 {
                places.free -= 1;
                return Place(Some(self.clone()));
            }
            let (grant, granted) = oneshot::channel();
            places.came += 1;
            let order = (recent.order(places.began), places.came);
            places.waiting.insert(order, grant);
            granted
        };
        match granted.await {
            Ok(place) => place,
            // The sender is only ever dropped after sending.
            Err(_) => std::future::pending().await,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock()
    }
}

impl Drop for Place {
    /// Hands it to the next call. One that was dropped while it waited is passed over.
    fn drop(&mut self) {
        let Some(slow_queue) = self.0.take() else {
            return;
        };
        loop {
            let next = {
                let mut places = slow_queue.lock();
                let next = places.waiting.pop_first();
                if next.is_none() {
                    places.free += 1;
                }
                next
            };
            let Some((_, grant)) = next else { return };
            match grant.send(Self(Some(slow_queue.clone()))) {
                Ok(()) => return,
                Err(mut refused) => refused.0 = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn the_connection_that_had_least_goes_first_and_a_dropped_call_is_passed_over() {
        let had = |milliseconds| {
            let mut recent = RecentTime::default();
            recent.add(Duration::from_millis(milliseconds), Instant::now());
            recent
        };
        let slow_queue = SlowQueue::with_places(1);
        let first = slow_queue.enter(had(20)).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut calls = tokio::task::JoinSet::new();
        for milliseconds in [900, 30, 400] {
            let (slow_queue, order) = (slow_queue.clone(), order.clone());
            calls.spawn(async move {
                let _place = slow_queue.enter(had(milliseconds)).await;
                order.lock().push(milliseconds);
            });
        }
        let dropped = tokio::spawn({
            let slow_queue = slow_queue.clone();
            async move { drop(slow_queue.enter(had(10)).await) }
        });
        // One thread: they all wait after this.
        tokio::task::yield_now().await;
        dropped.abort();
        drop(first);
        while calls.join_next().await.is_some() {}
        let order = order.lock();
        assert_eq!(*order, [30, 400, 900]);
    }
}
