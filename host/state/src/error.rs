//! Why state can't be opened.

use std::error::Error;
use std::path::PathBuf;

/// Why state can't be opened. It keeps its cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the file.
    #[error("another process has {} open", .0.display())]
    InUse(PathBuf),
    /// The file can't be used.
    #[error("cannot use {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: Box<dyn Error + Send + Sync>,
    },
    /// The system refuses something that the file needs: its disk is full, say.
    #[error("cannot use {}: {error}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// The name of a namespace or of a host that can't be used.
    #[error("{0}")]
    Name(&'static str),
    /// No URL of a Redis. The text repeats none of it, as it may have a password.
    #[error("this is no URL of a Redis: {0}")]
    Url(String),
    /// Redis doesn't answer, or doesn't let us in.
    #[error("cannot use Redis at {address}: {error}")]
    Unreachable {
        /// The address, without a password.
        address: String,
        /// Redis's error, or the system's.
        error: Box<dyn Error + Send + Sync>,
    },
    /// The crate was built without the feature that the location needs.
    #[error("this eco is built without {place} (the cargo feature `{feature}` of eco-state)")]
    NotBuiltIn {
        /// What it is built without, in words.
        place: &'static str,
        /// The feature.
        feature: &'static str,
    },
}
