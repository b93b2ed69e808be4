//! Tests that hold pages, samples, help and messages against the code.
//!
//! Counts and lists on pages are compared with the code. Adding a flag, an import, an exercise or a sample makes a test
//! fail until the pages have it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod commands;
mod limits;
mod lists;
mod metrics;
mod program;
mod texts;

use crate::args::Args;
use crate::arguments::budgets::Running;
use crate::arguments::flag_table::{FlagTable, flag};
use crate::arguments::limits::Shared;
use clap::error::ErrorKind;
use clap::{Command, Parser as _};
use commands::{TypedCommand, of_help, of_image, of_page, of_source, of_unit};
use eco_limits::Limit as _;
use program::{all_commands, whole};
use std::collections::BTreeSet;
use texts::{page, pages, texts};

/// Other programs' flags that pages mention.
const OF_OTHERS: [&str; 12] = [
    "--buildmode",
    "--jobs",
    "--locked",
    "--no-deps",
    "--opt-size",
    "--profile",
    "--release",
    "--require-hashes",
    "--stub-wasi",
    "--sync",
    "--system-site-packages",
    "--target",
];

/// The long flags of a command, without global ones.
fn flags(command: &Command) -> Vec<String> {
    let flags = command.get_arguments().filter(|flag| !flag.is_global_set());
    let long = flags
        .filter_map(|flag| flag.get_long())
        .filter(|long| *long != "help");
    long.map(|long| format!("--{long}")).collect()
}

fn every_flag() -> BTreeSet<String> {
    let whole = whole();
    let of_all = whole.get_arguments().filter_map(|flag| flag.get_long());
    let mut all: BTreeSet<String> = of_all.map(|long| format!("--{long}")).collect();
    all.extend(["--help", "--version"].map(str::to_owned));
    for (_, command) in all_commands() {
        all.extend(flags(&command));
    }
    all
}

/// The reason why eco would refuse this command, if it would.
fn refused(typed: &TypedCommand) -> Option<String> {
    let is_placeholder = |word: &&String| {
        let is_filled_in = word.contains('{');
        is_filled_in
            || word.len() > 1
                && word
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase() || letter == '=')
    };
    let words: Vec<&String> = typed.words.iter().filter(|word| *word != "...").collect();
    // `eco COMMAND --help` stands for any.
    if words.get(1).is_none_or(is_placeholder) {
        return None;
    }
    let error = Args::try_parse_from(&words).err()?;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
        // A command in a sentence may be without its arguments.
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            if !typed.is_whole =>
        {
            None
        }
        // A flag in a sentence may be without its value.
        ErrorKind::InvalidValue
            if !typed.is_whole && words.last().is_some_and(|last| last.starts_with('-')) =>
        {
            None
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
            if words.iter().any(is_placeholder) =>
        {
            None
        }
        _ => {
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default().to_owned();
            Some(format!("{}: {}: {why}", typed.place, typed.words.join(" ")))
        }
    }
}

#[test]
fn every_command_that_is_written_somewhere_is_one_that_eco_takes() {
    let mut all = Vec::new();
    for (name, text) in pages() {
        all.extend(of_page(&name, &text));
    }
    all.extend(of_help("", &whole().render_long_help().to_string()));
    for (name, mut command) in all_commands() {
        all.extend(of_help(&name, &command.render_long_help().to_string()));
    }
    let sources = ["host", "plugins", "wit", "tests"];
    for (name, text) in sources.iter().flat_map(|folder| {
        texts(
            folder,
            &[".rs", ".wit", ".js", ".lua", ".py", ".c", ".wat", ".toml"],
        )
    }) {
        if !name.starts_with("host/command/src/pages") {
            all.extend(of_source(&name, &text));
        }
    }
    let unit = of_unit("eco.service", &page("host/dist/eco.service"));
    assert_eq!(unit.len(), 1);
    all.extend(unit);
    all.push(of_image("Containerfile", &page("host/dist/Containerfile")));
    assert!(all.len() > 200, "{} commands were found", all.len());
    let refused: Vec<String> = all.iter().filter_map(refused).collect();
    assert!(refused.is_empty(), "\n{}", refused.join("\n"));
}

#[test]
fn every_flag_on_a_page_is_one() {
    let known = every_flag();
    let mut unknown = Vec::new();
    for (name, text) in pages() {
        for span in text.split('`').skip(1).step_by(2) {
            let flag: String = span
                .chars()
                .take_while(|letter| *letter != '=' && *letter != ' ')
                .collect();
            let is_flag = flag.len() > 3 && flag.starts_with("--") && !flag.contains('\n');
            if is_flag && !known.contains(&flag) && !OF_OTHERS.contains(&&*flag) {
                unknown.push(format!("{name}: {flag}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// The flags of a table of limits.
fn names<T: FlagTable>() -> BTreeSet<String> {
    T::limits().map(|limit| flag(limit.row())).collect()
}

/// host/README.md has a table of all commands and their flags.
#[test]
fn the_table_of_commands_and_flags_is_that_of_the_code() {
    let (budgets, limits) = (names::<Running>(), names::<Shared>());
    let mut table = String::from("| command | flags |\n|---|---|\n");
    for (name, command) in all_commands() {
        let mut cells = Vec::new();
        let all = flags(&command);
        for flag in &all {
            if !budgets.contains(flag) && !limits.contains(flag) {
                cells.push(format!("`{flag}`"));
            }
        }
        // Budgets and limits have tables of their own.
        for (group, words) in [(&budgets, "those of budgets"), (&limits, "those of limits")] {
            match all.iter().filter(|flag| group.contains(*flag)).count() {
                0 => {}
                count if count == group.len() => cells.push(words.to_owned()),
                _ => cells.extend(
                    all.iter()
                        .filter(|flag| group.contains(*flag))
                        .map(|flag| format!("`{flag}`")),
                ),
            }
        }
        table += &format!("| `{name}` | {} |\n", cells.join(", "));
    }
    assert!(
        page("host/README.md").contains(&table),
        "host/README.md should have\n{table}"
    );
}
