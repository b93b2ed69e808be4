//! When to load a plugin anew: its sources changed, or SIGHUP came.

use anyhow::Context as _;
use notify::{RecursiveMode, Watcher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// How long the sources must stay as they are before they are taken for whole. Editors and
/// compilers write files in several steps; half a file is then only reported and never served.
const SETTLED: Duration = Duration::from_millis(50);

/// A file, or a folder of sources, whose changes are told.
pub(super) struct Watch {
    path: PathBuf,
    seen: Vec<Stamp>,
    event: Arc<Notify>,
    /// Stops watching when it is dropped.
    _watcher: notify::RecommendedWatcher,
}

/// What tells one state of a file from another.
type Stamp = (PathBuf, u64, Option<SystemTime>);

impl Watch {
    /// Watches from now on.
    pub(super) fn start(path: &Path) -> anyhow::Result<Self> {
        let event = Arc::new(Notify::new());
        let changed = event.clone();
        let mut watcher = notify::recommended_watcher(move |_| changed.notify_one())?;
        // Of a file its folder is watched, since editors put a new file in the place of the old.
        let (folder, depth) = match path.is_dir() {
            true => (path, RecursiveMode::Recursive),
            false => (parent(path), RecursiveMode::NonRecursive),
        };
        watcher
            .watch(folder, depth)
            .with_context(|| format!("cannot watch {}", folder.display()))?;
        Ok(Self {
            path: path.to_owned(),
            seen: stamps(path),
            event,
            _watcher: watcher,
        })
    }

    /// Returns when there is a new version, and nobody has written to it for a moment.
    pub(super) async fn changed(&mut self) {
        loop {
            self.event.notified().await;
            let mut now = stamps(&self.path);
            loop {
                tokio::time::sleep(SETTLED).await;
                let later = stamps(&self.path);
                if later == now {
                    break;
                }
                now = later;
            }
            // While a file is replaced there is none for a moment.
            if !now.is_empty() && now != self.seen {
                self.seen = now;
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
    collect(path, &mut found);
    found.sort();
    found
}

fn collect(path: &Path, found: &mut Vec<Stamp>) {
    let Ok(metadata) = path.metadata() else {
        return;
    };
    if metadata.is_file() {
        found.push((path.to_owned(), metadata.len(), metadata.modified().ok()));
        return;
    }
    for entry in path.read_dir().into_iter().flatten().flatten() {
        if !is_made(&entry.path()) {
            collect(&entry.path(), found);
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
