//! `eco exercise`: the exercises that eco brings.

use super::exercise_args::ExerciseCommand;
use super::exit::{Exit, Failure};
use super::find_exercise::{read, shipped, unknown};
use super::output;
use eco_exercise::{Cases, Exercise, SHIPPED, schema};
use eco_text::escape;
use eco_toolchain::samples::SampleLanguage;
use std::path::Path;

pub(super) fn run(command: ExerciseCommand) -> Result<(), Failure> {
    match command {
        ExerciseCommand::List => list(),
        ExerciseCommand::Start {
            slug,
            dir,
            hidden,
            lang,
        } => {
            let hidden = if hidden { Cases::All } else { Cases::Public };
            start(&slug, &dir, hidden, lang.map(Into::into))
        }
        ExerciseCommand::Schema => output::bytes(schema().as_bytes()),
    }
}

fn list() -> Result<(), Failure> {
    let mut text = String::new();
    for shipped in SHIPPED {
        let exercise = read(&shipped.files(), Cases::Public)?;
        let Exercise {
            slug,
            title,
            points,
            summary,
            ..
        } = exercise;
        text += &format!("{slug:16}{title} ({points} points)\n{:16}{summary}\n", "");
    }
    text += "\neco exercise start SLUG DIR copies one out.\n";
    output::print(&text)
}

fn start(
    slug: &str,
    dir: &Path,
    cases: Cases,
    language: Option<SampleLanguage>,
) -> Result<(), Failure> {
    let shipped = shipped(slug).ok_or_else(|| unknown(slug))?;
    let written = shipped.write(dir, cases, language);
    written.map_err(|error| Exit::Usage.because(error))?;
    let starter = match language {
        None => dir.join("starter/javascript/plugin.js"),
        Some(language) => dir.join(shipped.starter(language)),
    };
    let (dir, starter) = (escape::path(dir), escape::path(&starter));
    let python = match language {
        Some(SampleLanguage::Python) => "\n  eco setup python, once",
        _ => "",
    };
    let others = match language {
        None => format!("\n  (other languages: {dir}/starter)"),
        Some(_) => String::new(),
    };
    output::print(&format!(
        "made {dir}. Next:{python}
  {dir}/README.md says what to do; edit {starter}{others}
  eco check {dir} {starter} --watch
"
    ))
}
