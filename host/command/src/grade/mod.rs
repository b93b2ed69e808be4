//! `eco grade`: grades a class's plugins against one exercise, for the teacher.

mod args;
mod journal;
mod reports;
mod submissions;
mod table;

pub(crate) use args::GradeArgs;

use crate::exercise::find::{find, read};
use crate::exit::{Exit, Failure};
use crate::output::bar::{self, Wanted};
use crate::plugin::compiler::{self, compiler};
use crate::{machine, output, runtime};
use anyhow::Context as _;
use eco_exercise::{Cases, Class, Exercise, Graded, Judge, Judgement, Verdict};
use eco_plugin::{Cache, Engine, Language, ServerPlugin};
use indicatif::ProgressBar;
use journal::{Journal, Key, Terms};
use parking_lot::Mutex;
use reports::Reports;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use submissions::{PluginFile, Submission, Submissions};

pub(super) fn run(args: GradeArgs) -> Result<(), Failure> {
    // Each thread needs descriptors for its runtime and for helpers that compile.
    let _ = machine::raise_descriptor_limit();
    let files = find(&args.exercise)?;
    submissions::keep_out(&files, &args.submissions)?;
    let exercise = read(&files, Cases::All)?;
    let Submissions {
        all: submissions,
        folders,
    } = submissions::find(&args.submissions, args.class)?;
    let names = submissions.iter().map(|submission| submission.name.clone());
    let names: Vec<String> = names.collect();
    let students: Vec<_> = submissions.iter().map(Submission::student).collect();
    let exercise_read = (&files, &exercise);
    let reports = Reports::new(&args.report, exercise_read, &students, &args.submissions)?;
    let jobs = args.jobs.unwrap_or_else(machine::processors) as usize;
    let share = exercise.share(machine::memory_for_plugins(), jobs);
    let budgets = args.compile.over(exercise.limits.budgets(share.run))?;
    let engine = compiler::engine(budgets.clone())
        .laboratory()
        // Hints are for students, who get them from eco check.
        .without_hints()
        .build();
    let engine = engine.context("cannot set up the sandbox")?;
    let judge = runtime::one_thread()?.block_on(Judge::of(
        &exercise,
        &compiler(),
        Cache::User,
        share.judge,
    ));
    let judge = judge.map_err(|what| Exit::Usage.saying(what))?;
    let journal = Journal::open(&Terms {
        exercise: &exercise,
        budgets: &budgets,
        folders: &folders,
    });
    let is_alone = journal.as_ref().is_none_or(Journal::is_alone);
    if !is_alone {
        tracing::warn!(
            "another eco grades this class now: this one writes reports on the class at the end alone"
        );
    }
    let grading = Grading {
        exercise: &exercise,
        reports: &reports,
        judge,
        engine,
        largest: budgets.file,
        journal,
        class: Mutex::new(Class::new(&exercise, names)),
        bar: bar(submissions.len()),
    };
    let submissions = grading.go_on(submissions, args.fresh);
    warm_up(&grading.engine, &submissions)?;
    grading.all(&submissions, share.jobs)?;
    let (class, journal) = grading.end();
    let written = reports.end(&class);
    if !reports.has_stdout() {
        output::styled(&table::table(&class))?;
    }
    // The table is printed even where a report can't be written.
    written?;
    refuse_unjudged(&class)?;
    // No later grading goes on from it.
    if let Some(journal) = journal {
        journal.clear();
    }
    Ok(())
}

/// # Errors
/// A submission has no mark, since eco could not judge it wholly.
fn refuse_unjudged(class: &Class<'_>) -> Result<(), Failure> {
    let not_judged = class.submissions.iter();
    match not_judged.filter(|graded| !graded.is_judged()).count() {
        0 => Ok(()),
        some => Err(Exit::Internal.saying(format!(
            "{some} of {} submissions could not be judged wholly, and have no mark: somebody has to look",
            class.submissions.len()
        ))),
    }
}

/// Compiles the interpreters for the scripts of the class once, before several threads need them.
fn warm_up(engine: &Engine, submissions: &[Submission]) -> Result<(), Failure> {
    let mut languages: Vec<Language> = Vec::new();
    for submission in submissions {
        if let Some(language) = submission.language()
            && !languages.contains(&language)
        {
            languages.push(language);
        }
    }
    let runtime = runtime::one_thread()?;
    for language in languages {
        // A missing interpreter becomes the verdict of each submission that needs it.
        let _ = runtime.block_on(engine.warm_up(language));
    }
    runtime.shutdown_background();
    Ok(())
}

fn bar(submissions: usize) -> ProgressBar {
    let form = "{bar:40} {pos} of {len} submissions  {eta}";
    bar::bar(submissions as u64, form, Wanted::Yes)
}

/// The state that the threads of a grading share.
struct Grading<'a> {
    exercise: &'a Exercise,
    reports: &'a Reports,
    judge: Judge<'a>,
    engine: Engine,
    /// The largest plugin's file, in bytes.
    largest: usize,
    /// `None` where nothing can be kept.
    journal: Option<Journal>,
    class: Mutex<Class<'a>>,
    bar: ProgressBar,
}

impl<'a> Grading<'a> {
    /// Takes earlier judgements from the journal, and returns the other submissions. With `anew` it removes them from the
    /// journal instead, and returns all submissions.
    fn go_on(&self, submissions: Vec<Submission>, anew: bool) -> Vec<Submission> {
        let Some(journal) = self.journal.as_ref().filter(|some| !some.is_empty()) else {
            return submissions;
        };
        let (all, cases) = (submissions.len(), self.exercise.cases.len());
        let mut rest = Vec::new();
        for submission in submissions {
            let file = submission.read(self.largest).ok();
            let key = file.map(|file| Key::new(&submission.name, &file));
            if let (Some(key), true) = (&key, anew) {
                journal.forget(key);
            }
            match key.and_then(|key| journal.find(&key, cases)) {
                None => rest.push(submission),
                Some(judgements) => self.finished(Graded {
                    name: submission.name,
                    judgements,
                }),
            }
        }
        let before = all - rest.len();
        if before > 0 {
            tracing::info!(
                "{before} of {all} were graded before; going on with the others (--fresh: all anew)"
            );
        }
        rest
    }

    /// Grades all submissions, `jobs` at the same time.
    fn all(&self, submissions: &[Submission], jobs: usize) -> Result<(), Failure> {
        let next = AtomicUsize::new(0);
        let work = || -> io::Result<()> {
            let runtime = runtime::one_thread()?;
            while let Some(submission) = submissions.get(next.fetch_add(1, Ordering::Relaxed)) {
                let grade = || runtime.block_on(self.one(submission));
                // A bug of eco must not cost other submissions their grades.
                let judgements = catch_unwind(AssertUnwindSafe(grade));
                self.finished(Graded {
                    name: submission.name.clone(),
                    judgements: judgements.unwrap_or_else(|_| {
                        self.unrun(Verdict::Internal("it panicked".to_owned()))
                    }),
                });
            }
            // Reading may still go on; nothing waits for it.
            runtime.shutdown_background();
            Ok(())
        };
        thread::scope(|scope| {
            let (_grading, ended) = mpsc::channel();
            let is_alone = self.journal.as_ref().is_none_or(Journal::is_alone);
            if is_alone {
                scope.spawn(|| self.reports.keep_up(&self.class, ended));
            }
            let threads: Vec<_> = (0..jobs.min(submissions.len()))
                .map(|_| scope.spawn(work))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                let ended = thread.join();
                ended.unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
            })
        })?;
        Ok(())
    }

    /// Writes the reports on a submission, and adds it to the class.
    fn finished(&self, graded: Graded) {
        self.reports.finished(self.exercise, &graded);
        self.class.lock().add(graded);
        self.bar.inc(1);
    }

    /// The grades in the order of the names, and the journal.
    fn end(self) -> (Class<'a>, Option<Journal>) {
        self.bar.finish_and_clear();
        (self.class.into_inner(), self.journal)
    }

    async fn one(&self, submission: &Submission) -> Vec<Judgement> {
        let file = match submission.read(self.largest) {
            Ok(file) => file,
            Err(verdict) => return self.unrun(verdict),
        };
        let journal = self.journal.as_ref();
        let journal = journal.map(|journal| (journal, Key::new(&submission.name, &file)));
        let judgements = match self.load(file).await {
            Err(verdict) => self.unrun(verdict),
            Ok(plugin) => self.judge.judge(&plugin, |_, _| {}).await,
        };
        if let Some((journal, key)) = journal {
            match judgements.iter().any(Judgement::is_internal) {
                true => journal.forget(&key),
                false => journal.keep(&key, &judgements),
            }
        }
        judgements
    }

    /// The judgements on a submission without a case that could be run.
    fn unrun(&self, verdict: Verdict) -> Vec<Judgement> {
        vec![Judgement::unrun(verdict); self.exercise.cases.len()]
    }

    async fn load(&self, file: PluginFile) -> Result<ServerPlugin, Verdict> {
        let loaded = ServerPlugin::load(&self.engine, file.into_source()).await;
        loaded.map_err(|error| Verdict::from(&error))
    }
}
