//! Accepting: the caps on connections, and errors that must not end it.

use super::state::ServerState;
use super::task::serve_until_stopped;
use crate::end_log::EndLog;
use crate::limits::Limit;
use crate::listener::{Accepted, Listener};
use crate::peers::{Peers, origin};
use crate::rate_limit::RateLimit;
use crate::transport::Transport;
use eco_contract::{Connection, Session};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

/// Accepting pauses so long after an error that isn't about the one connection, such as running out of descriptors. A
/// connection that ends meanwhile makes room.
/// Test: `tcp::a_server_out_of_descriptors_serves_on_and_recovers`.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// At most one line of the log in this time says that accepting fails, or that the cap is reached.
const WARNING_INTERVAL: Duration = Duration::from_secs(1);

/// Accepts from all the listeners, with a permit before each connection. It never ends.
pub(super) async fn accept_all<L, S, F>(
    mut listeners: Vec<L>,
    server: &Arc<ServerState>,
    new_session: F,
) where
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
            Ok(accepted) => start(accepted, permit, server, &new_session),
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

/// Permission to accept one more connection. At the cap it waits until a connection ends.
async fn permit(server: &ServerState, warnings: &mut RateLimit) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = server.permits.clone().try_acquire_owned() {
        return Some(permit);
    }
    if warnings.allows() {
        let open = server.limits.max_connections;
        let limit = Limit::MaxConnections.code();
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

/// Starts the task of a connection, unless its peer has too many.
fn start<T: Transport + 'static, S: Session + 'static>(
    accepted: Accepted<T>,
    permit: Option<OwnedSemaphorePermit>,
    server: &Arc<ServerState>,
    new_session: impl Fn() -> S,
) {
    let id = server.accepted.fetch_add(1, Ordering::Relaxed) + 1;
    let origin = accepted.peer_address.map(origin);
    let admission = match (&server.peers, origin) {
        (Some(peers), Some(origin)) => match peers.admit(origin) {
            None => return refuse(accepted, id, peers),
            admission => admission,
        },
        _ => None,
    };
    let Accepted {
        transport,
        peer,
        local,
        ..
    } = accepted;
    let session = new_session();
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
        serve_until_stopped(transport, session, &connection, &state, end_log, admission).await;
    });
    server.connections.spawn(async move {
        slow_threads.run(serving, slow_flag).await;
        drop(permit);
    });
}

/// Resets the connection of a peer that has as many as it may. Its line in the log is the only one.
fn refuse<T: Transport>(mut accepted: Accepted<T>, id: u64, peers: &Peers) {
    accepted.transport.reset_on_drop();
    let error = format!(
        "this peer has {} connections, and may have no more",
        peers.most
    );
    let peer = accepted.peer;
    tracing::warn!(connection = id, %peer, reason = "too-many", %error, "refused");
}
