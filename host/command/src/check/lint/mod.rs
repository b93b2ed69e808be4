//! `eco check --lint`: whether an exercise is all right, before students get it.

use crate::budget_args::CompileArgs;
use crate::compiler::{self, compiler};
use crate::exit::{Exit, Failure};
use crate::output;
use anyhow::Context as _;
use eco_exercise::{Cases, Exercise, Files, Graded, Judge, Mistake, Visibility, feedback, text};
use eco_plugin::{Engine, LoadError, ServerPlugin, Source};
use eco_text::escape;
use std::path::{Path, PathBuf};

/// Checks the folder, and says what is wrong with it, all of it.
pub(super) async fn run(folder: &Path, compile: CompileArgs) -> Result<(), Failure> {
    let files = Files::Folder(folder.to_owned());
    let exercise = Exercise::read(&files, Cases::All)
        .map_err(|mistake| Exit::Wrong.saying(mistake.to_string()))?;
    let engine = compiler::engine(compile.over(exercise.limits.budgets()))
        .laboratory()
        .build();
    let engine = engine.context("cannot set up the sandbox")?;
    let mut mistakes = Vec::new();
    let mut wrong = |file: &Path, what: String| {
        let file = file.to_owned();
        mistakes.push(Mistake {
            file,
            line: None,
            what,
        });
    };
    let readme = folder.join("README.md");
    if !readme.is_file() {
        wrong(&readme, "students need to be told what to do".to_owned());
    }
    let starters = plugins(&folder.join("starter"));
    if starters.is_empty() && !folder.join("starter").is_dir() {
        let what = "students need something to start from, in each language that you like";
        wrong(&folder.join("starter"), what.to_owned());
    }
    for starter in starters {
        let loaded = ServerPlugin::load(&engine, Source::File(starter.clone())).await;
        match loaded {
            Ok(_) => {}
            // That is about this machine, and not about the exercise.
            Err(LoadError::NoPython) => {
                tracing::warn!(
                    "{} was not tried: Python is not set up (eco setup python)",
                    escape::path(&starter)
                );
            }
            Err(error) => wrong(&starter, format!("it doesn't load: {error}")),
        }
    }
    let mut solutions = Vec::new();
    match Judge::of(&exercise, &compiler()).await {
        Err(what) => wrong(folder, what),
        Ok(judge) => {
            solutions = plugins(&folder.join("solution"));
            for solution in &solutions {
                if let Err(what) = solve(&judge, &exercise, &engine, solution).await {
                    wrong(solution, what);
                }
            }
        }
    }
    if mistakes.is_empty() {
        output::print(&summary(folder, &exercise, solutions.len()))
    } else {
        let text: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        Err(Exit::Wrong.saying(text.join("\n")))
    }
}

fn summary(folder: &Path, exercise: &Exercise, solutions: usize) -> String {
    let hidden = exercise.cases.iter();
    let hidden = hidden.filter(|case| case.visibility == Visibility::Hidden);
    let (folder, cases, hidden) = (escape::path(folder), exercise.cases.len(), hidden.count());
    let points = exercise.points;
    let tried = match solutions {
        0 => "; no solution/, so that no case was tried",
        _ => "",
    };
    format!("{folder}: all right: {cases} cases ({hidden} hidden), {points} points{tried}\n")
}

/// The solution that the author wrote must get all points.
async fn solve(
    judge: &Judge<'_>,
    exercise: &Exercise,
    engine: &Engine,
    solution: &Path,
) -> Result<(), String> {
    let source = Source::File(solution.to_owned());
    let plugin = ServerPlugin::load(engine, source).await;
    let plugin = plugin.map_err(|error| format!("it doesn't load: {error}"))?;
    let graded = Graded {
        name: escape::path(solution),
        judgements: judge.judge(&plugin, |_, _| {}).await,
    };
    let mut failed = graded
        .cases(exercise)
        .filter(|(_, judgement)| !judgement.passed());
    match failed.next() {
        None => Ok(()),
        Some((case, judgement)) => Err(format!(
            "the solution fails {:?}: {}\n{}",
            case.name,
            judgement.verdict.code(),
            text(&feedback(case, judgement))
        )),
    }
}

/// Scripts and components. The text of a module has to be built first.
fn is_plugin(path: &Path) -> bool {
    Source::File(path.to_owned()).is_script() || path.extension().is_some_and(|end| end == "wasm")
}

/// The files below `folder` that run as they are, in the order of their names.
fn plugins(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = folder.read_dir() else {
        return found;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.is_symlink() {
            found.extend(plugins(&path));
        } else if is_plugin(&path) {
            found.push(path);
        }
    }
    found.sort();
    found
}
