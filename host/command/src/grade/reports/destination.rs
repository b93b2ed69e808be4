//! The destination of one report, and writing it there.
//!
//! It owns the rules for replacing an older file.

use super::report_to::cannot;
use crate::exit::{Exit, Failure};
use eco_exercise::report::OfOne;
use eco_files::{EntryKind, Folder, OpenError, read_at_most};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that a report goes to.
#[derive(Clone)]
pub(super) struct Destination {
    pub(super) folder: Arc<Folder>,
    pub(super) below: PathBuf,
    /// For messages.
    pub(super) shown: String,
    pub(super) whose: Whose,
}

/// The person who chose the path, and with it the rule for an older file.
#[derive(Clone)]
pub(super) enum Whose {
    /// A teacher typed the path in full. An older file is replaced.
    Teachers,
    /// The path has a student's name, in a folder of the teacher's. Only an earlier report is replaced.
    Named(Option<Earlier>),
    /// The path is in this folder, which a student handed in. Anything there is replaced.
    Students(OsString),
}

/// The path of an earlier report on the student, from a time when the path was shorter. Its mark is out of date.
#[derive(Clone)]
pub(super) struct Earlier {
    pub(super) below: PathBuf,
    /// The whole path, folder and `below`.
    pub(super) path: PathBuf,
    /// For messages.
    pub(super) shown: String,
}

impl Destination {
    /// Writes a report whose path a teacher typed.
    pub(super) fn put(&self, report: &[u8]) -> Result<(), Failure> {
        let put = self.folder.replace_below(&self.below, report);
        put.map_err(|error| self.failure(&error))
    }

    /// Writes a report on one submission, and removes an earlier one with a shorter path.
    pub(super) fn put_one(&self, format: OfOne, report: &[u8]) -> Result<(), Failure> {
        let put = match &self.whose {
            Whose::Teachers => return self.put(report),
            Whose::Students(student) => self.put_in_folder_of(student, report),
            Whose::Named(_) => self.put_over_earlier(format, report),
        };
        put.map_err(|error| self.failure(&error))?;
        if let Whose::Named(Some(earlier)) = &self.whose {
            self.remove(format, earlier);
        }
        Ok(())
    }

    fn put_in_folder_of(&self, student: &OsStr, report: &[u8]) -> io::Result<()> {
        let (way, name) = eco_files::split(&self.below)?;
        let folder = self.folder.enter(student)?.enter_or_make_below(way)?;
        folder.replace_strange(name, report)
    }

    fn put_over_earlier(&self, format: OfOne, report: &[u8]) -> io::Result<()> {
        let (way, name) = eco_files::split(&self.below)?;
        let folder = self.folder.enter_or_make_below(way)?;
        match folder.kind(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(EntryKind::File) if has_earlier(&folder, name, format)? => {}
            Ok(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "what is there is no earlier report of that format, and stays",
                ));
            }
        }
        folder.replace(name, report)
    }

    /// Removes an earlier report. A failure is a warning, since the new report is written.
    fn remove(&self, format: OfOne, earlier: &Earlier) {
        let remove = || -> io::Result<bool> {
            let (way, name) = eco_files::split(&earlier.below)?;
            let folder = self.folder.enter_below(way)?;
            let is_report = has_earlier(&folder, name, format)?;
            if is_report {
                folder.remove(name)?;
            }
            Ok(is_report)
        };
        match remove() {
            Ok(true) => tracing::warn!(
                "removed {}, an earlier report: the new one is {}",
                earlier.shown,
                self.shown
            ),
            Err(error) if error.kind() != io::ErrorKind::NotFound => tracing::warn!(
                "{} may be an earlier report, and is not removed: {error}",
                earlier.shown
            ),
            _ => {}
        }
    }

    fn failure(&self, error: &io::Error) -> Failure {
        let Failure { exit, error: said } = cannot(&self.shown, error);
        if eco_files::is_about_path(error) {
            exit.because(said)
        } else {
            Exit::Internal.because(said)
        }
    }
}

/// Whether there is a file that begins like a report of this format.
fn has_earlier(folder: &Folder, name: &OsStr, format: OfOne) -> io::Result<bool> {
    let file = match folder.file(name) {
        Ok(file) => file,
        Err(OpenError::NotAFile(_)) => return Ok(false),
        Err(OpenError::Io(error)) => return Err(error),
    };
    let start = read_at_most(file, OfOne::LONGEST_START)?;
    Ok(format.may_begin(&start))
}

/// Whether eco would take a file of this name for a plugin.
pub(super) fn is_plugin(name: &Path) -> bool {
    let is = |end: &str| {
        let its = name.extension();
        its.is_some_and(|its| its.eq_ignore_ascii_case(end))
    };
    eco_plugin::Language::of_file(name).is_some() || is("wasm") || is("wat")
}
