//! The connections of one server: those that are open, and those that have ended lately.

use crate::Shared;
use crate::dialogue::{Dialogue, Events};
use crate::event::Ending;
use crate::memory::Use;
use crate::ring::MOST_BYTES;
use eco_net::{Counts, Server, ServerEvent, StreamObserver};
use eco_plugin::{EngineBuilder, EngineEvent, ObservedCalls};
use eco_text::escape::one_line;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

/// Open connections that one look shows: the newest. A person reads no more, and a page draws these in a moment.
/// Test: `connections::tests::a_look_shows_the_newest_connections_and_counts_the_others`.
const MOST_OPEN: usize = 1000;

/// Connections that have ended, and are still there to be looked at: the newest. The oldest is forgotten for one more.
/// Test: `connections::tests::a_look_shows_the_newest_connections_and_counts_the_others`.
const MOST_ENDED: usize = 200;

/// Keeps what goes through the connections of one server. Clones are for the same.
#[derive(Clone)]
pub struct ServerCapture(Arc<OfServer>);

pub(crate) struct OfServer {
    shared: Arc<Shared>,
    /// Locked when a connection comes or goes, and for each line of a plugin that is kept.
    table: Mutex<Table>,
}

/// All servers that there are.
#[derive(Debug, Default)]
pub(crate) struct Servers(Mutex<Vec<Weak<OfServer>>>);

#[derive(Default)]
struct Table {
    open: BTreeMap<u64, Open>,
    ended: VecDeque<Ended>,
    forgotten: u64,
}

struct Open {
    peer: Arc<str>,
    local: Arc<str>,
    version: Option<u64>,
    at: SystemTime,
    dialogue: Arc<Dialogue>,
}

struct Ended {
    connection: EndedConnection,
    dialogue: Arc<Dialogue>,
}

/// The connections of a server at a moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connections {
    /// Those that are open, the newest first.
    pub open: Vec<OpenConnection>,
    /// How many more are open.
    pub others_open: usize,
    /// Those that have ended lately, the newest first.
    pub ended: Vec<EndedConnection>,
    /// How many have ended before them.
    pub others_ended: u64,
}

/// A connection that is open.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenConnection {
    /// Counts the connections of the server, from 1.
    pub id: u64,
    /// The other end, as its transport writes it.
    pub peer: Arc<str>,
    /// This end.
    pub local: Arc<str>,
    /// The version of its plugin.
    pub version: Option<u64>,
    /// When it was opened.
    pub opened: SystemTime,
    /// Whether anything of it is kept.
    pub is_kept: bool,
}

/// A connection that has ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndedConnection {
    /// As it was while it was open.
    pub was: OpenConnection,
    /// When it ended.
    pub ended: SystemTime,
    /// What went through it.
    pub counts: Counts,
    /// Why it ended.
    pub ending: Ending,
}

impl ServerCapture {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let of_server = Arc::new(OfServer {
            shared: shared.clone(),
            table: Mutex::default(),
        });
        let mut servers = shared.servers.0.lock();
        servers.retain(|server| server.strong_count() > 0);
        servers.push(Arc::downgrade(&of_server));
        drop(servers);
        Self(of_server)
    }

    /// Has this server tell of its connections. It is the one that [observes its streams](Server::observe_streams).
    pub fn observe_server(&self, server: Server) -> Server {
        let (opens, ends) = (self.0.clone(), self.0.clone());
        server
            .observe_streams(move |connection, version| {
                let (peer, local) = (&*connection.peer, &*connection.local);
                Some(opens.open(connection.id, peer, local, version))
            })
            .observe(move |event| ends.end(event))
    }

    /// Has this engine tell what the plugins of the server's connections say, and when they are called for events.
    pub fn observe_engine(&self, builder: EngineBuilder) -> EngineBuilder {
        let of_server = self.0.clone();
        let looks = of_server.shared.watch.flag();
        builder.observe_while(looks, ObservedCalls::ForEvents, move |event| {
            of_server.engine(event)
        })
    }

    /// The connections at this moment. From now on their beginnings are kept, for some seconds: look again meanwhile.
    pub fn look(&self) -> Connections {
        let now = Instant::now();
        self.0.shared.watch.look(now);
        let table = self.0.table.lock();
        let newest = table.open.iter().rev().take(MOST_OPEN);
        let open = newest.map(|(id, open)| {
            open.dialogue.begin(now);
            open.look(*id)
        });
        let ended = table.ended.iter().rev();
        Connections {
            open: open.collect(),
            others_open: table.open.len().saturating_sub(MOST_OPEN),
            ended: ended.map(|ended| ended.connection.clone()).collect(),
            others_ended: table.forgotten,
        }
    }

    /// The events of a connection that are kept, from this number on. Where there are none yet it waits for so long. From now on
    /// more is kept of it, for some seconds: ask again meanwhile, for what comes next. `None`: there is no such connection, or it
    /// has ended too long ago.
    ///
    /// # Cancel safety
    /// It can be dropped and called again.
    pub async fn events(&self, connection: u64, from: u64, wait: Duration) -> Option<Events> {
        let dialogue = self.0.dialogue(connection)?;
        self.0.shared.make_room(&dialogue);
        Some(dialogue.events(from, wait).await)
    }
}

impl fmt::Debug for ServerCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCapture").finish_non_exhaustive()
    }
}

impl Shared {
    /// Makes room for a connection that somebody follows, where there is little left: what is kept of others is forgotten. Those
    /// that have ended come first, and then those at which nobody has looked for the longest time.
    fn make_room(&self, followed: &Arc<Dialogue>) {
        let is_room = || self.memory.left(Use::Followed) >= MOST_BYTES;
        if is_room() {
            return;
        }
        let (mut ended, mut open) = (Vec::new(), Vec::new());
        for server in self.servers.0.lock().iter().filter_map(Weak::upgrade) {
            let table = server.table.lock();
            ended.extend(table.ended.iter().map(|ended| ended.dialogue.clone()));
            open.extend(table.open.values().map(|open| open.dialogue.clone()));
        }
        open.sort_by_cached_key(|dialogue| dialogue.looked_at());
        let others = ended.iter().chain(&open);
        for other in others.filter(|other| !Arc::ptr_eq(other, followed)) {
            if is_room() {
                return;
            }
            other.forget();
        }
    }
}

impl OfServer {
    fn open(
        &self,
        id: u64,
        peer: &str,
        local: &str,
        version: Option<u64>,
    ) -> Arc<dyn StreamObserver> {
        let dialogue = Arc::new(Dialogue::new(self.shared.clone()));
        let open = Open {
            peer: peer.into(),
            local: local.into(),
            version,
            at: SystemTime::now(),
            dialogue: dialogue.clone(),
        };
        self.table.lock().open.insert(id, open);
        dialogue
    }

    fn end(&self, event: &ServerEvent) {
        let ServerEvent::Ended {
            id,
            reason,
            counts,
            budget,
            limit,
            error,
            ..
        } = event
        else {
            return;
        };
        let ending = Ending {
            reason: *reason,
            budget: *budget,
            limit: *limit,
            error: error.clone(),
        };
        self.ended(*id, *counts, ending);
    }

    fn ended(&self, id: u64, counts: Counts, ending: Ending) {
        let removed = self.table.lock().open.remove(&id);
        let Some(open) = removed else {
            return;
        };
        open.dialogue.ended(ending.clone());
        let connection = EndedConnection {
            was: open.look(id),
            ended: SystemTime::now(),
            counts,
            ending,
        };
        let forgotten = self.table.lock().keep_ended(Ended {
            connection,
            dialogue: open.dialogue,
        });
        // Its memory is freed without the lock.
        drop(forgotten);
    }

    fn engine(&self, event: &EngineEvent<'_>) {
        match *event {
            EngineEvent::Said {
                connection,
                level,
                line,
                ..
            } => {
                if let Some(dialogue) = self.dialogue(connection) {
                    dialogue.said(level, line);
                }
            }
            EngineEvent::Called {
                connection,
                event: Some(event),
                clock,
                result,
                ..
            } => {
                if let Some(dialogue) = self.dialogue(connection) {
                    dialogue.happened(event.into(), clock, result.err().map(one_line));
                }
            }
            _ => {}
        }
    }

    fn dialogue(&self, connection: u64) -> Option<Arc<Dialogue>> {
        let table = self.table.lock();
        let open = table.open.get(&connection).map(|open| &open.dialogue);
        let mut ended = table.ended.iter().rev();
        let dialogue = open.or_else(|| {
            let ended = ended.find(|ended| ended.connection.was.id == connection)?;
            Some(&ended.dialogue)
        });
        dialogue.cloned()
    }
}

impl Table {
    /// Keeps a connection that has ended. Returns the one that makes way for it.
    fn keep_ended(&mut self, ended: Ended) -> Option<Ended> {
        self.ended.push_back(ended);
        let is_one_too_many = self.ended.len() > MOST_ENDED;
        self.forgotten += u64::from(is_one_too_many);
        is_one_too_many.then(|| self.ended.pop_front()).flatten()
    }
}

impl Open {
    fn look(&self, id: u64) -> OpenConnection {
        OpenConnection {
            id,
            peer: self.peer.clone(),
            local: self.local.clone(),
            version: self.version,
            opened: self.at,
            is_kept: self.dialogue.is_kept(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
