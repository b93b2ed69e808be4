//! What all connections of a server, or of a run in a laboratory, share.

use super::backend::{Namespaces, StoreBackend, TopicsBackend};
use super::clock::{Clock, SystemClock, WallClock};
use super::file::{self, FileStore};
use super::limits::Limits;
use super::location::Location;
use super::memory::{MemoryStore, MemoryTopics};
use super::participant::Participant;
use super::problem::Problem;
use super::redis::{Links, RedisStore, RedisTopics};
use eco_fair::Account;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Why state can't be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the file.
    #[error("another process has {} open", .0.display())]
    InUse(PathBuf),
    /// The file can't be used.
    #[error("cannot use {}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The system refuses what the file needs: its disk is full, say.
    #[error("cannot use {}: {error}", path.display())]
    System {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// No URL of a Redis.
    #[error("this is no URL of a Redis: {0}")]
    Url(String),
    /// Redis doesn't answer, or doesn't let us in.
    #[error("cannot use Redis at {address}: {reason}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What it said, or the system.
        reason: String,
    },
}

/// Where connections meet. Clones are the same.
#[derive(Clone)]
pub struct SharedState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) topics: Box<dyn TopicsBackend>,
    pub(crate) store: Box<dyn StoreBackend>,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<dyn Clock>,
    /// Bytes of all events that wait.
    pub(crate) waiting: Arc<AtomicUsize>,
    /// What the ids of its connections begin with: nobody else's do.
    host: String,
    participants: AtomicU64,
}

impl SharedState {
    /// In memory, empty. The ids of its connections begin with the name of the host.
    pub fn in_memory(limits: Limits, clock: Arc<dyn Clock>, host: &str) -> Self {
        let waiting = Arc::default();
        let topics = MemoryTopics::new(&limits, &waiting);
        let store = MemoryStore::new(&limits, clock.clone());
        let (topics, store) = (Box::new(topics), Box::new(store));
        Self::new(topics, store, limits, clock, waiting, host)
    }

    /// Where it is kept, under a name that services don't share. Several hosts may share it on Redis, each with a
    /// name of its own, with which the ids of its connections begin.
    ///
    /// # Errors
    /// It can't be had. Only Redis that is there is waited for, and a file that somebody is just letting go.
    pub async fn open(
        location: &Location,
        namespace: &str,
        limits: Limits,
        host: &str,
    ) -> Result<Self, OpenError> {
        let clock = Arc::new(SystemClock::default());
        let waiting = Arc::default();
        let (topics, store): (Box<dyn TopicsBackend>, Box<dyn StoreBackend>) = match location {
            Location::Memory => return Ok(Self::in_memory(limits, clock, host)),
            Location::File(path) => (
                Box::new(MemoryTopics::new(&limits, &waiting)),
                Box::new(FileStore::open(path, namespace, &limits, Arc::new(WallClock)).await?),
            ),
            Location::Redis(url) => {
                let links = Links::new(url, &limits)?;
                let topics =
                    RedisTopics::open(links.clone(), namespace, host, &limits, &waiting).await?;
                let store = RedisStore::new(links, namespace, &limits);
                (Box::new(topics), Box::new(store))
            }
        };
        Ok(Self::new(topics, store, limits, clock, waiting, host))
    }

    fn new(
        topics: Box<dyn TopicsBackend>,
        store: Box<dyn StoreBackend>,
        limits: Limits,
        clock: Arc<dyn Clock>,
        waiting: Arc<AtomicUsize>,
        host: &str,
    ) -> Self {
        Self(Arc::new(Inner {
            topics,
            store,
            limits,
            clock,
            waiting,
            host: host.to_owned(),
            participants: AtomicU64::new(0),
        }))
    }

    /// A connection that takes part from now on, and pays for itself.
    pub fn participant(&self) -> Participant {
        self.participant_of(Arc::default())
    }

    /// A connection that takes part from now on. `payer` pays for what it makes others do.
    pub fn participant_of(&self, payer: Arc<Account>) -> Participant {
        let number = self.0.participants.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("{}{number}", self.0.host);
        Participant::new(self.clone(), id.into(), payer)
    }

    /// Waits until all who have left, or are dropped, have left everywhere.
    pub async fn flush(&self) {
        self.0.topics.flush().await;
    }

    /// Waits, not long, until all whose connections have ended have left everywhere. Others need not find out that
    /// this host is gone then.
    pub async fn close(&self) {
        self.0.topics.close().await;
    }

    /// The names under which a store has something where this one is kept.
    ///
    /// # Errors
    /// It can't be had now.
    pub async fn namespaces(&self) -> Result<Namespaces, Problem> {
        self.0.store.namespaces().await
    }

    /// Bytes that it makes this process hold: the events that wait, and the store where that is in memory.
    pub fn held(&self) -> usize {
        let waiting = self.0.waiting.load(Ordering::Relaxed);
        waiting.saturating_add(self.0.store.held())
    }

    /// The limits that it holds to.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

/// The store alone, of a server that is stopped or, on Redis, runs: to look at it.
///
/// # Errors
/// It can't be had. No file is made where there is none, and nothing is written into one that is empty.
pub async fn open_store(
    location: &Location,
    namespace: &str,
    limits: &Limits,
) -> Result<Box<dyn StoreBackend>, OpenError> {
    Ok(match location {
        Location::File(path) if !file::has_something(path) => nothing(limits),
        Location::Memory => nothing(limits),
        Location::File(path) => {
            Box::new(FileStore::open(path, namespace, limits, Arc::new(WallClock)).await?)
        }
        Location::Redis(url) => {
            let links = Links::new(url, limits)?;
            links.connect().await?;
            Box::new(RedisStore::new(links, namespace, limits))
        }
    })
}

fn nothing(limits: &Limits) -> Box<dyn StoreBackend> {
    Box::new(MemoryStore::new(limits, Arc::new(SystemClock::default())))
}

/// In memory, within the default limits.
impl Default for SharedState {
    fn default() -> Self {
        Self::in_memory(Limits::default(), Arc::new(SystemClock::default()), "")
    }
}

impl fmt::Debug for SharedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedState({})", self.0.host)
    }
}
