//! Looking at a submission, and reading it. It is opened each time without following a link, and the opened file counts.

use super::entry_names::{is_hidden, list, shown};
use super::place::{Around, Place};
use super::plugin_file::PluginFile;
use eco_exercise::Verdict;
use eco_files::{Entry, EntryKind, Folder, Identity, OpenError, read_unchanged};
use eco_plugin::{CompileError, Language};
use eco_text::escape;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most entries of a student's folder: one plugin, and a few notes. A folder with more is refused; other
/// students are not.
/// Test: `grading::submissions::isolation::one_students_files_cost_no_other_a_mark`.
const MOST_ENTRIES: usize = 1000;

/// The plugin of a submission that was found.
pub(super) struct Found {
    around: Arc<Around>,
    /// The student's folder, if there is one.
    folder: Option<OsString>,
    file: OsString,
    /// The identity of the file at the look.
    identity: Option<Identity>,
}

/// The result of looking at a place.
pub(super) struct Look {
    pub(super) place: Place,
    /// The kind of the entry, if it can be read.
    pub(super) kind: Option<EntryKind>,
    pub(super) found: Result<Found, Verdict>,
    /// The identity of the plugin's file.
    pub(super) identity: Option<Identity>,
}

impl Look {
    /// The folder that was handed in, if it is one: the path of the folder around it, and its name there.
    pub(super) fn folder(&self) -> Option<(PathBuf, OsString)> {
        let Place { around, name } = &self.place;
        (self.kind == Some(EntryKind::Folder)).then(|| (around.absolute(), name.clone()))
    }
}

/// Looks at a place.
pub(super) fn look(place: Place) -> Look {
    let around = place.around.open();
    let (kind, file) = match around.map_err(unreached) {
        Err(verdict) => (None, Err(verdict)),
        Ok(around) => match around.kind(&place.name) {
            Err(error) => (None, Err(verdict(error.into()))),
            Ok(kind) => (Some(kind), plugin(&around, &place.name, kind)),
        },
    };
    let mut found = file.map(|(folder, file)| Found {
        around: place.around.clone(),
        folder,
        file,
        identity: None,
    });
    if let Ok(there) = &mut found {
        let identity = there.open().and_then(|file| Ok(Identity::of(&file)?));
        match identity {
            Ok(identity) => there.identity = identity,
            Err(error) => found = Err(verdict(error)),
        }
    }
    let identity = found.as_ref().ok().and_then(|found| found.identity);
    Look {
        place,
        kind,
        found,
        identity,
    }
}

/// The student's folder, where it is one, and the name of the plugin's file.
fn plugin(
    around: &Folder,
    name: &OsStr,
    kind: EntryKind,
) -> Result<(Option<OsString>, OsString), Verdict> {
    match kind {
        EntryKind::Link => unusable("it is a link, and not a file"),
        EntryKind::Other => unusable("it is no file"),
        EntryKind::Unknown => Err(Verdict::Internal(UNKNOWN.to_owned())),
        EntryKind::File => Ok((None, name.to_owned())),
        EntryKind::Folder => {
            let entries = around.enter(name);
            let entries = entries.and_then(|folder| folder.entries_at_most(MOST_ENTRIES));
            let file = only_plugin(entries.map_err(|error| verdict(error.into()))?)?;
            Ok((Some(name.to_owned()), file))
        }
    }
}

impl Look {
    /// Whether the entry may be a plugin, from its name, and from its contents as far as they could be read.
    pub(super) fn may_be_plugin(&self) -> bool {
        match (&self.found, self.kind) {
            (Ok(_) | Err(Verdict::Internal(_)), Some(EntryKind::Folder)) => true,
            (Ok(_) | Err(Verdict::Internal(_)), _) => {
                let name = &self.place.name;
                is_source(name) || has_end(name, "wasm")
            }
            (Err(_), _) => false,
        }
    }
}

/// Whether a file of this name is a plugin without building: a script, or WebAssembly text.
fn is_source(name: &OsStr) -> bool {
    Language::of_file(Path::new(name)).is_some() || has_end(name, "wat")
}

fn has_end(name: &OsStr, end: &str) -> bool {
    let its = Path::new(name).extension();
    its.is_some_and(|its| its.eq_ignore_ascii_case(end))
}

/// The one plugin among the entries of a student's folder. Folders in it are passed over.
fn only_plugin(entries: Vec<Entry>) -> Result<OsString, Verdict> {
    if entries.len() > MOST_ENTRIES {
        return unusable(format!(
            "its folder has more than {MOST_ENTRIES} entries, and should have one plugin"
        ));
    }
    let files = entries
        .into_iter()
        .filter(|entry| entry.kind != EntryKind::Folder);
    let (hidden, files): (Vec<Entry>, Vec<Entry>) = files.partition(|entry| is_hidden(&entry.name));
    let names = |entries: &[&Entry]| list(entries, entries.len(), |entry| shown(&entry.name));
    // A built plugin goes before its sources.
    let is_built = files.iter().any(|entry| has_end(&entry.name, "wasm"));
    let is_plugin = |entry: &&Entry| match is_built {
        true => has_end(&entry.name, "wasm"),
        false => is_source(&entry.name),
    };
    let candidates: Vec<&Entry> = files.iter().filter(is_plugin).collect();
    match candidates.as_slice() {
        [plugin] if plugin.kind == EntryKind::File => Ok(plugin.name.clone()),
        [unknown] if unknown.kind == EntryKind::Unknown => {
            Err(Verdict::Internal(UNKNOWN.to_owned()))
        }
        [other] => unusable(format!(
            "its folder has a link, or what is no file: {}",
            names(&[other])
        )),
        [] => {
            let passed_over = match hidden.is_empty() {
                true => String::new(),
                false => {
                    let hidden: Vec<&Entry> = hidden.iter().collect();
                    format!("; passed over: {}", names(&hidden))
                }
            };
            unusable(format!(
                "its folder has no plugin: a script or a .wasm file (sources have to be handed in built; grading runs no compilers){passed_over}"
            ))
        }
        several => unusable(format!(
            "its folder has several plugins, and should have one: {}",
            names(several)
        )),
    }
}

impl Found {
    /// The name of the plugin's file.
    pub(super) fn file_name(&self) -> String {
        escape::os(&self.file)
    }

    fn open(&self) -> Result<File, OpenError> {
        let around = self.around.open()?;
        match &self.folder {
            None => around.file(&self.file),
            Some(folder) => around.enter(folder)?.file(&self.file),
        }
    }

    /// Reads the plugin, `most` bytes and one more at most, if it is still the file that was found.
    pub(super) fn read(&self, most: usize) -> Result<PluginFile, Verdict> {
        let file = self.open().map_err(verdict)?;
        let path = Path::new(&self.file);
        let io = |error| Verdict::from(&CompileError::read(path, error));
        if Identity::of(&file).map_err(io)? != self.identity {
            // The student may have saved the file anew, which is no offence.
            return Err(Verdict::Internal(EXCHANGED.to_owned()));
        }
        let bytes = read_unchanged(&file, most);
        Ok(PluginFile {
            name: self.file_name(),
            bytes: bytes.map_err(|error| Verdict::from(&CompileError::of_file(path, error)))?,
        })
    }
}

/// The reason when the file is no longer that of the look.
const EXCHANGED: &str = "it was exchanged while the class was graded";

/// The reason when there is no such file, perhaps for a moment.
const MISSING: &str = "it is not there";

/// The reason when the system does not tell the kind of an entry.
const UNKNOWN: &str = "the system doesn't say what it is";

/// The verdict when a file or a folder of a submission can't be opened. A student is answerable for having put something else
/// there, and for nothing more.
fn verdict(error: OpenError) -> Verdict {
    match error {
        OpenError::NotAFile(_) => Verdict::DoesNotLoad(EXCHANGED.to_owned()),
        OpenError::Io(error) if is_another(&error) => Verdict::DoesNotLoad(EXCHANGED.to_owned()),
        OpenError::Io(error) => unread(error),
    }
}

/// The verdict when the folder around a submission can't be opened.
fn unreached(error: io::Error) -> Verdict {
    if is_another(&error) {
        let why = "a part of the way to it is a link, or no folder";
        return Verdict::DoesNotLoad(why.to_owned());
    }
    unread(error)
}

/// Whether there is a link, or an entry of another kind.
fn is_another(error: &io::Error) -> bool {
    use io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::NotADirectory | ErrorKind::InvalidInput
    )
}

fn unread(error: io::Error) -> Verdict {
    match error.kind() {
        io::ErrorKind::NotFound => Verdict::Internal(MISSING.to_owned()),
        // The text has no path, which the report names anyway.
        _ => Verdict::from(&CompileError::read(Path::new(""), error)),
    }
}

fn unusable<T>(why: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict::DoesNotLoad(why.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn what_the_machine_fails_at_has_no_mark_and_what_a_student_put_there_none_of_these() {
        for (kind, is_internal) in [
            (ErrorKind::PermissionDenied, true),
            (ErrorKind::StaleNetworkFileHandle, true),
            (ErrorKind::NotFound, true),
            (ErrorKind::Other, true),
            (ErrorKind::InvalidInput, false),
            (ErrorKind::NotADirectory, false),
        ] {
            for verdict in [unreached(kind.into()), verdict(OpenError::Io(kind.into()))] {
                let found = matches!(verdict, Verdict::Internal(_));
                assert_eq!(found, is_internal, "{kind:?}: {verdict:?}");
            }
        }
        let pipe = verdict(OpenError::NotAFile("a pipe"));
        assert!(matches!(pipe, Verdict::DoesNotLoad(_)));
    }
}
