//! `--report FORMAT=FILE`: which report, and where it goes.

use super::exit::{Exit, Failure};
use super::output;
use clap_lex::OsStrExt as _;
use eco_exercise::Class;
use eco_exercise::report::Format;
use eco_text::escape;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

/// What stands for the name of a submission in the path of a report.
const NAME: &str = "{name}";

/// The longest part of a path that is made of a name, in bytes: file systems take 255, and there is an end
/// to come. Test: `grading::names_of_any_kind_are_graded_and_reported`.
const LONGEST_NAME: usize = 200;

/// A report that is wanted.
#[derive(Clone, Debug)]
pub(super) struct ReportTo {
    format: Format,
    path: OsString,
}

impl ReportTo {
    /// What was typed.
    pub(super) fn parse(text: OsString) -> Result<Self, String> {
        let (format, path) = text
            .split_once("=")
            .ok_or("a report is FORMAT=FILE, such as csv=marks.csv")?;
        if path.is_empty() {
            return Err("the file is missing after =".to_owned());
        }
        Ok(Self {
            format: format.to_string_lossy().parse()?,
            path: path.to_owned(),
        })
    }

    /// Whether it goes to stdout.
    pub(super) fn is_stdout(&self) -> bool {
        self.path == "-"
    }

    /// Whether it can be written, before anything runs: a path that makes no sense is no
    /// disappointment at the end.
    pub(super) fn check(&self, submissions: usize) -> Result<(), Failure> {
        let (format, path) = (self.format, &self.path);
        if matches!(format, Format::OfOne(_)) && submissions > 1 && !path.contains(NAME) {
            return Err(Exit::Usage.saying(format!(
                "{format} is a report on one submission, and there are {submissions}: put {NAME} into the path, as in {format}={NAME}.json"
            )));
        }
        if matches!(format, Format::OfClass(_)) && path.contains(NAME) {
            return Err(Exit::Usage.saying(format!(
                "{format} is one report on the whole class: {NAME} makes no sense in {}",
                escape::os(path)
            )));
        }
        if Path::new(path).is_dir() {
            return Err(cannot(path, "it is a folder"));
        }
        let mut folder = folder(path);
        while folder.as_os_str().contains(NAME) {
            folder = self::folder(folder.as_os_str());
        }
        if folder.is_dir() {
            Ok(())
        } else {
            let why = format!(
                "there is no folder {}, and one for each {NAME} is all that eco makes",
                escape::path(folder)
            );
            Err(cannot(path, why))
        }
    }

    /// Whether both would go to the same place.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.path == other.path
    }

    /// Writes it.
    pub(super) fn write(&self, class: &Class<'_>) -> Result<(), Failure> {
        match self.format {
            Format::OfClass(format) => self.put(&self.path, |to| format.write(class, to)),
            Format::OfOne(format) => {
                let written = class
                    .submissions
                    .iter()
                    .enumerate()
                    .map(|(number, graded)| {
                        let path = self.path_of(&file_name(&graded.name, number + 1));
                        self.put(&path, |to| format.write(class.exercise, graded, to))
                    });
                // One that can't be written keeps no other from it.
                let written: Vec<_> = written.collect();
                written.into_iter().collect()
            }
        }
    }

    /// The path for one submission.
    fn path_of(&self, name: &str) -> OsString {
        let parts: Vec<&OsStr> = self.path.split(NAME).collect();
        parts.join(name.as_ref())
    }

    fn put(
        &self,
        path: &OsStr,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut report = Vec::new();
        write(&mut report)?;
        if self.is_stdout() {
            return output::bytes(&report);
        }
        let made = if folder(&self.path).as_os_str().contains(NAME) {
            std::fs::create_dir_all(folder(path))
        } else {
            Ok(())
        };
        made.and_then(|()| std::fs::write(path, report))
            .map_err(|error| {
                let Failure { exit, error: said } = cannot(path, &error);
                if is_of_path(&error) {
                    exit.because(said)
                } else {
                    Exit::Internal.because(said)
                }
            })
    }
}

/// Whether a file can't be written because of what was named, and not because the disk is full, say.
fn is_of_path(error: &io::Error) -> bool {
    use io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
    )
}

fn cannot(path: &OsStr, why: impl std::fmt::Display) -> Failure {
    let path = escape::os(path);
    Exit::Usage.saying(format!("cannot write a report to {path}: {why}"))
}

/// The folder of a file.
fn folder(path: &OsStr) -> &Path {
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A name as a part of a path that leads nowhere else: bytes that mean something there are written as
/// `%` and two digits, so that two names never become one. A long one is cut, and has its number among the
/// submissions at its end.
fn file_name(name: &str, number: usize) -> String {
    let mut safe = String::new();
    for (at, &byte) in name.as_bytes().iter().enumerate() {
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && at > 0);
        if plain {
            safe.push(char::from(byte))
        } else {
            safe += &format!("%{byte:02X}")
        }
    }
    if safe.len() > LONGEST_NAME {
        safe.truncate(LONGEST_NAME);
        format!("{safe}%{number}")
    } else {
        safe
    }
}
