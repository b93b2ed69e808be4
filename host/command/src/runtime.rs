//! Tokio's runtimes for commands.

use std::io;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

/// Pairs of sockets that take a few more descriptors than a runtime does. Tokio panics where it gets too few. So many are
/// opened first, which is an error instead.
/// Test: `grading::submissions::isolation::where_descriptors_are_short_nothing_panics`.
#[cfg(unix)]
const PAIRS: usize = 6;

/// A runtime in the calling thread, for work that does one thing at a time.
pub(super) fn one_thread() -> io::Result<Runtime> {
    #[cfg(unix)]
    drop(
        (0..PAIRS)
            .map(|_| UnixStream::pair())
            .collect::<io::Result<Vec<_>>>()?,
    );
    Builder::new_current_thread().enable_all().build()
}

/// A runtime with a thread for each processor, for serving.
pub(super) fn all_processors() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}
