//! The argument `--report FORMAT=FILE`.

use crate::exit::{Exit, Failure};
use clap_lex::OsStrExt as _;
use eco_exercise::report::Format;
use eco_text::escape;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// Stands for the name of a submission in the path of a report.
pub(crate) const NAME: &str = "{name}";

/// A report that the command line asks for.
#[derive(Clone, Debug)]
pub(crate) struct ReportTo {
    pub(crate) format: Format,
    path: OsString,
}

/// A path with `{name}`, in two parts.
pub(crate) struct ForEach<'a> {
    /// The folder that was typed in full.
    pub(crate) folder: PathBuf,
    /// The path below it, from the first part with `{name}` on.
    pub(crate) below: Vec<&'a OsStr>,
}

impl ReportTo {
    /// Parses the argument.
    pub(crate) fn parse(text: OsString) -> Result<Self, String> {
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

    /// Whether the report goes to stdout.
    pub(crate) fn is_stdout(&self) -> bool {
        self.path == "-"
    }

    /// Whether each submission has a file of its own.
    pub(crate) fn is_for_each(&self) -> bool {
        self.path.contains(NAME)
    }

    /// Checks that the format and the path fit each other, for this number of submissions.
    pub(crate) fn check(&self, submissions: usize) -> Result<(), Failure> {
        let format = self.format;
        match format {
            Format::OfOne(_) if submissions > 1 && !self.is_for_each() => {
                Err(Exit::Usage.saying(format!(
                    "{format} is a report on one submission, and there are {submissions}: put {NAME} into the path, as in {format}={NAME}.json"
                )))
            }
            Format::OfClass(_) if self.is_for_each() => Err(Exit::Usage.saying(format!(
                "{format} is one report on the whole class: {NAME} makes no sense in {}",
                escape::os(&self.path)
            ))),
            _ => Ok(()),
        }
    }

    /// The path of a report that has no `{name}` in it.
    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    /// The path of a report that has one file for each submission.
    pub(crate) fn for_each(&self) -> Result<ForEach<'_>, Failure> {
        // The path must end in the name of a file.
        eco_files::split(self.path()).map_err(|error| self.cannot(error))?;
        let mut parts = self.path().components();
        let mut folder = PathBuf::from(".");
        let mut below = Vec::new();
        for part in &mut parts {
            if part.as_os_str().contains(NAME) || !below.is_empty() {
                if !matches!(part, Component::Normal(_)) {
                    return Err(self.cannot(format!("no part after {NAME} may be ..")));
                }
                below.push(part.as_os_str());
            } else {
                folder.push(part);
            }
        }
        Ok(ForEach { folder, below })
    }

    /// The failure when this report can't be written.
    pub(crate) fn cannot(&self, why: impl std::fmt::Display) -> Failure {
        cannot(&escape::os(&self.path), why)
    }
}

/// The failure when the report at this path can't be written.
pub(crate) fn cannot(path: &str, why: impl std::fmt::Display) -> Failure {
    Exit::Usage.saying(format!("cannot write a report to {path}: {why}"))
}
