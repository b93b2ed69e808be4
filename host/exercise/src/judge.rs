//! Judging one plugin: every case, under every split.
//!
//! It owns which runs there are. It must not know how a plugin is reached.

use super::case::{Case, Exercise, Script, Step};
use super::dialogue;
use super::failure::Failure;
use super::judgement::Judgement;
use super::run::{Outcome, run};
use super::seed::CaseSeed;
use super::shrink::smallest;
use super::split::{Split, Streams};
use super::verdict::Verdict;
use super::wire::Bench;
use eco_plugin::{Budgets, ClientPlugin, Compiler, Engine};
use std::collections::HashSet;

/// An exercise whose judges are loaded, for any number of plugins.
pub struct Judge<'a> {
    exercise: &'a Exercise,
    /// One for each case that has one.
    judges: Vec<Option<ClientPlugin>>,
}

impl<'a> Judge<'a> {
    /// Loads what the cases need, compiled by `compiler`.
    ///
    /// # Errors
    /// A judge can't be used; this names it.
    pub async fn of(exercise: &'a Exercise, compiler: &Compiler) -> Result<Self, String> {
        let mut judges = Vec::new();
        let mut engine = None;
        for case in &exercise.cases {
            judges.push(match &case.script {
                Script::Steps(_) => None,
                Script::Judge { source, .. } => {
                    let engine = match &mut engine {
                        Some(engine) => engine,
                        none => none.insert(engine_for_judges(compiler)?),
                    };
                    let loaded = ClientPlugin::load(engine, source.clone()).await;
                    let name = source.name();
                    let judge = loaded.map_err(|error| format!("the judge {name}: {error}"))?;
                    if !judge.defines("replied") {
                        return Err(format!(
                            "the judge {name} has no function replied, and would never look at a reply"
                        ));
                    }
                    Some(judge)
                }
            });
        }
        Ok(Self { exercise, judges })
    }

    /// Runs every case; `done` is told of each as soon as it is judged.
    pub async fn judge(
        &self,
        bench: &impl Bench,
        mut done: impl FnMut(&Case, &Judgement),
    ) -> Vec<Judgement> {
        let mut judgements = Vec::new();
        for (case, judge) in self.exercise.cases.iter().zip(&self.judges) {
            let judgement = self.case(case, judge.as_ref(), bench).await;
            done(case, &judgement);
            judgements.push(judgement);
        }
        judgements
    }

    async fn case(
        &self,
        case: &Case,
        judge: Option<&ClientPlugin>,
        bench: &impl Bench,
    ) -> Judgement {
        let seed = self.exercise.seed.of_case(&case.name);
        match (&case.script, judge) {
            (Script::Steps(steps), _) => under_every_split(steps, &seed, bench).await,
            (Script::Judge { message, .. }, Some(judge)) => {
                dialogue::under_every_split(judge, message.as_deref(), &seed, bench).await
            }
            (Script::Judge { .. }, None) => {
                Judgement::unrun(Verdict::Internal("its judge is not loaded".to_owned()))
            }
        }
    }
}

/// Judges are the teacher's: they have the budgets of clients. They too say the same in every run.
fn engine_for_judges(compiler: &Compiler) -> Result<Engine, String> {
    let machine_memory = usize::MAX;
    let budgets = Budgets::client(machine_memory);
    Engine::builder(compiler.clone(), budgets)
        .laboratory()
        .build()
        .map_err(|error| format!("{error:#}"))
}

async fn under_every_split(steps: &[Step], seed: &CaseSeed, bench: &impl Bench) -> Judgement {
    let streams = Streams::of(steps);
    let mut seen = HashSet::new();
    let mut fuel = 0;
    for split in Split::all() {
        let cuts = streams.cuts(split);
        if !seen.insert(cuts.clone()) {
            continue;
        }
        let outcome = match bench.wire(seed.submission()).await {
            Ok(wire) => run(steps, &streams, cuts.clone(), split, wire).await,
            Err(what) => return Judgement::unrun(Verdict::Internal(what)),
        };
        fuel = fuel.max(outcome.fuel);
        let Some(failure) = outcome.failure else {
            continue;
        };
        // What fails in one chunk is small enough, and so is what the author wrote, if that fails too.
        let worth_it = failure.verdict.depends_on_split()
            && !matches!(split, Split::AsWritten | Split::AllInOne);
        let smaller = if worth_it {
            let free = streams.free(&cuts);
            let fails = |places| fails(steps, &streams, places, seed, bench);
            smallest(free, fails).await
        } else {
            None
        };
        return Judgement::of(Some(smaller.unwrap_or(failure)), fuel);
    }
    Judgement::of(None, fuel)
}

/// What goes wrong with just these cuts.
async fn fails(
    steps: &[Step],
    streams: &Streams,
    places: Vec<(usize, usize)>,
    seed: &CaseSeed,
    bench: &impl Bench,
) -> Option<Failure> {
    let wire = bench.wire(seed.submission()).await.ok()?;
    let cuts = streams.at(&places);
    let Outcome { failure, .. } = run(steps, streams, cuts, Split::Smallest, wire).await;
    failure.filter(|failure| failure.verdict.depends_on_split())
}
