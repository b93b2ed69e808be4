//! An account of the processor time that somebody has had lately, and of the bytes that others hold for it.

use crate::recent::RecentTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Recent processor time of a plugin, a peer or a connection.
#[derive(Debug)]
pub struct Account {
    recent: AtomicU64,
    connections: AtomicUsize,
    /// Bytes that it has others hold.
    held: AtomicUsize,
    /// The sum over all peers, to which it adds.
    total: Option<Arc<Total>>,
}

/// The sum over all peers.
#[derive(Debug)]
pub(crate) struct Total {
    account: Account,
    /// Above this sum the machine is busy.
    busy_from: Duration,
    /// Whether it was busy at the last charge.
    is_busy: AtomicBool,
}

impl Total {
    /// Nothing yet. Above `busy_from` the machine counts as busy.
    pub(crate) fn new(busy_from: Duration) -> Arc<Self> {
        Arc::new(Self {
            account: Account::default(),
            busy_from,
            is_busy: AtomicBool::new(false),
        })
    }

    /// The sum.
    pub(crate) fn recent(&self) -> RecentTime {
        self.account.recent()
    }

    /// Whether the sum is above the bound at this moment.
    pub(crate) fn is_busy_at(&self, now: Instant) -> bool {
        self.recent().had(now) > self.busy_from
    }

    /// Whether it was above the bound at the last charge. It costs next to nothing.
    pub(crate) fn was_busy(&self) -> bool {
        self.is_busy.load(Ordering::Relaxed)
    }
}

/// Nothing.
impl Default for Account {
    fn default() -> Self {
        Self {
            recent: AtomicU64::new(RecentTime::default().to_bits()),
            connections: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            total: None,
        }
    }
}

impl Account {
    /// A new one, which adds to this sum.
    pub(crate) fn counted_in(total: &Arc<Total>) -> Self {
        Self {
            total: Some(total.clone()),
            ..Self::default()
        }
    }

    /// Its recent processor time.
    pub fn recent(&self) -> RecentTime {
        RecentTime::from_bits(self.recent.load(Ordering::Relaxed))
    }

    /// The average over its connections. A new connection begins with it, so that connecting anew is no advantage, and
    /// no burden either.
    pub fn average(&self) -> RecentTime {
        let connections = self.connections.load(Ordering::Relaxed).max(1);
        self.recent().divided_by(connections)
    }

    /// Charges processor time that it has just had, or that others had because of it.
    pub fn charge(&self, time: Duration, now: Instant) {
        // It fails for nobody: the closure always has a value.
        let _ = self
            .recent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
                let mut recent = RecentTime::from_bits(bits);
                recent.add(time, now);
                Some(recent.to_bits())
            });
        if let Some(total) = &self.total {
            total.account.charge(time, now);
            let is_busy = total.is_busy_at(now);
            total.is_busy.store(is_busy, Ordering::Relaxed);
        }
    }

    /// Bytes that others hold for it.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Others hold so many bytes more for it.
    pub fn hold(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Others hold so many bytes less for it.
    pub fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// One more connection of it. Whether it is the first.
    pub(crate) fn connect(&self) -> bool {
        self.connections.fetch_add(1, Ordering::Relaxed) == 0
    }

    /// One connection less. Whether it was the last.
    pub(crate) fn disconnect(&self) -> bool {
        self.connections.fetch_sub(1, Ordering::Relaxed) == 1
    }
}
