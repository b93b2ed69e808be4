//! Reports: the judgements of submissions, in the formats that gradebooks, CI and people read.
//!
//! It owns the formats.
//!
//! No report has a time, a duration or a machine's name, so that the same submissions give the same bytes.
//! Students choose names, logs and replies: a report stays valid with any of them. A failure of eco itself
//! is held against nobody, in any format.

mod csv;
mod exercism;
mod gradescope;
mod html;
mod json;
mod junit;
mod tap;
#[cfg(test)]
mod tests;
mod text;

use super::case::Exercise;
use super::grade::{Class, Graded};
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

/// A format. Its variant says whether it holds one submission or a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One file for each submission.
    OfOne(OfOne),
    /// One file for a class.
    OfClass(OfClass),
}

/// A format that holds one submission, for a service that shows it to its student.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfOne {
    /// Gradescope's `results.json`. It has hidden cases, marked as such: the service keeps them from students.
    Gradescope,
    /// Exercism's `results.json`, version 2. It says of hidden cases only whether they passed.
    Exercism,
}

/// A format that holds a class. It is for the teacher, and shows hidden cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfClass {
    /// JUnit's XML, as Jenkins and GitLab read it.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// A table for spreadsheets.
    Csv,
    /// All facts.
    Json,
    /// A page for people.
    Html,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::OfOne(OfOne::Gradescope),
        Self::OfClass(OfClass::Junit),
        Self::OfClass(OfClass::Tap),
        Self::OfOne(OfOne::Exercism),
        Self::OfClass(OfClass::Csv),
        Self::OfClass(OfClass::Json),
        Self::OfClass(OfClass::Html),
    ];

    /// Whether it shows hidden cases, so that students must not read it as it is.
    pub fn shows_hidden(self) -> bool {
        self != Self::OfOne(OfOne::Exercism)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::OfOne(OfOne::Gradescope) => "gradescope",
            Self::OfOne(OfOne::Exercism) => "exercism",
            Self::OfClass(OfClass::Junit) => "junit",
            Self::OfClass(OfClass::Tap) => "tap",
            Self::OfClass(OfClass::Csv) => "csv",
            Self::OfClass(OfClass::Json) => "json",
            Self::OfClass(OfClass::Html) => "html",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no such format of reports; there are {names}")
        })
    }
}

impl OfOne {
    /// Bytes at the start of a file that tell whether it may be a report.
    pub const LONGEST_START: usize = 64;

    /// Whether a report of this format may begin with `start`, of at most
    /// [`LONGEST_START`](Self::LONGEST_START) bytes.
    pub fn may_begin(self, start: &[u8]) -> bool {
        let starts: &[&str] = match self {
            // A report that was not judged in full has no score.
            Self::Gradescope => &["{\n  \"score\": ", "{\n  \"output\": "],
            Self::Exercism => &["{\n  \"version\": 2,\n  \"status\": "],
        };
        let mut starts = starts.iter();
        starts.any(|begins| start.starts_with(begins.as_bytes()))
    }

    /// Writes the report of one submission to `exercise`.
    ///
    /// # Errors
    /// As `to`.
    pub fn write(self, exercise: &Exercise, graded: &Graded, to: &mut dyn Write) -> io::Result<()> {
        let report = match self {
            Self::Gradescope => gradescope::report(exercise, graded)?,
            Self::Exercism => exercism::report(exercise, graded)?,
        };
        to.write_all(report.as_bytes())
    }
}

impl OfClass {
    /// Writes the report of a class.
    ///
    /// # Errors
    /// As `to`.
    pub fn write(self, class: &Class<'_>, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Junit => junit::write(class, to),
            Self::Csv => csv::write(class, to),
            Self::Tap => to.write_all(tap::report(class).as_bytes()),
            Self::Json => to.write_all(json::report(class)?.as_bytes()),
            Self::Html => to.write_all(html::page(class).as_bytes()),
        }
    }
}
