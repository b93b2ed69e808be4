//! The thread of the server: it starts, and it ends.

use crate::connections::serve_all;
use crate::site::Site;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// A server that runs, in a thread `eco-admin`. Dropped, it closes its listener and all connections, and waits for that.
#[must_use = "it ends when it is dropped"]
pub struct Admin {
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// Why a server has not started.
#[derive(Debug)]
pub enum StartError<E> {
    /// The system has no thread, or nothing else that one needs.
    System(io::Error),
    /// It can't listen: the caller's own error.
    Listen(E),
}

impl Admin {
    /// Starts one with what `listen` returns, which is run in the new thread: a function that accepts the next connection, and
    /// whatever the caller wants to know of it. It serves from then on.
    ///
    /// # Errors
    /// There is no thread, or `listen` has failed.
    ///
    /// # Cancel safety
    /// A future that is dropped leaves nothing.
    pub async fn start<A, S, T, E>(
        site: Site,
        listen: impl Future<Output = Result<(A, T), E>> + Send + 'static,
    ) -> Result<(Self, T), StartError<E>>
    where
        A: FnMut(&mut Context<'_>) -> Poll<io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let stop = CancellationToken::new();
        let (tells, told) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::System)?;
        let stopped = stop.clone();
        let run = move || {
            let serving = async move {
                match listen.await {
                    Ok((accept, about)) => {
                        let _ = tells.send(Ok(about));
                        serve_all(accept, Arc::new(site)).await;
                    }
                    Err(error) => drop(tells.send(Err(error))),
                }
            };
            runtime.block_on(stopped.run_until_cancelled_owned(serving));
            // Whoever asks the system for a name may wait for long.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("eco-admin".to_owned());
        let thread = thread.spawn(run).map_err(StartError::System)?;
        let admin = Self {
            stop,
            thread: Some(thread),
        };
        match told.await {
            Ok(Ok(about)) => Ok((admin, about)),
            Ok(Err(error)) => Err(StartError::Listen(error)),
            // Only a panic keeps it from telling.
            Err(gone) => Err(StartError::System(io::Error::other(gone))),
        }
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
