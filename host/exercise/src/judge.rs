//! Judging one plugin: every case, under every split, within one time limit.
//!
//! It owns the list of runs, and begins none once the time is used up.

use super::case::{Case, Exercise, Script, Step};
use super::clock::{Clock, UsedUp};
use super::connections::Connections;
use super::dialogue;
use super::failure::Failure;
use super::judgement::Judgement;
use super::run::{Outcome, run};
use super::seed::CaseSeed;
use super::shrink::smallest;
use super::split::{Split, Streams};
use super::verdict::Verdict;
use eco_plugin::{Budgets, Cache, ClientPlugin, Compiler, Engine, ServerPlugin, Source};
use std::collections::BTreeSet;
use std::time::Duration;

/// An exercise with its judges loaded, for any number of plugins.
pub struct Judge<'a> {
    exercise: &'a Exercise,
    judges: Vec<ClientPlugin>,
}

impl<'a> Judge<'a> {
    /// Loads the judges of all cases, compiled by `compiler`. Each may make the host hold so many bytes (see
    /// [`Share`](crate::Share)).
    ///
    /// # Errors
    /// A judge can't be used; the error names it.
    pub async fn of(
        exercise: &'a Exercise,
        compiler: &Compiler,
        cache: Cache,
        memory: usize,
    ) -> Result<Self, String> {
        let mut judges = Vec::new();
        if !exercise.judges.is_empty() {
            let engine = engine_for_judges(compiler, cache, memory)?;
            for source in &exercise.judges {
                judges.push(load(&engine, source.clone()).await?);
            }
        }
        Ok(Self { exercise, judges })
    }

    /// Runs every case, and calls `done` after each. Cases not judged within the exercise's time limit are
    /// [`Verdict::Internal`].
    pub async fn judge(
        &self,
        plugin: &ServerPlugin,
        mut done: impl FnMut(&Case, &Judgement),
    ) -> Vec<Judgement> {
        let clock = Clock::new(self.exercise.limits.time);
        let (mut judgements, mut room) = (Vec::new(), DETAILS);
        for case in &self.exercise.cases {
            let judged = self.case(case, plugin, &clock).await;
            let mut judgement = judged.unwrap_or_else(|used_up: UsedUp| {
                Judgement::unrun(Verdict::Internal(used_up.to_string()))
            });
            done(case, &judgement);
            judgement.keep_within(&mut room);
            judgements.push(judgement);
        }
        judgements
    }

    async fn case(
        &self,
        case: &Case,
        plugin: &ServerPlugin,
        clock: &Clock,
    ) -> Result<Judgement, UsedUp> {
        let seed = self.exercise.seed.of_case(&case.name);
        match &case.script {
            Script::Steps(steps) => under_every_split(steps, &seed, plugin, clock).await,
            Script::Judge { judge, message } => match self.judges.get(*judge) {
                Some(judge) => {
                    let message = message.as_deref();
                    dialogue::under_every_split(judge, message, &seed, plugin, clock).await
                }
                None => {
                    let what = "its judge is not loaded".to_owned();
                    Ok(Judgement::unrun(Verdict::Internal(what)))
                }
            },
        }
    }
}

async fn load(engine: &Engine, source: Source) -> Result<ClientPlugin, String> {
    let name = source.name();
    let loaded = ClientPlugin::load(engine, source).await;
    let judge = loaded.map_err(|error| format!("the judge {name}: {error}"))?;
    if judge.defines("replied") {
        Ok(judge)
    } else {
        Err(format!(
            "the judge {name} has no function replied, and would never look at a reply"
        ))
    }
}

/// Bytes of transcripts and logs that are kept of one plugin, in all its failed cases: those of a whole
/// class are held until its reports are written. Later failures keep only the verdict.
/// Test: `exercises::hostile::contents::the_failures_of_a_plugin_that_fails_everywhere_have_a_bound`.
const DETAILS: usize = 128 * 1024;

/// Processor time to compile a judge: there may be sixteen. A slower one is refused, as any plugin.
/// Test: `compile::attacks::a_plugin_that_takes_too_much_to_compile_is_too_complex`.
const COMPILE: Duration = Duration::from_secs(10);
/// Processor time of one call of a judge, and of its start. A slower start is refused, and a slower call is
/// an internal error of its case. Test: `judging::judges::a_judge_that_takes_much_is_an_internal_error`.
const CALL: Duration = Duration::from_secs(2);
/// Memory of a judge's instance, beside the needs of a script's interpreter. More is an internal error.
/// Test: `judging::judges::a_judge_that_takes_much_is_an_internal_error`.
const MEMORY: usize = 64 << 20;

/// The engine of the judges. They may be anybody's, as the exercise is, so that they have the budgets of
/// clients, but for memory. They too act the same in every run.
fn engine_for_judges(compiler: &Compiler, cache: Cache, memory: usize) -> Result<Engine, String> {
    let budgets = Budgets::client(memory)
        .cpu(CALL)
        .compile(COMPILE)
        .memory(MEMORY)
        .total_memory(memory)
        .reply(dialogue::MOST_SENT);
    Engine::builder(compiler.clone(), budgets)
        .cache(cache)
        .laboratory()
        .build()
        .map_err(|error| format!("{error:#}"))
}

async fn under_every_split(
    steps: &[Step],
    seed: &CaseSeed,
    plugin: &ServerPlugin,
    clock: &Clock,
) -> Result<Judgement, UsedUp> {
    let streams = Streams::of(steps);
    let mut seen = BTreeSet::new();
    let mut fuel = 0;
    for split in Split::all() {
        let cuts = streams.cuts(split);
        if !seen.insert(cuts.clone()) {
            continue;
        }
        let connections = Connections::new(plugin, seed.submission());
        let one_run = run(steps, &streams, cuts.clone(), split, connections, clock);
        let outcome = clock.within(one_run).await?;
        fuel = fuel.max(outcome.fuel);
        let Some(failure) = outcome.failure else {
            continue;
        };
        // A failure within one chunk is small enough, and so is one of the case as written.
        let worth_it = failure.verdict.depends_on_split()
            && !matches!(split, Split::AsWritten | Split::AllInOne);
        let smaller = if worth_it {
            let free = streams.free(&cuts);
            let streams = &streams;
            let fails = |places| clock.within(fails(steps, streams, places, seed, plugin, clock));
            smallest(free, fails).await
        } else {
            None
        };
        return Ok(Judgement::of(Some(smaller.unwrap_or(failure)), fuel));
    }
    Ok(Judgement::of(None, fuel))
}

/// The failure under just these cuts.
async fn fails(
    steps: &[Step],
    streams: &Streams,
    places: Vec<(usize, usize)>,
    seed: &CaseSeed,
    plugin: &ServerPlugin,
    clock: &Clock,
) -> Option<Failure> {
    let connections = Connections::new(plugin, seed.submission());
    let cuts = streams.at(&places);
    let outcome = run(steps, streams, cuts, Split::Smallest, connections, clock).await;
    let Outcome { failure, .. } = outcome;
    failure.filter(|failure| failure.verdict.depends_on_split())
}
