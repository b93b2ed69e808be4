//! What became of each submission of a class, for when grading is cut off: the next one goes on from there.
//!
//! It owns where that is kept, and what is believed of it: a folder of this user's own in eco's cache folder, one for each
//! class and all that its verdicts depend on, with a file for each submission and what it handed in. Two that grade the
//! same class at once write the same there, and whoever ends last clears up what is its own. Nothing fails where it can't be
//! kept.

use super::submissions::PluginFile;
use crate::plugin::compiler::this_program;
use eco_exercise::{Exercise, Judgement};
use eco_files::{Entry, Folder, Lock, read_at_most};
use eco_plugin::Budgets;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Classes of which a journal is kept: those that were cut off, and nobody went on with. The oldest make room.
/// Test: `submissions::journals_of_classes_that_nobody_goes_on_with_make_room`.
const MOST_JOURNALS: usize = 16;

/// Bytes of what is kept of one submission: many times what twenty failed cases are. Of one with more nothing is kept, and
/// it is graded anew.
/// Test: `journal::tests::what_is_damaged_or_too_large_is_not_taken`.
const MOST_KEPT: usize = 4 * 1024 * 1024;

/// What is in a file of the journal, and where.
const FORMAT: &str = "eco grading 1";

/// How often a journal is opened anew that another eco has just cleared up.
const TRIES: usize = 4;

/// The journal of one class.
pub(super) struct Journal {
    /// Eco's cache folder.
    eco: PathBuf,
    name: String,
    /// It has a shared lock, from which others see that the journal is in use.
    used: Folder,
    is_alone: bool,
    /// The names of what this grading keeps, and has found.
    own: Mutex<BTreeSet<String>>,
}

/// The name of what became of a submission: by its name and what it handed in.
pub(super) struct Key(String);

/// What a class's verdicts depend on, beside what is handed in.
pub(super) struct Terms<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) budgets: &'a Budgets,
    /// The folders that submissions lie in.
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
            // Whoever cleared it up in between has removed what was opened.
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

    /// Whether no other eco was grading the same class when this one began.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Whether nothing was graded before.
    pub(super) fn is_empty(&self) -> bool {
        let found = self.folder();
        let found = found.and_then(|folder| folder.entries_at_most(0));
        found.map_or(true, |entries| entries.is_empty())
    }

    /// Names what becomes of a submission.
    pub(super) fn key(student: &str, file: &PluginFile) -> Key {
        let parts = [student.as_bytes(), file.name.as_bytes(), &file.bytes];
        Key(hash(parts))
    }

    /// What became of a submission before, in all `cases`.
    pub(super) fn find(&self, key: &Key, cases: usize) -> Option<Vec<Judgement>> {
        let file = self.folder().ok()?.file(OsStr::new(&key.0)).ok()?;
        let kept = read_at_most(file, MOST_KEPT).ok()?;
        let judgements = parse(&kept, key)?;
        if judgements.len() != cases {
            return None;
        }
        self.own.lock().insert(key.0.clone());
        Some(judgements)
    }

    /// Keeps what became of a submission.
    pub(super) fn keep(&self, key: &Key, judgements: &[Judgement]) {
        let written = write(judgements, key).and_then(|kept| {
            if kept.len() > MOST_KEPT {
                return Err(io::Error::other("it is too much"));
            }
            self.folder()?.replace(OsStr::new(&key.0), &kept)
        });
        match written {
            Ok(()) => {
                self.own.lock().insert(key.0.clone());
            }
            Err(error) => tracing::debug!("what became of a submission is not kept: {error}"),
        }
    }

    /// Forgets what became of a submission before, unless another eco grades it too and may have it from now.
    pub(super) fn forget(&self, key: &Key) {
        if self.is_alone {
            // There may be none.
            let _ = self
                .folder()
                .and_then(|folder| folder.remove(OsStr::new(&key.0)));
        }
    }

    /// Forgets all that this grading has kept or found, unless another eco goes on with it.
    pub(super) fn clear(&self) {
        if !self.is_last() {
            return;
        }
        if let Ok(folder) = self.folder() {
            let own = self.own.lock();
            // And what is half written, by one that was killed: nobody else writes now.
            clear(&folder, |name| {
                let is_own = name.to_str().is_some_and(|name| own.contains(name));
                is_own || name.as_encoded_bytes().starts_with(b".")
            });
        }
    }

    /// Whether no other eco uses it.
    fn is_last(&self) -> bool {
        self.used.try_lock(Lock::Exclusive).unwrap_or(true)
    }

    /// Its folder, which is made anew where somebody has emptied the cache.
    fn folder(&self) -> io::Result<Folder> {
        all(&self.eco)?.enter_own(OsStr::new(&self.name))
    }
}

impl Drop for Journal {
    /// Of one in which nothing is kept nothing is left.
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

/// Says that the journal in this folder is in use, and whether no other eco has said so. Nobody else is assumed where the system
/// has no such locks.
fn lock(folder: &Folder) -> bool {
    let alone = folder.try_lock(Lock::Exclusive);
    let shared = folder.try_lock(Lock::Shared);
    match (alone, shared) {
        // Another that began at the same moment may be the one.
        (Ok(alone), Ok(shared)) => alone && shared,
        (Err(error), _) | (_, Err(error)) => {
            tracing::debug!("whether another eco grades this class can't be told: {error}");
            true
        }
    }
}

/// Removes the oldest journals, down to one less than are kept.
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

/// Another eco may be quicker, or put something there again: what is left makes room some time.
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

/// The judgements, after a hash of them and their name: what is damaged, or another's, is told by that.
fn write(judgements: &[Judgement], key: &Key) -> io::Result<Vec<u8>> {
    let judgements = serde_json::to_vec(judgements)?;
    let mut kept = hash([key.0.as_bytes(), &judgements]).into_bytes();
    kept.extend(judgements);
    Ok(kept)
}

fn parse(kept: &[u8], key: &Key) -> Option<Vec<Judgement>> {
    let (sum, judgements) = kept.split_at_checked(2 * Sha256::output_size())?;
    if kept.len() > MOST_KEPT || sum != hash([key.0.as_bytes(), judgements]).as_bytes() {
        return None;
    }
    serde_json::from_slice(judgements).ok()
}

impl Terms<'_> {
    fn hash(&self) -> io::Result<String> {
        let program = this_program().metadata()?;
        // While eco is worked on, its version stays as it is.
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

/// SHA-256 of these parts, each with its length, so that no others make the same; as hexadecimal digits.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        // A string takes all.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use eco_exercise::Verdict;

    fn key(name: &str) -> Key {
        let file = PluginFile {
            name: "plugin.js".to_owned(),
            bytes: b"bytes".to_vec(),
        };
        Journal::key(name, &file)
    }

    fn judgements() -> [Judgement; 1] {
        [Judgement::unrun(Verdict::Crashed("oh".to_owned()))]
    }

    /// A cache folder, and how often its journal of this name is opened.
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

    #[test]
    fn what_is_damaged_or_too_large_is_not_taken() {
        let judgements = [Judgement::unrun(Verdict::Crashed("oh".to_owned()))];
        let kept = write(&judgements, &key("anna")).unwrap();
        let read = parse(&kept, &key("anna")).unwrap();
        assert_eq!(read[0].verdict, judgements[0].verdict);
        assert!(parse(&kept, &key("ben")).is_none());
        for end in 0..kept.len() {
            assert!(parse(&kept[..end], &key("anna")).is_none(), "{end}");
        }
        for place in 0..kept.len() {
            let mut damaged = kept.clone();
            damaged[place] ^= 1;
            assert!(parse(&damaged, &key("anna")).is_none(), "{place}");
        }
        let long = Verdict::Crashed("o".repeat(MOST_KEPT));
        let kept = write(&[Judgement::unrun(long)], &key("anna")).unwrap();
        assert!(parse(&kept, &key("anna")).is_none());
    }
}
