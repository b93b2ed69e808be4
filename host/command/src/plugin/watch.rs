//! Watching files, and folders of sources, for changes.

use anyhow::Context as _;
use eco_text::escape;
use notify::{RecursiveMode, Watcher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// Time without a change after which sources count as complete. Editors and compilers write files in several steps. An
/// incomplete file is reported and never served.
const SETTLED: Duration = Duration::from_millis(50);

/// Watched files, or folders of sources, which change together: those of one plugin, say.
pub(crate) struct Watch {
    paths: Vec<PathBuf>,
    seen: Vec<Stamp>,
    event: Arc<Notify>,
    /// Watching stops when this is dropped.
    watcher: notify::RecommendedWatcher,
}

/// The depth to which folders are watched. Sources lie a few folders deep. Changes below are not noticed.
/// Test: `reload::a_folder_that_contains_itself_is_watched_all_the_same`.
const DEPTH: usize = 16;

/// Files in a watched folder that are compared after each event. Sources are a few hundred. Changes of further files are
/// not noticed; SIGHUP loads them.
/// Test: `of_a_folder_with_very_many_files_some_are_looked_at`.
const FILES: usize = 10_000;

/// One state of a file: its path, length, time of change, and identity.
type Stamp = (PathBuf, u64, Option<SystemTime>, [i64; 3]);

/// The number of the file, and the time when its metadata changed. A copy that preserves times, or a file moved into
/// place, shows in nothing else.
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
    /// Starts watching.
    pub(crate) fn start(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let event = Arc::new(Notify::new());
        let changed = event.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading the sources is an event too, and changes nothing.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                changed.notify_one();
            }
        })?;
        let mut watch = Self {
            paths: paths.to_owned(),
            seen: stamps(paths),
            event,
            watcher,
        };
        watch
            .arm()
            .with_context(|| format!("cannot watch {}", watch.shown()))?;
        Ok(watch)
    }

    /// The paths, for a message.
    fn shown(&self) -> String {
        let paths = self.paths.iter().map(|path| escape::path(path));
        paths.collect::<Vec<_>>().join(", ")
    }

    /// Tells the system what to watch: the paths, and the targets of links. The folders around them are watched too, since
    /// editors and version control replace a file by a new one.
    fn arm(&mut self) -> notify::Result<()> {
        for path in &self.paths {
            let real = std::fs::canonicalize(path);
            for path in [Some(path.as_path()), real.as_deref().ok()]
                .into_iter()
                .flatten()
            {
                self.watcher
                    .watch(parent(path), RecursiveMode::NonRecursive)?;
                if path.is_dir() {
                    self.watcher.watch(path, RecursiveMode::Recursive)?;
                }
            }
        }
        Ok(())
    }

    /// The stamps of all files now. They are read in a thread that may block, since there may be many.
    async fn look(&self) -> Vec<Stamp> {
        let paths = self.paths.clone();
        let looking = tokio::task::spawn_blocking(move || stamps(&paths));
        // It only fails when eco ends.
        looking.await.unwrap_or_default()
    }

    /// Returns when there is a new version that is complete.
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
            // A new folder may be there, or a link to another file.
            let _ = self.arm();
            if self.seen.is_empty() {
                tracing::warn!("{} is gone: the old version stays", self.shown())
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

/// The stamps of the sources below these paths, in a fixed order. Results of building are left out, since each build would
/// cause another.
fn stamps(paths: &[PathBuf]) -> Vec<Stamp> {
    let mut found = Vec::new();
    for path in paths {
        collect(path, DEPTH, &mut found);
    }
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
        // A link to a folder may lead in circles.
        let circles = entry.path().is_symlink() && entry.path().is_dir();
        if !circles && !is_made(&entry.path()) {
            collect(&entry.path(), depth - 1, found);
        }
    }
}

/// Whether the name is that of a result of building, or hidden.
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
        assert_eq!(stamps(&[folder.path().to_owned()]).len(), FILES);
    }
}
