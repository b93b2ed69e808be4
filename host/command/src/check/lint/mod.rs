//! `eco check --lint`: whether an exercise is all right, before students get it.

mod solutions;

use crate::arguments::budgets::CompileArgs;
use crate::exit::{Exit, Failure};
use crate::machine;
use crate::output;
use crate::plugin::compiler::{self, compiler};
use anyhow::Context as _;
use eco_exercise::{Cases, Exercise, Files, Judge, Mistake, Visibility};
use eco_plugin::{Cache, CompileError, Language, LoadError};
use eco_text::escape;
use solutions::{MUCH, Tried, load};
use std::path::{Path, PathBuf};

/// Checks the folder, and reports all of its mistakes.
pub(super) async fn run(folder: &Path, compile: &CompileArgs) -> Result<(), Failure> {
    let files = Files::Folder(folder.to_owned());
    let exercise = Exercise::read(&files, Cases::All)
        .map_err(|mistake| Exit::Wrong.saying(mistake.to_string()))?;
    for warning in &exercise.warnings {
        tracing::warn!("{warning}");
    }
    let share = exercise.share(machine::memory_for_plugins(), 1);
    let engine = compiler::engine(compile.over(exercise.limits.budgets(share.run))?)
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
    let found = |name: &str| {
        let folder = folder.join(name);
        plugins(&folder)
            .map_err(|what| Exit::Wrong.saying(format!("{}: {what}", escape::path(&folder))))
    };
    let (starters, solutions) = (found("starter")?, found("solution")?);
    if starters.is_empty() && !folder.join("starter").is_dir() {
        let what = "students need something to start from, in each language that you like";
        wrong(&folder.join("starter"), what.to_owned());
    }
    for starter in &starters {
        match load(&engine, starter).await {
            Ok(_) => {}
            Err(LoadError::Compile(CompileError::NoPython)) => not_tried(starter),
            Err(error) => wrong(starter, format!("it doesn't load: {error}")),
        }
    }
    let mut tried = Vec::new();
    match Judge::of(&exercise, &compiler(), Cache::User, share.judge).await {
        Err(what) => wrong(folder, what),
        Ok(judge) => {
            for solution in &solutions {
                match solutions::try_out(&judge, &exercise, &engine, solution).await {
                    Ok(Some(used)) => tried.push(used),
                    Ok(None) => not_tried(solution),
                    Err(what) => wrong(solution, what),
                }
            }
        }
    }
    warn_of_missing(&starters, &solutions);
    tried.iter().for_each(warn_of_much);
    if mistakes.is_empty() {
        let solutions = if solutions.is_empty() {
            None
        } else {
            Some(tried.as_slice())
        };
        output::print(&summary(folder, &exercise, solutions))
    } else {
        let text: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        Err(Exit::Wrong.saying(text.join("\n")))
    }
}

/// Warns of a Python that is not set up, which is no mistake of the exercise.
fn not_tried(path: &Path) {
    tracing::warn!(
        "{} was not tried: Python is not set up (eco setup python)",
        escape::path(path)
    );
}

/// Limits that fit a solution in one language need not fit one in another.
fn warn_of_missing(starters: &[PathBuf], solutions: &[PathBuf]) {
    for starter in starters {
        let language = Language::of_file(starter);
        let is_solved = solutions
            .iter()
            .any(|path| Language::of_file(path) == language);
        if let Some(language) = language
            && !solutions.is_empty()
            && !is_solved
        {
            tracing::warn!(
                "{}: solution/ has none in {}, so that nobody knows whether the limits are enough for it",
                escape::path(starter),
                language.name()
            );
        }
    }
}

fn warn_of_much(tried: &Tried<'_>) {
    if tried.percent > MUCH {
        tracing::warn!(
            "{} used {} % of the CPU budget in {:?}, which leaves little for who goes another way (fuel in exercise.toml)",
            escape::path(tried.solution),
            tried.percent,
            tried.case
        );
    }
}

/// `solutions` are those that were tried, if there are any in the folder.
fn summary(folder: &Path, exercise: &Exercise, solutions: Option<&[Tried<'_>]>) -> String {
    let hidden = exercise.cases.iter();
    let hidden = hidden.filter(|case| case.visibility == Visibility::Hidden);
    let (folder, cases, hidden) = (escape::path(folder), exercise.cases.len(), hidden.count());
    let points = exercise.points;
    let none = match solutions {
        None => "; no solution/, so that no case was tried",
        Some(_) => "",
    };
    let mut text =
        format!("{folder}: all right: {cases} cases ({hidden} hidden), {points} points{none}\n");
    for tried in solutions.unwrap_or_default() {
        let (solution, percent) = (escape::path(tried.solution), tried.percent);
        text += &format!("{solution} used {percent} % of the CPU budget\n");
    }
    text
}

/// Scripts and components. The text of a module has to be built first.
fn is_plugin(path: &Path) -> bool {
    Language::of_file(path).is_some() || path.extension().is_some_and(|end| end == "wasm")
}

/// Entries of `starter/` or `solution/` that are looked at, with all folders below, and plugins that are tried of them. An
/// exercise has a handful; more is a mistake of it.
/// Test: `exercises::hostile::files::files_beside_an_exercise_are_looked_at_within_bounds`.
const MOST_ENTRIES: usize = 10_000;
const MOST_PLUGINS: usize = 100;

/// The files below `folder` that run as they are, in the order of their names. Links are not followed: they may lead
/// anywhere.
///
/// # Errors
/// There are too many.
fn plugins(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut ahead = vec![folder.to_owned()];
    while let Some(path) = ahead.pop() {
        looked_at += 1;
        if looked_at > MOST_ENTRIES {
            return Err(format!("it has more than {MOST_ENTRIES} files"));
        }
        match path.symlink_metadata() {
            Ok(it) if it.is_symlink() => {
                let path = escape::path(&path);
                tracing::warn!("{path} is a link, and not looked at");
            }
            Ok(it) if it.is_dir() => {
                let entries = path.read_dir().into_iter().flatten().flatten();
                ahead.extend(entries.map(|entry| entry.path()).take(MOST_ENTRIES + 1));
            }
            Ok(_) if is_plugin(&path) => found.push(path),
            Ok(_) | Err(_) => {}
        }
    }
    if found.len() > MOST_PLUGINS {
        return Err(format!("it has more than {MOST_PLUGINS} plugins"));
    }
    found.sort();
    Ok(found)
}
