//! Signals: SIGINT and SIGTERM, SIGHUP, and those that report a refused write.

use crate::exit::{Exit, Failure};
#[cfg(unix)]
use std::sync::Arc;

/// Makes a refused write an error of that write alone. Without this the signal would end the process, with all its
/// connections. SIGXFSZ comes when a file would grow over its limit (`ulimit -f`). SIGIO comes when the parent process left
/// a descriptor with asynchronous input and output. Rust's runtime does the same for SIGPIPE. The signals are caught and
/// not ignored, since children would inherit an ignored signal.
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

/// SIGINT and SIGTERM, caught from the moment that this is made.
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

    /// The output of `work`, unless a signal comes before it.
    pub(super) async fn or<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            // Ctrl-C reaches the tools that eco runs as well, and what they fail of then is not the reason.
            biased;
            () = self.next() => Err(Exit::Interrupted.saying("interrupted")),
            result = work => result,
        }
    }
}

/// SIGHUP, caught from the moment that this is made. It no longer ends the process.
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
