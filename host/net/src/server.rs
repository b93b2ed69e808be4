//! The server: accepting connections, and stopping.
//!
//! It owns the caps on connections, the survival of accept errors and the drain. What happens on a
//! connection is in `connection`.

use super::connection::{Counts, End, linger, serve};
use super::end_log::EndLog;
use super::limits::Limits;
use super::listener::{Accepted, Listener};
use super::peers::{Peers, Place, origin};
use super::rate_limit::RateLimit;
use super::slow_threads::SlowThreads;
use super::transport::Transport;
use eco_contract::{Connection, Session};
use eco_text::escape::one_line;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long accepting pauses after an error that isn't about the one connection, such as running
/// out of descriptors. A connection that ends meanwhile makes room.
/// Test: `manners::a_server_out_of_descriptors_serves_on_and_recovers`.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// At most one line of the log in this time says that accepting fails, or that the cap is reached.
const WARNING_INTERVAL: Duration = Duration::from_secs(1);

/// What was left to do when the server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownSummary {
    /// Connections that were open when it was told to stop.
    pub open: usize,
    /// Those of them that had to be cut off at the end of the grace.
    pub cut_off: u64,
    /// All that were ever accepted.
    pub served: u64,
}

/// A server on sockets that listen already.
pub struct Server<L> {
    listeners: Vec<L>,
    limits: Limits,
}

/// What the tasks of one server share.
struct ServerState {
    limits: Limits,
    permits: Arc<Semaphore>,
    /// Where each peer may have so many.
    peers: Option<Arc<Peers>>,
    slow_threads: Arc<SlowThreads>,
    connections: TaskTracker,
    accepted: AtomicU64,
    cut_off: AtomicU64,
    /// `stopping` is what a connection looks at, `stop` is what wakes it up.
    stopping: AtomicBool,
    stop: CancellationToken,
}

impl<L: Listener> Server<L> {
    /// A server for these listeners. Nothing is accepted before [`run`](Self::run).
    pub fn new(listeners: Vec<L>, limits: Limits) -> Self {
        Self { listeners, limits }
    }

    /// Serves until `shutdown` is done; then stops accepting, closes idle connections, and gives
    /// replies in flight the grace of [`Limits`]. Each connection gets a session of its own.
    pub async fn run<S, F>(
        self,
        new_session: F,
        shutdown: impl Future<Output = ()>,
    ) -> ShutdownSummary
    where
        S: Session + 'static,
        F: Fn() -> S + Send + Sync + 'static,
    {
        let server = Arc::new(ServerState {
            permits: Arc::new(Semaphore::new(
                self.limits.max_connections.min(Semaphore::MAX_PERMITS),
            )),
            peers: self.limits.max_connections_per_peer.map(Peers::new),
            limits: self.limits,
            slow_threads: Arc::default(),
            connections: TaskTracker::new(),
            accepted: AtomicU64::new(0),
            cut_off: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            stop: CancellationToken::new(),
        });
        {
            // Dropped at the end of this block, and the listening sockets with it.
            let accepting = pin!(accept_all(self.listeners, &server, new_session));
            let shutdown = pin!(shutdown);
            tokio::select! {
                () = shutdown => {}
                () = accepting => {}
            }
        }
        let open = server.connections.len();
        server.stopping.store(true, Ordering::Release);
        server.stop.cancel();
        server.connections.close();
        server.connections.wait().await;
        ShutdownSummary {
            open,
            cut_off: server.cut_off.load(Ordering::Relaxed),
            served: server.accepted.load(Ordering::Relaxed),
        }
    }
}

/// Accepts from all the listeners, with a permit before each connection. It never ends.
async fn accept_all<L, S, F>(mut listeners: Vec<L>, server: &Arc<ServerState>, new_session: F)
where
    L: Listener,
    S: Session + 'static,
    F: Fn() -> S + Send + Sync + 'static,
{
    let mut warnings = RateLimit::new(WARNING_INTERVAL);
    let mut first = 0;
    loop {
        let permit = permit(server, &mut warnings).await;
        first = (first + 1) % listeners.len().max(1);
        match accept_any(&mut listeners, first).await {
            Ok(accepted) => start(accepted, permit, server, new_session()),
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                if warnings.allows() {
                    tracing::error!("cannot accept: {error} (trying on)");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The next connection of any listener. They are asked in turn, from `first` on, so that a busy one can't
/// starve the others.
async fn accept_any<L: Listener>(
    listeners: &mut [L],
    first: usize,
) -> io::Result<Accepted<L::Transport>> {
    poll_fn(|cx| {
        let (later, sooner) = listeners.split_at_mut(first);
        for listener in sooner.iter_mut().chain(later) {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}

/// Permission to accept one more connection. Where there are as many as there may be, it waits until one
/// ends.
async fn permit(server: &ServerState, warnings: &mut RateLimit) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = server.permits.clone().try_acquire_owned() {
        return Some(permit);
    }
    if warnings.allows() {
        let open = server.limits.max_connections;
        let limit = "max-connections";
        tracing::warn!(limit, "{open} connections are open: the next ones wait");
    }
    // It fails only for a closed semaphore, and this one never is.
    server.permits.clone().acquire_owned().await.ok()
}

/// The peer gave up between its SYN and our accept: nothing to do with the next one.
fn is_about_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

fn start<T: Transport + 'static, S: Session + 'static>(
    accepted: Accepted<T>,
    permit: Option<OwnedSemaphorePermit>,
    server: &Arc<ServerState>,
    session: S,
) {
    let id = server.accepted.fetch_add(1, Ordering::Relaxed) + 1;
    let origin = accepted.peer_address.map(origin);
    let place = match (&server.peers, origin) {
        (Some(peers), Some(origin)) => match peers.place(origin) {
            None => return refuse(accepted, id, peers),
            place => place,
        },
        _ => None,
    };
    let Accepted {
        transport,
        peer,
        local,
        ..
    } = accepted;
    let version = session.version();
    let end_log = EndLog::new(id, version);
    tracing::info!(connection = id, %peer, %local, version, "opened");
    let connection = Connection {
        id,
        peer,
        local,
        origin,
    };
    let slow_flag = session.slow_flag();
    let (state, slow_threads) = (server.clone(), server.slow_threads.clone());
    // Boxed by itself, so that it can move to other threads.
    let serving = Box::pin(async move {
        serve_until_stopped(transport, session, &connection, &state, end_log, place).await;
    });
    server.connections.spawn(async move {
        slow_threads.run(serving, slow_flag).await;
        drop(permit);
    });
}

/// Tears down the connection of a peer that has as many as it may. Its line in the log is the only one.
fn refuse<T: Transport>(mut accepted: Accepted<T>, id: u64, peers: &Peers) {
    accepted.transport.reset_on_drop();
    let error = format!(
        "this peer has {} connections, and may have no more",
        peers.most
    );
    let peer = accepted.peer;
    tracing::warn!(connection = id, %peer, reason = "too-many", %error, "refused");
}

/// Serves one connection, and cuts it off when the server has stopped and the grace is over.
async fn serve_until_stopped<T: Transport, S: Session>(
    transport: T,
    session: S,
    connection: &Connection,
    server: &ServerState,
    mut end_log: EndLog,
    place: Option<Place>,
) {
    let Limits { grace, .. } = server.limits;
    // Out here, so that a connection that is cut off can still be reset.
    let mut transport = Some(transport);
    let mut session = Some(session);
    let end = {
        let serving = serve_and_close(
            &mut transport,
            &mut session,
            connection,
            server,
            &mut end_log.counts,
        );
        let mut serving = pin!(serving);
        // A token of its own: the shared one's lock would be taken by every connection, all the time.
        let stop = server.stop.child_token();
        let mut stopped = pin!(stop.cancelled());
        let mut cut = pin!(None::<Sleep>);
        poll_fn(|cx| {
            if let Poll::Ready(end) = serving.as_mut().poll(cx) {
                return Poll::Ready(end);
            }
            if cut.is_none() {
                std::task::ready!(stopped.as_mut().poll(cx));
                cut.set(Some(sleep(grace)));
                // What `serving` was waiting for is now over.
                cx.waker().wake_by_ref();
            }
            match cut.as_mut().as_pin_mut() {
                Some(cut) => cut.poll(cx).map(|()| End::CutOff),
                None => Poll::Pending,
            }
        })
        .await
    };
    if matches!(end, End::CutOff) {
        server.cut_off.fetch_add(1, Ordering::Relaxed);
        if let Some(transport) = &mut transport {
            transport.reset_on_drop();
        }
    }
    // Before anybody can read that the connection is closed.
    drop(place);
    let budget = match &end {
        End::Failed(error) => S::broken_budget(error),
        _ => None,
    };
    end_log.close(&end, budget);
}

/// A connection up to its end, with the session's last call. That does not wait for a peer that takes its time to
/// close: others are to hear that the session has left when it has said its last word.
async fn serve_and_close<T: Transport, S: Session>(
    transport: &mut Option<T>,
    session: &mut Option<S>,
    connection: &Connection,
    server: &ServerState,
    counts: &mut Counts,
) -> End<S::Error> {
    let (Some(open), Some(active)) = (&mut *transport, &mut *session) else {
        return End::Ended;
    };
    let ServerState {
        limits, stopping, ..
    } = server;
    let end = serve(open, active, connection, limits, stopping, counts).await;
    let closing = async {
        if let Some(open) = transport {
            linger(open, &end).await;
        }
        *transport = None;
    };
    let last_call = async {
        if !matches!(end, End::Refused(_))
            && let Some(active) = session
            && let Err(error) = active.closed(end.reason()).await
        {
            let budget = S::broken_budget(&error);
            let error = one_line(error);
            tracing::warn!(connection = connection.id, budget, %error, "failed in closed");
        }
        *session = None;
    };
    // In this order: a connection that ends with a reset is gone before the last call.
    tokio::join!(biased; closing, last_call);
    end
}
