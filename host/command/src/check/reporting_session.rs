//! Sessions that tell the tester what they do, and refuse everybody else.

use eco_contract::{Connection, DirectBuffer, Next, Opening, Reason, Reply, Session, SlowFlag};
use eco_exercise::told_of;
use eco_plugin::{Error, Laboratory, PluginSession};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Connections that the tester is about to open, by its end of each. Nobody else gets past [`Session::open`].
#[derive(Default)]
pub(super) struct Expected(Mutex<BTreeMap<String, Tester>>);

impl Expected {
    /// One comes from this address.
    pub(super) fn expect(&self, from: SocketAddr, tester: Tester) {
        self.0.lock().insert(from.to_string(), tester);
    }

    fn take(&self, peer: &str) -> Option<Tester> {
        self.0.lock().remove(peer)
    }
}

/// The tester's part in a connection.
pub(super) struct Tester {
    /// The number of the connection in its run.
    pub(super) connection: usize,
    pub(super) laboratory: Laboratory,
    pub(super) tell: UnboundedSender<Event>,
    /// Asks the session to hear what has happened beside it, so that the order is that of a run without sockets.
    pub(super) asked: UnboundedReceiver<()>,
}

/// What a session tells the tester.
pub(super) enum Event {
    /// It was handed so many bytes, none at its beginning and its end.
    Answered {
        handed: usize,
        replied: usize,
        next: Next,
    },
    /// It was asked, and nothing has happened.
    Nothing,
    Refused,
    Failed(Error),
    /// Its last call is over, and so much fuel is gone.
    Closed(Result<u64, Error>),
}

/// A session that tells the tester what it does.
pub(super) struct ReportingSession {
    session: PluginSession,
    expected: Arc<Expected>,
    /// Once it is open. A stranger's never is.
    tester: Option<Tester>,
}

/// The connection is over. If the tester has to know, it has been told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Over {
    #[error("the plugin failed")]
    Failed,
    #[error("nobody but the tester has a connection here")]
    Stranger,
}

impl ReportingSession {
    pub(super) fn new(session: PluginSession, expected: Arc<Expected>) -> Self {
        Self {
            session,
            expected,
            tester: None,
        }
    }

    fn tell(tester: &Option<Tester>, event: Event) {
        if let Some(tester) = tester {
            // A tester that has gone away needs to know no more.
            let _ = tester.tell.send(event);
        }
    }
}

/// Tells of a reply, and passes it on.
fn report<'a>(
    tester: &Option<Tester>,
    handed: usize,
    reply: Result<Reply<'a>, Error>,
) -> Result<Reply<'a>, Over> {
    match reply {
        Ok(reply) => {
            let event = Event::Answered {
                handed,
                replied: reply.data.len(),
                next: reply.next,
            };
            ReportingSession::tell(tester, event);
            Ok(reply)
        }
        Err(error) => {
            ReportingSession::tell(tester, Event::Failed(error));
            Err(Over::Failed)
        }
    }
}

impl Session for ReportingSession {
    type Error = Over;

    async fn open(&mut self, connection: &Connection) -> Result<Opening<'_>, Over> {
        let Some(tester) = self.expected.take(&connection.peer) else {
            // It is reset at once, and the plugin never hears of it.
            return Err(Over::Stranger);
        };
        let told = told_of(tester.connection);
        self.session.enter(&tester.laboratory);
        self.tester = Some(tester);
        match self.session.open(&told).await {
            Ok(Opening::Refusal(why)) => {
                Self::tell(&self.tester, Event::Refused);
                Ok(Opening::Refusal(why))
            }
            Ok(Opening::Greeting(reply)) => {
                report(&self.tester, 0, Ok(reply)).map(Opening::Greeting)
            }
            Err(error) => report(&self.tester, 0, Err(error)).map(Opening::Greeting),
        }
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Over> {
        report(&self.tester, chunk.len(), self.session.receive(chunk).await)
    }

    fn slow_flag(&self) -> SlowFlag {
        self.session.slow_flag()
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = Over>> {
        self.session.direct_buffer()?;
        Some(self)
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(tester) = &mut self.tester else {
            return Poll::Pending;
        };
        while let Poll::Ready(Some(())) = tester.asked.poll_recv(cx) {
            if self.session.poll_event(cx).is_ready() {
                return Poll::Ready(());
            }
            // See `tell`.
            let _ = tester.tell.send(Event::Nothing);
        }
        Poll::Pending
    }

    async fn event(&mut self) -> Result<Reply<'_>, Over> {
        report(&self.tester, 0, self.session.event().await)
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Over> {
        report(&self.tester, 0, self.session.end_of_input().await)
    }

    async fn closed(&mut self, why: Reason) -> Result<(), Over> {
        let fuel = self.session.usage().and_then(|usage| usage.fuel);
        let closed = self.session.closed(why).await;
        let closed = closed.map(|()| fuel.unwrap_or_default());
        Self::tell(&self.tester, Event::Closed(closed));
        Ok(())
    }
}

/// That of the session, whose failures and replies it tells of.
impl DirectBuffer for ReportingSession {
    type Error = Over;

    fn room(&mut self, length: usize) -> Result<&mut [u8], Over> {
        let buffer = self.session.direct_buffer().ok_or(Over::Failed)?;
        buffer.room(length).map_err(|error| {
            Self::tell(&self.tester, Event::Failed(error));
            Over::Failed
        })
    }

    fn filled(&mut self, length: usize) -> Result<&[u8], Over> {
        let buffer = self.session.direct_buffer().ok_or(Over::Failed)?;
        buffer.filled(length).map_err(|error| {
            Self::tell(&self.tester, Event::Failed(error));
            Over::Failed
        })
    }

    fn receive_filled(&mut self, length: usize) -> Result<Reply<'_>, Over> {
        let buffer = self.session.direct_buffer().ok_or(Over::Failed)?;
        report(&self.tester, length, buffer.receive_filled(length))
    }
}
