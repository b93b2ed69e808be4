//! The task of one connection: the handshake and the session, then it serves, cuts off after the grace, and makes the
//! session's last call.

use super::end_log::EndLog;
use super::event::Refusal;
use super::state::ServerState;
use super::unopened::Unopened;
use crate::arriving::Arriving;
use crate::connection::serve;
use crate::counts::LiveCounts;
use crate::end::End;
use crate::limits::Limits;
use crate::linger::linger;
use crate::peers::Admission;
use crate::transport::Transport;
use crate::within::within;
use eco_contract::{Connection, Session, SlowFlag};
use eco_text::escape::one_line;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// A transport's handshake may take so long, then the connection is refused: a peer that says nothing has its place no
/// longer. TLS takes two round trips and some milliseconds of work, and a person does not wait longer for a connection.
/// Test: `serving::handshakes::a_thousand_silent_handshakes_hold_up_nobody_and_end_after_ten_seconds`.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Brings a connection that was accepted to its session: the future that serves it, and the session's flag. `None`: it
/// was refused. The transport comes first, so that it is dropped last: nobody is to read that the connection is closed
/// before its peer may have another.
pub(super) async fn arrive<T, S, F>(
    mut transport: T,
    mut unopened: Unopened,
    mut admission: Option<Admission>,
    server: Arc<ServerState>,
    sessions: Arc<F>,
) -> Option<(
    Pin<Box<impl Future<Output = ()> + Send + 'static>>,
    SlowFlag,
)>
where
    T: Transport + 'static,
    S: Session + 'static,
    F: Fn(&Arriving) -> Option<S> + Send + Sync + 'static,
{
    if let Err(why) = shake_hands(&mut transport, &server).await {
        // A reset could overtake what the peer was told of a handshake that failed.
        if !matches!(why, Refusal::HandshakeFailed(_)) {
            transport.reset_on_drop();
        }
        unopened.refuse(why);
        return None;
    }
    transport.describe(&mut unopened.arriving);
    // One that only the handshake has told whose it is was not counted before.
    if admission.is_none() {
        admission = match unopened.admit() {
            Ok(admission) => admission,
            Err(why) => {
                transport.reset_on_drop();
                unopened.refuse(why);
                return None;
            }
        };
    }
    let Some(session) = sessions(&unopened.arriving) else {
        transport.reset_on_drop();
        unopened.refuse(Refusal::NoSession);
        return None;
    };
    let slow_flag = session.slow_flag();
    let limits = unopened.limits.clone();
    let (connection, end_log) = unopened.open(session.version());
    let about = About {
        connection,
        limits,
        server,
    };
    // Boxed by itself, so that it can move to other threads.
    let serving = Box::pin(async move {
        serve_until_stopped(transport, session, &about, end_log, admission).await;
    });
    Some((serving, slow_flag))
}

async fn shake_hands<T: Transport>(transport: &mut T, server: &ServerState) -> Result<(), Refusal> {
    let shaking = within(Some(HANDSHAKE_TIMEOUT), transport.handshake());
    let shaken = tokio::select! {
        // A handshake that is over, as one without steps is at once, does not look at the server.
        biased;
        shaken = shaking => shaken,
        () = server.stop.cancelled() => return Err(Refusal::Stopping),
    };
    match shaken {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(Refusal::HandshakeFailed(one_line(error))),
        None => Err(Refusal::HandshakeTimedOut(HANDSHAKE_TIMEOUT)),
    }
}

/// What is known of a connection that is served.
struct About {
    connection: Connection,
    limits: Arc<Limits>,
    server: Arc<ServerState>,
}

/// Serves one connection, and cuts it off when the server has stopped and the grace is over.
async fn serve_until_stopped<T: Transport, S: Session>(
    transport: T,
    session: S,
    about: &About,
    end_log: EndLog,
    admission: Option<Admission>,
) {
    let server = &about.server;
    // Out here, so that a connection that is cut off can still be reset.
    let mut transport = Some(transport);
    let mut session = Some(session);
    let end = {
        let serving = serve_and_close(&mut transport, &mut session, about, &end_log.counts);
        let mut serving = pin!(serving);
        let mut stopped = pin!(server.stop.cancelled());
        // Whom that wakes. Looking at it takes a lock of all connections, so that it is done once for each waker.
        let mut waker = None::<Waker>;
        let mut cut = pin!(None::<Sleep>);
        poll_fn(|cx| {
            if let Poll::Ready(end) = serving.as_mut().poll(cx) {
                return Poll::Ready(end);
            }
            if cut.is_none() {
                let known = waker.as_ref();
                if known.is_some_and(|known| known.will_wake(cx.waker()))
                    && !server.stopping.load(Ordering::Acquire)
                {
                    return Poll::Pending;
                }
                waker = Some(cx.waker().clone());
                ready!(stopped.as_mut().poll(cx));
                cut.set(Some(sleep(server.limits().grace)));
                // `serving` waited for something that is over now.
                cx.waker().wake_by_ref();
            }
            match cut.as_mut().as_pin_mut() {
                Some(cut) => cut.poll(cx).map(|()| End::CutOff),
                None => Poll::Pending,
            }
        })
        .await
    };
    if matches!(end, End::CutOff)
        && let Some(transport) = &mut transport
    {
        transport.reset_on_drop();
    }
    // Before anybody can read that the connection is closed.
    drop(admission);
    let budget = match &end {
        End::Failed(error) => S::broken_budget(error),
        _ => None,
    };
    end_log.close(&end, budget);
}

/// Serves a connection up to its end, with the session's last call. The call does not wait for a slow peer to close:
/// others are to hear that the session has left when it has said its last word.
async fn serve_and_close<T: Transport, S: Session>(
    transport: &mut Option<T>,
    session: &mut Option<S>,
    about: &About,
    counts: &LiveCounts,
) -> End<S::Error> {
    let (Some(open), Some(active)) = (&mut *transport, &mut *session) else {
        return End::Ended;
    };
    let About {
        connection,
        limits,
        server,
    } = about;
    let end = serve(open, active, connection, limits, &server.stopping, counts).await;
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
