//! The solutions of an exercise: whether each gets all points, and how much of the limits it needs.

use eco_exercise::{Exercise, Graded, Judge, feedback, percent, text};
use eco_plugin::{CompileError, Engine, LoadError, ServerPlugin, Source};
use eco_text::escape;
use std::path::Path;

/// The part of its fuel, in percent, that a solution may use: who learns needs twice as much as who knows. More is a
/// warning. Test: `exercises::lint::a_lint_says_what_each_solution_used_and_warns_of_much`.
pub(super) const MUCH: u64 = 50;

/// A solution that passes.
pub(super) struct Tried<'a> {
    pub(super) solution: &'a Path,
    /// The largest share of the fuel that a case took.
    pub(super) percent: u64,
    /// The name of that case.
    pub(super) case: &'a str,
}

/// The solution that the author wrote must get all points. `None` where this machine can't run it.
pub(super) async fn try_out<'a>(
    judge: &Judge<'_>,
    exercise: &'a Exercise,
    engine: &Engine,
    solution: &'a Path,
) -> Result<Option<Tried<'a>>, String> {
    let plugin = match load(engine, solution).await {
        Ok(plugin) => plugin,
        Err(LoadError::Compile(CompileError::NoPython)) => return Ok(None),
        Err(error) => return Err(format!("it doesn't load: {error}")),
    };
    let graded = Graded {
        name: escape::path(solution),
        judgements: judge.judge(&plugin, |_, _| {}).await,
    };
    let mut failed = graded
        .cases(exercise)
        .filter(|(_, judgement)| !judgement.passed());
    if let Some((case, judgement)) = failed.next() {
        return Err(format!(
            "the solution fails {:?}: {}\n{}",
            case.name,
            judgement.verdict.code(),
            text(&feedback(case, judgement))
        ));
    }
    let cases = exercise.cases.iter().zip(&graded.judgements);
    let hungriest = cases.max_by_key(|(_, judgement)| judgement.fuel);
    Ok(hungriest.map(|(case, judgement)| Tried {
        solution,
        percent: percent(judgement.fuel, exercise.limits.fuel),
        case: &case.name,
    }))
}

/// Loads a plugin of the exercise.
pub(super) async fn load(engine: &Engine, path: &Path) -> Result<ServerPlugin, LoadError> {
    ServerPlugin::load(engine, Source::File(path.to_owned())).await
}
