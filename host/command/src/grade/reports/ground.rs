//! Which paths reports get: no two the same one, and none where a report would be taken for what was handed in, or for a part
//! of the exercise.
//!
//! It owns whom a path belongs to. It must not know the formats, nor when a report is written.

use super::Student;
use super::handed_in::{HandedIn, Typed, key};
use super::names::{self, Taken, file_name, longer, with_name};
use super::place::{Earlier, Place, Whose, is_plugin};
use super::report_to::{self, ForEach, ReportTo};
use crate::exit::{Exit, Failure};
use crate::output::new_file;
use eco_exercise::Files;
use eco_files::Folder;
use eco_text::escape;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a report would do to what was handed in, and what to type instead.
const HANDED_IN: &str =
    "it lies in what was handed in, and would be graded the next time: take a folder of its own";

/// What is there before reports are.
pub(super) struct Ground {
    handed_in: HandedIn,
    /// The exercise's folder, where it has one.
    exercise: Option<PathBuf>,
    taken: Taken,
    forms: Taken,
}

/// A place, and whether its path is longer than others' since another has it.
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) is_longer: bool,
}

/// A form with `{name}`, and its folder.
struct Form<'a> {
    wanted: ForEach<'a>,
    folder: Arc<Folder>,
    path: PathBuf,
    /// Whether `{name}` stands for students' own folders, so that no other is made beside them.
    is_of_own_folders: bool,
    /// Bytes that a name may have in it.
    room: usize,
}

impl Ground {
    pub(super) fn new(handed_in: &[PathBuf], exercise: &Files) -> Self {
        let exercise = match exercise {
            Files::Folder(folder) => folder.canonicalize().ok(),
            Files::Shipped(..) => None,
        };
        Self {
            handed_in: HandedIn::new(handed_in),
            exercise: exercise.map(|path| key(&path)),
            taken: Taken::default(),
            forms: Taken::default(),
        }
    }

    /// Where a report goes that was typed in full.
    pub(super) fn in_full(&mut self, report: &ReportTo) -> Result<Place, Failure> {
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
        Ok(Place {
            folder: Arc::new(typed.folder),
            below: PathBuf::from(name),
            shown: escape::path(report.path()),
            whose: Whose::Teachers,
        })
    }

    /// Where a report on each submission goes, in their order; or why one has none.
    pub(super) fn for_each(
        &mut self,
        report: &ReportTo,
        students: &[Student<'_>],
    ) -> Result<Vec<Result<Found, Failure>>, Failure> {
        let wanted = report.for_each()?;
        let Typed { folder, path } = self.open(report, &wanted.folder)?;
        let below: PathBuf = wanted.below.iter().collect();
        if !self.forms.take(&path.join(below)) {
            return Err(twice());
        }
        let room = names::room(&wanted.below);
        let room = room.ok_or_else(|| {
            report.cannot("what else is in a part of the path leaves no room for names")
        })?;
        let mut form = Form {
            wanted,
            folder: Arc::new(folder),
            path,
            is_of_own_folders: false,
            room,
        };
        form.is_of_own_folders = students.iter().any(|it| form.own_folder(it).is_some());
        if !form.is_of_own_folders {
            self.refuse(&form.path).map_err(|why| {
                report.cannot(format!(
                    "{why}, or {} for a student's own, as in submissions/{}/results.json",
                    report_to::NAME,
                    report_to::NAME
                ))
            })?;
            let tried = form.folder.try_writing();
            tried.map_err(|error| report.cannot(error))?;
            form.folder.remove_halves();
        }
        let places = students.iter().map(|it| self.place(&form, it));
        let places: Vec<Result<Found, Failure>> = places.collect();
        if !places.iter().any(Result::is_ok) {
            // There would be none.
            return places
                .into_iter()
                .take(1)
                .map(|place| place.map(Ok))
                .collect();
        }
        Ok(places)
    }

    fn place(&mut self, form: &Form<'_>, student: &Student<'_>) -> Result<Found, Failure> {
        match form.own_folder(student) {
            Some(own) => self.in_own_folder(form, student, own),
            None if form.is_of_own_folders => {
                let shown = form.shown(&with_name(&form.wanted.below, student.name));
                let why = "there is no folder of this submission, and eco makes none where others are handed in";
                Err(report_to::cannot(&shown, why))
            }
            None => Ok(self.beside(form, student)),
        }
    }

    /// In the folder that a student handed in.
    fn in_own_folder(
        &mut self,
        form: &Form<'_>,
        student: &Student<'_>,
        own: &OsStr,
    ) -> Result<Found, Failure> {
        let part = file_name(student.name, form.room);
        let rest = form.wanted.below.get(1..).unwrap_or_default();
        let below = with_name(rest, &part);
        let within = Path::new(own).join(&below);
        let shown = form.shown(&within);
        if is_plugin(&below) {
            let why = "it would be taken for a plugin";
            return Err(report_to::cannot(&shown, why));
        }
        if !self.taken.take(&form.path.join(within)) {
            return Err(report_to::cannot(&shown, "another report is there"));
        }
        let place = Place {
            folder: form.folder.clone(),
            below,
            shown,
            whose: Whose::Students(own.to_owned()),
        };
        Ok(Found {
            place,
            is_longer: false,
        })
    }

    /// In a folder of the teacher's.
    fn beside(&mut self, form: &Form<'_>, student: &Student<'_>) -> Found {
        let plain = file_name(student.name, form.room);
        let mut below = with_name(&form.wanted.below, &plain);
        let mut times = 0;
        loop {
            let path = form.path.join(&below);
            if self.refuse(&path).is_ok() && self.taken.take(&path) {
                break;
            }
            times += 1;
            let part = longer(&plain, student.name, times);
            below = with_name(&form.wanted.below, &part);
        }
        // By the name that they have while no other is called so.
        let short = with_name(&form.wanted.below, &file_name(student.short, form.room));
        let earlier = (short != below).then(|| Earlier {
            path: form.path.join(&short),
            shown: form.shown(&short),
            below: short,
        });
        let place = Place {
            folder: form.folder.clone(),
            shown: form.shown(&below),
            below,
            whose: Whose::Named(earlier),
        };
        Found {
            place,
            is_longer: times > 0,
        }
    }

    /// Leaves alone what is somebody's by now, once every place is found.
    pub(super) fn keep_others(&self, place: &mut Place) {
        if let Whose::Named(earlier) = &mut place.whose {
            let nobodys = |it: &Earlier| !self.taken.has(&it.path) && self.refuse(&it.path).is_ok();
            *earlier = earlier.take().filter(nobodys);
        }
    }

    /// Refuses a path in what was handed in, or in the exercise.
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

    /// Opens a folder that was typed.
    fn open(&self, report: &ReportTo, folder: &Path) -> Result<Typed, Failure> {
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

impl Form<'_> {
    /// What a student's own folder is called in that of the form, where `{name}` alone stands for a folder.
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

/// Two reports have one path.
pub(super) fn twice() -> Failure {
    Exit::Usage.saying("two reports would go to the same file")
}

/// A path for messages, without the folder that is meant where none is named.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}
