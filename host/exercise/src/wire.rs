//! What a case is played against: the plugin, reached in one way or another.

use eco_contract::{Connection, Life, Opening, Reason, RepliedAfterFinish, Session as _};
use eco_plugin::{Error, Laboratory, PluginSession, ServerPlugin};
use std::task::{Context, Waker};
use std::time::Duration;

/// What the plugin did when something came.
#[derive(Debug)]
pub struct Answer {
    /// What it sent.
    pub data: Vec<u8>,
    /// What became of the connection.
    pub then: Then,
}

/// What became of a connection.
#[derive(Debug)]
pub enum Then {
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
pub enum Failed {
    /// The plugin's doing.
    #[error(transparent)]
    Plugin(#[from] Error),
    /// Not the plugin's.
    #[error("{0}")]
    Internal(String),
}

/// The connections of one run to a plugin. Each is a fresh instance, and is numbered from 0.
pub trait Wire: Send {
    /// Opens a connection, and takes what the plugin greets with.
    fn open(&mut self, connection: usize) -> impl Future<Output = Answer> + Send;

    /// Hands over a chunk, and takes all that the plugin answers.
    fn send(&mut self, connection: usize, chunk: &[u8]) -> impl Future<Output = Answer> + Send;

    /// The client has finished sending. What comes then is the last.
    fn finish(&mut self, connection: usize) -> impl Future<Output = Answer> + Send;

    /// The client goes away, and the plugin is told. What it answers reaches nobody, so that nobody looks
    /// at it; a plugin that fails in it has failed.
    fn leave(&mut self, connection: usize) -> impl Future<Output = Result<(), Failed>> + Send;

    /// What the plugin does about what has happened beside a connection, if something has.
    fn hear(&mut self, connection: usize) -> impl Future<Output = Option<Answer>> + Send;

    /// How much later the next timer of a connection is over, if one is set.
    fn next_timer(&self) -> Option<Duration>;

    /// Lets time pass.
    fn pause(&mut self, time: Duration) -> impl Future<Output = ()> + Send;

    /// The fuel that the hungriest connection has used.
    fn fuel(&self) -> u64;

    /// What the plugin has written to its log, escaped, a line each.
    fn log(&self) -> Vec<String>;
}

/// Where the wires of a plugin come from: a new one for each run.
pub trait Bench: Sync {
    /// The kind of wire.
    type Wire: Wire;

    /// A wire without connections, whose instances will have these surroundings.
    fn wire(
        &self,
        laboratory: Laboratory,
    ) -> impl Future<Output = Result<Self::Wire, String>> + Send;
}

/// In memory: nothing but the plugin is there, and every run is the same.
impl Bench for ServerPlugin {
    type Wire = InMemory;

    async fn wire(&self, laboratory: Laboratory) -> Result<InMemory, String> {
        Ok(InMemory {
            plugin: self.clone(),
            laboratory,
            clients: Vec::new(),
            fuel: 0,
        })
    }
}

/// A wire without a network.
pub struct InMemory {
    plugin: ServerPlugin,
    laboratory: Laboratory,
    clients: Vec<Client>,
    fuel: u64,
}

struct Client {
    session: PluginSession,
    life: Life,
    /// What came of the last call, once it was made: as soon as the connection is over.
    closed: Option<Result<(), Error>>,
    /// What it has used, but for that call.
    fuel: u64,
}

/// What comes to a plugin.
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
        let then = self.life.replied(reply.data.len(), reply.next);
        let then = then.map_err(|RepliedAfterFinish| after_finish())?.into();
        let data = reply.data.into_owned();
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

/// What a plugin is told of the connection of this number, whatever it runs over: the same in every run.
pub fn told_of(connection: usize) -> Connection {
    let number = u16::try_from(connection).unwrap_or(u16::MAX);
    let here = |port: u16| format!("127.0.0.1:{port}");
    Connection {
        id: connection as u64 + 1,
        peer: here(50_000_u16.saturating_add(number)),
        local: here(5005),
        origin: None,
    }
}

/// What a server makes of a plugin that goes on after its last word.
pub fn after_finish() -> Error {
    Error::Plugin("it replied after it had finished".to_owned())
}

impl InMemory {
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

impl Wire for InMemory {
    async fn open(&mut self, connection: usize) -> Answer {
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

    async fn send(&mut self, connection: usize, chunk: &[u8]) -> Answer {
        self.tell(connection, Event::Chunk(chunk)).await
    }

    async fn finish(&mut self, connection: usize) -> Answer {
        self.tell(connection, Event::End).await
    }

    async fn leave(&mut self, connection: usize) -> Result<(), Failed> {
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

    async fn hear(&mut self, connection: usize) -> Option<Answer> {
        if !self.clients.get_mut(connection)?.has_event() {
            return None;
        }
        Some(self.tell(connection, Event::Beside).await)
    }

    fn next_timer(&self) -> Option<Duration> {
        self.laboratory.next_timer()
    }

    async fn pause(&mut self, time: Duration) {
        self.laboratory.advance(time);
    }

    fn fuel(&self) -> u64 {
        self.fuel
    }

    fn log(&self) -> Vec<String> {
        self.laboratory.log()
    }
}
