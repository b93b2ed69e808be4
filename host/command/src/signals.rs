//! SIGINT, SIGTERM, SIGHUP, and those that stand for a write that the system refuses.

use crate::exit::{Exit, Failure};
#[cfg(unix)]
use std::sync::Arc;

/// Has a write that the system refuses be an error of that write, and not the end of the process with all its
/// connections. SIGXFSZ comes where a file would grow over its limit (`ulimit -f`), SIGIO where whoever started eco left a
/// descriptor that announces itself. Rust's runtime does the same of SIGPIPE. They are caught, not ignored: what eco
/// starts finds them as they were.
#[cfg(unix)]
pub(super) fn survive_refused_writes() -> std::io::Result<()> {
    use signal_hook::consts::signal::{SIGIO, SIGXFSZ};
    for signal in [SIGXFSZ, SIGIO] {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn survive_refused_writes() -> std::io::Result<()> {
    Ok(())
}

/// The signals that ask the process to end, caught from the moment that this is made.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn catch() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }

    /// The output of `work`, unless a signal comes first.
    pub(super) async fn or<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            result = work => result,
            () = self.next() => Err(Exit::Interrupted.saying("interrupted")),
        }
    }
}

/// SIGHUP, caught from the moment that this is made, so that it doesn't end the process.
pub(super) struct Hangup {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Hangup {
    #[cfg(unix)]
    pub(super) fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn catch() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        self.hangup.recv().await;
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        std::future::pending().await
    }
}
