//! The plugin behind a real server on this machine: the same steps, over sockets.
//!
//! The tester doesn't guess when a reply is whole: each session tells it what it was handed and what
//! it returned, and so many bytes must then come out of the socket. Where they don't, or where others
//! do, it is eco that failed.

use super::sockets::Sockets;
use crate::contract::{Connection, Next, Opening, Reason, Reply, Session};
use crate::exercise::Bench;
use crate::net::{Limits, Server};
use crate::plugin::{Error, Lab, Plugin, PluginSession};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server that listens on this machine alone.
pub(super) struct Loopback {
    address: SocketAddr,
    expected: Arc<Mutex<Expected>>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
}

/// What the next session belongs to.
#[derive(Default)]
pub(super) struct Expected {
    pub(super) lab: Lab,
    pub(super) tell: Option<UnboundedSender<Event>>,
}

impl Loopback {
    pub(super) async fn start(plugin: Plugin) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let expected = Arc::new(Mutex::new(Expected::default()));
        let next = expected.clone();
        let new_session = move || {
            let expected = next.lock().unwrap_or_else(PoisonError::into_inner);
            Told {
                session: plugin.session_in(&expected.lab),
                tell: expected.tell.clone(),
            }
        };
        let server = Server::new(vec![listener], Limits::default());
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            server.run(new_session, stopped).await;
        });
        Ok(Self {
            address,
            expected,
            serving,
            stop,
        })
    }

    /// Stops it. The tester has left every connection.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        // It only fails if the server panicked, which has been told.
        let _ = self.serving.await;
    }
}

impl Bench for Loopback {
    type Wire = Sockets;

    async fn wire(&self) -> Result<Sockets, String> {
        Ok(Sockets::new(self.address, self.expected.clone()))
    }
}

/// What a session tells the tester.
pub(super) enum Event {
    /// It was handed so many bytes, none at its beginning and its end.
    Answered {
        handed: usize,
        replied: usize,
        next: Next,
    },
    Refused,
    Failed(Error),
    /// Its last call is over, and so much fuel is gone.
    Closed(Result<u64, Error>),
}

/// A session that tells the tester what it does.
struct Told {
    session: PluginSession,
    tell: Option<UnboundedSender<Event>>,
}

/// The tester has been told.
#[derive(Debug, thiserror::Error)]
#[error("the plugin failed")]
struct HasFailed;

impl Told {
    fn tell(tell: &Option<UnboundedSender<Event>>, event: Event) {
        if let Some(tell) = tell {
            // A tester that has gone away needs to know no more.
            let _ = tell.send(event);
        }
    }
}

/// Tells of a reply, and passes it on.
fn told<'a>(
    tell: &Option<UnboundedSender<Event>>,
    handed: usize,
    reply: Result<Reply<'a>, Error>,
) -> Result<Reply<'a>, HasFailed> {
    match reply {
        Ok(reply) => {
            let event = Event::Answered {
                handed,
                replied: reply.data.len(),
                next: reply.next,
            };
            Told::tell(tell, event);
            Ok(reply)
        }
        Err(error) => {
            Told::tell(tell, Event::Failed(error));
            Err(HasFailed)
        }
    }
}

impl Session for Told {
    type Error = HasFailed;

    async fn open(&mut self, connection: &Connection) -> Result<Opening<'_>, HasFailed> {
        match self.session.open(connection).await {
            Ok(Opening::Refusal(why)) => {
                Self::tell(&self.tell, Event::Refused);
                Ok(Opening::Refusal(why))
            }
            Ok(Opening::Greeting(reply)) => told(&self.tell, 0, Ok(reply)).map(Opening::Greeting),
            Err(error) => told(&self.tell, 0, Err(error)).map(Opening::Greeting),
        }
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, HasFailed> {
        told(&self.tell, chunk.len(), self.session.receive(chunk).await)
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, HasFailed> {
        told(&self.tell, 0, self.session.end_of_input().await)
    }

    async fn closed(&mut self, why: Reason) -> Result<(), HasFailed> {
        let fuel = self.session.usage().and_then(|usage| usage.fuel);
        let closed = self.session.closed(why).await;
        let closed = closed.map(|()| fuel.unwrap_or_default());
        Self::tell(&self.tell, Event::Closed(closed));
        Ok(())
    }
}
