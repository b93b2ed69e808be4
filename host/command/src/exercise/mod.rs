//! `eco exercise`: lists the exercises that eco brings, and copies them out.

pub(crate) mod find;

use crate::arguments::language::ExerciseLanguageArg;
use crate::exit::{Exit, Failure};
use crate::output;
use clap::{Subcommand, ValueHint};
use eco_exercise::{Cases, Exercise, SHIPPED, Shipped, Starters, StatementLanguage, schema};
use eco_text::escape;
use eco_toolchain::samples::SampleLanguage;
use find::{for_plugins, read, shipped, unknown};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(crate) enum ExerciseCommand {
    /// List the exercises that eco brings, from easy to hard
    List,
    /// Copy an exercise to a folder, with a starter for each language
    Start {
        /// Which one (see eco exercise list)
        slug: String,
        /// The folder to make
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// The hidden cases too, if you want to make an exercise of your own from it
        #[arg(long)]
        hidden: bool,
        /// A programming language: only its starter. en or es: the statement in that language first [default: the locale's]. One of each may be given
        #[arg(short, long, value_enum)]
        lang: Vec<ExerciseLanguageArg>,
        /// Starters for a program that reads standard input and writes standard output, in C and Go
        #[arg(long)]
        stdio: bool,
    },
    /// Print the JSON schema of exercise.toml, for editors
    Schema,
}

pub(crate) fn run(command: ExerciseCommand) -> Result<(), Failure> {
    match command {
        ExerciseCommand::List => list(),
        ExerciseCommand::Start {
            slug,
            dir,
            hidden,
            lang,
            stdio,
        } => {
            let cases = if hidden { Cases::All } else { Cases::Public };
            let (language, statement) = languages(&lang)?;
            let starters = match stdio {
                true => Starters::Programs(language),
                false => Starters::Plugins(language),
            };
            start(&slug, &dir, cases, starters, statement)
        }
        ExerciseCommand::Schema => output::bytes(schema().as_bytes()),
    }
}

/// The languages of `--lang`: of the starter, and of the statement.
fn languages(
    named: &[ExerciseLanguageArg],
) -> Result<(Option<SampleLanguage>, StatementLanguage), Failure> {
    let (mut starter, mut statement) = (None, None);
    for language in named {
        let taken = match language {
            ExerciseLanguageArg::Starter(language) => starter.replace(language.0).is_some(),
            ExerciseLanguageArg::Statement(language) => statement.replace(*language).is_some(),
        };
        if taken {
            let why = "--lang takes one language of the starter and one of the statement";
            return Err(Exit::Usage.saying(why));
        }
    }
    Ok((starter, statement.unwrap_or_else(of_the_locale)))
}

/// The user's language, from the environment: the first variable that is set (POSIX, 8.2).
fn of_the_locale() -> StatementLanguage {
    let said =
        ["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
    match said.iter().find(|said| !said.is_empty()) {
        Some(locale) if locale.split(['_', '.', '@']).next() == Some("es") => {
            StatementLanguage::Spanish
        }
        _ => StatementLanguage::English,
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

/// Refuses starters that there are none of.
fn check(shipped: &Shipped, starters: Starters) -> Result<(), Failure> {
    let slug = shipped.slug;
    let why = match starters {
        Starters::Programs(_) if !shipped.suits_programs() => for_plugins(slug),
        Starters::Programs(_) if !starters.exist() => "--stdio has starters in c and go".to_owned(),
        Starters::Plugins(_) if !starters.exist() => {
            "in Go there are starters of programs alone: add --stdio".to_owned()
        }
        _ => return Ok(()),
    };
    Err(Exit::Usage.saying(why))
}

fn start(
    slug: &str,
    dir: &Path,
    cases: Cases,
    starters: Starters,
    statement: StatementLanguage,
) -> Result<(), Failure> {
    let shipped = shipped(slug).ok_or_else(|| unknown(slug.as_ref()))?;
    check(shipped, starters)?;
    let written = shipped.write(dir, cases, starters, statement);
    written.map_err(|error| Exit::Usage.because(error))?;
    let starter = escape::path(&dir.join(shipped.starter(starters.first())));
    // Without the separator the name would mean eco's own exercise.
    let dir = match dir.to_str().and_then(self::shipped) {
        Some(named) => format!("./{}", named.slug),
        None => escape::path(dir),
    };
    let setup = match starters.first() {
        SampleLanguage::Script(script) if script.needs_setup() => {
            format!("\n  eco setup {}, once", script.word())
        }
        _ => String::new(),
    };
    let others = match starters {
        Starters::Plugins(None) | Starters::Programs(None) => {
            format!("\n  (other languages: {dir}/starter)")
        }
        Starters::Plugins(Some(_)) | Starters::Programs(Some(_)) => String::new(),
    };
    output::print(&format!(
        "made {dir}. Next:{setup}
  {dir}/README.md says what to do; edit {starter}{others}
  eco check {dir} {starter} --watch
"
    ))
}
