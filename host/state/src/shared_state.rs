//! The state that all connections of a server share, or those of a run in a laboratory.

use super::backend::{Backends, Namespaces};
use super::clock::{Clock, SystemClock};
use super::error::OpenError;
use super::limits::Limits;
use super::location::Location;
use super::open::open_backends;
use super::participant::Participant;
use super::problem::Problem;
use eco_fair::Account;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Topics and a store, shared by connections. Clones are the same.
#[derive(Clone)]
pub struct SharedState {
    backends: Arc<Backends>,
    ids: Arc<Ids>,
}

/// Makes the ids of connections.
struct Ids {
    /// Each begins with it; those of no other host do.
    host: String,
    made: AtomicU64,
}

impl SharedState {
    /// In memory, empty. The ids of its connections begin with the name of the host.
    pub fn in_memory(limits: Limits, clock: Arc<dyn Clock>, host: &str) -> Self {
        Self::new(Backends::in_memory(limits, clock), host)
    }

    /// Opens it where it is kept, under a name that services don't share. Several hosts may share it on Redis, each
    /// with a name of its own, with which the ids of its connections begin.
    ///
    /// # Errors
    /// It can't be opened. It waits for a Redis that is there, and for a file that another process is just letting go.
    pub async fn open(
        location: &Location,
        namespace: &str,
        limits: Limits,
        host: &str,
    ) -> Result<Self, OpenError> {
        let backends = open_backends(location, namespace, limits, host).await?;
        Ok(Self::new(backends, host))
    }

    fn new(backends: Backends, host: &str) -> Self {
        let ids = Ids {
            host: host.to_owned(),
            made: AtomicU64::new(0),
        };
        let (backends, ids) = (Arc::new(backends), Arc::new(ids));
        Self { backends, ids }
    }

    /// A connection that takes part from now on, and pays for itself.
    pub fn participant(&self) -> Participant {
        self.participant_of(Arc::default())
    }

    /// A connection that takes part from now on. `payer` pays for the work that it causes others.
    pub fn participant_of(&self, payer: Arc<Account>) -> Participant {
        let Ids { host, made } = &*self.ids;
        let number = made.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("{host}{number}");
        Participant::new(self.backends.clone(), id.into(), payer)
    }

    /// Waits until all participants that have left, or are dropped, have left on all hosts.
    pub async fn flush(&self) {
        self.backends.topics.flush().await;
    }

    /// Waits, not long, until all ended connections have left on all hosts. Then other hosts need not find out that
    /// this one is gone.
    pub async fn close(&self) {
        self.backends.topics.close().await;
    }

    /// The names under which something is kept in this store's place.
    ///
    /// # Errors
    /// The place can't be used now.
    pub async fn namespaces(&self) -> Result<Namespaces, Problem> {
        self.backends.store.namespaces().await
    }

    /// Bytes that this process holds of it: the events that wait, and the store where that is in memory.
    pub fn held(&self) -> usize {
        let waiting = self.backends.waiting.load(Ordering::Relaxed);
        waiting.saturating_add(self.backends.store.held())
    }

    /// Its limits.
    pub fn limits(&self) -> &Limits {
        &self.backends.limits
    }
}

/// In memory, within the default limits.
impl Default for SharedState {
    fn default() -> Self {
        Self::in_memory(Limits::default(), Arc::new(SystemClock::default()), "")
    }
}

impl fmt::Debug for SharedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedState({})", self.ids.host)
    }
}
