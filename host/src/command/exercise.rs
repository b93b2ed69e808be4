//! `eco exercise`: the exercises that eco brings; and finding one by what was typed.

use super::exercise_args::ExerciseCommand;
use super::exit::{Exit, Failure};
use super::output;
use crate::exercise::{Cases, Exercise, Files, Mistake, SHIPPED, Shipped, schema};
use crate::toolchain::samples::SampleLanguage;
use std::path::{Path, PathBuf};

pub(super) fn run(command: ExerciseCommand) -> Result<(), Failure> {
    match command {
        ExerciseCommand::List => list(),
        ExerciseCommand::Start { slug, dir, lang } => start(&slug, &dir, lang),
        ExerciseCommand::Schema => output::print(&schema()),
    }
}

fn list() -> Result<(), Failure> {
    let mut text = String::new();
    for shipped in SHIPPED {
        let exercise = read(&shipped.files(), Cases::Public)?;
        let Exercise {
            slug,
            points,
            summary,
            ..
        } = exercise;
        text += &format!("{slug:16}{points:3} points  {summary}\n");
    }
    text += "\neco exercise start SLUG DIR copies one out.\n";
    output::print(&text)
}

fn start(slug: &str, dir: &Path, language: Option<SampleLanguage>) -> Result<(), Failure> {
    let shipped = shipped(slug).ok_or_else(|| unknown(slug))?;
    shipped
        .write(dir, language)
        .map_err(|error| Exit::Usage.because(error))?;
    let starter = match language {
        None => dir.join("starter/javascript/plugin.js"),
        Some(language) => dir.join(shipped.starter(language)),
    };
    let (dir, starter) = (dir.display(), starter.display());
    output::print(&format!(
        "made {dir}. Next:
  {dir}/README.md says what to do; edit {starter}
  eco check {dir} {starter} --watch
"
    ))
}

fn shipped(slug: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.slug == slug)
}

fn unknown(text: &str) -> Failure {
    let slugs: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.slug).collect();
    Exit::Usage.saying(format!(
        "there is no exercise {text:?}: name a folder with an exercise.toml, or one of {}",
        slugs.join(", ")
    ))
}

/// What was typed: the slug of an exercise that eco brings, else a folder. A folder that has such a
/// name is reached as `./echo`.
pub(super) fn find(text: &str) -> Result<Files, Failure> {
    if let Some(shipped) = shipped(text) {
        return Ok(shipped.files());
    }
    let path = PathBuf::from(text);
    match (path.is_dir(), path.parent()) {
        (true, _) => Ok(Files::Folder(path)),
        (false, Some(folder)) if path.ends_with("exercise.toml") => {
            let folder = match folder.as_os_str().is_empty() {
                true => Path::new("."),
                false => folder,
            };
            Ok(Files::Folder(folder.to_owned()))
        }
        _ => Err(unknown(text)),
    }
}

/// Reads it; what is wrong with it is for its author.
pub(super) fn read(files: &Files, cases: Cases) -> Result<Exercise, Failure> {
    let read = Exercise::read(files, cases);
    read.map_err(|mistake: Mistake| {
        Exit::Usage.because(anyhow::Error::from(mistake).context("cannot use the exercise"))
    })
}
