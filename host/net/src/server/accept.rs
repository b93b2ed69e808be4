//! Accepting: the caps on connections, and errors that must not end it.

use super::event::ServerEvent;
use super::places::Place;
use super::state::ServerState;
use super::task::arrive;
use super::unopened::Unopened;
use crate::arriving::Arriving;
use crate::limits::Limit;
use crate::listener::{Accepted, Listener};
use crate::rate_limit::RateLimit;
use crate::transport::Transport;
use eco_contract::Session;
use eco_text::escape::one_line;
use std::any::Any;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::task::coop::consume_budget;
use tokio::time::{Interval, MissedTickBehavior, Sleep, interval, sleep};
use tracing::Instrument as _;

/// A listener pauses so long after an error that isn't about the one connection, such as running out of descriptors,
/// and after a panic. A connection that ends meanwhile makes room. Other listeners go on.
/// Test: `tcp::a_server_out_of_descriptors_serves_on_and_recovers`.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// At most one line of the log in this time says that a listener fails, or that the cap is reached.
const WARNING_INTERVAL: Duration = Duration::from_secs(1);
/// The timer of the server itself goes off no more often than this. Shorter idle timers wake the driver themselves.
const LEAST_INTERVAL: Duration = Duration::from_secs(1);

/// A listener with its sessions, whatever their types: starts its next connection at this place. It is ready when
/// it has had its turn, also if nothing came of it.
pub(super) type Accept =
    Box<dyn FnMut(&Arc<ServerState>, &mut Option<Place>, &mut Context<'_>) -> Poll<()> + Send>;

/// Something that changes while the server accepts.
pub(super) enum Change {
    /// There is one listener more, with this number.
    Listen(u64, Accept),
    /// The listener with this number is no more. Whoever waits for the other end hears of it when it is closed.
    Close(u64, oneshot::Sender<()>),
    /// The server has other limits.
    Limits,
}

/// Makes one.
pub(super) fn accept_from<L, S, F>(mut listener: L, sessions: F) -> Accept
where
    L: Listener + 'static,
    S: Session + 'static,
    F: Fn(&Arriving) -> Option<S> + Send + Sync + 'static,
{
    let sessions = Arc::new(sessions);
    let mut warnings = RateLimit::new(WARNING_INTERVAL);
    let mut pause = None::<Pin<Box<Sleep>>>;
    Box::new(move |server, place, cx| {
        if let Some(pausing) = &mut pause {
            ready!(pausing.as_mut().poll(cx));
            pause = None;
        }
        let mut turn = || {
            let accepted = ready!(listener.poll_accept(cx));
            Poll::Ready(accepted.map(|accepted| start(accepted, place.take(), server, &sessions)))
        };
        // The listener is the embedder's code, and so is a transport that is refused at once: a mistake in it ends
        // neither the server nor another listener.
        let turn = catch_unwind(AssertUnwindSafe(&mut turn));
        match ready!(turn.unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))) {
            Ok(()) => {}
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                if warnings.allows() {
                    tracing::error!("cannot accept: {error} (trying on)");
                }
                server.observers.tell(|| ServerEvent::AcceptFailed {
                    error: error.to_string(),
                });
                pause = Some(Box::pin(sleep(ACCEPT_PAUSE)));
            }
        }
        // The place may be gone after a failure too: the next turn has another.
        Poll::Ready(())
    })
}

/// The error for a listener that has panicked.
fn panicked(panic: &(dyn Any + Send)) -> io::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let text = one_line(text.unwrap_or("it says nothing"));
    io::Error::other(format!("the listener panicked: {text}"))
}

/// Accepts from all the listeners, while they and the limits change. It never ends.
pub(super) async fn accept_all(
    listeners: Vec<Accept>,
    mut changes: UnboundedReceiver<Change>,
    server: &Arc<ServerState>,
) {
    let mut warnings = RateLimit::new(WARNING_INTERVAL);
    // Nobody closes those that were there at the start by themselves.
    let mut listeners: Vec<(Option<u64>, Accept)> =
        listeners.into_iter().map(|accept| (None, accept)).collect();
    loop {
        tokio::select! {
            biased;
            Some(change) = changes.recv() => match change {
                Change::Listen(number, accept) => listeners.push((Some(number), accept)),
                Change::Close(number, _closed) => listeners.retain(|(its, _)| *its != Some(number)),
                Change::Limits => {}
            },
            () = accept_unchanged(&mut listeners, server, &mut warnings) => {}
        }
    }
}

/// Accepts from these listeners, with a place before each connection. It never ends.
///
/// One task does it for all: one for each would hold a place each while it waits, and the last one could lie with a
/// listener that nobody comes to.
async fn accept_unchanged(
    listeners: &mut [(Option<u64>, Accept)],
    server: &Arc<ServerState>,
    warnings: &mut RateLimit,
) {
    let mut earlier = earlier_timer(server.limits().idle_timeout);
    let mut first = 0;
    loop {
        let mut place = free_place(server, warnings).await;
        first = (first + 1) % listeners.len().max(1);
        poll_fn(|cx| {
            if let Some(earlier) = &mut earlier {
                while earlier.poll_tick(cx).is_ready() {}
            }
            poll_any(listeners, first, server, &mut place, cx)
        })
        .await;
        // A listener that always has a connection is to leave the thread to others too.
        consume_budget().await;
    }
}

/// A timer of the server that is due before the idle timer of every connection that comes. A timer that is due before
/// all others wakes the runtime when it is set, which takes a call of the system; without this one, so would the idle
/// timer of each connection that is alone.
fn earlier_timer(idle_timeout: Option<Duration>) -> Option<Interval> {
    let mut earlier = interval(idle_timeout?.max(LEAST_INTERVAL));
    earlier.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Some(earlier)
}

/// The listeners are asked in turn, from `first` on, so that a busy one can't starve the others.
fn poll_any(
    listeners: &mut [(Option<u64>, Accept)],
    first: usize,
    server: &Arc<ServerState>,
    place: &mut Option<Place>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let (later, sooner) = listeners.split_at_mut(first);
    for (_, accept) in sooner.iter_mut().chain(later) {
        if accept(server, place, cx).is_ready() {
            return Poll::Ready(());
        }
    }
    Poll::Pending
}

/// A place for one connection more. At the cap it waits until a connection ends.
async fn free_place(server: &ServerState, warnings: &mut RateLimit) -> Option<Place> {
    let free = server.places.free();
    if free.is_some() {
        return free;
    }
    if warnings.allows() {
        let open = server.limits().max_connections;
        let limit = Limit::MaxConnections.code();
        tracing::warn!(limit, "{open} connections are open: the next ones wait");
    }
    let _waits = server.tallies.wait();
    server.places.next().await
}

/// The peer gave up between its SYN and our accept: nothing to do with the next one.
fn is_about_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

/// Starts the task of a connection, unless its peer has too many.
fn start<T, S, F>(
    accepted: Accepted<T>,
    place: Option<Place>,
    server: &Arc<ServerState>,
    sessions: &Arc<F>,
) where
    T: Transport + 'static,
    S: Session + 'static,
    F: Fn(&Arriving) -> Option<S> + Send + Sync + 'static,
{
    let Accepted {
        mut transport,
        peer,
        local,
        peer_address,
        origin,
        details,
    } = accepted;
    let arriving = Arriving {
        id: server.tallies.accept(),
        peer,
        local,
        peer_address,
        origin,
        details,
    };
    let unopened = Unopened::new(arriving, server.clone());
    let admission = match unopened.admit() {
        Ok(admission) => admission,
        Err(why) => {
            transport.reset_on_drop();
            return unopened.refuse(why);
        }
    };
    let (state, sessions) = (server.clone(), sessions.clone());
    let slow_threads = server.slow_threads.clone();
    let span = unopened.span();
    // Boxed by itself, since a connection that is served has no need of its memory any more.
    let arrived = Box::pin(arrive(transport, unopened, admission, state, sessions));
    let connection = async move {
        if let Some((serving, slow_flag)) = arrived.await {
            slow_threads.run(serving, slow_flag).await;
        }
        drop(place);
    };
    server
        .tallies
        .connections
        .spawn(connection.instrument(span));
}
