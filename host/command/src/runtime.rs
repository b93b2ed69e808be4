//! The runtimes that commands run in.

use std::io;
use tokio::runtime::{Builder, Runtime};

/// For what has one thing to do at a time.
pub(super) fn one_thread() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// For serving: a thread for each processor.
pub(super) fn all_processors() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}
