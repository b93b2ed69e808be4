//! `eco grade`: a whole class against one exercise, for the teacher.

mod submissions;
mod table;

use super::compiler::{self, compiler};
use super::exercise_args::GradeArgs;
use super::exit::{Exit, Failure};
use super::find_exercise::{find, read};
use super::report_to::ReportTo;
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

use std::thread;
use submissions::{Code, Submission};

pub(super) fn run(args: GradeArgs) -> Result<(), Failure> {
    let exercise = read(&find(&args.exercise)?, Cases::All)?;
    let submissions = submissions::find(&args.submissions, args.class)?;
    for (number, report) in args.report.iter().enumerate() {
        report.check(submissions.len())?;
        if args
            .report
            .iter()
            .skip(number + 1)
            .any(|other| report.is_as(other))
        {
            return Err(Exit::Usage.saying("two reports would go to the same file"));
        }
    }
    let engine = compiler::engine(args.compile.over(exercise.limits.budgets()))
        .laboratory()
        .build();
    let engine = engine.context("cannot set up the sandbox")?;
    let judge = runtime::one_thread()?.block_on(Judge::of(&exercise, &compiler()));
    let judge = judge.map_err(|what| Exit::Usage.saying(what))?;
    let jobs = args.jobs.map_or_else(processors, |jobs| jobs as usize);
    let jobs = jobs.min(affordable(&exercise));
    warm_up(&engine, &submissions)?;
    let grading = Grading {
        exercise: &exercise,
        judge,
        engine,
        bar: bar(submissions.len()),
    };
    let class = Class {
        exercise: &exercise,
        submissions: grading.all(submissions, jobs)?,
    };
    let written: Vec<_> = args
        .report
        .iter()
        .map(|report| report.write(&class))
        .collect();
    if !args.report.iter().any(ReportTo::is_stdout) {
        output::styled(&table::table(&class))?;
    }
    // What could be written is there, whatever could not.
    written.into_iter().collect::<Result<(), Failure>>()?;
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

/// As many submissions as the machine has memory for, if each takes all that it may.
fn affordable(exercise: &Exercise) -> usize {
    // Python's interpreter needs most.
    let most = Language::Python.least_memory();
    let most = exercise.limits.memory.saturating_add(most);
    let each = exercise.connections().saturating_mul(most);
    (machine::memory() / 2 / each.max(1)).max(1)
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
    judge: Judge<'a>,
    engine: Engine,
    bar: ProgressBar,
}

impl Grading<'_> {
    /// Grades all of them, some at the same time; the grades come in their order.
    fn all(&self, submissions: Vec<Submission>, jobs: usize) -> Result<Vec<Graded>, Failure> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        let work = || -> io::Result<()> {
            let runtime = runtime::one_thread()?;
            while let Some(submission) = submissions.get(next.fetch_add(1, Ordering::Relaxed)) {
                let grade = || runtime.block_on(self.one(submission));
                // A mistake of eco's own must not cost the others their grades.
                let graded = catch_unwind(AssertUnwindSafe(grade));
                let graded = graded.unwrap_or_else(|_| {
                    self.unrun(submission, Verdict::Internal("it panicked".to_owned()))
                });
                done.lock().push(graded);
                self.bar.inc(1);
            }
            // What still reads isn't waited for.
            runtime.shutdown_background();
            Ok(())
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs.min(submissions.len()))
                .map(|_| scope.spawn(work))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                let ended = thread.join();
                ended.unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
            })
        })?;
        self.bar.finish_and_clear();
        let mut graded = done.into_inner();
        graded.sort_by(|a: &Graded, b: &Graded| a.name.cmp(&b.name));
        Ok(graded)
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
