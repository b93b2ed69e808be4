//! `eco grade`: a whole class against one exercise, for the teacher.

mod submissions;
mod table;

use super::compiler::{self, compiler};
use super::exercise_args::GradeArgs;
use super::exit::{Exit, Failure};
use super::find_exercise::{find, read};
use super::reports::Reports;
use super::{machine, output};
use crate::progress::{self, Wanted};
use crate::runtime;
use anyhow::Context as _;
use eco_exercise::{Cases, Class, Exercise, Graded, Judge, Judgement, Verdict};
use eco_plugin::{Engine, Language, ServerPlugin, Source};
use indicatif::ProgressBar;
use parking_lot::Mutex;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use std::thread;
use submissions::{Code, Submission};

pub(super) fn run(args: GradeArgs) -> Result<(), Failure> {
    let exercise = read(&find(&args.exercise)?, Cases::All)?;
    let submissions = submissions::find(&args.submissions, args.class)?;
    let names = submissions.iter().map(|submission| submission.name.clone());
    let names: Vec<String> = names.collect();
    let reports = Reports::new(&args.report, &exercise, &names, &args.submissions)?;
    let jobs = args.jobs.map_or_else(processors, |jobs| jobs as usize);
    let share = exercise.share(machine::memory_for_plugins(), jobs);
    let engine = compiler::engine(args.compile.over(exercise.limits.budgets(share.run)))
        .laboratory()
        // Students get them from eco check.
        .without_hints()
        .build();
    let engine = engine.context("cannot set up the sandbox")?;
    let judge = runtime::one_thread()?.block_on(Judge::of(&exercise, &compiler(), share.judge));
    let judge = judge.map_err(|what| Exit::Usage.saying(what))?;
    warm_up(&engine, &submissions)?;
    let grading = Grading {
        exercise: &exercise,
        judge,
        engine,
        reports: &reports,
        bar: bar(submissions.len()),
    };
    let class = grading.all(submissions, Class::new(&exercise, names), share.jobs)?;
    let written = reports.end(&class);
    if !reports.has_stdout() {
        output::styled(&table::table(&class))?;
    }
    // What could be written is there, whatever could not.
    written?;
    let not_judged = class.submissions.iter();
    match not_judged.filter(|graded| !graded.is_judged()).count() {
        0 => Ok(()),
        some => Err(Exit::Internal.saying(format!(
            "{some} of {} submissions could not be judged wholly, and have no mark: nobody is to blame but eco, or the exercise",
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
        if let Code::Plugin(Source::File(path)) = &submission.code
            && let Some(language) = Language::of_file(path)
            && !languages.contains(&language)
        {
            languages.push(language);
        }
    }
    let runtime = runtime::one_thread()?;
    for language in languages {
        // One that isn't set up is said of each submission that needs it.
        let _ = runtime.block_on(language.warm_up(engine));
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
    bar: ProgressBar,
}

impl Grading<'_> {
    /// Grades all of them, some at the same time, and writes the reports on each as it is graded.
    fn all<'c>(
        &self,
        submissions: Vec<Submission>,
        class: Class<'c>,
        jobs: usize,
    ) -> Result<Class<'c>, Failure> {
        let next = AtomicUsize::new(0);
        let class = Mutex::new(class);
        let work = || -> io::Result<()> {
            let runtime = runtime::one_thread()?;
            while let Some(submission) = submissions.get(next.fetch_add(1, Ordering::Relaxed)) {
                let grade = || runtime.block_on(self.one(submission));
                // A mistake of eco's own must not cost the others their grades.
                let graded = catch_unwind(AssertUnwindSafe(grade));
                let graded = graded.unwrap_or_else(|_| {
                    self.unrun(submission, Verdict::Internal("it panicked".to_owned()))
                });
                self.reports.finished(self.exercise, &graded);
                class.lock().add(graded);
                self.bar.inc(1);
            }
            // What still reads isn't waited for.
            runtime.shutdown_background();
            Ok(())
        };
        thread::scope(|scope| {
            let (_grading, ended) = mpsc::channel();
            scope.spawn(|| self.reports.keep_up(&class, ended));
            let threads: Vec<_> = (0..jobs.min(submissions.len()))
                .map(|_| scope.spawn(work))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                let ended = thread.join();
                ended.unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
            })
        })?;
        self.bar.finish_and_clear();
        Ok(class.into_inner())
    }

    async fn one(&self, submission: &Submission) -> Graded {
        match self.load(submission).await {
            Err(verdict) => self.unrun(submission, verdict),
            Ok(plugin) => Graded {
                name: submission.name.clone(),
                judgements: self.judge.judge(&plugin, |_, _| {}).await,
            },
        }
    }

    /// The grade of one of which no case could be run.
    fn unrun(&self, submission: &Submission, verdict: Verdict) -> Graded {
        let judgement = Judgement::unrun(verdict);
        Graded {
            name: submission.name.clone(),
            judgements: vec![judgement; self.exercise.cases.len()],
        }
    }

    async fn load(&self, submission: &Submission) -> Result<ServerPlugin, Verdict> {
        match &submission.code {
            Code::Plugin(source) => ServerPlugin::load(&self.engine, source.clone())
                .await
                .map_err(|error| submissions::without_folder(Verdict::from(&error), source)),
            Code::Unusable(why) => Err(Verdict::DoesNotLoad(why.clone())),
        }
    }
}
