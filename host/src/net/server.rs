//! The server: accepting connections, and stopping.
//!
//! It owns the cap on connections, the survival of accept errors and the drain. What happens on a
//! connection is in `connection`.

use super::connection::{Counts, End, serve};
use super::transport::Transport as _;
use crate::contract::{Connection, Session};
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
/// Test: `capacity::a_server_out_of_descriptors_serves_on_and_recovers`.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// At most one line of the log in this time says that accepting fails, or that the cap is reached.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(1);

/// The limits of a server. See `eco serve --help`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most that one call is handed, in bytes.
    pub chunk_size: usize,
    /// Connections at the same time. At the cap, accepting waits; nothing is refused.
    pub max_connections: usize,
    /// How long a peer may be silent. `None`: for ever.
    pub idle_timeout: Option<Duration>,
    /// How long a peer may take none of a reply. `None`: for ever.
    pub write_timeout: Option<Duration>,
    /// How long replies in flight may take when the server stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chunk_size: 64 * 1024,
            max_connections: 2048,
            idle_timeout: Some(Duration::from_secs(600)),
            write_timeout: Some(Duration::from_secs(30)),
            grace: Duration::from_secs(10),
        }
    }
}

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
            limits: self.limits,
            connections: TaskTracker::new(),
            accepted: AtomicU64::new(0),
            cut_off: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            stop: CancellationToken::new(),
        });
        let new_session = Arc::new(new_session);
        let mut accepting = tokio::task::JoinSet::new();
        for listener in self.listeners {
            accepting.spawn(accept_all(listener, shared.clone(), new_session.clone()));
        }
        shutdown.await;
        // The listening sockets are closed before anything else happens.
        accepting.shutdown().await;
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

async fn accept_all<S, F>(listener: TcpListener, shared: Arc<Shared>, new_session: Arc<F>)
where
    S: Session + 'static,
    F: Fn() -> S + Send + Sync + 'static,
{
    let mut complaints = Complaints::default();
    loop {
        let permit = permit(&shared, &mut complaints).await;
        match listener.accept().await {
            Ok((stream, peer)) => start(stream, peer, permit, &shared, new_session()),
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
    let record = Record::new(id);
    // Both fail only on a connection that is gone already, which the first read will find out.
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr().unwrap_or(peer);
    let connection = Connection { id, peer, local };
    tracing::info!(connection = id, %peer, %local, "opened");
    let server = shared.clone();
    shared.connections.spawn(async move {
        attend(stream, session, &connection, &server, record).await;
        drop(permit);
    });
}

/// Serves one connection, and cuts it off when the server has stopped and the grace is over.
async fn attend<S: Session>(
    mut stream: TcpStream,
    mut session: S,
    connection: &Connection,
    server: &Shared,
    mut record: Record,
) {
    let end = {
        let mut serving = pin!(serve(
            &mut stream,
            &mut session,
            connection,
            &server.limits,
            &server.stopping,
            &mut record.counts,
        ));
        // A token of its own: the shared one's lock would be taken by every connection, all the time.
        let stop = server.stop.child_token();
        let mut stopped = pin!(stop.cancelled());
        let mut grace = pin!(None::<Sleep>);
        poll_fn(|cx| {
            if let Poll::Ready(end) = serving.as_mut().poll(cx) {
                return Poll::Ready(end);
            }
            if grace.is_none() {
                std::task::ready!(stopped.as_mut().poll(cx));
                grace.set(Some(sleep(server.limits.grace)));
                // What `serving` was waiting for is now over.
                cx.waker().wake_by_ref();
            }
            match grace.as_mut().as_pin_mut() {
                Some(grace) => grace.poll(cx).map(|()| End::CutOff),
                None => Poll::Pending,
            }
        })
        .await
    };
    if matches!(end, End::CutOff) {
        server.cut_off.fetch_add(1, Ordering::Relaxed);
        stream.reset_on_drop();
    }
    drop(stream);
    let farewell = match end {
        End::Refused(_) => Ok(()),
        _ => session.closed(end.reason()).await,
    };
    if let Err(error) = farewell {
        tracing::warn!(connection = record.id, "closed: {error}");
    }
    record.close(&end);
}

/// Writes a connection's end to the log, exactly once, whatever happens to its task.
struct Record {
    id: u64,
    opened: Instant,
    counts: Counts,
    written: bool,
}

impl Record {
    fn new(id: u64) -> Self {
        Self {
            id,
            opened: Instant::now(),
            counts: Counts::default(),
            written: false,
        }
    }

    fn close<E: std::fmt::Display>(mut self, end: &End<E>) {
        let reason = end.reason().code();
        match end {
            End::Refused(error) => self.failed("refused", error),
            End::Failed(error) => self.failed(reason, error),
            End::RepliedAfterFinish => {
                self.failed(reason, &"the plugin replied after it had finished");
            }
            End::PeerReset(error) => self.ended(reason, Some(error)),
            _ => self.ended(reason, None),
        }
    }

    fn ended(&mut self, reason: &str, error: Option<&io::Error>) {
        self.written = true;
        let Counts { received, sent } = self.counts;
        let error = error.map(tracing::field::display);
        tracing::info!(connection = self.id, reason, received, sent, duration = ?self.opened.elapsed(), error, "closed");
    }

    fn failed(&mut self, reason: &str, error: &dyn std::fmt::Display) {
        self.written = true;
        let Counts { received, sent } = self.counts;
        tracing::warn!(connection = self.id, reason, received, sent, duration = ?self.opened.elapsed(), %error, "closed");
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.written {
            self.failed("dropped", &"the task of this connection was dropped");
        }
    }
}
