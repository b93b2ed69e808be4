//! The server: accepting connections, and stopping.
//!
//! It owns the caps on connections, the survival of accept errors and the drain. What happens on a
//! connection is in `connection`.

use super::background::Background;
use super::connection::{Counts, End, serve};
use super::limits::Limits;
use super::peers::{Peers, Place};
use super::transport::Transport as _;
use eco_contract::{Connection, Session};
use eco_text::escape::{Escaped, one_line};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long accepting pauses after an error that isn't about the one connection, such as running
/// out of descriptors. A connection that ends meanwhile makes room.
/// Test: `manners::a_server_out_of_descriptors_serves_on_and_recovers`.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// At most one line of the log in this time says that accepting fails, or that the cap is reached.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(1);

/// What was left to do when the server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// Connections that were open when it was told to stop.
    pub open: usize,
    /// Those of them that had to be cut off at the end of the grace.
    pub cut_off: u64,
    /// All that were ever accepted.
    pub served: u64,
}

/// A server on sockets that listen already.
pub struct Server {
    listeners: Vec<TcpListener>,
    limits: Limits,
}

/// What the tasks of one server share.
struct Shared {
    limits: Limits,
    permits: Arc<Semaphore>,
    /// Where each peer may have so many.
    peers: Option<Arc<Peers>>,
    background: Arc<Background>,
    connections: TaskTracker,
    accepted: AtomicU64,
    cut_off: AtomicU64,
    /// `stopping` is what a connection looks at, `stop` is what wakes it up.
    stopping: AtomicBool,
    stop: CancellationToken,
}

impl Server {
    /// A server for these listeners. Nothing is accepted before [`run`](Self::run).
    pub fn new(listeners: Vec<TcpListener>, limits: Limits) -> Self {
        Self { listeners, limits }
    }

    /// Serves until `shutdown` is done; then stops accepting, closes idle connections, and gives
    /// replies in flight the grace of [`Limits`]. Each connection gets a session of its own.
    pub async fn run<S, F>(self, new_session: F, shutdown: impl Future<Output = ()>) -> Farewell
    where
        S: Session + 'static,
        F: Fn() -> S + Send + Sync + 'static,
    {
        let shared = Arc::new(Shared {
            permits: Arc::new(Semaphore::new(
                self.limits.max_connections.min(Semaphore::MAX_PERMITS),
            )),
            peers: self.limits.max_connections_per_peer.map(Peers::new),
            limits: self.limits,
            background: Arc::default(),
            connections: TaskTracker::new(),
            accepted: AtomicU64::new(0),
            cut_off: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            stop: CancellationToken::new(),
        });
        {
            // Dropped at the end of this block, and the listening sockets with it.
            let accepting = pin!(accept_all(self.listeners, &shared, new_session));
            let shutdown = pin!(shutdown);
            tokio::select! {
                () = shutdown => {}
                () = accepting => {}
            }
        }
        let open = shared.connections.len();
        shared.stopping.store(true, Ordering::Release);
        shared.stop.cancel();
        shared.connections.close();
        shared.connections.wait().await;
        Farewell {
            open,
            cut_off: shared.cut_off.load(Ordering::Relaxed),
            served: shared.accepted.load(Ordering::Relaxed),
        }
    }
}

/// Accepts from all the listeners, with a permit before each connection. It never ends.
async fn accept_all<S, F>(listeners: Vec<TcpListener>, shared: &Arc<Shared>, new_session: F)
where
    S: Session + 'static,
    F: Fn() -> S + Send + Sync + 'static,
{
    let mut complaints = Complaints::default();
    let mut turn = 0;
    loop {
        let permit = permit(shared, &mut complaints).await;
        turn += 1;
        match accept_any(&listeners, turn).await {
            Ok((stream, peer)) => start(stream, peer, permit, shared, new_session()),
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                if complaints.due() {
                    tracing::error!("cannot accept: {error} (trying on)");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The next connection of any listener. They are asked in turn, so that a busy one can't starve the
/// others.
async fn accept_any(listeners: &[TcpListener], turn: usize) -> io::Result<(TcpStream, SocketAddr)> {
    poll_fn(|cx| {
        let (later, sooner) = listeners.split_at(turn % listeners.len().max(1));
        for listener in sooner.iter().chain(later) {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}

/// Leave for one more connection, waited for at the cap.
async fn permit(shared: &Shared, complaints: &mut Complaints) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = shared.permits.clone().try_acquire_owned() {
        return Some(permit);
    }
    if complaints.due() {
        let cap = shared.limits.max_connections;
        tracing::warn!("{cap} connections are open: the next ones wait (see --max-connections)");
    }
    // It fails only for a closed semaphore, and this one never is.
    shared.permits.clone().acquire_owned().await.ok()
}

/// The peer gave up between its SYN and our accept: nothing to do with the next one.
fn is_about_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

#[derive(Default)]
struct Complaints(Option<Instant>);

impl Complaints {
    fn due(&mut self) -> bool {
        let due = self
            .0
            .is_none_or(|last| last.elapsed() >= COMPLAINT_INTERVAL);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

fn start<S: Session + 'static>(
    stream: TcpStream,
    peer: SocketAddr,
    permit: Option<OwnedSemaphorePermit>,
    shared: &Arc<Shared>,
    session: S,
) {
    let id = shared.accepted.fetch_add(1, Ordering::Relaxed) + 1;
    let place = match &shared.peers {
        None => None,
        Some(peers) => match peers.place(peer.ip()) {
            None => return refuse(stream, id, peer, peers),
            place => place,
        },
    };
    let version = session.version();
    let record = Record::new(id, version);
    // Both fail only on a connection that is gone already, which the first read will find out.
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr().unwrap_or(peer);
    let connection = Connection { id, peer, local };
    tracing::info!(connection = id, %peer, %local, version, "opened");
    let server = shared.clone();
    let effort = session.effort();
    let background = shared.background.clone();
    // Boxed by itself, so that it can move to other threads.
    let attending =
        Box::pin(async move { attend(stream, session, &connection, &server, record, place).await });
    shared.connections.spawn(async move {
        background.attend(attending, effort).await;
        drop(permit);
    });
}

/// Tears down the connection of a peer that has as many as it may. Its line in the log is the only one.
fn refuse(mut stream: TcpStream, id: u64, peer: SocketAddr, peers: &Peers) {
    stream.reset_on_drop();
    let error = format!(
        "this peer has {} connections, and may have no more",
        peers.most
    );
    tracing::warn!(connection = id, %peer, reason = "too-many", %error, "refused");
}

/// Serves one connection, and cuts it off when the server has stopped and the grace is over.
async fn attend<S: Session>(
    stream: TcpStream,
    mut session: S,
    connection: &Connection,
    server: &Shared,
    mut record: Record,
    place: Option<Place>,
) {
    let Limits { grace, .. } = server.limits;
    // Out here, so that a connection that is cut off can still be reset.
    let mut stream = Some(stream);
    let end = {
        let serving = converse(
            &mut stream,
            &mut session,
            connection,
            server,
            &mut record.counts,
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
        if let Some(stream) = &mut stream {
            stream.reset_on_drop();
        }
    }
    // Before anybody can read that the connection is closed.
    drop(place);
    let budget = match &end {
        End::Failed(error) => S::broken_budget(error),
        _ => None,
    };
    record.close(&end, budget);
}

/// A connection up to its end, with the session's last word. The socket is closed before that.
async fn converse<S: Session>(
    stream: &mut Option<TcpStream>,
    session: &mut S,
    connection: &Connection,
    server: &Shared,
    counts: &mut Counts,
) -> End<S::Error> {
    let Some(open) = stream else {
        return End::Ended;
    };
    let Shared {
        limits, stopping, ..
    } = server;
    let end = serve(open, session, connection, limits, stopping, counts).await;
    *stream = None;
    if !matches!(end, End::Refused(_))
        && let Err(error) = session.closed(end.reason()).await
    {
        let budget = S::broken_budget(&error);
        let error = one_line(error);
        tracing::warn!(connection = connection.id, budget, %error, "failed in closed");
    }
    end
}

/// Writes a connection's end to the log, exactly once, whatever happens to its task.
struct Record {
    id: u64,
    /// That of what decides its bytes.
    version: Option<u64>,
    opened: Instant,
    counts: Counts,
    written: bool,
}

impl Record {
    fn new(id: u64, version: Option<u64>) -> Self {
        Self {
            id,
            version,
            opened: Instant::now(),
            counts: Counts::default(),
            written: false,
        }
    }

    /// `budget` is the one that was broken, if the end is due to that.
    fn close<E: std::fmt::Display>(mut self, end: &End<E>, budget: Option<&str>) {
        let reason = end.reason().code();
        match end {
            End::Refused(why) => self.failed("refused", None, &Escaped(why.as_bytes())),
            End::Failed(error) => self.failed(reason, budget, error),
            End::RepliedAfterFinish => {
                self.failed(reason, None, &"the plugin replied after it had finished");
            }
            End::PeerReset(error) => self.ended(reason, Some(error)),
            _ => self.ended(reason, None),
        }
    }

    /// Since it was opened, in steps of a microsecond.
    fn milliseconds(&self) -> f64 {
        (self.opened.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }

    fn ended(&mut self, reason: &str, error: Option<&io::Error>) {
        self.written = true;
        let Counts { received, sent } = self.counts;
        let duration_ms = self.milliseconds();
        let error = error.map(tracing::field::display);
        tracing::info!(
            connection = self.id,
            version = self.version,
            reason,
            received,
            sent,
            duration_ms,
            error,
            "closed"
        );
    }

    /// `error` may have words of the session's, whatever that is.
    fn failed(&mut self, reason: &str, budget: Option<&str>, error: &dyn std::fmt::Display) {
        self.written = true;
        let error = one_line(error);
        let Counts { received, sent } = self.counts;
        let duration_ms = self.milliseconds();
        tracing::warn!(
            connection = self.id,
            version = self.version,
            reason,
            budget,
            received,
            sent,
            duration_ms,
            %error,
            "closed"
        );
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.written {
            self.failed("dropped", None, &"the task of this connection was dropped");
        }
    }
}
