//! The cache folder: what was compiled before, so that the second start of a plugin is fast.
//!
//! It holds native code that runs outside any sandbox, so it belongs to the user alone: wasmtime
//! finds an entry by a hash of the component, the compiler and its settings, and trusts it.

use std::path::{Path, PathBuf};

/// eco's folder in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache` on Linux). `None` for a
/// user without one.
pub(super) fn directory() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("eco"))
}

/// The cache of compiled code. `None` where there is no folder, or it can't be written: every start
/// then compiles, and all else works.
pub(super) fn compiled() -> Option<wasmtime::Cache> {
    let directory = directory()?;
    make_private(&directory);
    let mut config = wasmtime::CacheConfig::new();
    config.with_directory(directory.join("compiled"));
    match wasmtime::Cache::new(config) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::debug!("compiled plugins are not cached: {error:#}");
            None
        }
    }
}

/// Makes the folder so that nobody else can write to it. One that exists is left as it is, and one that
/// can't be made is found out by who needs it.
fn make_private(directory: &Path) {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let _ = builder.recursive(true).create(directory);
}
