//! The system calls behind a folder of the cache.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use other::{Place, check_file, unnamed};
#[cfg(unix)]
pub(crate) use unix::{Place, check_file, unnamed};
