//! What pages and help say of limits, held against their tables.

use super::program::all_commands;
use super::texts::page;
use crate::args::Args;
use crate::arguments::budgets::Running;
use crate::arguments::flag_table::{FlagTable, flag};
use crate::arguments::limits::Shared;
use crate::arguments::ranges;
use crate::arguments::server::Serving;
use clap::Parser as _;
use eco_limits::{Limit as _, Range};
use std::collections::{BTreeMap, BTreeSet};

/// What a parser takes, if it says so of what it doesn't take: `1 to 256`.
fn range_of(flag: &clap::Arg, command: &str) -> Option<String> {
    let typed = format!("{command} --{}", flag.get_long()?);
    let words = typed.split(' ').chain(["99999999999"]);
    let error = Args::try_parse_from(words).err()?.to_string();
    let (_, range) = error.split_once(" is not in ")?;
    let (least, most) = range.lines().next()?.split_once("..=")?;
    Some(format!("{least} to {most}"))
}

/// The flags of a table of limits that have a range, with it.
fn ranges_of<T: FlagTable>() -> impl Iterator<Item = (String, String)> {
    let rows = T::limits().map(|limit| limit.row());
    rows.filter(|row| !matches!(row.range, Range::Any))
        .map(|row| (flag(row), row.range.to_string()))
}

#[test]
fn the_ranges_of_flags_are_in_help_and_on_the_page() {
    let numbers = [
        ("--connections", &ranges::CONNECTIONS),
        ("--threads", &ranges::AT_ONCE),
        ("--jobs", &ranges::AT_ONCE),
    ];
    let numbers = numbers.map(|(flag, range)| (flag.to_owned(), ranges::numbers(range)));
    let mut known: BTreeMap<String, String> = numbers.into();
    known.extend(ranges_of::<Serving>());
    known.extend(ranges_of::<Running>());
    known.extend(ranges_of::<Shared>());
    let running = page("host/README.md");
    let (_, table) = running.split_once("| flag | range |\n|---|---|\n").unwrap();
    let mut of_page = BTreeMap::new();
    for line in table.lines().take_while(|line| line.starts_with('|')) {
        let (flags, range) = line.trim_matches(['|', ' ']).split_once(" | ").unwrap();
        for flag in flags.split(", ") {
            of_page.insert(flag.trim_matches('`').to_owned(), range.to_owned());
        }
    }
    assert_eq!(of_page, known);
    let mut told = BTreeSet::new();
    for (name, command) in all_commands() {
        for flag in command.get_arguments() {
            let long = flag.get_long().map(|long| format!("--{long}"));
            let long = long.unwrap_or_default();
            let range = known.get(&long);
            // One that its parser alone knows would be missing on the page.
            assert!(
                range.is_some() || range_of(flag, &name).is_none(),
                "{name} {long}"
            );
            if let Some(range) = range {
                let help = flag.get_help().unwrap().to_string();
                assert!(
                    help.contains(&format!("[{range}]")),
                    "{name} {long}: {help}"
                );
                told.insert(long);
            }
        }
    }
    assert!(told.iter().eq(known.keys()), "{told:?}");
}

#[test]
fn the_table_of_a_servers_limits_is_that_of_the_code() {
    let running = page("host/README.md");
    let (_, table) = running
        .split_once("| flag | default | what it does |\n|---|---|---|\n")
        .unwrap();
    let of_page = table.lines().take_while(|line| line.starts_with('|'));
    let rows = Serving::limits().map(|limit| {
        let (row, flag) = (limit.row(), flag(limit.row()));
        format!("| `{flag}` | {} | {} |", row.default.typed(), row.words)
    });
    let rows: BTreeSet<String> = rows.collect();
    assert_eq!(of_page.map(str::to_owned).collect::<BTreeSet<_>>(), rows);
}

/// The example of an exercise on its page has all limits, with their defaults.
#[test]
fn the_limits_of_the_exercise_on_the_page_are_the_defaults() {
    let page = page("plugins/exercises/README.md");
    let (_, example) = page.split_once("\n[limits]").unwrap();
    let lines = example.lines().skip(1).take_while(|line| !line.is_empty());
    let of_page = lines.map(|line| {
        let (code, rest) = line.split_once(" = ").unwrap();
        let value = rest.split('#').next().unwrap_or_default();
        (code.to_owned(), value.trim().replace(['"', '_'], ""))
    });
    let rows = eco_exercise::Limit::ALL.iter().map(|limit| limit.row());
    let known = rows.map(|row| (row.code.to_owned(), row.default.typed()));
    assert_eq!(of_page.collect::<Vec<_>>(), known.collect::<Vec<_>>());
}
