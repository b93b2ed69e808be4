//! The pages of the project, and the commands of the program: both sides of what is compared.

use super::commands::{root, texts};
use crate::args::Args;
use clap::{Command, CommandFactory as _};

/// The text of a page.
pub(super) fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// All pages but the changelog, which mentions removed things too.
pub(super) fn pages() -> Vec<(String, String)> {
    let mut pages = texts(".", &[".md"]);
    pages.retain(|(name, _)| name != "CHANGELOG.md");
    assert!(pages.len() > 40, "{} pages", pages.len());
    pages
}

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
