//! The threads of slow calls. They have the lowest priority, and a connection runs there while its session's
//! [`SlowFlag`] is set.

use eco_contract::SlowFlag;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::Poll;
use tokio::runtime::{Builder, Handle, Runtime};
use tracing::Instrument as _;

/// The lowest priority that Linux has (`nice`, see setpriority(2)): beside a thread of ordinary
/// priority such a one gets a sixtieth of a processor, and all of one that is idle.
#[cfg(target_os = "linux")]
const LOWEST_PRIORITY: i32 = 19;

/// The threads, which are started when they are first needed.
#[derive(Default)]
pub(super) struct SlowThreads(OnceLock<Option<Runtime>>);

/// The progress of a future.
enum Progress {
    Done,
    /// It should go on elsewhere.
    Moves,
}

impl SlowThreads {
    /// Runs `future` to its end: here, and in the slow threads for as long as `slow_flag` is set.
    pub(super) async fn run<F>(&self, mut future: Pin<Box<F>>, slow_flag: SlowFlag)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        while let Progress::Moves = until(&mut future, &slow_flag, SlowFlag::is_slow).await {
            let Some(threads) = self.threads() else {
                return future.await;
            };
            let there = slow_flag.clone();
            let stay = async move {
                let way = until(&mut future, &there, |slow_flag| !slow_flag.is_slow()).await;
                (future, way)
            };
            match threads.spawn(stay.in_current_span()).await {
                Ok((back, Progress::Moves)) => future = back,
                // It ended there; or it panicked, which ends it here too.
                Ok((_, Progress::Done)) | Err(_) => return,
            }
        }
    }

    /// `None` if the system gives no more threads: then everything goes on where it is.
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
    slow_flag: &SlowFlag,
    elsewhere: impl Fn(&SlowFlag) -> bool,
) -> Progress {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(Progress::Done),
        Poll::Pending if elsewhere(slow_flag) => Poll::Ready(Progress::Moves),
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

impl Drop for SlowThreads {
    fn drop(&mut self) {
        // Waiting may not be allowed in this place.
        if let Some(runtime) = self.0.take().flatten() {
            runtime.shutdown_background();
        }
    }
}
