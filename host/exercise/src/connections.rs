//! The connections to a plugin against which a case is played.

use eco_contract::{Connection, Life, Opening, Reason, RepliedAfterFinish, Session as _};
use eco_plugin::{Error, Interface, Laboratory, PluginSession, ServerPlugin};
use std::task::{Context, Waker};
use std::time::Duration;

/// The plugin's answer to an event.
#[derive(Debug)]
pub(super) struct Answer {
    /// The bytes that it sent.
    pub(super) data: Vec<u8>,
    /// The state of the connection after it.
    pub(super) then: Then,
}

/// The state of a connection after an answer.
#[derive(Debug)]
pub(super) enum Then {
    /// It goes on.
    Open,
    /// The plugin will send no more, and still listens.
    Finished,
    /// It is over.
    Closed,
    /// The plugin has torn it down.
    Reset,
    /// The plugin failed.
    Failed(Failed),
}

/// Nothing was sent.
impl From<Then> for Answer {
    fn from(then: Then) -> Self {
        let data = Vec::new();
        Self { data, then }
    }
}

/// Why it went no further.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// The plugin's doing.
    #[error(transparent)]
    Plugin(#[from] Error),
    /// Not the plugin's.
    #[error("{0}")]
    Internal(String),
}

/// The connections of one run to a plugin, in memory: nothing but the plugin is there, and every run is the same. Each is
/// a fresh instance, and is numbered from 0.
pub(super) struct Connections {
    plugin: ServerPlugin,
    laboratory: Laboratory,
    clients: Vec<Client>,
    fuel: u64,
}

struct Client {
    session: PluginSession,
    life: Life,
    /// The result of the last call, which is made as soon as the connection is over.
    closed: Option<Result<(), Error>>,
    /// The fuel that it has used, but for that call.
    fuel: u64,
}

/// An event for a plugin.
enum Event<'a> {
    Open(Connection),
    Chunk(&'a [u8]),
    /// Something that has happened beside the connection.
    Beside,
    End,
}

impl Client {
    /// Whether something has happened beside it that the plugin wants to hear.
    fn has_event(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let is_over = self.life.ended().is_some() || self.life.has_input_ended();
        !is_over && self.session.poll_event(&mut cx).is_ready()
    }

    async fn tell(&mut self, event: Event<'_>) -> Answer {
        let answer = self.answer(event).await;
        if let Some(usage) = self.session.usage() {
            self.fuel = usage.fuel.unwrap_or_default();
        }
        match answer {
            Ok(answer) => {
                if self.life.ended().is_some() {
                    self.close().await;
                }
                answer
            }
            Err(error) => {
                self.life.failed();
                Then::Failed(error.into()).into()
            }
        }
    }

    /// Makes the last call, unless that was done or there is none: others hear then that it has left.
    async fn close(&mut self) {
        if self.closed.is_none() && self.life.hears_of_its_end() {
            let why = self.life.ended().unwrap_or(Reason::PeerReset);
            self.closed = Some(self.session.closed(why).await);
        }
    }

    async fn answer(&mut self, event: Event<'_>) -> Result<Answer, Error> {
        let reply = match event {
            Event::Open(connection) => match self.session.open(&connection).await? {
                Opening::Greeting(reply) => reply,
                Opening::Refusal(_) => {
                    self.life.refused();
                    return Ok(Then::Closed.into());
                }
            },
            Event::Chunk(chunk) => self.session.receive(chunk).await?,
            Event::Beside => self.session.event().await?,
            Event::End => {
                self.life.input_ended();
                self.session.end_of_input().await?
            }
        };
        // A session replies as a whole unless it is asked for parts.
        let then = self.life.replied(reply.data.len(), reply.next);
        let then = then.map_err(|RepliedAfterFinish| {
            // As a server says it.
            Error::Plugin("it replied after it had finished".to_owned())
        })?;
        let data = reply.data.into_owned();
        let then = then.into();
        Ok(Answer { data, then })
    }
}

impl From<eco_contract::Then> for Then {
    fn from(then: eco_contract::Then) -> Self {
        match then {
            eco_contract::Then::Open => Self::Open,
            eco_contract::Then::Finished => Self::Finished,
            eco_contract::Then::Closed => Self::Closed,
            eco_contract::Then::Reset => Self::Reset,
        }
    }
}

/// A plugin's view of the connection of this number: the same in every run.
fn told_of(connection: usize) -> Connection {
    let number = u16::try_from(connection).unwrap_or(u16::MAX);
    let here = |port: u16| format!("127.0.0.1:{port}");
    Connection {
        id: connection as u64 + 1,
        peer: here(50_000_u16.saturating_add(number)),
        local: here(5005),
        origin: None,
        details: None,
    }
}

impl Connections {
    /// None is open yet. The instances have these surroundings.
    pub(super) fn new(plugin: &ServerPlugin, laboratory: Laboratory) -> Self {
        Self {
            plugin: plugin.clone(),
            laboratory,
            clients: Vec::new(),
            fuel: 0,
        }
    }

    /// Opens a connection, and takes the greeting.
    pub(super) async fn open(&mut self, connection: usize) -> Answer {
        while self.clients.len() <= connection {
            self.clients.push(Client {
                session: self.plugin.session_in(&self.laboratory),
                life: Life::default(),
                closed: None,
                fuel: 0,
            });
        }
        let event = Event::Open(told_of(connection));
        self.tell(connection, event).await
    }

    /// Hands over a chunk, and takes all that the plugin answers.
    pub(super) async fn send(&mut self, connection: usize, chunk: &[u8]) -> Answer {
        self.tell(connection, Event::Chunk(chunk)).await
    }

    /// The client has finished sending. The answer is the last.
    pub(super) async fn finish(&mut self, connection: usize) -> Answer {
        self.tell(connection, Event::End).await
    }

    /// The client goes away, and the plugin is told. Its answer reaches nobody, so that nobody looks at it; a plugin that
    /// fails in it has failed.
    pub(super) async fn leave(&mut self, connection: usize) -> Result<(), Failed> {
        let life = self.clients.get(connection).map(|client| client.life);
        let hears = life.is_some_and(|life| !life.has_input_ended());
        if hears && let Then::Failed(failed) = self.finish(connection).await.then {
            return Err(failed);
        }
        let Some(client) = self.clients.get_mut(connection) else {
            return Ok(());
        };
        client.close().await;
        match client.closed.take() {
            Some(Err(error)) => Err(error.into()),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// The plugin's answer to an event from beside the connection, if there was one.
    pub(super) async fn hear(&mut self, connection: usize) -> Option<Answer> {
        if !self.clients.get_mut(connection)?.has_event() {
            return None;
        }
        Some(self.tell(connection, Event::Beside).await)
    }

    /// Advice for the author of a program that owes an answer on this connection, where it has only kept that: its input ends,
    /// and it comes. Nothing else can be done with the connection afterwards.
    pub(super) async fn flush_hint(&mut self, connection: usize) -> Option<String> {
        let client = self.clients.get_mut(connection)?;
        let is_over = client.life.ended().is_some() || client.life.has_input_ended();
        if is_over || self.plugin.interface() != Interface::Program {
            return None;
        }
        client.session.end_of_input().await.ok()?;
        client.session.hint()
    }

    /// How much later the next timer of a connection is over, if one is set.
    pub(super) fn next_timer(&self) -> Option<Duration> {
        self.laboratory.next_timer()
    }

    /// Lets time pass.
    pub(super) fn pause(&self, time: Duration) {
        self.laboratory.advance(time);
    }

    /// The fuel that the hungriest connection has used.
    pub(super) fn fuel(&self) -> u64 {
        self.fuel
    }

    /// The plugin's log, escaped, a line each.
    pub(super) fn log(&self) -> Vec<String> {
        self.laboratory.log()
    }

    async fn tell(&mut self, connection: usize, event: Event<'_>) -> Answer {
        let Some(client) = self.clients.get_mut(connection) else {
            let what = "a connection is not open".to_owned();
            return Then::Failed(Failed::Internal(what)).into();
        };
        if client.life.ended().is_some() {
            return Then::Closed.into();
        }
        let answer = client.tell(event).await;
        self.fuel = self.fuel.max(client.fuel);
        answer
    }
}
