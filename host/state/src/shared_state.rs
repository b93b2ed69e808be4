//! The state that all connections of a server share, or those of a run in a laboratory.

use super::backend::{Backends, Namespaces, StoreBackend, TopicsBackend};
use super::clock::{Clock, SystemClock};
use super::counters::Counters;
use super::error::OpenError;
use super::event::{EventKind, LISTENER, Member};
use super::limits::{Limit, Limits};
use super::listener::Listener;
use super::location::Location;
use super::open::open_backends;
use super::participant::Participant;
use super::price::{DELIVERY, pay};
use super::problem::Problem;
use super::store::Store;
use eco_fair::Account;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Topics and a store, shared by connections. Clones are the same. It ends with the last of them and of its
/// participants, stores and listeners: the links to Redis are closed then, and a file is after the changes that were
/// asked for, for which the dropping thread waits some milliseconds.
#[derive(Clone)]
pub struct SharedState {
    backends: Arc<Backends>,
    host: Arc<Host>,
}

/// This host, as it takes part itself.
struct Host {
    /// The ids of its connections begin with it; those of no other host do.
    prefix: String,
    /// Connections and listeners so far.
    made: AtomicU64,
    /// Its own id. Connections are counted from 1.
    id: Arc<str>,
    /// Pays for the work that it causes its connections.
    account: Arc<Account>,
}

impl SharedState {
    /// In memory, empty. The ids of its connections begin with the name of the host.
    pub fn in_memory(limits: Limits, clock: Arc<dyn Clock>, host: &str) -> Self {
        Self::new(Backends::in_memory(limits, clock), host)
    }

    /// Opens it where it is kept, under a name that services don't share. Several hosts may share it on Redis, each
    /// with a name of its own, with which the ids of its connections begin. A name that ends in a digit has a `-` after
    /// it there.
    ///
    /// A file has a thread of its own, `eco-store`, which writes to it and ends with the state; it is opened in a
    /// thread of the runtime for work that blocks. Redis has tasks of the runtime that this is called in, and no
    /// thread. Memory has neither. What a future has begun that is dropped ends by itself.
    ///
    /// # Errors
    /// It can't be opened, or a name can't be used: a namespace has 1 to 200 bytes and no brace, and the name of a host
    /// 100 at most. It waits for a Redis that is there, and for a file that another process is just letting go, for two
    /// seconds.
    pub async fn open(
        location: &Location,
        namespace: &str,
        limits: Limits,
        host: &str,
    ) -> Result<Self, OpenError> {
        let backends = open_backends(location, namespace, limits, host).await?;
        Ok(Self::new(backends, host))
    }

    /// With backends of the caller's own. The limits of single things, the rates and the mailboxes are this crate's
    /// work, and the totals ([`Limits::members`], [`Limits::store`], [`Limits::keys`]) are the backends'. `host` is as
    /// in
    /// [`open`](Self::open).
    pub fn with_backends(
        topics: Box<dyn TopicsBackend>,
        store: Box<dyn StoreBackend>,
        limits: Limits,
        host: &str,
    ) -> Self {
        let clock = Arc::new(SystemClock::default());
        Self::new(Backends::new(topics, store, limits, clock), host)
    }

    fn new(backends: Backends, host: &str) -> Self {
        // Else the tenth connection of `web` would be one of `web1`.
        let separator = if host.ends_with(|last: char| last.is_ascii_digit()) {
            "-"
        } else {
            ""
        };
        let prefix = format!("{host}{separator}");
        let host = Host {
            id: format!("{prefix}0").into(),
            prefix,
            made: AtomicU64::new(0),
            account: Arc::default(),
        };
        let (backends, host) = (Arc::new(backends), Arc::new(host));
        Self { backends, host }
    }

    /// A connection that takes part from now on, and pays for itself.
    pub fn participant(&self) -> Participant {
        self.participant_of(Arc::default())
    }

    /// A connection that takes part from now on. `payer` pays for the work that it causes others.
    pub fn participant_of(&self, payer: Arc<Account>) -> Participant {
        let (host, number) = (&self.host.prefix, self.host.next());
        let id = format!("{host}{number}");
        Participant::new(self.backends.clone(), id.into(), payer)
    }

    /// The store, for the host itself: within the limits of keys and values that plugins have.
    pub fn store(&self) -> Store {
        Store::new(self.backends.clone())
    }

    /// The id of the host, from which come the messages that it publishes itself.
    pub fn id(&self) -> &Arc<str> {
        &self.host.id
    }

    /// Says something to all members of a topic and all listeners, for the host itself, which need not be a member.
    /// They hear it from [`id`](Self::id), with this label. Nothing happens where there are none.
    ///
    /// A message, a label and the name of a topic have the limits that plugins have. The rates are for connections: a
    /// program that says much makes its own limits. Those who hear it pay for nothing: the host has an account of its
    /// own (on Redis, one for all that comes from there), after whose recent use their turns come. A future that is
    /// dropped may have told them or not.
    ///
    /// # Errors
    /// One of these is too large; too much waits already ([`Limit::Waiting`]; not on Redis, where those without room
    /// are told that they missed it); or the place can't be used now.
    pub async fn publish(&self, topic: &str, label: &str, data: &[u8]) -> Result<(), Problem> {
        let Backends { topics, limits, .. } = &*self.backends;
        Limit::Topic.admit(topic.len(), limits)?;
        Limit::Label.admit(label.len(), limits)?;
        Limit::Message.admit(data.len(), limits)?;
        topics.is_there()?;
        let from = Member {
            id: self.host.id.clone(),
            label: label.into(),
        };
        let payer = &self.host.account;
        pay(payer, DELIVERY, topics.audience(topic, EventKind::Message));
        let topic = topic.into();
        topics.publish(&topic, from, data.into(), payer).await
    }

    /// Listens to a topic, for the host itself: from now on, until the listener is dropped. It is no member that others
    /// hear of or see in lists. It counts for [`Limits::members`], as it takes the same room. A future that is dropped
    /// listens to nothing.
    ///
    /// # Errors
    /// The name of the topic is too long; there are as many members as there may be; or the place can't be used now.
    pub async fn listen(&self, topic: &str) -> Result<Listener, Problem> {
        let (host, number) = (&self.host.prefix, self.host.next());
        let id = format!("{host}{number}{LISTENER}");
        Listener::new(&self.backends, id.into(), topic, &self.host.account).await
    }

    /// Waits until all participants that have left, or are dropped, have left on all hosts. Cancel safe.
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
        let waiting = self.backends.waiting.bytes();
        waiting.saturating_add(self.backends.store.held())
    }

    /// What it holds at this moment. It takes a lock or two for an instant, and asks nobody: a program may look every
    /// second.
    pub fn counters(&self) -> Counters {
        let Backends {
            topics,
            store,
            waiting,
            ..
        } = &*self.backends;
        let (of_topics, of_store) = (topics.counts(), store.counts());
        Counters {
            topics: of_topics.topics,
            members: of_topics.members,
            waiting: waiting.bytes(),
            missed: waiting.missed(),
            keys: of_store.map(|store| store.keys),
            store: of_store.map(|store| store.bytes),
            commits: of_store.and_then(|store| store.commits),
            held: self.held(),
            is_there: topics.is_there().is_ok(),
        }
    }

    /// Its limits.
    pub fn limits(&self) -> &Limits {
        &self.backends.limits
    }
}

impl Host {
    /// The number of the next connection or listener.
    fn next(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
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
        write!(f, "SharedState({})", self.host.prefix)
    }
}
