//! The paths of reports. No two reports have the same path, and none has one where it would be taken for a submission or a
//! part of the exercise.

use super::destination::{Destination, Earlier, Whose, is_plugin};
use super::handed_in::{HandedIn, TypedFolder, key};
use super::path_names::{self, Taken, file_name, longer, with_name};
use super::report_to::{self, ForEach, ReportTo};
use super::student::Student;
use crate::exit::{Exit, Failure};
use crate::output::new_file;
use eco_exercise::Files;
use eco_files::Folder;
use eco_text::escape;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The reason for refusing a path among submissions, with advice.
const HANDED_IN: &str =
    "it lies in what was handed in, and would be graded the next time: take a folder of its own";

/// The paths that are in use: of submissions, of the exercise, and of the reports so far.
pub(super) struct Paths {
    handed_in: HandedIn,
    /// The exercise's folder, where it has one.
    exercise: Option<PathBuf>,
    taken: Taken,
    templates: Taken,
}

/// A destination. Its path is longer than usual if another report or submission has the usual one.
pub(super) struct Assigned {
    pub(super) destination: Destination,
    pub(super) is_longer: bool,
}

/// A path with `{name}`, and the folder in front of that.
struct Template<'a> {
    wanted: ForEach<'a>,
    folder: Arc<Folder>,
    path: PathBuf,
    /// Whether `{name}` stands for students' own folders. Then eco makes no folders beside them.
    is_of_own_folders: bool,
    /// Bytes of a name that fit into the path.
    room: usize,
}

impl Paths {
    pub(super) fn new(handed_in: &[PathBuf], exercise: &Files) -> Self {
        let exercise = match exercise {
            Files::Folder(folder) => folder.canonicalize().ok(),
            Files::Shipped(..) => None,
        };
        Self {
            handed_in: HandedIn::new(handed_in),
            exercise: exercise.map(|path| key(&path)),
            taken: Taken::default(),
            templates: Taken::default(),
        }
    }

    /// Takes the path of a report that was typed in full.
    pub(super) fn in_full(&mut self, report: &ReportTo) -> Result<Destination, Failure> {
        let split = eco_files::split(report.path());
        let (folder, name) = split.map_err(|error| report.cannot(error))?;
        let typed = self.open(report, folder)?;
        let path = typed.path.join(name);
        self.refuse(&path).map_err(|why| report.cannot(why))?;
        new_file::check(&typed.folder, name).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => report.cannot(format!("{error} (- writes to stdout)")),
            _ => report.cannot(error),
        })?;
        typed.folder.remove_halves();
        if !self.taken.take(&path) {
            return Err(twice());
        }
        Ok(Destination {
            folder: Arc::new(typed.folder),
            below: PathBuf::from(name),
            shown: escape::path(report.path()),
            whose: Whose::Teachers,
        })
    }

    /// Takes a path for the report on each student, in their order. A student may have none.
    pub(super) fn for_each(
        &mut self,
        report: &ReportTo,
        students: &[Student<'_>],
    ) -> Result<Vec<Result<Assigned, Failure>>, Failure> {
        let wanted = report.for_each()?;
        let TypedFolder { folder, path } = self.open(report, &wanted.folder)?;
        let below: PathBuf = wanted.below.iter().collect();
        if !self.templates.take(&path.join(below)) {
            return Err(twice());
        }
        let room = path_names::room(&wanted.below);
        let room = room.ok_or_else(|| {
            report.cannot("what else is in a part of the path leaves no room for names")
        })?;
        let mut template = Template {
            wanted,
            folder: Arc::new(folder),
            path,
            is_of_own_folders: false,
            room,
        };
        template.is_of_own_folders = students.iter().any(|it| template.own_folder(it).is_some());
        if !template.is_of_own_folders {
            self.refuse(&template.path).map_err(|why| {
                report.cannot(format!(
                    "{why}, or {} for a student's own, as in submissions/{}/results.json",
                    report_to::NAME,
                    report_to::NAME
                ))
            })?;
            let tried = template.folder.try_writing();
            tried.map_err(|error| report.cannot(error))?;
            template.folder.remove_halves();
        }
        let assigned = students.iter().map(|it| self.assign(&template, it));
        let assigned: Vec<Result<Assigned, Failure>> = assigned.collect();
        if !assigned.iter().any(Result::is_ok) {
            // There would be no report at all.
            return assigned
                .into_iter()
                .take(1)
                .map(|destination| destination.map(Ok))
                .collect();
        }
        Ok(assigned)
    }

    fn assign(
        &mut self,
        template: &Template<'_>,
        student: &Student<'_>,
    ) -> Result<Assigned, Failure> {
        match template.own_folder(student) {
            Some(own) => self.in_own_folder(template, student, own),
            None if template.is_of_own_folders => {
                let shown = template.shown(&with_name(&template.wanted.below, student.name));
                let why = "there is no folder of this submission, and eco makes none where others are handed in";
                Err(report_to::cannot(&shown, why))
            }
            None => Ok(self.beside(template, student)),
        }
    }

    /// Takes a path in the folder that a student handed in.
    fn in_own_folder(
        &mut self,
        template: &Template<'_>,
        student: &Student<'_>,
        own: &OsStr,
    ) -> Result<Assigned, Failure> {
        let part = file_name(student.name, template.room);
        let rest = template.wanted.below.get(1..).unwrap_or_default();
        let below = with_name(rest, &part);
        let within = Path::new(own).join(&below);
        let shown = template.shown(&within);
        if is_plugin(&below) {
            let why = "it would be taken for a plugin";
            return Err(report_to::cannot(&shown, why));
        }
        if !self.taken.take(&template.path.join(within)) {
            return Err(report_to::cannot(&shown, "another report is there"));
        }
        let destination = Destination {
            folder: template.folder.clone(),
            below,
            shown,
            whose: Whose::Students(own.to_owned()),
        };
        Ok(Assigned {
            destination,
            is_longer: false,
        })
    }

    /// Takes a path in a folder of the teacher's.
    fn beside(&mut self, template: &Template<'_>, student: &Student<'_>) -> Assigned {
        let plain = file_name(student.name, template.room);
        let mut below = with_name(&template.wanted.below, &plain);
        let mut times = 0;
        loop {
            let path = template.path.join(&below);
            if self.refuse(&path).is_ok() && self.taken.take(&path) {
                break;
            }
            times += 1;
            let part = longer(&plain, student.name, times);
            below = with_name(&template.wanted.below, &part);
        }
        // An earlier report may have the short name of the student.
        let short = with_name(
            &template.wanted.below,
            &file_name(student.short, template.room),
        );
        let earlier = (short != below).then(|| Earlier {
            path: template.path.join(&short),
            shown: template.shown(&short),
            below: short,
        });
        let destination = Destination {
            folder: template.folder.clone(),
            shown: template.shown(&below),
            below,
            whose: Whose::Named(earlier),
        };
        Assigned {
            destination,
            is_longer: times > 0,
        }
    }

    /// Keeps an earlier report that another student or submission has the path of. To be called when all paths are taken.
    pub(super) fn keep_others(&self, destination: &mut Destination) {
        if let Whose::Named(earlier) = &mut destination.whose {
            let nobodys = |it: &Earlier| !self.taken.has(&it.path) && self.refuse(&it.path).is_ok();
            *earlier = earlier.take().filter(nobodys);
        }
    }

    /// Refuses a path in a submission, or in the exercise.
    fn refuse(&self, path: &Path) -> Result<(), &'static str> {
        let is_exercise = |exercise: &PathBuf| key(path).starts_with(exercise);
        match &self.exercise {
            _ if self.handed_in.has(path) => Err(HANDED_IN),
            Some(exercise) if is_exercise(exercise) => {
                Err("it lies in the exercise's folder: take a folder of its own")
            }
            _ => Ok(()),
        }
    }

    /// Opens the folder in front of a report that was typed.
    fn open(&self, report: &ReportTo, folder: &Path) -> Result<TypedFolder, Failure> {
        let opened = self.handed_in.open(folder);
        opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => report.cannot(format!(
                "there is no folder {}, and one for each {} is all that eco makes",
                escape::path(plain(folder)),
                report_to::NAME
            )),
            _ => report.cannot(error),
        })
    }
}

impl Template<'_> {
    /// The name of a student's own folder, if `{name}` alone stands for it in this path.
    fn own_folder<'s>(&self, student: &Student<'s>) -> Option<&'s OsStr> {
        let is_whole = self.wanted.below.len() > 1
            && self
                .wanted
                .below
                .first()
                .is_some_and(|part| *part == report_to::NAME);
        let (around, own) = student.folder?;
        (is_whole && around == self.path).then_some(own)
    }

    fn shown(&self, below: &Path) -> String {
        escape::path(&plain(&self.wanted.folder).join(below))
    }
}

/// The failure when two reports have the same path.
pub(super) fn twice() -> Failure {
    Exit::Usage.saying("two reports would go to the same file")
}

/// A path for messages, without a leading `.`.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}
