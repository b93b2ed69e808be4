//! What a server counts, for whoever watches it.

use super::event::{EndReason, Refusal};
use super::traffic::{Counting, Traffic};
use crate::counts::{Counts, LiveCounts};
use crate::stream_observer::StreamObserver;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use tokio_util::task::TaskTracker;

/// What a server counts, for whoever watches it. Clones are of the same server. It stops whether they are there or not, and
/// they tell then how it ended.
#[derive(Clone)]
pub struct ServerFigures(pub(super) Arc<Tallies>);

/// The counts of a server, which its tasks write.
pub(super) struct Tallies {
    pub(super) connections: TaskTracker,
    /// How many may be open.
    most: AtomicUsize,
    accepted: AtomicU64,
    cut_off: AtomicU64,
    /// Whether accepting waits for a place.
    waits: AtomicBool,
    waited: AtomicU64,
    /// In the order of [`Refusal::CODES`].
    refused: [AtomicU64; Refusal::CODES.len()],
    /// In the order of [`EndReason::ALL`].
    ended: [AtomicU64; EndReason::ALL.len()],
    traffic: Option<Traffic>,
}

/// The server's connections, at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerCounts {
    /// Connections that have a place, with those that have no session yet.
    pub open: usize,
    /// How many may have one.
    pub most: usize,
    /// Whether the next connection waits for a place. How many wait, only the system knows.
    pub is_full: bool,
    /// How often accepting has waited for a place.
    pub waited: u64,
    /// All that were ever accepted.
    pub accepted: u64,
    /// Those of them that were refused before they had a session.
    pub refused: u64,
    /// Those of them that were cut off at the end of the grace.
    pub cut_off: u64,
}

impl ServerFigures {
    /// The connections at this moment. Each number is read by itself.
    pub fn counts(&self) -> ServerCounts {
        self.0.counts()
    }

    /// How many connections have ended for each reason.
    pub fn ended(&self) -> impl Iterator<Item = (EndReason, u64)> {
        let counts = self
            .0
            .ended
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        EndReason::ALL.into_iter().zip(counts)
    }

    /// How many were refused for each reason, by the [code](Refusal::code) of that.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self
            .0
            .refused
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        Refusal::CODES.into_iter().zip(counts)
    }

    /// What went through all connections, also those that are open. `None` where the server doesn't
    /// [count that](super::Server::counting_traffic). It goes through all that are open.
    pub fn traffic(&self) -> Option<Counts> {
        self.0.traffic.as_ref().map(Traffic::sum)
    }

    /// What went through each connection that is open and has a session, with its number, in no order. `None` as for
    /// [`traffic`](Self::traffic).
    pub fn open_connections(&self) -> Option<Vec<(u64, Counts)>> {
        self.0.traffic.as_ref().map(Traffic::of_open)
    }
}

impl fmt::Debug for ServerFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerFigures")
            .field(&self.counts())
            .finish()
    }
}

impl Tallies {
    pub(super) fn new(most: usize, traffic: Option<Traffic>) -> Self {
        Self {
            connections: TaskTracker::new(),
            most: AtomicUsize::new(most),
            accepted: AtomicU64::new(0),
            cut_off: AtomicU64::new(0),
            waits: AtomicBool::new(false),
            waited: AtomicU64::new(0),
            refused: Default::default(),
            ended: Default::default(),
            traffic,
        }
    }

    pub(super) fn counts(&self) -> ServerCounts {
        let refused = self.refused.iter();
        ServerCounts {
            open: self.connections.len(),
            most: self.most.load(Ordering::Relaxed),
            is_full: self.waits.load(Ordering::Relaxed),
            waited: self.waited.load(Ordering::Relaxed),
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: refused.map(|count| count.load(Ordering::Relaxed)).sum(),
            cut_off: self.cut_off.load(Ordering::Relaxed),
        }
    }

    pub(super) fn set_most(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// Counts a connection that is accepted. Returns its number.
    pub(super) fn accept(&self) -> u64 {
        self.accepted.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Accepting waits for a place, for as long as what this returns is there.
    pub(super) fn wait(&self) -> impl Drop {
        self.waited.fetch_add(1, Ordering::Relaxed);
        self.waits.store(true, Ordering::Relaxed);
        Waits(&self.waits)
    }

    pub(super) fn refuse(&self, why: &Refusal) {
        let place = Refusal::CODES.iter().position(|code| *code == why.code());
        if let Some(count) = place.and_then(|place| self.refused.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts of a connection that has a session now, and whose stream this observes.
    pub(super) fn open(
        &self,
        connection: u64,
        observer: Option<Arc<dyn StreamObserver>>,
    ) -> Counting {
        let counts = observer.map_or_else(LiveCounts::default, LiveCounts::observed);
        match &self.traffic {
            Some(traffic) => Counting::Shared(traffic.come(connection, counts)),
            None => Counting::Own(counts),
        }
    }

    /// A connection that had a session has ended.
    pub(super) fn end(&self, connection: u64, reason: EndReason) {
        if let Some(count) = self.ended.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if reason == EndReason::CutOff {
            self.cut_off.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(traffic) = &self.traffic {
            traffic.go(connection);
        }
    }
}

struct Waits<'a>(&'a AtomicBool);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
