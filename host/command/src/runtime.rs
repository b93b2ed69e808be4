//! The runtimes that commands run in.

use std::io;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

/// Pairs of sockets that take as many descriptors as a runtime does, and some more. Tokio panics where it can't have its own
/// pair: with fewer, making one is an error.
/// Test: `submissions::where_descriptors_are_short_nothing_panics`.
#[cfg(unix)]
const PAIRS: usize = 6;

/// For what has one thing to do at a time.
pub(super) fn one_thread() -> io::Result<Runtime> {
    #[cfg(unix)]
    drop(
        (0..PAIRS)
            .map(|_| UnixStream::pair())
            .collect::<io::Result<Vec<_>>>()?,
    );
    Builder::new_current_thread().enable_all().build()
}

/// For serving: a thread for each processor.
pub(super) fn all_processors() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}
