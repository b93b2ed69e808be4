//! The reports of `eco grade`: what is written where, and when.
//!
//! It owns that a report is a new file, in no folder that a student could choose, and that no two have one path. It must not
//! know the formats, nor how anything is graded.

mod ground;
mod handed_in;
mod names;
mod place;
mod report_to;

pub(crate) use report_to::ReportTo;

use crate::exit::{Exit, Failure};
use crate::output;
use eco_exercise::report::{Format, OfClass, OfOne};
use eco_exercise::{Case, Class, Exercise, Files, Graded, Visibility};
use ground::{Found, Ground, twice};
use parking_lot::Mutex;
use place::{Place, Whose};
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long what was graded may be missing in the report of a class that is being graded.
/// Test: `reports::a_grading_that_is_killed_leaves_whole_reports_of_what_was_graded`.
const EVERY: Duration = Duration::from_secs(1);

/// The part of the time that goes into reports of a class that is being graded: one in so many. A large one is written
/// less often.
const PART: u32 = 20;

/// Names that a warning has room for.
const LISTED: usize = 10;

/// All reports that are wanted.
#[derive(Default)]
pub(super) struct Reports {
    /// By the name of the submission.
    of_one: HashMap<String, Vec<(OfOne, Place)>>,
    of_class: Vec<(OfClass, Place)>,
    stdout: Option<Format>,
    /// What could not be written of single submissions.
    failed: Mutex<Vec<Failure>>,
}

/// Whom a report is on.
pub(super) struct Student<'a> {
    /// No two have the same.
    pub(super) name: &'a str,
    /// What the name is where no other has it.
    pub(super) short: &'a str,
    /// The folder that was handed in, if it is one: where it lies, without a link on the way, and its name there.
    pub(super) folder: Option<(&'a Path, &'a OsStr)>,
}

impl Reports {
    /// Decides every path, and refuses what makes no sense before anything runs. `handed_in` are the paths of classes and
    /// students, and `files` the exercise's.
    pub(super) fn new(
        wanted: &[ReportTo],
        (files, exercise): (&Files, &Exercise),
        students: &[Student<'_>],
        handed_in: &[PathBuf],
    ) -> Result<Self, Failure> {
        let mut ground = Ground::new(handed_in, files);
        let mut reports = Self::default();
        // What a teacher typed has its path before anything that students chose the name of.
        let (each, whole): (Vec<_>, Vec<_>) =
            wanted.iter().partition(|report| report.is_for_each());
        for report in whole {
            report.check(students.len())?;
            if report.is_stdout() {
                match reports.stdout.replace(report.format) {
                    None => continue,
                    Some(_) => return Err(twice()),
                }
            }
            let place = ground.in_full(report)?;
            match report.format {
                Format::OfClass(format) => reports.of_class.push((format, place)),
                // There is one at the most.
                Format::OfOne(format) => students
                    .iter()
                    .for_each(|student| reports.add(student.name, format, &place)),
            }
        }
        let mut longer = Vec::new();
        for report in each {
            report.check(students.len())?;
            if let Format::OfOne(format) = report.format {
                let places = ground.for_each(report, students)?;
                for (student, found) in students.iter().zip(places) {
                    match found {
                        Err(failure) => reports.failed.get_mut().push(failure),
                        Ok(Found { place, is_longer }) => {
                            reports.add(student.name, format, &place);
                            longer.extend(is_longer.then_some(place.shown));
                        }
                    }
                }
            }
        }
        for (_, place) in reports.of_one.values_mut().flatten() {
            ground.keep_others(place);
        }
        warn_of_longer(&longer);
        let is_hidden = |case: &Case| case.visibility == Visibility::Hidden;
        if exercise.cases.iter().any(is_hidden) {
            reports.warn_of_readers();
        }
        Ok(reports)
    }

    /// Hidden cases that students can read of are hidden no longer.
    fn warn_of_readers(&self) {
        let readable = self.of_one.values().flatten().filter(|(format, place)| {
            Format::OfOne(*format).shows_hidden() && matches!(place.whose, Whose::Students(_))
        });
        let readable = readable.map(|(format, _)| Format::OfOne(*format).name());
        let readable: BTreeSet<&str> = readable.collect();
        if !readable.is_empty() {
            let formats = Vec::from_iter(readable).join(", ");
            tracing::warn!(
                "a report that shows hidden cases goes to where submissions lie: can students read it? ({formats})"
            );
        }
    }

    fn add(&mut self, name: &str, format: OfOne, place: &Place) {
        let places = self.of_one.entry(name.to_owned()).or_default();
        places.push((format, place.clone()));
    }

    /// Whether one goes to stdout.
    pub(super) fn has_stdout(&self) -> bool {
        self.stdout.is_some()
    }

    /// Writes the reports on one submission. [`end`](Self::end) says what could not be written.
    pub(super) fn finished(&self, exercise: &Exercise, graded: &Graded) {
        for (format, place) in self.of_one.get(&graded.name).into_iter().flatten() {
            let mut report = Vec::new();
            let written = format.write(exercise, graded, &mut report);
            let written = written.map_err(Failure::from);
            let put = written.and_then(|()| place.put_one(*format, &report));
            self.failed.lock().extend(put.err());
        }
    }

    /// Writes the reports on a class again and again while it is graded, until `ended` has no sender: whatever ends this
    /// program, they say who was graded, and who was not.
    pub(super) fn keep_up(&self, class: &Mutex<Class<'_>>, ended: Receiver<()>) {
        let (mut wait, mut known) = (EVERY, None);
        while !self.of_class.is_empty()
            && ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
        {
            let began = Instant::now();
            let class = class.lock();
            // The whole one is written at the end.
            if known != Some(class.submissions.len()) && !class.pending.is_empty() {
                known = Some(class.submissions.len());
                // It is tried again, and what fails at the end is said.
                let _ = self.class(&class);
            }
            wait = EVERY.max(began.elapsed() * PART);
        }
    }

    /// Writes the reports on a class. One that can't be written keeps no other from it.
    fn class(&self, class: &Class<'_>) -> Vec<Failure> {
        let written = self.of_class.iter();
        let written = written.map(|(format, place)| {
            let mut report = Vec::new();
            format.write(class, &mut report)?;
            place.put(&report)
        });
        written.filter_map(Result::err).collect()
    }

    /// Writes the reports on the whole class, and what goes to stdout.
    ///
    /// # Errors
    /// A report can't be written, that of a single submission among them. The others are there.
    pub(super) fn end(&self, class: &Class<'_>) -> Result<(), Failure> {
        let mut failed = self.class(class);
        failed.extend(self.stdout.and_then(|format| print(format, class).err()));
        failed.append(&mut self.failed.lock());
        // What the machine fails at weighs more than what was typed.
        failed.sort_by_key(|failure| failure.exit != Exit::Internal);
        let more = failed.len().saturating_sub(1);
        match failed.into_iter().next() {
            None => Ok(()),
            Some(first) if more == 0 => Err(first),
            Some(Failure { exit, error }) => {
                Err(exit.saying(format!("{error:#}; and {more} more reports")))
            }
        }
    }
}

fn print(format: Format, class: &Class<'_>) -> Result<(), Failure> {
    let mut report = Vec::new();
    match format {
        Format::OfClass(format) => format.write(class, &mut report)?,
        Format::OfOne(format) => {
            for graded in &class.submissions {
                format.write(class.exercise, graded, &mut report)?;
            }
        }
    }
    output::bytes(&report)
}

fn warn_of_longer(longer: &[String]) {
    if longer.is_empty() {
        return;
    }
    let mut shown: Vec<String> = longer.iter().take(LISTED).cloned().collect();
    if longer.len() > LISTED {
        shown.push(format!("and {} more", longer.len() - LISTED));
    }
    tracing::warn!(
        "other submissions or reports have the paths that these would have, so that theirs are longer: {}",
        shown.join(", ")
    );
}
