//! The reports of `eco grade`: what is written where, and when.
//!
//! It owns that a report is a new file, in no folder that a student could choose, and that no two have one path. It must not
//! know the formats, nor how anything is graded.

mod handed_in;
mod names;
mod report_to;

pub(super) use report_to::ReportTo;

use super::exit::{Exit, Failure};
use super::new_file;
use super::output;
use eco_exercise::report::{Format, OfClass, OfOne};
use eco_exercise::{Class, Exercise, Graded, Visibility};
use eco_files::Folder;
use eco_text::escape;
use handed_in::{HandedIn, Typed};
use names::{Taken, file_name, numbered, with_name};
use parking_lot::Mutex;
use report_to::cannot;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

/// Where a report goes.
#[derive(Clone)]
struct Place {
    folder: Arc<Folder>,
    below: PathBuf,
    /// For messages.
    shown: String,
    /// Whether it lies in what was handed in, where students may read it.
    is_handed_in: bool,
}

impl Reports {
    /// Decides every path, of the submissions of these names, and refuses what makes no sense before anything runs.
    /// `handed_in` are the paths of classes and students.
    pub(super) fn new(
        wanted: &[ReportTo],
        exercise: &Exercise,
        submissions: &[String],
        handed_in: &[PathBuf],
    ) -> Result<Self, Failure> {
        let handed_in = HandedIn::new(handed_in);
        let mut reports = Self::default();
        let mut taken = Taken::default();
        // What a teacher typed has its path before anything that students chose the name of.
        let (each, whole): (Vec<_>, Vec<_>) =
            wanted.iter().partition(|report| report.is_for_each());
        for report in whole {
            report.check(submissions.len())?;
            if report.is_stdout() {
                match reports.stdout.replace(report.format) {
                    None => continue,
                    Some(_) => return Err(twice()),
                }
            }
            let (place, path) = place(report, &handed_in)?;
            if !taken.take(&path) {
                return Err(twice());
            }
            match report.format {
                Format::OfClass(format) => reports.of_class.push((format, place)),
                // There is one at the most.
                Format::OfOne(format) => submissions
                    .iter()
                    .for_each(|name| reports.add(name, format, &place)),
            }
        }
        let mut longer = Vec::new();
        let mut forms = Taken::default();
        for report in each {
            report.check(submissions.len())?;
            if let Format::OfOne(format) = report.format {
                let places = places(report, submissions, &handed_in, &mut forms, &mut taken)?;
                for (name, (place, is_longer)) in submissions.iter().zip(places) {
                    reports.add(name, format, &place);
                    longer.extend(is_longer.then_some(place.shown));
                }
            }
        }
        warn_of_longer(&longer);
        if exercise
            .cases
            .iter()
            .any(|case| case.visibility == Visibility::Hidden)
        {
            reports.warn_of_readers();
        }
        Ok(reports)
    }

    /// Hidden cases that students can read of are hidden no longer.
    fn warn_of_readers(&self) {
        let of_one = self.of_one.values().flatten();
        let of_one = of_one.map(|(format, place)| (Format::OfOne(*format), place));
        let of_class = self.of_class.iter();
        let of_class = of_class.map(|(format, place)| (Format::OfClass(*format), place));
        let readable =
            |(format, place): &(Format, &Place)| format.shows_hidden() && place.is_handed_in;
        let readable = of_class.chain(of_one).filter(readable);
        let readable: BTreeSet<&str> = readable.map(|(format, _)| format.name()).collect();
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
            let written = place.put(|to| format.write(exercise, graded, to));
            self.failed.lock().extend(written.err());
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
        let written = written.map(|(format, place)| place.put(|to| format.write(class, to)));
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

fn twice() -> Failure {
    Exit::Usage.saying("two reports would go to the same file")
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

/// Where a report goes that was typed in full, with its path.
fn place(report: &ReportTo, handed_in: &HandedIn) -> Result<(Place, PathBuf), Failure> {
    let (folder, name) = eco_files::split(report.path()).map_err(|error| report.cannot(error))?;
    let typed = open(report, folder, handed_in)?;
    // A link or a pipe there would be a student's, and is replaced itself.
    let whose = match typed.is_handed_in {
        true => new_file::Whose::Strangers,
        false => new_file::Whose::Users,
    };
    let path = typed.path.join(name);
    if handed_in.is(&path) {
        return Err(report.cannot("it was handed in"));
    }
    new_file::check(&typed.folder, name, whose).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => report.cannot(format!("{error} (- writes to stdout)")),
        _ => report.cannot(error),
    })?;
    let place = Place {
        folder: Arc::new(typed.folder),
        below: PathBuf::from(name),
        shown: escape::path(report.path()),
        is_handed_in: handed_in.has(&path),
    };
    Ok((place, path))
}

/// Where a report on each submission goes, in their order, and whether its path is longer than others' since another has it.
fn places(
    report: &ReportTo,
    submissions: &[String],
    handed_in: &HandedIn,
    forms: &mut Taken,
    taken: &mut Taken,
) -> Result<Vec<(Place, bool)>, Failure> {
    let wanted = report.for_each()?;
    let typed = open(report, &wanted.folder, handed_in)?;
    typed
        .folder
        .try_writing()
        .map_err(|error| report.cannot(error))?;
    let form: PathBuf = wanted.below.iter().collect();
    if !forms.take(&typed.path.join(form)) {
        return Err(twice());
    }
    let folder = Arc::new(typed.folder);
    let names: HashSet<String> = submissions.iter().map(|name| name.to_lowercase()).collect();
    let place = |(number, name): (usize, &String)| {
        // A folder of the class that has another student's name is that student's, who can read what is in it.
        let is_others = |part: &str| part != name && names.contains(&part.to_lowercase());
        let mut part = file_name(name, number);
        let mut below = with_name(&wanted.below, &part);
        let mut is_longer = false;
        let mut path = typed.path.join(&below);
        while is_others(&part) || handed_in.is(&path) || !taken.take(&path) {
            part = numbered(&part, number);
            below = with_name(&wanted.below, &part);
            path = typed.path.join(&below);
            is_longer = true;
        }
        let shown = escape::path(&plain(&wanted.folder).join(&below));
        let folder = folder.clone();
        let place = Place {
            folder,
            below,
            shown,
            is_handed_in: handed_in.has(&path),
        };
        (place, is_longer)
    };
    Ok((1..).zip(submissions).map(place).collect())
}

/// Opens a folder that was typed.
fn open(report: &ReportTo, folder: &Path, handed_in: &HandedIn) -> Result<Typed, Failure> {
    handed_in.open(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => report.cannot(format!(
            "there is no folder {}, and one for each {} is all that eco makes",
            escape::path(plain(folder)),
            report_to::NAME
        )),
        _ => report.cannot(error),
    })
}

/// A path for messages, without the folder that is meant where none is named.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
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

impl Place {
    fn put(&self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Failure> {
        let mut report = Vec::new();
        write(&mut report)?;
        let put = self.folder.replace_below(&self.below, &report);
        put.map_err(|error| {
            let Failure { exit, error: said } = cannot(&self.shown, &error);
            if eco_files::is_about_path(&error) {
                exit.because(said)
            } else {
                Exit::Internal.because(said)
            }
        })
    }
}
