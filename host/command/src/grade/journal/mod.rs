//! The journal of a grading: judgements on submissions, from which the next grading goes on when one is cut off.
//!
//! A journal is a folder of the user's own in eco's cache folder. Its name is a hash of the class and of all that verdicts
//! depend on. It has a file for each submission and its plugin. Two processes that grade the same class write the same
//! files, and the one that ends last removes its own. Where no journal can be kept, grading works without.

mod entry;

pub(super) use entry::Key;

use crate::plugin::compiler::this_program;
use eco_exercise::{Exercise, Judgement};
use eco_files::{Entry, Folder, Lock, read_at_most};
use eco_plugin::Budgets;
use entry::{MOST_KEPT, hash, parse, write};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The most journals that are kept: those of gradings that were cut off, and not continued. The oldest are removed.
/// Test: `grading::submissions::journal::journals_of_classes_that_nobody_goes_on_with_make_room`.
const MOST_JOURNALS: usize = 16;

/// The version of the form of journals.
const FORMAT: &str = "eco grading 1";

/// The number of times that a journal is opened anew after another process has removed it.
const TRIES: usize = 4;

/// The journal of one class.
pub(super) struct Journal {
    /// eco's cache folder.
    eco: PathBuf,
    name: String,
    /// The folder with a shared lock, by which other processes see that the journal is in use.
    used: Folder,
    is_alone: bool,
    /// The names of the files that this grading has written or read.
    own: Mutex<BTreeSet<String>>,
}

/// All that the verdicts on a class depend on, beside the plugins.
pub(super) struct Terms<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) budgets: &'a Budgets,
    /// The folders of the submissions.
    pub(super) folders: &'a BTreeSet<PathBuf>,
}

impl Journal {
    /// Opens the journal of a class. `None` where nothing can be kept.
    pub(super) fn open(terms: &Terms<'_>) -> Option<Self> {
        let cache = dirs::cache_dir().or_else(|| {
            tracing::debug!("this user has no cache folder: a grading that is cut off begins anew");
            None
        })?;
        let name = terms.hash();
        name.and_then(|name| Self::inside(cache.join("eco"), name))
            .inspect_err(|error| {
                tracing::debug!("a grading that is cut off begins anew: {error}");
            })
            .ok()
    }

    fn inside(eco: PathBuf, name: String) -> io::Result<Self> {
        let all = all(&eco)?;
        make_room(&all, &name);
        let mut used = all.enter_own(OsStr::new(&name))?;
        let mut is_alone = lock(&used);
        for _ in 0..TRIES {
            // Another process may have removed the folder that was opened.
            let there = all.enter_own(OsStr::new(&name))?;
            if there.identity()? == used.identity()? {
                break;
            }
            used = there;
            is_alone = lock(&used);
        }
        Ok(Self {
            eco,
            name,
            used,
            is_alone,
            own: Mutex::default(),
        })
    }

    /// Whether no other process was grading the same class when this one began.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Whether there are no earlier judgements.
    pub(super) fn is_empty(&self) -> bool {
        let found = self.folder();
        let found = found.and_then(|folder| folder.entries_at_most(0));
        found.map_or(true, |entries| entries.is_empty())
    }

    /// The earlier judgements on a submission, if they are on this number of cases.
    pub(super) fn find(&self, key: &Key, cases: usize) -> Option<Vec<Judgement>> {
        let file = self.folder().ok()?.file(OsStr::new(key.name())).ok()?;
        let kept = read_at_most(file, MOST_KEPT).ok()?;
        let judgements = parse(&kept, key)?;
        if judgements.len() != cases {
            return None;
        }
        self.own.lock().insert(key.name().to_owned());
        Some(judgements)
    }

    /// Keeps the judgements on a submission.
    pub(super) fn keep(&self, key: &Key, judgements: &[Judgement]) {
        let written = write(judgements, key).and_then(|kept| {
            if kept.len() > MOST_KEPT {
                return Err(io::Error::other("it is too much"));
            }
            self.folder()?.replace(OsStr::new(key.name()), &kept)
        });
        match written {
            Ok(()) => {
                self.own.lock().insert(key.name().to_owned());
            }
            Err(error) => tracing::debug!("what became of a submission is not kept: {error}"),
        }
    }

    /// Removes the judgements on a submission, unless another process grades the class too: they may be of now.
    pub(super) fn forget(&self, key: &Key) {
        if self.is_alone {
            // There may be none.
            let _ = self
                .folder()
                .and_then(|folder| folder.remove(OsStr::new(key.name())));
        }
    }

    /// Removes all that this grading has kept or found, unless another process uses the journal.
    pub(super) fn clear(&self) {
        if !self.is_last() {
            return;
        }
        if let Ok(folder) = self.folder() {
            let own = self.own.lock();
            // Incomplete files of a killed process are removed too: no other process writes now.
            clear(&folder, |name| {
                let is_own = name.to_str().is_some_and(|name| own.contains(name));
                is_own || name.as_encoded_bytes().starts_with(b".")
            });
        }
    }

    /// Whether no other process uses the journal.
    fn is_last(&self) -> bool {
        self.used.try_lock(Lock::Exclusive).unwrap_or(true)
    }

    /// Opens the folder. It is made anew where somebody has emptied the cache.
    fn folder(&self) -> io::Result<Folder> {
        all(&self.eco)?.enter_own(OsStr::new(&self.name))
    }
}

impl Drop for Journal {
    /// Removes the folder, if it is empty.
    fn drop(&mut self) {
        if self.is_last()
            && let Ok(all) = all(&self.eco)
        {
            let _ = all.remove_folder(OsStr::new(&self.name));
        }
    }
}

/// The folder of all journals.
fn all(eco: &Path) -> io::Result<Folder> {
    Folder::own(eco)?.enter_own(OsStr::new("grading"))
}

/// Marks the journal in this folder as used, and returns whether no other process uses it. Where the system has no such
/// locks, no other one is assumed.
fn lock(folder: &Folder) -> bool {
    let alone = folder.try_lock(Lock::Exclusive);
    let shared = folder.try_lock(Lock::Shared);
    match (alone, shared) {
        // Another process that begins at the same moment may get the lock in between.
        (Ok(alone), Ok(shared)) => alone && shared,
        (Err(error), _) | (_, Err(error)) => {
            tracing::debug!("whether another eco grades this class can't be told: {error}");
            true
        }
    }
}

/// Removes the oldest journals, so that there is room for one more. `but` is not removed.
fn make_room(all: &Folder, but: &str) {
    let others = all.entries().unwrap_or_default().into_iter();
    let others = others.filter(|other| other.name != but);
    let dated = others.filter_map(|Entry { name, .. }| {
        let modified = all.enter(&name).and_then(|folder| folder.modified()).ok()?;
        Some((modified, name))
    });
    let mut dated: Vec<_> = dated.collect();
    dated.sort();
    let too_many = (dated.len() + 1).saturating_sub(MOST_JOURNALS);
    for (_, name) in dated.into_iter().take(too_many) {
        remove(all, &name);
    }
}

/// Removes a journal that is not in use. Another process may write there meanwhile; then the rest is removed some later time.
fn remove(all: &Folder, name: &OsStr) {
    let Ok(folder) = all.enter(name) else { return };
    if folder.try_lock(Lock::Exclusive).is_ok_and(|free| !free) {
        tracing::debug!("a journal of grading stays: another eco uses it");
        return;
    }
    clear(&folder, |_| true);
    if let Err(error) = all.remove_folder(name) {
        tracing::debug!("a journal of grading stays: {error}");
    }
}

fn clear(folder: &Folder, is_over: impl Fn(&OsStr) -> bool) {
    let entries = folder.entries().unwrap_or_default().into_iter();
    for entry in entries.filter(|entry| is_over(&entry.name)) {
        let _ = folder.remove(&entry.name);
    }
}

impl Terms<'_> {
    fn hash(&self) -> io::Result<String> {
        let program = this_program().path().metadata()?;
        // Builds of one version differ, so the size and the time of the program count too.
        let since = program.modified()?.duration_since(UNIX_EPOCH).ok();
        let plain = format!(
            "{FORMAT} {} {} {since:?} {:x} {:?} {:?}",
            env!("CARGO_PKG_VERSION"),
            program.len(),
            self.exercise.digest,
            self.budgets.compile,
            self.budgets.compile_memory,
        );
        let mut parts = vec![plain.into_bytes()];
        let folders = self.folders.iter();
        parts.extend(folders.map(|path| path.as_os_str().as_encoded_bytes().to_vec()));
        Ok(hash(parts.iter().map(Vec::as_slice)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::entry::tests::{judgements, key};
    use super::*;

    /// Opens the journal in a cache folder.
    fn open(cache: &tempfile::TempDir) -> Journal {
        Journal::inside(cache.path().join("eco"), "class".to_owned()).unwrap()
    }

    #[test]
    fn what_is_over_leaves_what_another_grading_has_kept() {
        let cache = tempfile::tempdir().unwrap();
        open(&cache).keep(&key("anna"), &judgements());
        let ben = open(&cache);
        ben.keep(&key("ben"), &judgements());
        ben.clear();
        drop(ben);
        let next = open(&cache);
        assert!(next.find(&key("ben"), 1).is_none());
        assert!(next.find(&key("anna"), 1).is_some());
        next.clear();
        assert!(next.is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn of_two_at_once_the_second_is_not_alone_and_the_last_clears_up() {
        let cache = tempfile::tempdir().unwrap();
        let first = open(&cache);
        let second = open(&cache);
        assert!(first.is_alone() && !second.is_alone());
        first.keep(&key("anna"), &judgements());
        second.keep(&key("anna"), &judgements());
        second.forget(&key("anna"));
        first.clear();
        drop(first);
        // The second has begun while there was another.
        assert!(!open(&cache).is_alone());
        assert!(second.find(&key("anna"), 1).is_some());
        second.clear();
        drop(second);
        let mut left = cache.path().join("eco/grading").read_dir().unwrap();
        assert!(left.next().is_none());
        assert!(open(&cache).is_alone());
    }

    #[test]
    fn a_journal_that_was_removed_is_made_anew() {
        let cache = tempfile::tempdir().unwrap();
        let journal = open(&cache);
        std::fs::remove_dir_all(cache.path().join("eco")).unwrap();
        journal.keep(&key("anna"), &judgements());
        assert!(journal.find(&key("anna"), 1).is_some());
    }

    #[test]
    #[cfg(unix)]
    fn a_journal_in_use_makes_no_room() {
        let cache = tempfile::tempdir().unwrap();
        let eco = || cache.path().join("eco");
        let used = Journal::inside(eco(), "used".to_owned()).unwrap();
        used.keep(&key("anna"), &judgements());
        for number in 0..2 * MOST_JOURNALS {
            let other = Journal::inside(eco(), number.to_string()).unwrap();
            other.keep(&key("anna"), &judgements());
        }
        assert!(used.find(&key("anna"), 1).is_some());
        let all = cache.path().join("eco/grading").read_dir().unwrap();
        assert!(all.count() <= MOST_JOURNALS + 1);
    }
}
