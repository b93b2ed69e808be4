//! A look at what one student handed in, and reading it: each time it is opened without following a link, and
//! what was opened is what counts.

use super::place::{Around, Place};
use super::{PluginFile, is_hidden, list, shown, unusable};
use eco_exercise::Verdict;
use eco_files::{Entry, EntryKind, Identity, OpenError, read_at_most};
use eco_plugin::{Language, LoadError};
use eco_text::escape;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a student's folder may have in it. One plugin is wanted, and a few notes may lie beside it; a folder with more is
/// refused, and its student alone.
/// Test: `submissions::whatever_one_student_hands_in_the_others_get_their_marks`.
const MOST_ENTRIES: usize = 1000;

/// Where the plugin of a submission is.
pub(super) struct Found {
    around: Arc<Around>,
    /// The student's, where there is one.
    folder: Option<OsString>,
    file: OsString,
    /// Which file it was when the class was looked at.
    identity: Option<Identity>,
}

/// What is at a place.
pub(super) struct Look {
    pub(super) place: Place,
    /// `None` where the system doesn't say.
    pub(super) kind: Option<EntryKind>,
    pub(super) found: Result<Found, Verdict>,
    /// Of the plugin's file.
    pub(super) identity: Option<Identity>,
}

impl Look {
    /// The folder that was handed in, if it is one: where it lies, and its name there.
    pub(super) fn folder(&self) -> Option<(PathBuf, OsString)> {
        let Place { around, name } = &self.place;
        (self.kind == Some(EntryKind::Folder)).then(|| (around.absolute.clone(), name.clone()))
    }
}

/// Looks at a place.
pub(super) fn look(place: Place) -> Look {
    let around = &place.around;
    let kind = around.with(|folder| folder.kind(&place.name)).ok();
    let mut found = match kind {
        None => unusable("it can't be read"),
        Some(EntryKind::Link) => unusable("it is a link, and not a file"),
        Some(EntryKind::Other) => unusable("it is no file"),
        Some(EntryKind::File) => Ok((None, place.name.clone())),
        Some(EntryKind::Folder) => {
            let enter = |around: &eco_files::Folder| around.enter(&place.name);
            let entries = around.with(|around| enter(around)?.entries_at_most(MOST_ENTRIES));
            match entries {
                Err(_) => unusable("its folder can't be read"),
                Ok(entries) => only_plugin(entries).map(|file| (Some(place.name.clone()), file)),
            }
        }
    }
    .map(|(folder, file)| Found {
        around: around.clone(),
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

/// The one plugin among the entries of a student's folder. What lies deeper is not looked at.
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
    let names = |entries: &[&Entry]| list(entries, |entry| shown(&entry.name));
    let has_end = |entry: &Entry, end: &str| {
        let its = Path::new(&entry.name).extension();
        its.is_some_and(|its| its.eq_ignore_ascii_case(end))
    };
    // What was built goes before its sources.
    let is_built = files.iter().any(|entry| has_end(entry, "wasm"));
    let is_plugin = |entry: &&Entry| match is_built {
        true => has_end(entry, "wasm"),
        false => Language::of_file(Path::new(&entry.name)).is_some() || has_end(entry, "wat"),
    };
    let candidates: Vec<&Entry> = files.iter().filter(is_plugin).collect();
    match candidates.as_slice() {
        [plugin] if plugin.kind == EntryKind::File => Ok(plugin.name.clone()),
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
        let file: &OsStr = &self.file;
        self.around.with(|around| match &self.folder {
            None => around.file(file),
            Some(folder) => around.enter(folder)?.file(file),
        })
    }

    /// Reads up to one byte more than `most`, if it is the file that it was.
    pub(super) fn read(&self, most: usize) -> Result<PluginFile, Verdict> {
        let file = self.open().map_err(verdict)?;
        let io = |error| Verdict::from(&LoadError::Read(error));
        if Identity::of(&file).map_err(io)? != self.identity {
            return unusable(EXCHANGED);
        }
        let state = || file.metadata().map(|now| (now.len(), now.modified().ok()));
        let before = state().map_err(io)?;
        let bytes = read_at_most(&file, most).map_err(io)?;
        if state().map_err(io)? != before {
            return Err(Verdict::from(&LoadError::Changing));
        }
        Ok(PluginFile {
            name: self.file_name(),
            bytes,
        })
    }
}

/// What is said of one that is no more what it was at the look.
const EXCHANGED: &str = "it was exchanged while the class was graded";

/// What is said of a file that was there, and can't be opened.
fn verdict(error: OpenError) -> Verdict {
    use io::ErrorKind;
    let is_exchanged = match &error {
        OpenError::NotAFile(_) => true,
        // A link in its place is one of these.
        OpenError::Io(error) => matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput
        ),
    };
    if is_exchanged {
        Verdict::DoesNotLoad(EXCHANGED.to_owned())
    } else {
        Verdict::from(&LoadError::Read(error.into()))
    }
}
