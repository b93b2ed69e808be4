//! What was handed in: from paths to one plugin for each student.
//!
//! Nothing is built here. Building runs code of the sources outside the sandbox, and these are
//! strangers' sources.

use crate::command::exit::{Exit, Failure};
use crate::exercise::Verdict;
use crate::plugin::Source;
use std::collections::HashSet;
use std::ffi::OsStr;
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

/// All submissions at `paths`, in the order of their names.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Submission>, Failure> {
    let mut students = Vec::new();
    for path in paths {
        path.metadata().map_err(|error| cannot(path, error))?;
        match is_class(path, paths.len()) {
            true => students.extend(entries(path)?),
            false => students.push(path.clone()),
        }
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
    let path = path.display();
    Exit::Usage.saying(format!("cannot read the submissions in {path}: {error}"))
}

/// Whether a folder that was named has a class in it, or is one student's. Alone it is a class, unless
/// all that it has is a file `plugin`; of several each is a student's, unless it has only folders.
fn is_class(path: &Path, named: usize) -> bool {
    let files = regular_files(path);
    match named {
        _ if !path.is_dir() => false,
        1 => {
            !matches!(files.as_slice(), [file] if file.file_stem().is_some_and(|it| it == "plugin"))
        }
        _ => files.is_empty() && entries(path).is_ok_and(|entries| !entries.is_empty()),
    }
}

/// What lies in a folder, without what systems and archives put there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = folder.read_dir().map_err(|error| cannot(folder, error))?;
    let entries = entries.map(|entry| entry.map(|entry| entry.path()));
    let entries: io::Result<Vec<_>> = entries.collect();
    let mut entries = entries.map_err(|error| cannot(folder, error))?;
    entries.retain(|path| !is_hidden(path));
    Ok(entries)
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
        || ["__MACOSX", "Thumbs.db", "desktop.ini"]
            .iter()
            .any(|junk| name == *junk)
}

/// What is shown of a student's path, from short to long: the first that keeps all of them apart is taken.
const NAMES: [fn(&Path) -> &OsStr; 3] = [
    |path| match path.is_dir() {
        true => path.file_name().unwrap_or_default(),
        false => path.file_stem().unwrap_or_default(),
    },
    |path| path.file_name().unwrap_or_default(),
    |path| path.as_os_str(),
];

fn names(students: &[PathBuf]) -> Result<Vec<String>, Failure> {
    for name in NAMES {
        let names: Vec<String> = students.iter().map(|path| text(name(path))).collect();
        if names.iter().collect::<HashSet<_>>().len() == names.len() {
            return Ok(names);
        }
    }
    Err(Exit::Usage.saying("the same submission is named twice"))
}

/// A name as text; bytes that are none are escaped, so that two names never become one.
fn text(name: &OsStr) -> String {
    let mut text = String::new();
    for part in name.as_encoded_bytes().utf8_chunks() {
        text += part.valid();
        for byte in part.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}

/// A verdict that doesn't tell where on this machine the submission lies.
pub(super) fn without_folder(verdict: Verdict, source: &Source) -> Verdict {
    match (verdict, source) {
        (Verdict::NotAComponent(why), Source::File(path)) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Verdict::NotAComponent(why.replace(&*path.to_string_lossy(), &name))
        }
        (verdict, _) => verdict,
    }
}

fn code(path: &Path) -> Code {
    let unusable = |why: &str| Code::Unusable(why.to_owned());
    let Ok(metadata) = path.symlink_metadata() else {
        return unusable("it can't be read");
    };
    // A link could make any file of this machine a submission, and have it quoted in the report.
    if metadata.is_symlink() {
        return unusable("it is a link, and not a file");
    }
    if metadata.is_file() {
        return Code::Plugin(Source::File(path.to_owned()));
    }
    if !metadata.is_dir() {
        return unusable("it is no file");
    }
    let files = regular_files(path);
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
    let candidates = match end("wasm") {
        built if !built.is_empty() => built,
        _ => scripts().chain(end("wat")).collect(),
    };
    match candidates.as_slice() {
        [plugin] => Code::Plugin(Source::File((*plugin).clone())),
        [] => unusable(
            "its folder has no plugin: a script or a .wasm file (sources have to be handed in built; grading runs no compilers)",
        ),
        several => {
            let names = several.iter().filter_map(|path| path.file_name());
            let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
            Code::Unusable(format!(
                "its folder has several plugins, and should have one: {} (a folder with a whole class is graded alone)",
                crate::escape::harmless(&names.join(", "))
            ))
        }
    }
}

/// The files in a folder, links left out, in the order of their names.
fn regular_files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    files.retain(|path| !is_hidden(path));
    files.sort();
    files
}
