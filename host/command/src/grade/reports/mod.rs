//! The reports of `eco grade`: their paths, and the times of writing.
//!
//! Each report is a new file with a path of its own, in no folder that a student could choose.

mod destination;
mod handed_in;
mod path_names;
mod paths;
mod report_to;
mod student;

pub(super) use report_to::ReportTo;
pub(super) use student::Student;

use crate::exit::{Exit, Failure};
use crate::output;
use destination::{Destination, Whose};
use eco_exercise::report::{Format, OfClass, OfOne};
use eco_exercise::{Case, Class, Exercise, Files, Graded, Visibility};
use parking_lot::Mutex;
use paths::{Assigned, Paths, twice};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Time after which a report on the class shows a new grade, while grading goes on.
/// Test: `grading::reports::contents::a_grading_that_is_killed_leaves_whole_reports_of_what_was_graded`.
const EVERY: Duration = Duration::from_secs(1);

/// While grading goes on, one part in this number of the time is spent on reports on the class. A large one is written less
/// often.
const PART: u32 = 20;

/// The most names in a warning.
const LISTED: usize = 10;

/// All reports that the command line asks for.
#[derive(Default)]
pub(super) struct Reports {
    /// By the name of the submission.
    of_one: HashMap<String, Vec<(OfOne, Destination)>>,
    of_class: Vec<(OfClass, Destination)>,
    stdout: Option<Format>,
    /// Failures to write reports on single submissions.
    failed: Mutex<Vec<Failure>>,
}

impl Reports {
    /// Decides every path, and refuses mistakes before anything runs. `handed_in` are the paths of classes and students, and
    /// `files` those of the exercise.
    pub(super) fn new(
        wanted: &[ReportTo],
        (files, exercise): (&Files, &Exercise),
        students: &[Student<'_>],
        handed_in: &[PathBuf],
    ) -> Result<Self, Failure> {
        let mut paths = Paths::new(handed_in, files);
        let mut reports = Self::default();
        // Paths that a teacher typed in full come first. Students choose the names in the others.
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
            let destination = paths.in_full(report)?;
            match report.format {
                Format::OfClass(format) => reports.of_class.push((format, destination)),
                // `check` has allowed one submission at most.
                Format::OfOne(format) => students
                    .iter()
                    .for_each(|student| reports.add(student.name, format, &destination)),
            }
        }
        let mut longer = Vec::new();
        for report in each {
            report.check(students.len())?;
            if let Format::OfOne(format) = report.format {
                let assigned = paths.for_each(report, students)?;
                for (student, assigned) in students.iter().zip(assigned) {
                    match assigned {
                        Err(failure) => reports.failed.get_mut().push(failure),
                        Ok(Assigned {
                            destination,
                            is_longer,
                        }) => {
                            reports.add(student.name, format, &destination);
                            longer.extend(is_longer.then_some(destination.shown));
                        }
                    }
                }
            }
        }
        for (_, destination) in reports.of_one.values_mut().flatten() {
            paths.keep_others(destination);
        }
        warn_of_longer(&longer);
        let is_hidden = |case: &Case| case.visibility == Visibility::Hidden;
        if exercise.cases.iter().any(is_hidden) {
            reports.warn_of_readers();
        }
        Ok(reports)
    }

    /// Warns of reports by which students could read hidden cases.
    fn warn_of_readers(&self) {
        let readable = self
            .of_one
            .values()
            .flatten()
            .filter(|(format, destination)| {
                Format::OfOne(*format).shows_hidden()
                    && matches!(destination.whose, Whose::Students(_))
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

    fn add(&mut self, name: &str, format: OfOne, destination: &Destination) {
        let destinations = self.of_one.entry(name.to_owned()).or_default();
        destinations.push((format, destination.clone()));
    }

    /// Whether a report goes to stdout.
    pub(super) fn has_stdout(&self) -> bool {
        self.stdout.is_some()
    }

    /// Writes the reports on one submission. [`end`](Self::end) returns the failures.
    pub(super) fn finished(&self, exercise: &Exercise, graded: &Graded) {
        for (format, destination) in self.of_one.get(&graded.name).into_iter().flatten() {
            let mut report = Vec::new();
            let written = format.write(exercise, graded, &mut report);
            let written = written.map_err(Failure::from);
            let put = written.and_then(|()| destination.put_one(*format, &report));
            self.failed.lock().extend(put.err());
        }
    }

    /// Writes the reports on the class again and again while it is graded, until `ended` has no sender. So they tell who was
    /// graded when the program is killed.
    pub(super) fn keep_up(&self, class: &Mutex<Class<'_>>, ended: Receiver<()>) {
        let (mut wait, mut known) = (EVERY, None);
        while !self.of_class.is_empty()
            && ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
        {
            let began = Instant::now();
            let class = class.lock();
            // The complete report is written at the end.
            if known != Some(class.submissions.len()) && !class.pending.is_empty() {
                known = Some(class.submissions.len());
                // It is tried again; the last failure counts.
                let _ = self.class(&class);
            }
            wait = EVERY.max(began.elapsed() * PART);
        }
    }

    /// Writes the reports on the class. A failure does not keep others from being written.
    fn class(&self, class: &Class<'_>) -> Vec<Failure> {
        let written = self.of_class.iter();
        let written = written.map(|(format, destination)| {
            let mut report = Vec::new();
            format.write(class, &mut report)?;
            destination.put(&report)
        });
        written.filter_map(Result::err).collect()
    }

    /// Writes the reports on the whole class, and the one to stdout.
    ///
    /// # Errors
    /// A report can't be written, now or before. All others are written.
    pub(super) fn end(&self, class: &Class<'_>) -> Result<(), Failure> {
        let mut failed = self.class(class);
        failed.extend(self.stdout.and_then(|format| print(format, class).err()));
        failed.append(&mut self.failed.lock());
        // The machine's failures come before mistakes on the command line.
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
