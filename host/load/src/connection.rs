//! The connections of the load: their targets and sources.

use super::run::Run;
use super::tally::{Failed, SharedTally};
use super::target::Target;
use eco_net::{self as net, Inbox, ReusableTimeout, StampedStream, Stream};
use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A connection, and the bytes that have arrived on it.
pub(super) struct Connection {
    pub(super) stream: StampedStream,
    pub(super) inbox: Inbox,
    /// Whether FIN was sent, since a turn reads to the server's.
    pub(super) finished: bool,
}

impl Connection {
    /// Makes a new connection within the timeout, and counts it.
    pub(super) async fn open(
        run: &Run,
        tally: &SharedTally,
        timeout: &mut ReusableTimeout,
    ) -> Result<Self, Failed> {
        let (stream, ()) = connect(run, tally, timeout, |_| ()).await?;
        Ok(Self {
            stream: StampedStream::new(stream),
            inbox: Inbox::within(&run.replies),
            finished: false,
        })
    }
}

/// Makes a new stream within the timeout, and counts it. It is `seen` before its layers are added.
pub(super) async fn connect<T>(
    run: &Run,
    tally: &SharedTally,
    timeout: &mut ReusableTimeout,
    seen: impl FnOnce(&Stream) -> T,
) -> Result<(Stream, T), Failed> {
    let began = Instant::now();
    let number = run.tried.fetch_add(1, Ordering::Relaxed);
    let source = run.sources.map(|sources| sources.of(number));
    let connecting = async {
        let stream = match &run.to {
            Target::Tcp(addresses) => Stream::Tcp(net::connect_any(addresses, source).await?),
            Target::Unix(name) => net::connect_unix(name).await?,
        };
        let seen = seen(&stream);
        Ok((run.layers.add(stream).await?, seen))
    };
    match timeout.within(connecting).await {
        Some(Ok(made)) => {
            run.connected.store(true, Ordering::Relaxed);
            tally.lock().connecting_took(began.elapsed());
            Ok(made)
        }
        Some(Err(error)) => Err(run.cannot_connect(error)),
        None => Err(run.cannot_connect(io::ErrorKind::TimedOut.into())),
    }
}
