//! Sessions that tell the tester what they do.

use eco_contract::{Connection, DirectBuffer, Next, Opening, Reason, Reply, Session, SlowFlag};
use eco_plugin::{Error, Laboratory, PluginSession};
use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// What the next session belongs to.
#[derive(Default)]
pub(super) struct Expected {
    pub(super) laboratory: Laboratory,
    pub(super) tell: Option<UnboundedSender<Event>>,
    /// Asks it to hear what has happened beside it. The session that takes it is the one that is meant.
    pub(super) asked: Option<UnboundedReceiver<()>>,
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
    tell: Option<UnboundedSender<Event>>,
    /// It hears when it is asked to, so that the order is that of a run without sockets.
    asked: Option<UnboundedReceiver<()>>,
}

/// The tester has been told.
#[derive(Debug, thiserror::Error)]
#[error("the plugin failed")]
pub(super) struct HasFailed;

impl ReportingSession {
    pub(super) fn new(session: PluginSession, expected: &mut Expected) -> Self {
        Self {
            session,
            tell: expected.tell.clone(),
            asked: expected.asked.take(),
        }
    }

    fn tell(tell: &Option<UnboundedSender<Event>>, event: Event) {
        if let Some(tell) = tell {
            // A tester that has gone away needs to know no more.
            let _ = tell.send(event);
        }
    }
}

/// Tells of a reply, and passes it on.
fn report<'a>(
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
            ReportingSession::tell(tell, event);
            Ok(reply)
        }
        Err(error) => {
            ReportingSession::tell(tell, Event::Failed(error));
            Err(HasFailed)
        }
    }
}

impl Session for ReportingSession {
    type Error = HasFailed;

    async fn open(&mut self, connection: &Connection) -> Result<Opening<'_>, HasFailed> {
        match self.session.open(connection).await {
            Ok(Opening::Refusal(why)) => {
                Self::tell(&self.tell, Event::Refused);
                Ok(Opening::Refusal(why))
            }
            Ok(Opening::Greeting(reply)) => report(&self.tell, 0, Ok(reply)).map(Opening::Greeting),
            Err(error) => report(&self.tell, 0, Err(error)).map(Opening::Greeting),
        }
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, HasFailed> {
        report(&self.tell, chunk.len(), self.session.receive(chunk).await)
    }

    fn slow_flag(&self) -> SlowFlag {
        self.session.slow_flag()
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = HasFailed>> {
        self.session.direct_buffer()?;
        Some(self)
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(asked) = &mut self.asked else {
            return Poll::Pending;
        };
        while let Poll::Ready(Some(())) = asked.poll_recv(cx) {
            if self.session.poll_event(cx).is_ready() {
                return Poll::Ready(());
            }
            Self::tell(&self.tell, Event::Nothing);
        }
        Poll::Pending
    }

    async fn event(&mut self) -> Result<Reply<'_>, HasFailed> {
        report(&self.tell, 0, self.session.event().await)
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, HasFailed> {
        report(&self.tell, 0, self.session.end_of_input().await)
    }

    async fn closed(&mut self, why: Reason) -> Result<(), HasFailed> {
        let fuel = self.session.usage().and_then(|usage| usage.fuel);
        let closed = self.session.closed(why).await;
        let closed = closed.map(|()| fuel.unwrap_or_default());
        Self::tell(&self.tell, Event::Closed(closed));
        Ok(())
    }
}

/// That of the session, whose failures and replies it tells of.
impl DirectBuffer for ReportingSession {
    type Error = HasFailed;

    fn room(&mut self, length: usize) -> Result<&mut [u8], HasFailed> {
        let buffer = self.session.direct_buffer().ok_or(HasFailed)?;
        buffer.room(length).map_err(|error| {
            Self::tell(&self.tell, Event::Failed(error));
            HasFailed
        })
    }

    fn filled(&mut self, length: usize) -> Result<&[u8], HasFailed> {
        let buffer = self.session.direct_buffer().ok_or(HasFailed)?;
        buffer.filled(length).map_err(|error| {
            Self::tell(&self.tell, Event::Failed(error));
            HasFailed
        })
    }

    fn receive(&mut self, length: usize) -> Result<Reply<'_>, HasFailed> {
        let buffer = self.session.direct_buffer().ok_or(HasFailed)?;
        report(&self.tell, length, buffer.receive(length))
    }
}
