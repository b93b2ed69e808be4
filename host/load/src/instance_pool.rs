//! Instances of the plugin started ahead, so that no turn waits for a start.
//!
//! Each thread has a pool of its own. Its connections fill it while they wait: for a due time, or without
//! due times for a reply. It owns starting instances.

use super::dialogue_cache::DialogueCache;
use super::tally::SharedTally;
use eco_plugin::{Dialogue, Error};
use parking_lot::Mutex;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Instances that a thread keeps ready, and no more than it has connections: this many dialogues may begin
/// at once without a wait. Each takes memory, which counts against the total like that of the others.
/// Test: `a_pool_is_filled_to_its_bound_and_what_is_ready_is_taken_first`.
const AHEAD: usize = 8;

/// The most instances that a load has at once: one for each connection, and those kept ready.
pub fn most_instances(connections: u32, threads: u32) -> usize {
    let ahead = (threads as usize)
        .saturating_mul(AHEAD)
        .min(connections as usize);
    (connections as usize).saturating_add(ahead)
}

/// The instances that one thread keeps ready.
pub(super) struct InstancePool {
    ready: Mutex<Vec<Dialogue>>,
    most: usize,
}

impl InstancePool {
    /// A pool for a thread with so many connections.
    pub(super) fn new(connections: usize) -> Self {
        Self {
            ready: Mutex::new(Vec::new()),
            most: connections.min(AHEAD),
        }
    }

    /// An instance whose dialogue has not begun: a ready one, or else one started now.
    pub(super) async fn take(
        &self,
        dialogues: &DialogueCache,
        tally: &SharedTally,
    ) -> Result<Dialogue, Error> {
        let ready = self.ready.lock().pop();
        match ready {
            Some(dialogue) => Ok(dialogue),
            None => tally.of_plugin(dialogues.instantiate()).await,
        }
    }

    /// Whether one more would have room, and be used.
    pub(super) fn has_room(&self, dialogues: &DialogueCache) -> bool {
        dialogues.needs_instances() && self.ready.lock().len() < self.most
    }

    /// Starts one more. An error is dropped here: the dialogue that needs the instance meets it again.
    pub(super) async fn add(&self, dialogues: &DialogueCache, tally: &SharedTally) {
        let started = tally.of_plugin(dialogues.instantiate_ahead()).await;
        let mut ready = self.ready.lock();
        // Other connections may have started some in the meantime.
        if ready.len() < self.most {
            ready.extend(started);
        }
    }
}

/// Waits for `wait`, and does `work` first unless that is over at once.
pub(super) async fn meanwhile<T>(
    mut wait: Pin<&mut impl Future<Output = T>>,
    work: impl Future<Output = ()>,
) -> T {
    let over = poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx))).await;
    if let Poll::Ready(output) = over {
        return output;
    }
    work.await;
    wait.await
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_plugin::{Budgets, ClientPlugin, Compiler, Engine, Source};
    use std::pin::pin;

    const ECHO_CLIENT: &str = include_str!("../../../plugins/echo-client/echo-client.wat");

    /// Dialogues of a plugin with an import, whose engine has memory for a few dozen instances.
    async fn dialogues() -> DialogueCache {
        let budgets = Budgets::client(1 << 30).total_memory(32 << 20);
        let engine = Engine::builder(Compiler::InProcess, budgets).build();
        // With an import, its dialogues are not cached.
        let import = "(component $plugin (import \"eco:plugin/log@0.1.0\" (instance))";
        let plugin = ECHO_CLIENT.replacen("(component $plugin", import, 1);
        let file = tempfile::Builder::new().suffix(".wat").tempfile();
        let file = file.expect("a file can be made");
        std::fs::write(&file, plugin).expect("it can be written to");
        let source = Source::named(file.path(), &[]);
        let plugin = ClientPlugin::load(&engine.expect("an engine"), source).await;
        DialogueCache::new(plugin.expect("it is a client"), None)
    }

    /// A pool filled more often than it needs.
    async fn filled(connections: usize, dialogues: &DialogueCache) -> InstancePool {
        let (pool, tally) = (InstancePool::new(connections), SharedTally::new());
        for _ in 0..2 * AHEAD {
            if pool.has_room(dialogues) {
                pool.add(dialogues, &tally).await;
            }
        }
        pool
    }

    /// The number of instances that fit at the same time.
    async fn room(pool: &InstancePool, dialogues: &DialogueCache) -> usize {
        let mut taken = Vec::new();
        while let Ok(dialogue) = pool.take(dialogues, &SharedTally::new()).await {
            taken.push(dialogue);
        }
        taken.len()
    }

    #[tokio::test]
    async fn a_pool_is_filled_to_its_bound_and_what_is_ready_is_taken_first() {
        let dialogues = dialogues().await;
        let all = room(&InstancePool::new(0), &dialogues).await;
        assert!(all > AHEAD, "there is memory for {all}");
        let pool = filled(1000, &dialogues).await;
        assert_eq!(pool.ready.lock().len(), AHEAD);
        // Its memory counts, so that there is less for others, and a ready one needs no more.
        assert_eq!(room(&InstancePool::new(0), &dialogues).await, all - AHEAD);
        assert_eq!(room(&pool, &dialogues).await, all);
    }

    #[tokio::test]
    async fn a_thread_with_one_connection_has_one_instance_ready() {
        let pool = filled(1, &dialogues().await).await;
        assert_eq!(pool.ready.lock().len(), 1);
        assert_eq!(most_instances(1, 1), 2);
        assert_eq!(most_instances(1000, 2), 1000 + 2 * AHEAD);
    }

    #[tokio::test]
    async fn work_is_done_while_something_is_waited_for_and_not_where_it_is_there() {
        let done = std::cell::Cell::new(0);
        let work = async || done.set(done.get() + 1);
        assert_eq!(meanwhile(pin!(async { 1 }), work()).await, 1);
        assert_eq!(done.get(), 0);
        let wait = async {
            tokio::task::yield_now().await;
            (2, done.get())
        };
        assert_eq!(meanwhile(pin!(wait), work()).await, (2, 1));
    }
}
