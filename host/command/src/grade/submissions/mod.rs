//! What was handed in: from paths to one plugin for each student.
//!
//! Nothing is built here. Building runs code of the sources outside the sandbox, and these are
//! strangers' sources.

mod look;
mod names;
mod place;

use crate::exercise_args::Class;
use crate::exit::{Exit, Failure};
use crate::reports::Student;
use eco_exercise::{Files, Verdict};
use eco_files::{Folder, Identity};
use eco_plugin::{Language, Source};
use eco_text::escape::{self, Escaped};
use eco_text::number::many;
use look::Found;
use place::{Around, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What one student handed in.
pub(super) struct Submission {
    /// Of the file without its end, or of the folder, or as much more as it takes: no two have the same.
    pub(super) name: String,
    /// What the name is where no other has it.
    short: String,
    /// The folder that was handed in, if it is one: where it lies, and its name there.
    folder: Option<(PathBuf, OsString)>,
    /// Where its plugin is; or what is said of one that has none.
    found: Result<Found, Verdict>,
}

/// A plugin's file, as it was read.
pub(super) struct PluginFile {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl PluginFile {
    pub(super) fn into_source(self) -> Source {
        Source::Bytes(self.name, self.bytes)
    }
}

impl Submission {
    /// Whom reports on it are on.
    pub(super) fn student(&self) -> Student<'_> {
        let folder = self.folder.as_ref();
        Student {
            name: &self.name,
            short: &self.short,
            folder: folder.map(|(around, name)| (around.as_path(), name.as_os_str())),
        }
    }

    /// The language of a script.
    pub(super) fn language(&self) -> Option<Language> {
        let found = self.found.as_ref().ok()?;
        Language::of_file(Path::new(&found.file_name()))
    }

    /// Reads it, `most` bytes and one more at the most, if it is still what was found.
    pub(super) fn read(&self, most: usize) -> Result<PluginFile, Verdict> {
        match &self.found {
            Ok(found) => found.read(most),
            Err(verdict) => Err(verdict.clone()),
        }
    }
}

/// All that was handed in.
pub(super) struct Submissions {
    /// In the order of their names.
    pub(super) all: Vec<Submission>,
    /// The folders that they lie in.
    pub(super) folders: BTreeSet<PathBuf>,
}

/// All submissions at `paths`. `class` says whether each path is a class, or one student's; unless it does, a
/// folder that is alone is a class, and of several paths each is a student's: what lies in a student's folder
/// never decides it.
pub(super) fn find(paths: &[PathBuf], class: Option<Class>) -> Result<Submissions, Failure> {
    let mut places = Vec::new();
    for path in paths {
        // Without a slash at the end, which would have a link followed before anybody sees that it is one.
        let path: PathBuf = path.components().collect();
        let found = match is_class(&path, paths.len(), class)? {
            true => students(&path, class),
            false => Place::of(&path).map(|place| vec![place]),
        };
        places.extend(found.map_err(|error| cannot(&path, error))?);
    }
    if places.is_empty() {
        return Err(Exit::Usage.saying("there are no submissions in that folder"));
    }
    let mut typed = BTreeSet::new();
    if !places.iter().all(|place| typed.insert(place.absolute())) {
        return Err(Exit::Usage.saying("the same submission is named twice"));
    }
    let folders = places.iter().map(|place| place.around.absolute.clone());
    let folders = folders.collect();
    let looks: Vec<_> = places.into_iter().map(look::look).collect();
    let names = names::names(&looks);
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

/// Refuses an exercise that lies in what was handed in: who hands in never chooses what is judged by.
pub(super) fn keep_out(exercise: &Files, paths: &[PathBuf]) -> Result<(), Failure> {
    let Files::Folder(folder) = exercise else {
        return Ok(());
    };
    // What isn't there is told by who reads it.
    let Ok(exercise) = folder.canonicalize() else {
        return Ok(());
    };
    // Nothing is handed in by a link, and a student's may lead anywhere.
    let is_around = |path: &&PathBuf| {
        let path: PathBuf = path.components().collect();
        !path.is_symlink()
            && path
                .canonicalize()
                .is_ok_and(|path| exercise.starts_with(path))
    };
    let around = paths.iter().find(is_around);
    match around {
        None => Ok(()),
        Some(path) => Err(Exit::Usage.saying(format!(
            "the exercise {} lies in {}, which is handed in, and a student could change it: move it elsewhere, or name the submissions alone",
            escape::path(folder),
            escape::path(path)
        ))),
    }
}

fn cannot(path: &Path, error: io::Error) -> Failure {
    let path = escape::path(path);
    Exit::Usage.saying(format!("cannot read the submissions in {path}: {error}"))
}

/// Whether a path is a class, of `named` ones.
fn is_class(path: &Path, named: usize, class: Option<Class>) -> Result<bool, Failure> {
    let metadata = path
        .symlink_metadata()
        .map_err(|error| cannot(path, error))?;
    let refused = |why| Err(cannot(path, io::Error::other(why)));
    match class {
        Some(Class::No) => Ok(false),
        None if named > 1 || !path.is_dir() => Ok(false),
        _ if metadata.is_symlink() => refused("it is a link; name the folder that it leads to"),
        _ if metadata.is_dir() => Ok(true),
        _ => refused("it is no folder, and --class wants one"),
    }
}

/// What lies in a class's folder, without what is passed over, which is said.
fn students(class: &Path, said: Option<Class>) -> io::Result<Vec<Place>> {
    let folder = open_class(class)?;
    let entries = folder.entries()?.into_iter().map(|entry| entry.name);
    let (hidden, entries): (Vec<OsString>, Vec<OsString>) =
        entries.partition(|name| is_hidden(name));
    if !hidden.is_empty() {
        tracing::warn!(
            "passed over in {}, and not graded: {}",
            shown(class.as_os_str()),
            list(&hidden, |name| shown(name))
        );
    }
    if said.is_none() {
        tracing::info!(
            "{} is graded as a class of {} (--class=no: it is one student's)",
            shown(class.as_os_str()),
            many(entries.len() as u64, "student")
        );
    }
    let around = Arc::new(Around::class(class, folder)?);
    let place = |name| Place {
        around: around.clone(),
        name,
    };
    Ok(entries.into_iter().map(place).collect())
}

/// The folder of a class, which is no link by now either.
fn open_class(class: &Path) -> io::Result<Folder> {
    match eco_files::split(class) {
        Ok((around, name)) => Folder::open(around)?.enter(name),
        // Such as `.`, which is no link.
        Err(_) => Folder::open(class),
    }
}

/// What systems and archives put beside what somebody means to be there.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
        || ["__MACOSX", "Thumbs.db", "desktop.ini"]
            .iter()
            .any(|junk| name == *junk)
}

/// Refuses each of those that are one file: whoever can write into a class could make a name of somebody's file,
/// and have it graded as their own.
fn refuse_shared(submissions: &mut [Submission], identities: &[Option<Identity>]) {
    let mut of_one_file: BTreeMap<Identity, Vec<usize>> = BTreeMap::new();
    for (number, identity) in identities.iter().enumerate() {
        if let Some(identity) = identity {
            of_one_file.entry(*identity).or_default().push(number);
        }
    }
    for numbers in of_one_file.into_values().filter(|some| some.len() > 1) {
        for number in &numbers {
            let others = numbers.iter().filter(|other| *other != number);
            let others = others.filter_map(|other| submissions.get(*other));
            let others = list(others, |other| shown(other.name.as_ref()));
            let why = format!(
                "it is one file with that of {others} (a hard link), and each hands in a file of their own"
            );
            if let Some(submission) = submissions.get_mut(*number) {
                submission.found = unusable(why);
            }
        }
    }
}

fn unusable<T>(why: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict::DoesNotLoad(why.into()))
}

/// Names that a line has room for.
const LISTED: usize = 10;

fn list<T>(named: impl IntoIterator<Item = T>, shown: impl Fn(T) -> String) -> String {
    let mut named = named.into_iter();
    let mut listed: Vec<String> = named.by_ref().take(LISTED).map(shown).collect();
    match named.count() {
        0 => {}
        more => listed.push(format!("and {more} more")),
    }
    listed.join(", ")
}

/// A name in a line of eco's own, whoever chose it.
fn shown(name: &OsStr) -> String {
    Escaped(name.as_encoded_bytes()).to_string()
}
