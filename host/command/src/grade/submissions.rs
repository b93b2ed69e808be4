//! What was handed in: from paths to one plugin for each student.
//!
//! Nothing is built here. Building runs code of the sources outside the sandbox, and these are
//! strangers' sources.

use crate::exercise_args::Class;
use crate::exit::{Exit, Failure};
use eco_exercise::Verdict;
use eco_plugin::Source;
use eco_text::escape::{self, Escaped, OsText};
use eco_text::number::many;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};

/// What one student handed in.
#[derive(Debug)]
pub(super) struct Submission {
    /// Of the file without its end, or of the folder. No two have the same.
    pub(super) name: String,
    pub(super) code: Code,
}

#[derive(Debug)]
pub(super) enum Code {
    Plugin(Source),
    /// There is nothing that could be loaded, for this reason.
    Unusable(String),
}

/// All submissions at `paths`, in the order of their names. `class` says whether each path is a class, or
/// one student's; unless it does, a folder that is alone is a class, and of several paths each is a
/// student's: what lies in a student's folder never decides it.
pub(super) fn find(paths: &[PathBuf], class: Option<Class>) -> Result<Vec<Submission>, Failure> {
    let mut students = Vec::new();
    for path in paths {
        // Without a slash at the end, which would have a link followed before anybody sees that it is one.
        let path: PathBuf = path.components().collect();
        if !is_class(&path, paths.len(), class)? {
            students.push(path);
            continue;
        }
        let entries = entries(&path).map_err(|error| cannot(&path, error))?;
        if class.is_none() {
            tracing::info!(
                "{} is graded as a class of {} (--class=no: it is one student's)",
                shown(path.as_os_str()),
                many(entries.len() as u64, "student")
            );
        }
        students.extend(entries);
    }
    if students.is_empty() {
        return Err(Exit::Usage.saying("there are no submissions in that folder"));
    }
    let mut submissions: Vec<Submission> = names(&students)?
        .into_iter()
        .zip(&students)
        .map(|(name, path)| Submission {
            name,
            code: code(path),
        })
        .collect();
    submissions.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(submissions)
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
fn entries(class: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = class
        .read_dir()?
        .map(|entry| entry.map(|entry| entry.path()));
    let entries: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    let (mut hidden, entries): (Vec<PathBuf>, _) =
        entries.into_iter().partition(|path| is_hidden(path));
    if !hidden.is_empty() {
        hidden.sort();
        tracing::warn!(
            "passed over in {}, and not graded: {}",
            shown(class.as_os_str()),
            list(&hidden)
        );
    }
    Ok(entries)
}

/// What systems and archives put beside what somebody means to be there.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
        || ["__MACOSX", "Thumbs.db", "desktop.ini"]
            .iter()
            .any(|junk| name == *junk)
}

/// Names that a line has room for.
const LISTED: usize = 10;

fn list<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> String {
    let names = paths.into_iter().filter_map(|path| path.file_name());
    let mut names: Vec<String> = names.map(shown).collect();
    let more = names.len().saturating_sub(LISTED);
    if more > 0 {
        names.truncate(LISTED);
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// A name in a line of eco's own, whoever chose it.
fn shown(name: &OsStr) -> String {
    Escaped(name.as_encoded_bytes()).to_string()
}

/// What is shown of a student's path, from short to long: the first that names all of them, and keeps them
/// apart, is taken.
const NAMES: [fn(&Path) -> &OsStr; 3] = [
    |path| {
        if path.is_dir() {
            path.file_name().unwrap_or_default()
        } else {
            path.file_stem().unwrap_or_default()
        }
    },
    |path| path.file_name().unwrap_or_default(),
    |path| path.as_os_str(),
];

fn names(students: &[PathBuf]) -> Result<Vec<String>, Failure> {
    for name in NAMES {
        let names: Vec<String> = students
            .iter()
            .map(|path| OsText(name(path)).to_string())
            .collect();
        let different: HashSet<&String> = names.iter().collect();
        if different.len() == names.len() && !names.iter().any(String::is_empty) {
            return Ok(names);
        }
    }
    Err(Exit::Usage.saying("the same submission is named twice"))
}

/// A verdict that doesn't tell where on this machine the submission lies.
pub(super) fn without_folder(verdict: Verdict, source: &Source) -> Verdict {
    match (verdict, source) {
        (Verdict::DoesNotLoad(why), Source::File(path)) => {
            let name = escape::os(path.file_name().unwrap_or_default());
            Verdict::DoesNotLoad(why.replace(&escape::path(path), &name))
        }
        (verdict, _) => verdict,
    }
}

/// Whether it is a file itself, and not a link to one: a link could make any file of this machine a
/// submission, and have it quoted in the report.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file())
}

fn code(path: &Path) -> Code {
    let unusable = |why: &str| Code::Unusable(why.to_owned());
    let Ok(metadata) = path.symlink_metadata() else {
        return unusable("it can't be read");
    };
    if metadata.is_symlink() {
        return unusable("it is a link, and not a file");
    }
    if is_file(path) {
        return Code::Plugin(Source::File(path.to_owned()));
    }
    if !metadata.is_dir() {
        return unusable("it is no file");
    }
    match path.read_dir() {
        Ok(entries) => only_plugin(entries.flatten()),
        Err(_) => unusable("its folder can't be read"),
    }
}

/// The one plugin among the entries of a student's folder. What lies deeper is not looked at.
fn only_plugin(entries: impl Iterator<Item = DirEntry>) -> Code {
    let unusable = Code::Unusable;
    let is_deeper = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let files = entries.filter(|entry| !is_deeper(entry));
    let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    files.sort();
    let (hidden, files): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|path| is_hidden(path));
    let end = |end: &str| {
        let fits = |path: &&PathBuf| {
            path.extension()
                .is_some_and(|it| it.eq_ignore_ascii_case(end))
        };
        files.iter().filter(fits).collect::<Vec<_>>()
    };
    let scripts = || {
        files
            .iter()
            .filter(|path| Source::File((*path).clone()).is_script())
    };
    // What was built goes before its sources.
    let candidates: Vec<&PathBuf> = match end("wasm") {
        built if !built.is_empty() => built,
        _ => scripts().chain(end("wat")).collect(),
    };
    match candidates.as_slice() {
        [plugin] if is_file(plugin) => Code::Plugin(Source::File((*plugin).clone())),
        [other] => unusable(format!(
            "its folder has a link, or what is no file: {}",
            list([*other])
        )),
        [] => {
            let passed_over = match hidden.as_slice() {
                [] => String::new(),
                some => format!("; passed over: {}", list(some)),
            };
            unusable(format!(
                "its folder has no plugin: a script or a .wasm file (sources have to be handed in built; grading runs no compilers){passed_over}"
            ))
        }
        several => unusable(format!(
            "its folder has several plugins, and should have one: {}",
            list(several.iter().copied())
        )),
    }
}
