//! A session whose type is forgotten.

use super::connection::{Connection, Reason};
use super::reply::{Opening, Reply};
use super::session::{DirectBuffer, Session};
use super::slow_flag::SlowFlag;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A session of any type, so that one function can make sessions of several: of plugins, and of plain Rust.
///
/// Each call allocates its future, and frees it at its end. [`Session::poll_event`] allocates nothing, and neither do
/// chunks in a [`DirectBuffer`], which pass through. All else is as the session itself has it.
///
/// ```
/// # use eco_contract::*;
/// # use std::convert::Infallible;
/// # struct Busy;
/// # impl Session for Busy {
/// #     type Error = Infallible;
/// #     async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, Infallible> { Ok(Opening::Refusal(String::new())) }
/// #     async fn receive<'a>(&'a mut self, _: &[u8]) -> Result<Reply<'a>, Infallible> { Ok(Reply::default()) }
/// #     async fn end_of_input(&mut self) -> Result<Reply<'_>, Infallible> { Ok(Reply::default()) }
/// #     async fn closed(&mut self, _: Reason) -> Result<(), Infallible> { Ok(()) }
/// # }
/// fn choose(plugin: impl Session + 'static, is_busy: bool) -> BoxSession {
///     if is_busy { BoxSession::new(Busy) } else { BoxSession::new(plugin) }
/// }
/// ```
pub struct BoxSession(Box<dyn AnySession>);

impl BoxSession {
    /// Boxes a session.
    pub fn new<S: Session + 'static>(session: S) -> Self {
        Self(Box::new(Boxed(session)))
    }
}

impl fmt::Debug for BoxSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxSession")
            .field("version", &self.0.version())
            .finish_non_exhaustive()
    }
}

/// The failure of a boxed session: its own, with the same words and the same source.
#[derive(Debug)]
pub struct SessionError {
    error: Box<dyn Error + Send + Sync>,
    budget: Option<&'static str>,
}

impl SessionError {
    fn of<S: Session>(error: S::Error) -> Self {
        let budget = S::broken_budget(&error);
        let error = Box::new(error);
        Self { error, budget }
    }

    /// The session's own error, which can be downcast.
    pub fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.error
    }

    /// The session's own error, to be downcast to its type.
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.error
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for SessionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

type Calling<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionError>> + Send + 'a>>;

/// [`Session`] without types of its own.
trait AnySession: Send {
    fn slow_flag(&self) -> SlowFlag;
    fn version(&self) -> Option<u64>;
    /// The reply borrows from the session alone, and the call from what it is handed too.
    fn open<'a: 'c, 'c>(&'a mut self, connection: &'c Connection) -> Calling<'c, Opening<'a>>;
    fn receive<'a: 'c, 'c>(&'a mut self, chunk: &'c [u8]) -> Calling<'c, Reply<'a>>;
    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = SessionError>>;
    fn more(&mut self) -> Calling<'_, Reply<'_>>;
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()>;
    fn event(&mut self) -> Calling<'_, Reply<'_>>;
    fn end_of_input(&mut self) -> Calling<'_, Reply<'_>>;
    fn closed(&mut self, why: Reason) -> Calling<'_, ()>;
}

struct Boxed<S>(S);

impl<S: Session> AnySession for Boxed<S> {
    fn slow_flag(&self) -> SlowFlag {
        self.0.slow_flag()
    }

    fn version(&self) -> Option<u64> {
        self.0.version()
    }

    fn open<'a: 'c, 'c>(&'a mut self, connection: &'c Connection) -> Calling<'c, Opening<'a>> {
        Box::pin(async { self.0.open(connection).await.map_err(SessionError::of::<S>) })
    }

    fn receive<'a: 'c, 'c>(&'a mut self, chunk: &'c [u8]) -> Calling<'c, Reply<'a>> {
        Box::pin(async { self.0.receive(chunk).await.map_err(SessionError::of::<S>) })
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = SessionError>> {
        self.0.direct_buffer()?;
        Some(self)
    }

    fn more(&mut self) -> Calling<'_, Reply<'_>> {
        Box::pin(async { self.0.more().await.map_err(SessionError::of::<S>) })
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_event(cx)
    }

    fn event(&mut self) -> Calling<'_, Reply<'_>> {
        Box::pin(async { self.0.event().await.map_err(SessionError::of::<S>) })
    }

    fn end_of_input(&mut self) -> Calling<'_, Reply<'_>> {
        Box::pin(async { self.0.end_of_input().await.map_err(SessionError::of::<S>) })
    }

    fn closed(&mut self, why: Reason) -> Calling<'_, ()> {
        Box::pin(async move { self.0.closed(why).await.map_err(SessionError::of::<S>) })
    }
}

/// The session had a buffer, and has none any more.
#[derive(Debug, thiserror::Error)]
#[error("the session has lost its buffer")]
struct LostBuffer;

impl<S: Session> Boxed<S> {
    fn buffer(&mut self) -> Result<&mut dyn DirectBuffer<Error = S::Error>, SessionError> {
        self.0.direct_buffer().ok_or_else(|| SessionError {
            error: Box::new(LostBuffer),
            budget: None,
        })
    }
}

/// That of the session, which is asked for at each step: it can't be kept beside the session that it borrows from.
impl<S: Session> DirectBuffer for Boxed<S> {
    type Error = SessionError;

    fn room(&mut self, length: usize) -> Result<&mut [u8], SessionError> {
        self.buffer()?.room(length).map_err(SessionError::of::<S>)
    }

    fn filled(&mut self, length: usize) -> Result<&[u8], SessionError> {
        self.buffer()?.filled(length).map_err(SessionError::of::<S>)
    }

    fn receive_filled(&mut self, length: usize) -> Result<Reply<'_>, SessionError> {
        let received = self.buffer()?.receive_filled(length);
        received.map_err(SessionError::of::<S>)
    }
}

impl Session for BoxSession {
    type Error = SessionError;

    fn slow_flag(&self) -> SlowFlag {
        self.0.slow_flag()
    }

    fn version(&self) -> Option<u64> {
        self.0.version()
    }

    fn broken_budget(error: &SessionError) -> Option<&'static str> {
        error.budget
    }

    async fn open(&mut self, connection: &Connection) -> Result<Opening<'_>, SessionError> {
        self.0.open(connection).await
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, SessionError> {
        self.0.receive(chunk).await
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = SessionError>> {
        self.0.direct_buffer()
    }

    async fn more(&mut self) -> Result<Reply<'_>, SessionError> {
        self.0.more().await
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_event(cx)
    }

    async fn event(&mut self) -> Result<Reply<'_>, SessionError> {
        self.0.event().await
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, SessionError> {
        self.0.end_of_input().await
    }

    async fn closed(&mut self, why: Reason) -> Result<(), SessionError> {
        self.0.closed(why).await
    }
}
