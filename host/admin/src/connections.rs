//! All connections of the server: how many there may be, and which of them makes way.

use crate::connection::serve;
use crate::site::Site;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// Connections at the same time. Probers and scrapers have one each for a moment, and a person a few. For one more, the
/// oldest that has not asked for anything yet is closed, or the oldest of all. They are many, so that among two thousand that
/// come in each second, and are silent, a prober has a quarter of a second for its request.
/// Test: `admin::hostile::a_thousand_connections_that_say_nothing_keep_nobody_out`.
const MOST: usize = 512;

/// Pause after an error of accepting, such as running out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A connection.
struct Open {
    /// Whether its request is there.
    has_request: Arc<AtomicBool>,
    task: AbortHandle,
}

/// Serves all connections that come. It never ends.
pub(crate) async fn serve_all<A, S>(mut accept: A, site: Arc<Site>)
where
    A: FnMut(&mut Context<'_>) -> Poll<io::Result<S>>,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut open = VecDeque::new();
    loop {
        let Ok(stream) = poll_fn(&mut accept).await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        make_room(&mut open);
        let has_request = Arc::<AtomicBool>::default();
        let (site, sets) = (site.clone(), has_request.clone());
        let task = tokio::spawn(async move { serve(stream, &site, &sets).await });
        open.push_back(Open {
            has_request,
            task: task.abort_handle(),
        });
    }
}

fn make_room(open: &mut VecDeque<Open>) {
    open.retain(|connection| !connection.task.is_finished());
    if open.len() < MOST {
        return;
    }
    let is_silent = |connection: &Open| !connection.has_request.load(Ordering::Relaxed);
    let oldest = open.iter().position(is_silent).unwrap_or_default();
    if let Some(oldest) = open.remove(oldest) {
        oldest.task.abort();
    }
}
