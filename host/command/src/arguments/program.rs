//! The arguments about programs that read standard input and write standard output.

use crate::exit::{Exit, Failure};
use eco_plugin::ProgramSettings;

/// How a program is started.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(crate) struct ProgramArgs {
    /// The plugin is a program, which reads standard input and writes standard output. eco sees that by itself, unless a component is both
    #[arg(long)]
    stdio: bool,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Arguments of a program
    #[arg(last = true, value_name = "ARG")]
    rest: Vec<String>,
}

/// What a program is started with, where `--` has another use.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(crate) struct SettingsArgs {
    /// A variable in the environment of a program; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// An argument of a program; may be given several times
    #[arg(long, value_name = "ARG", allow_hyphen_values = true, value_parser = argument)]
    arguments: Vec<String>,
}

impl ProgramArgs {
    /// Those of one that has to be a program, or may be one, with these settings.
    pub(crate) fn new(stdio: bool, settings: SettingsArgs) -> Self {
        Self {
            stdio,
            settings,
            ..Self::default()
        }
    }

    /// Whether what is served has to be a program.
    pub(crate) fn is_program(&self) -> bool {
        self.stdio
    }

    /// What the program is started with.
    pub(crate) fn settings(&self) -> ProgramSettings {
        let SettingsArgs { env, arguments } = &self.settings;
        ProgramSettings {
            arguments: arguments.iter().chain(&self.rest).cloned().collect(),
            environment: env.clone(),
        }
    }

    /// Refuses what only a program has a use for.
    ///
    /// # Errors
    /// There is such a thing. The text names the plugin as it is `shown`.
    pub(crate) fn check_plugin(&self, shown: &str) -> Result<(), Failure> {
        if self.settings() == ProgramSettings::default() {
            return Ok(());
        }
        Err(Exit::Usage.saying(format!(
            "arguments and --env are for programs, and {shown} is a plugin, which has neither"
        )))
    }
}

/// An argument. A zero would end it within WASI.
fn argument(typed: &str) -> Result<String, &'static str> {
    match typed.contains('\0') {
        true => Err("a program's arguments and variables can't have a zero byte in them"),
        false => Ok(typed.to_owned()),
    }
}

/// A variable of the environment.
fn variable(typed: &str) -> Result<(String, String), &'static str> {
    match argument(typed)?.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable has a name, a =, and a value: LEVEL=3, say"),
    }
}
