//! What became of each submission of a class, for when grading is cut off: the next one goes on from there.
//!
//! It owns where that is kept, and what is believed of it: a folder of this user's own in eco's cache folder, one for each
//! class and all that its verdicts depend on, with a file for each submission and what it handed in. Two that grade the
//! same class at once write the same there. Nothing fails where it can't be kept.

use super::submissions::PluginFile;
use crate::compiler::this_program;
use eco_exercise::{Exercise, Judgement};
use eco_files::{Entry, Folder, read_at_most};
use eco_plugin::Budgets;
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

/// The journal of one class.
pub(super) struct Journal {
    all: Folder,
    name: String,
    folder: Folder,
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
        Self::inside(&cache.join("eco"), terms)
            .inspect_err(|error| {
                tracing::debug!("a grading that is cut off begins anew: {error}");
            })
            .ok()
    }

    fn inside(eco: &Path, terms: &Terms<'_>) -> io::Result<Self> {
        let name = terms.hash()?;
        let all = Folder::own(eco)?.enter_own(OsStr::new("grading"))?;
        make_room(&all, &name);
        let folder = all.enter_own(OsStr::new(&name))?;
        Ok(Self { all, name, folder })
    }

    /// Whether nothing was graded before.
    pub(super) fn is_empty(&self) -> bool {
        let found = self.folder.entries_at_most(0);
        found.map_or(true, |entries| entries.is_empty())
    }

    /// Names what becomes of a submission.
    pub(super) fn key(student: &str, file: &PluginFile) -> Key {
        let parts = [student.as_bytes(), file.name.as_bytes(), &file.bytes];
        Key(hash(parts))
    }

    /// What became of a submission before, in all `cases`.
    pub(super) fn find(&self, key: &Key, cases: usize) -> Option<Vec<Judgement>> {
        let file = self.folder.file(OsStr::new(&key.0)).ok()?;
        let kept = read_at_most(file, MOST_KEPT).ok()?;
        let judgements = parse(&kept, key)?;
        (judgements.len() == cases).then_some(judgements)
    }

    /// Keeps what became of a submission.
    pub(super) fn keep(&self, key: &Key, judgements: &[Judgement]) {
        let written = write(judgements, key).and_then(|kept| {
            if kept.len() > MOST_KEPT {
                return Err(io::Error::other("it is too much"));
            }
            self.folder.replace(OsStr::new(&key.0), &kept)
        });
        if let Err(error) = written {
            tracing::debug!("what became of a submission is not kept: {error}");
        }
    }

    /// Forgets all that it has.
    pub(super) fn clear(&self) {
        clear(&self.folder);
    }
}

impl Drop for Journal {
    /// Of one in which nothing is kept nothing is left.
    fn drop(&mut self) {
        let _ = self.all.remove_folder(OsStr::new(&self.name));
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
    if let Ok(folder) = all.enter(name) {
        clear(&folder);
    }
    if let Err(error) = all.remove_folder(name) {
        tracing::debug!("a journal of grading stays: {error}");
    }
}

fn clear(folder: &Folder) {
    for entry in folder.entries().unwrap_or_default() {
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
