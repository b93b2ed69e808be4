//! A file of services, as `eco serve --config` reads it, and `eco config`, which looks at one.
//!
//! It owns the form of the file: its keys, which are the flags of `eco serve`, what its values may stand for, and the places of
//! mistakes. What a value means is the flag's.

mod check;
mod clashes;
mod described;
mod document;
mod file;
mod flags;
mod keys;
mod paths;
mod schema;
mod settings;
mod variables;

pub(crate) use file::services;
pub(crate) use flags::TypedServeArgs;

use crate::exit::Failure;
use crate::output;
use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

/// The commands of `eco config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what the services of a file would do: load their plugins and certificates, and listen on nothing
    Check {
        /// The file; - is stdin
        #[arg(default_value = "eco.toml", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Print the JSON schema of such a file, for editors
    Schema,
}

/// Runs the command.
pub(crate) async fn run(command: ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check { file } => check::check(&file).await,
        ConfigCommand::Schema => output::bytes(schema::schema().as_bytes()),
    }
}
