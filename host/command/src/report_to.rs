//! `--report FORMAT=FILE`: which report, and where it goes.

use super::exit::{Exit, Failure};
use super::output;
use eco_exercise::Class;
use eco_exercise::report::Format;
use std::io;
use std::path::Path;
use std::str::FromStr;

/// What stands for the name of a submission in the path of a report.
const NAME: &str = "{name}";

/// The longest part of a path that is made of a name, in bytes: file systems take 255, and there is an end
/// to come. Test: `grading::names_of_any_kind_are_graded_and_reported`.
const LONGEST_NAME: usize = 200;

/// A report that is wanted.
#[derive(Clone, Debug)]
pub(super) struct ReportTo {
    format: Format,
    path: String,
}

impl FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text
            .split_once('=')
            .ok_or("a report is FORMAT=FILE, such as csv=marks.csv")?;
        match path {
            "" => Err("the file is missing after =".to_owned()),
            path => Ok(Self {
                format: format.parse()?,
                path: path.to_owned(),
            }),
        }
    }
}

impl ReportTo {
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
                "{format} is a report on one submission, and there are {submissions}: put {NAME} into the path, as in {format}=out/{NAME}.json"
            )));
        }
        if matches!(format, Format::OfClass(_)) && path.contains(NAME) {
            return Err(Exit::Usage.saying(format!(
                "{format} is one report on the whole class: {NAME} makes no sense in {path}"
            )));
        }
        let folder = folder(path);
        // One folder is made if it isn't there, and no more: the rest would be a slip of the pen.
        let possible = folder.is_dir()
            || folder
                .parent()
                .is_some_and(|above| above.as_os_str().is_empty() || above.is_dir());
        if possible && !Path::new(path).is_dir() {
            Ok(())
        } else {
            Err(Exit::Usage.saying(format!(
                "cannot write a report to {path}: it has to be a file in a folder that exists"
            )))
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
                        let path = self
                            .path
                            .replace(NAME, &file_name(&graded.name, number + 1));
                        self.put(&path, |to| format.write(class.exercise, graded, to))
                    });
                // One that can't be written keeps no other from it.
                let written: Vec<_> = written.collect();
                written.into_iter().collect()
            }
        }
    }

    fn put(
        &self,
        path: &str,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut report = Vec::new();
        write(&mut report)?;
        if self.is_stdout() {
            return output::bytes(&report);
        }
        let folder = folder(path);
        let made = if folder.is_dir() {
            Ok(())
        } else {
            std::fs::create_dir(folder)
        };
        made.and_then(|()| std::fs::write(path, report))
            .map_err(|error| {
                Exit::Usage.saying(format!("cannot write a report to {path}: {error}"))
            })
    }
}

/// The folder of a file.
fn folder(path: &str) -> &Path {
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
