//! `eco grade`: a whole class against one exercise, for the teacher.

mod report_to;
mod submissions;
mod table;

pub(super) use report_to::ReportTo;

use super::exercise::{find, read};
use super::exercise_args::GradeArgs;
use super::exit::{Exit, Failure};
use super::output;
use crate::exercise::{Cases, Class, Exercise, Graded, Judge, Judgement, Verdict};
use crate::plugin::{Engine, Plugin, Role};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use submissions::{Code, Submission};

pub(super) fn run(args: GradeArgs) -> Result<(), Failure> {
    let exercise = read(&find(&args.exercise)?, Cases::All)?;
    let submissions = submissions::find(&args.submissions)?;
    for report in &args.report {
        report.check(submissions.len())?;
    }
    let engine = Engine::laboratory(exercise.limits.budgets());
    let engine = engine.context("cannot set up the sandbox")?;
    let judge = alone()?.block_on(Judge::of(&exercise));
    let judge = judge.map_err(|what| Exit::Usage.saying(what))?;
    let jobs = args.jobs.map_or_else(processors, |jobs| jobs as usize);
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
    for report in &args.report {
        report.write(&class)?;
    }
    if !args.report.iter().any(ReportTo::is_stdout) {
        output::print(&table::table(&class))?;
    }
    let not_judged = class.submissions.iter();
    match not_judged.filter(|graded| !graded.is_judged()).count() {
        0 => Ok(()),
        some => Err(Exit::Internal.saying(format!(
            "{some} of {} submissions could not be judged wholly, which counts against nobody",
            class.submissions.len()
        ))),
    }
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn alone() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn bar(submissions: usize) -> ProgressBar {
    let target = match io::stderr().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(Some(submissions as u64), target);
    let style = "{bar:40} {pos} of {len} submissions  {eta}";
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
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
            let runtime = alone()?;
            while let Some(submission) = submissions.get(next.fetch_add(1, Ordering::Relaxed)) {
                let graded = runtime.block_on(self.one(submission));
                done.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(graded);
                self.bar.inc(1);
            }
            // A plugin that still compiles can't be stopped, and isn't waited for.
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
        let mut graded = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        graded.sort_by(|a: &Graded, b: &Graded| a.name.cmp(&b.name));
        Ok(graded)
    }

    async fn one(&self, submission: &Submission) -> Graded {
        let judgements = match self.load(submission).await {
            Ok(plugin) => self.judge.judge(&plugin, |_, _| {}).await,
            Err(verdict) => {
                let judgement = Judgement::unrun(verdict);
                vec![judgement; self.exercise.cases.len()]
            }
        };
        Graded {
            name: submission.name.clone(),
            judgements,
        }
    }

    async fn load(&self, submission: &Submission) -> Result<Plugin, Verdict> {
        match &submission.code {
            Code::Plugin(source) => Plugin::load(&self.engine, source.clone(), Role::Server)
                .await
                .map_err(|error| Verdict::from(&error)),
            Code::Unusable(why) => Err(Verdict::NotAComponent(why.clone())),
        }
    }
}
