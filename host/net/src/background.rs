//! Where a connection runs while its session takes long: threads that the system runs when it has
//! nothing better to do.
//!
//! It knows of a session only that it takes long; the session says so by its [`Effort`].

use eco_contract::Effort;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::Poll;
use tokio::runtime::{Builder, Handle, Runtime};

/// The lowest priority that Linux has (`nice`, see setpriority(2)): beside a thread of ordinary
/// priority such a one gets a sixtieth of a processor, and all of one that is idle.
#[cfg(target_os = "linux")]
const LOWEST_PRIORITY: i32 = 19;

/// The threads, which are started when they are first needed.
#[derive(Default)]
pub(super) struct Background(OnceLock<Option<Runtime>>);

/// Where a future has got to.
enum Way {
    Done,
    /// It should go on elsewhere.
    Moves,
}

impl Background {
    /// Runs `future` to its end: here, and in the background for as long as `effort` is long.
    pub(super) async fn attend<F>(&self, mut future: Pin<Box<F>>, effort: Effort)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        while let Way::Moves = until(&mut future, &effort, Effort::is_long).await {
            let Some(threads) = self.threads() else {
                return future.await;
            };
            let there = effort.clone();
            let stay = threads.spawn(async move {
                let way = until(&mut future, &there, |effort| !effort.is_long()).await;
                (future, way)
            });
            match stay.await {
                Ok((back, Way::Moves)) => future = back,
                // It ended there; or it panicked, which ends it here too.
                Ok((_, Way::Done)) | Err(_) => return,
            }
        }
    }

    /// `None` where the system gives no more threads: then everything goes on where it is.
    fn threads(&self) -> Option<&Handle> {
        let start = || {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            Builder::new_multi_thread()
                .worker_threads(processors)
                .thread_name("eco-background")
                .on_thread_start(yield_to_others)
                .enable_all()
                .build()
                .inspect_err(|error| tracing::warn!("no threads for long calls: {error}"))
                .ok()
        };
        self.0.get_or_init(start).as_ref().map(Runtime::handle)
    }
}

/// Polls `future` until it is done, or waits for something while `elsewhere` holds.
async fn until<F: Future<Output = ()>>(
    future: &mut Pin<Box<F>>,
    effort: &Effort,
    elsewhere: impl Fn(&Effort) -> bool,
) -> Way {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(Way::Done),
        Poll::Pending if elsewhere(effort) => Poll::Ready(Way::Moves),
        Poll::Pending => Poll::Pending,
    })
    .await
}

fn yield_to_others() {
    // Elsewhere priorities belong to the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST_PRIORITY) {
        tracing::warn!("cannot lower the priority of long calls: {error}");
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may be dropped where nobody may wait.
        if let Some(runtime) = self.0.take().flatten() {
            runtime.shutdown_background();
        }
    }
}
