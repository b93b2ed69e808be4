//! Turns: only so many at the same time, and the one with the least recent time goes first.
//!
//! The plugin with the least goes first, within it the peer, within that the connection. So nobody gets more by opening
//! more connections, and nobody waits for another plugin's crowd.

use crate::account::Account;
use crate::recent::RecentTime;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// Turns for some at the same time. Clones are the same.
#[derive(Clone)]
pub struct TurnQueue(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    /// How many wait, about.
    waiting: AtomicUsize,
}

struct Queue {
    free: usize,
    /// The plugins that wait, of which there are few.
    plugins: HashMap<usize, Plugin>,
    came: u64,
}

struct Plugin {
    account: Arc<Account>,
    /// When it came to wait.
    came: u64,
    /// Its peers that wait, of which there may be thousands.
    peers: HashMap<usize, Peer>,
    /// The peers by their recent time at the last look, and their arrival. None has less by now.
    order: BTreeSet<(i64, u64, usize)>,
}

struct Peer {
    account: Arc<Account>,
    /// Its place in the order of peers.
    at: (i64, u64, usize),
    /// Its connections, by their recent time and their arrival.
    waiting: BTreeMap<(i64, u64), oneshot::Sender<Place>>,
}

/// A place, given back when it is dropped. Empty, it is nobody's any more.
pub struct Place(Option<TurnQueue>);

/// A turn that comes. Dropped before, it is given up.
pub struct Turn(Progress);

enum Progress {
    /// It has come.
    Granted(Option<Place>),
    /// It is to come.
    Waits(Waits),
}

/// A turn's place in the queue.
struct Waits {
    granted: oneshot::Receiver<Place>,
    turns: TurnQueue,
    plugin: usize,
    peer: usize,
    order: (i64, u64),
}

/// Leaves no trace in the queue, where it may have waited for long.
impl Drop for Waits {
    fn drop(&mut self) {
        let mut queue = self.turns.0.queue.lock();
        if queue.remove(self) {
            self.turns.0.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl TurnQueue {
    /// With so many places.
    pub fn with_places(free: usize) -> Self {
        let queue = Mutex::new(Queue {
            free,
            plugins: HashMap::new(),
            came: 0,
        });
        let waiting = AtomicUsize::new(0);
        Self(Arc::new(Shared { queue, waiting }))
    }

    /// Whether somebody waits.
    pub fn is_contended(&self) -> bool {
        self.waiting() > 0
    }

    /// How many wait, about.
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Waits for a place, for which this plugin and this peer pay. `recent` is the connection's recent time.
    pub fn enter(&self, plugin: &Arc<Account>, peer: &Arc<Account>, recent: RecentTime) -> Turn {
        let mut queue = self.0.queue.lock();
        if queue.free > 0 {
            queue.free -= 1;
            let place = Place(Some(self.clone()));
            return Turn(Progress::Granted(Some(place)));
        }
        let (grant, granted) = oneshot::channel();
        queue.came += 1;
        let came = queue.came;
        let waiting = queue.plugins.entry(key(plugin));
        let waiting = waiting.or_insert_with(|| Plugin {
            account: plugin.clone(),
            came,
            peers: HashMap::new(),
            order: BTreeSet::new(),
        });
        let order = (recent.order(), came);
        waiting.enter(peer, order, grant);
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        drop(queue);
        Turn(Progress::Waits(Waits {
            granted,
            turns: self.clone(),
            plugin: key(plugin),
            peer: key(peer),
            order,
        }))
    }
}

/// The address of an account, as its key: it stays the same while the account is in the queue.
fn key(account: &Arc<Account>) -> usize {
    Arc::as_ptr(account).addr()
}

impl Queue {
    /// Takes the next one out.
    fn next(&mut self) -> Option<oneshot::Sender<Place>> {
        let plugins = self.plugins.iter();
        let next = plugins.min_by_key(|(_, plugin)| (plugin.account.recent().order(), plugin.came));
        let key = *next?.0;
        let plugin = self.plugins.get_mut(&key)?;
        let next = plugin.next();
        if plugin.peers.is_empty() {
            self.plugins.remove(&key);
        }
        next
    }

    /// Takes one out that waits no more. Whether it was there.
    fn remove(&mut self, gone: &Waits) -> bool {
        let Some(plugin) = self.plugins.get_mut(&gone.plugin) else {
            return false;
        };
        let Some(peer) = plugin.peers.get_mut(&gone.peer) else {
            return false;
        };
        let was_there = peer.waiting.remove(&gone.order).is_some();
        if peer.waiting.is_empty() {
            plugin.order.remove(&peer.at);
            plugin.peers.remove(&gone.peer);
        }
        if plugin.peers.is_empty() {
            self.plugins.remove(&gone.plugin);
        }
        was_there
    }
}

impl Plugin {
    fn enter(&mut self, account: &Arc<Account>, order: (i64, u64), grant: oneshot::Sender<Place>) {
        let peer = self.peers.entry(key(account)).or_insert_with(|| {
            let at = (account.recent().order(), order.1, key(account));
            self.order.insert(at);
            Peer {
                account: account.clone(),
                at,
                waiting: BTreeMap::new(),
            }
        });
        peer.waiting.insert(order, grant);
    }

    fn next(&mut self) -> Option<oneshot::Sender<Place>> {
        loop {
            let (had, came, key) = self.order.pop_first()?;
            let peer = self.peers.get_mut(&key)?;
            let has = peer.account.recent().order();
            if has > had {
                peer.at = (has, came, key);
                self.order.insert(peer.at);
                continue;
            }
            let (_, next) = peer.waiting.pop_first()?;
            match peer.waiting.first_key_value() {
                Some(((_, came), _)) => {
                    peer.at = (has, *came, key);
                    self.order.insert(peer.at);
                }
                None => {
                    self.peers.remove(&key);
                }
            }
            return Some(next);
        }
    }
}

impl Drop for Place {
    /// Hands it to the next. One that was dropped while it waited is passed over.
    fn drop(&mut self) {
        let Some(turns) = self.0.take() else {
            return;
        };
        loop {
            let next = {
                let mut queue = turns.0.queue.lock();
                let next = queue.next();
                match next {
                    Some(_) => drop(turns.0.waiting.fetch_sub(1, Ordering::Relaxed)),
                    None => queue.free += 1,
                }
                next
            };
            let Some(grant) = next else { return };
            match grant.send(Self(Some(turns.clone()))) {
                Ok(()) => return,
                Err(mut refused) => refused.0 = None,
            }
        }
    }
}

impl Future for Turn {
    type Output = Place;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Place> {
        match &mut self.0 {
            Progress::Granted(place) => match place.take() {
                Some(place) => Poll::Ready(place),
                None => Poll::Pending,
            },
            Progress::Waits(waits) => match Pin::new(&mut waits.granted).poll(cx) {
                Poll::Ready(Ok(place)) => Poll::Ready(place),
                // The sender is only ever dropped after sending.
                Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn had(milliseconds: u64) -> RecentTime {
        let mut recent = RecentTime::default();
        recent.add(Duration::from_millis(milliseconds), Instant::now());
        recent
    }

    fn account(milliseconds: u64) -> Arc<Account> {
        let account = Arc::new(Account::default());
        account.charge(Duration::from_millis(milliseconds), Instant::now());
        account
    }

    /// Has all wait, each with its plugin, its peer and its recent time, and returns the order of their turns.
    async fn order(waiting: Vec<(Arc<Account>, Arc<Account>, u64)>) -> Vec<usize> {
        let turns = TurnQueue::with_places(1);
        let nobody = account(0);
        let first = turns.enter(&nobody, &nobody, had(20)).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut calls = tokio::task::JoinSet::new();
        for (number, (plugin, peer, recent)) in waiting.into_iter().enumerate() {
            let (turns, order) = (turns.clone(), order.clone());
            calls.spawn(async move {
                let _place = turns.enter(&plugin, &peer, had(recent)).await;
                order.lock().push(number);
            });
        }
        // One thread: they all wait after this.
        tokio::task::yield_now().await;
        let dropped = turns.enter(&nobody, &nobody, had(10));
        assert!(turns.is_contended());
        drop(dropped);
        drop(first);
        while calls.join_next().await.is_some() {}
        assert!(!turns.is_contended());
        assert!(turns.0.queue.lock().plugins.is_empty());
        let order = order.lock();
        order.clone()
    }

    #[tokio::test]
    async fn the_connection_that_had_least_goes_first_and_a_dropped_turn_is_passed_over() {
        let (plugin, peer) = (account(0), account(0));
        let waiting = [900, 30, 400].map(|recent| (plugin.clone(), peer.clone(), recent));
        assert_eq!(order(waiting.into()).await, [1, 2, 0]);
    }

    #[tokio::test]
    async fn a_peer_s_many_connections_wait_for_another_peer_that_had_less() {
        let (plugin, crowd, one) = (account(500), account(300), account(50));
        let of = |peer: &Arc<Account>, had| (plugin.clone(), peer.clone(), had);
        let waiting = vec![of(&crowd, 0), of(&crowd, 1), of(&one, 50), of(&crowd, 2)];
        assert_eq!(order(waiting).await, [2, 0, 1, 3]);
    }

    #[tokio::test]
    async fn a_plugin_s_many_peers_wait_for_another_plugin_that_had_less() {
        let (crowd, one) = (account(900), account(50));
        let of = |plugin: &Arc<Account>, had| (plugin.clone(), account(had), had);
        let waiting = vec![of(&crowd, 1), of(&crowd, 2), of(&one, 50)];
        assert_eq!(order(waiting).await, [2, 0, 1]);
    }
}
