//! When to load a plugin anew: its sources changed, or SIGHUP came.

use anyhow::Context as _;
use eco_text::escape;
use notify::{RecursiveMode, Watcher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// How long the sources must stay as they are before they are taken for whole. Editors and
/// compilers write files in several steps; half a file is then only reported and never served.
const SETTLED: Duration = Duration::from_millis(50);

/// A file, or a folder of sources, whose changes are told.
pub(crate) struct Watch {
    path: PathBuf,
    seen: Vec<Stamp>,
    event: Arc<Notify>,
    /// Stops watching when it is dropped.
    watcher: notify::RecommendedWatcher,
}

/// Folders below a watched one that are looked into. Sources lie a few deep.
/// Test: `reload::a_folder_that_contains_itself_is_watched_all_the_same`.
const DEPTH: usize = 16;

/// Files in a watched folder that are looked at, each time that anything changes there. Sources are a few hundred. Changes
/// of files beyond are not noticed, and SIGHUP loads them.
/// Test: `of_a_folder_with_very_many_files_some_are_looked_at`.
const FILES: usize = 10_000;

/// What tells one state of a file from another: its path, length, time of change, and which file it is.
type Stamp = (PathBuf, u64, Option<SystemTime>, [i64; 3]);

/// The number of the file and when anything of it changed, which copying with times preserved and
/// moving into place leave no other trace of.
#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt as _;
    [
        metadata.ino().cast_signed(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ]
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> [i64; 3] {
    [0; 3]
}

impl Watch {
    /// Watches from now on.
    pub(crate) fn start(path: &Path) -> anyhow::Result<Self> {
        let event = Arc::new(Notify::new());
        let changed = event.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Looking at the sources is an event too, and nothing has changed by it.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                changed.notify_one();
            }
        })?;
        let mut watch = Self {
            path: path.to_owned(),
            seen: stamps(path),
            event,
            watcher,
        };
        watch
            .arm()
            .with_context(|| format!("cannot watch {}", escape::path(path)))?;
        Ok(watch)
    }

    /// Watches what is at the path now. The folder around it is watched too, since editors and
    /// version control put something new in the place of the old; and where it is a link, what it
    /// points to.
    fn arm(&mut self) -> notify::Result<()> {
        let real = std::fs::canonicalize(&self.path);
        for path in [Some(self.path.as_path()), real.as_deref().ok()]
            .into_iter()
            .flatten()
        {
            self.watcher
                .watch(parent(path), RecursiveMode::NonRecursive)?;
            if path.is_dir() {
                self.watcher.watch(path, RecursiveMode::Recursive)?;
            }
        }
        Ok(())
    }

    /// What is there now. A folder may have many files, and a thread that serves doesn't go through them.
    async fn look(&self) -> Vec<Stamp> {
        let path = self.path.clone();
        let looking = tokio::task::spawn_blocking(move || stamps(&path));
        // It is not stopped, but for the end of eco.
        looking.await.unwrap_or_default()
    }

    /// Returns when there is a new version, and nobody has written to it for a moment.
    pub(crate) async fn changed(&mut self) {
        loop {
            self.event.notified().await;
            let mut now = self.look().await;
            loop {
                tokio::time::sleep(SETTLED).await;
                let later = self.look().await;
                if later == now {
                    break;
                }
                now = later;
            }
            if now == self.seen {
                continue;
            }
            self.seen = now;
            // It may be another folder than before, or a link to another file.
            let _ = self.arm();
            if self.seen.is_empty() {
                tracing::warn!(
                    "{} is gone: the old version stays",
                    escape::path(&self.path)
                )
            } else {
                return;
            }
        }
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The sources below `path`, in a fixed order. What building makes is left out, or building would
/// be its own reason to build again.
fn stamps(path: &Path) -> Vec<Stamp> {
    let mut found = Vec::new();
    collect(path, DEPTH, &mut found);
    found.sort();
    found
}

fn collect(path: &Path, depth: usize, found: &mut Vec<Stamp>) {
    let Ok(metadata) = path.metadata() else {
        return;
    };
    if metadata.is_file() {
        let modified = metadata.modified().ok();
        found.push((
            path.to_owned(),
            metadata.len(),
            modified,
            identity(&metadata),
        ));
        return;
    }
    if depth == 0 {
        return;
    }
    for entry in path.read_dir().into_iter().flatten().flatten() {
        if found.len() >= FILES {
            return;
        }
        // A link to a folder may lead around in circles.
        let circles = entry.path().is_symlink() && entry.path().is_dir();
        if !circles && !is_made(&entry.path()) {
            collect(&entry.path(), depth - 1, found);
        }
    }
}

fn is_made(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let folder = matches!(name, "target" | "build") && path.is_dir();
    folder || name.starts_with('.') || name.ends_with(".wasm") || name == "Cargo.lock"
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn of_a_folder_with_very_many_files_some_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=FILES {
            std::fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        assert_eq!(stamps(folder.path()).len(), FILES);
    }
}
