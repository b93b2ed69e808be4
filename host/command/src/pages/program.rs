//! The commands of the program.

use crate::args::Args;
use clap::{Command, CommandFactory as _};

/// The program, with all that clap adds.
pub(super) fn whole() -> Command {
    let mut command = Args::command();
    command.build();
    command
}

/// Finds all commands without subcommands below this one, with their names as typed.
fn commands_of(command: &Command, name: &str, found: &mut Vec<(String, Command)>) {
    for inner in command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
    {
        let name = format!("{name} {}", inner.get_name());
        if inner.has_subcommands() {
            commands_of(inner, &name, found);
        } else {
            found.push((name, inner.clone()));
        }
    }
}

/// All commands without subcommands, with their names as typed.
pub(super) fn all_commands() -> Vec<(String, Command)> {
    let mut found = Vec::new();
    commands_of(&whole(), "eco", &mut found);
    found
}
