//! `eco grade`: a whole class against one exercise, for the teacher.

mod args;
mod journal;
pub(crate) mod reports;
mod submissions;
mod table;

use crate::exercise::find::{find, read};
use crate::exit::{Exit, Failure};
use crate::grade::reports::Reports;
use crate::machine;
use crate::output;
use crate::output::progress::{self, Wanted};
use crate::plugin::compiler::{self, compiler};
use crate::runtime;
use anyhow::Context as _;
pub(crate) use args::GradeArgs;
use eco_exercise::{Cases, Class, Exercise, Graded, Judge, Judgement, Verdict};
use eco_plugin::{Engine, Language, ServerPlugin};
use indicatif::ProgressBar;
use journal::{Journal, Terms};
use parking_lot::Mutex;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use submissions::{PluginFile, Submission, Submissions};

pub(super) fn run(args: GradeArgs) -> Result<(), Failure> {
    // Each thread has some for its runtime, and starts what compiles.
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
    let jobs = args.jobs.map_or_else(processors, |jobs| jobs as usize);
    let share = exercise.share(machine::memory_for_plugins(), jobs);
    let budgets = args.compile.over(exercise.limits.budgets(share.run));
    let engine = compiler::engine(budgets.clone())
        .laboratory()
        // Students get them from eco check.
        .without_hints()
        .build();
    let engine = engine.context("cannot set up the sandbox")?;
    let judge = runtime::one_thread()?.block_on(Judge::of(&exercise, &compiler(), share.judge));
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
    // What could be written is there, whatever could not.
    written?;
    let not_judged = class.submissions.iter();
    match not_judged.filter(|graded| !graded.is_judged()).count() {
        0 => {
            // Nobody will go on with it.
            if let Some(journal) = journal {
                journal.clear();
            }
            Ok(())
        }
        some => Err(Exit::Internal.saying(format!(
            "{some} of {} submissions could not be judged wholly, and have no mark: somebody has to look",
            class.submissions.len()
        ))),
    }
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Compiles the interpreters that the scripts of the class need, once: not each thread for itself.
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
        // One that isn't set up is said of each submission that needs it.
        let _ = runtime.block_on(engine.warm_up(language));
    }
    runtime.shutdown_background();
    Ok(())
}

fn bar(submissions: usize) -> ProgressBar {
    let form = "{bar:40} {pos} of {len} submissions  {eta}";
    progress::bar(submissions as u64, form, Wanted::Yes)
}

/// What the threads share.
struct Grading<'a> {
    exercise: &'a Exercise,
    reports: &'a Reports,
    judge: Judge<'a>,
    engine: Engine,
    /// Bytes of a plugin's file.
    largest: usize,
    /// Where there is a place for it.
    journal: Option<Journal>,
    class: Mutex<Class<'a>>,
    bar: ProgressBar,
}

impl<'a> Grading<'a> {
    /// Takes what was graded before from the journal, and gives back the rest: all of them, forgotten there, where they are to be
    /// graded `anew`.
    fn go_on(&self, submissions: Vec<Submission>, anew: bool) -> Vec<Submission> {
        let Some(journal) = self.journal.as_ref().filter(|some| !some.is_empty()) else {
            return submissions;
        };
        let (all, cases) = (submissions.len(), self.exercise.cases.len());
        let mut rest = Vec::new();
        for submission in submissions {
            let file = submission.read(self.largest).ok();
            let key = file.map(|file| Journal::key(&submission.name, &file));
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

    /// Grades all of them, some at the same time.
    fn all(&self, submissions: &[Submission], jobs: usize) -> Result<(), Failure> {
        let next = AtomicUsize::new(0);
        let work = || -> io::Result<()> {
            let runtime = runtime::one_thread()?;
            while let Some(submission) = submissions.get(next.fetch_add(1, Ordering::Relaxed)) {
                let grade = || runtime.block_on(self.one(submission));
                // A mistake of eco's own must not cost the others their grades.
                let judgements = catch_unwind(AssertUnwindSafe(grade));
                self.finished(Graded {
                    name: submission.name.clone(),
                    judgements: judgements.unwrap_or_else(|_| {
                        self.unrun(Verdict::Internal("it panicked".to_owned()))
                    }),
                });
            }
            // What still reads isn't waited for.
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

    /// Takes each submission that is graded, as soon as it is.
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
        let journal = journal.map(|journal| (journal, Journal::key(&submission.name, &file)));
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

    /// The judgements on one of which no case could be run.
    fn unrun(&self, verdict: Verdict) -> Vec<Judgement> {
        vec![Judgement::unrun(verdict); self.exercise.cases.len()]
    }

    async fn load(&self, file: PluginFile) -> Result<ServerPlugin, Verdict> {
        let loaded = ServerPlugin::load(&self.engine, file.into_source()).await;
        loaded.map_err(|error| Verdict::from(&error))
    }
}
