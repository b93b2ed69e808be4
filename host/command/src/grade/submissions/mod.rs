//! Submissions: from the paths on the command line to one plugin for each student.
//!
//! Nothing is built here, since building runs code of strangers' sources outside the sandbox.

mod entry_names;
mod look;
mod names;
mod place;
mod plugin_file;

pub(super) use plugin_file::PluginFile;

use super::args::ClassArg;
use super::reports::Student;
use crate::exit::{Exit, Failure};
use eco_exercise::{Files, Verdict};
use eco_files::{EntryKind, Identity};
use eco_plugin::Language;
use eco_text::escape;
use eco_text::number::many;
use entry_names::{LISTED, is_hidden, list, shown};
use look::{Found, Look};
use place::{Around, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The submission of one student.
pub(super) struct Submission {
    /// The name of the file without extension, or of the folder. It is made longer where another submission has it.
    pub(super) name: String,
    /// The shortest name, which others may have too.
    short: String,
    /// The folder that was handed in, if it is one: the path of the folder around it, and its name there.
    folder: Option<(PathBuf, OsString)>,
    /// Where the plugin is, or the verdict on a submission without one.
    found: Result<Found, Verdict>,
}

impl Submission {
    /// The student, for reports.
    pub(super) fn student(&self) -> Student<'_> {
        let folder = self.folder.as_ref();
        Student {
            name: &self.name,
            short: &self.short,
            folder: folder.map(|(around, name)| (around.as_path(), name.as_os_str())),
        }
    }

    /// The language, if it is a script.
    pub(super) fn language(&self) -> Option<Language> {
        let found = self.found.as_ref().ok()?;
        Language::of_file(Path::new(&found.file_name()))
    }

    /// Reads the plugin, `most` bytes and one more at most, if it is still the file that was found.
    pub(super) fn read(&self, most: usize) -> Result<PluginFile, Verdict> {
        match &self.found {
            Ok(found) => found.read(most),
            Err(verdict) => Err(verdict.clone()),
        }
    }
}

/// All submissions.
pub(super) struct Submissions {
    /// In the order of their names.
    pub(super) all: Vec<Submission>,
    /// The folders around them.
    pub(super) folders: BTreeSet<PathBuf>,
}

/// Finds all submissions at `paths`. `class` says whether each path is a class, or one student's. Without it a single folder
/// is a class, and several paths are students; the contents of a folder never decide that. One of several paths may be
/// unreadable: a student gets a row that says so, and a class is left out with a warning.
///
/// # Errors
/// There is no submission, one is named twice, or the only path can't be read.
pub(super) fn find(paths: &[PathBuf], class: Option<ClassArg>) -> Result<Submissions, Failure> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| place::plain(path)).collect();
    let all = place::places(&paths).map_err(cannot_any)?;
    let mut places = Vec::new();
    for (path, place) in paths.iter().zip(all) {
        let found = place.and_then(|place| match is_class(path, &place, paths.len(), class)? {
            true => students(path, &place, class),
            false => Ok(vec![place]),
        });
        match found {
            Ok(found) => places.extend(found),
            Err(error) if paths.len() > 1 => {
                tracing::warn!("left out: {}", unreadable(path, &error));
            }
            Err(error) => return Err(Exit::Usage.saying(unreadable(path, &error))),
        }
    }
    if places.is_empty() {
        return Err(Exit::Usage.saying("there are no submissions in that folder"));
    }
    let mut typed = BTreeSet::new();
    let is_first = |place: &Place| typed.insert((place.around.path.clone(), place.name.clone()));
    if !places.iter().all(is_first) {
        return Err(Exit::Usage.saying("the same submission is named twice"));
    }
    let folders = places.iter().map(|place| place.around.absolute());
    let folders = folders.collect();
    let looks: Vec<Look> = places.into_iter().map(look::look).collect();
    let names = names::names(&looks);
    warn_of_unread(&looks, &names);
    let identities: Vec<Option<Identity>> = looks.iter().map(|look| look.identity).collect();
    let submissions = names.into_iter().zip(looks).map(|(name, look)| Submission {
        name,
        short: names::short(&look),
        folder: look.folder(),
        found: look.found,
    });
    let mut all: Vec<Submission> = submissions.collect();
    refuse_shared(&mut all, &identities);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Submissions { all, folders })
}

/// Refuses an exercise within a submission, since a student could change it.
pub(super) fn keep_out(exercise: &Files, paths: &[PathBuf]) -> Result<(), Failure> {
    let Files::Folder(folder) = exercise else {
        return Ok(());
    };
    // Reading the exercise reports that it is missing.
    let Ok(exercise) = folder.canonicalize() else {
        return Ok(());
    };
    let paths: Vec<PathBuf> = paths.iter().map(|path| place::plain(path)).collect();
    let places = place::places(&paths).map_err(cannot_any)?;
    // The exercise's path has no links. A place that is reached through a student's link is refused, so comparing the
    // paths will do.
    let is_around = |place: &io::Result<Place>| {
        let place = place.as_ref();
        place.is_ok_and(|place| exercise.starts_with(place.absolute()))
    };
    match paths.iter().zip(&places).find(|(_, place)| is_around(place)) {
        None => Ok(()),
        Some((path, _)) => Err(Exit::Usage.saying(format!(
            "the exercise {} lies in {}, which is handed in, and a student could change it: move it elsewhere, or name the submissions alone",
            escape::path(folder),
            escape::path(path)
        ))),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    let path = escape::path(path);
    format!("cannot read the submissions in {path}: {error}")
}

fn cannot_any(error: io::Error) -> Failure {
    Exit::Usage.saying(format!("cannot read the submissions: {error}"))
}

/// Warns of submissions that can't be read. Their rows in the table say it too.
fn warn_of_unread(looks: &[Look], names: &[String]) {
    let unread = looks.iter().zip(names);
    let unread = unread.filter(|(look, _)| look.kind.is_none());
    let unread: Vec<&String> = unread.map(|(_, name)| name).collect();
    if !unread.is_empty() {
        let names = list(&unread, unread.len(), |name| shown(name.as_ref()));
        tracing::warn!("not there, or not to be read: {names}");
    }
}

/// Whether a path is a class. `named` is the number of paths on the command line.
fn is_class(path: &Path, place: &Place, named: usize, class: Option<ClassArg>) -> io::Result<bool> {
    match class {
        // Each of several paths has a row, even if nothing is there.
        None | Some(ClassArg::No) if named > 1 => return Ok(false),
        Some(ClassArg::No) => return place.kind().map(|_| false),
        _ => {}
    }
    let refused = |why| Err(io::Error::other(why));
    match place.kind()? {
        EntryKind::Folder => Ok(true),
        EntryKind::Link if class.is_some() || path.is_dir() => {
            refused("it is a link; name the folder that it leads to")
        }
        _ if class.is_some() => refused("it is no folder, and --class wants one"),
        _ => Ok(false),
    }
}

/// The entries of a class's folder. Hidden ones are left out, with a warning.
fn students(class: &Path, place: &Place, said: Option<ClassArg>) -> io::Result<Vec<Place>> {
    let around = Arc::new(Around::class(class, place));
    let entries = around.open()?.entries()?.into_iter();
    let entries = entries.map(|entry| entry.name);
    let (hidden, entries): (Vec<OsString>, Vec<OsString>) =
        entries.partition(|name| is_hidden(name));
    if !hidden.is_empty() {
        tracing::warn!(
            "passed over in {}, and not graded: {}",
            shown(class.as_os_str()),
            list(&hidden, hidden.len(), |name| shown(name))
        );
    }
    if said.is_none() {
        tracing::info!(
            "{} is graded as a class of {} (--class=no: it is one student's)",
            shown(class.as_os_str()),
            many(entries.len() as u64, "student")
        );
    }
    let place = |name| Place {
        around: around.clone(),
        name,
    };
    Ok(entries.into_iter().map(place).collect())
}

/// Refuses submissions that are the same file. A student who can write into the class could link another's file and have it
/// graded as their own. Only a person can tell whose it is.
fn refuse_shared(submissions: &mut [Submission], identities: &[Option<Identity>]) {
    let mut of_one_file: BTreeMap<Identity, Vec<usize>> = BTreeMap::new();
    for (number, identity) in identities.iter().enumerate() {
        if let Some(identity) = identity {
            of_one_file.entry(*identity).or_default().push(number);
        }
    }
    for numbers in of_one_file.into_values().filter(|some| some.len() > 1) {
        // A message lists the others of one submission. One more than it shows is enough, and keeps the work linear.
        let first = numbers.iter().take(LISTED + 1);
        let first: Vec<(usize, String)> = first
            .filter_map(|number| Some((*number, submissions.get(*number)?.name.clone())))
            .collect();
        for number in &numbers {
            let others = first.iter().filter(|(other, _)| other != number);
            let others = list(others, numbers.len() - 1, |(_, name)| shown(name.as_ref()));
            if let Some(submission) = submissions.get_mut(*number) {
                submission.found = Err(Verdict::Internal(format!(
                    "it is one file with that of {others} (a hard link, or one file that is named twice), and somebody has to look whose it is"
                )));
            }
        }
    }
}
