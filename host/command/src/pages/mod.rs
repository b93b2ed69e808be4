//! What pages, samples, help and messages say of eco, held against what eco does.
//!
//! Whatever they count or list comes from the code here, so that adding a flag, an import, an exercise or a sample
//! makes a test fail until the pages say so.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod commands;

use crate::args::Args;
use crate::arguments::ranges;
use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Parser as _};
use commands::{Typed, of_help, of_page, of_source, texts};
use eco_exercise::{Cases, Exercise, SHIPPED};
use eco_toolchain::samples::{SampleLanguage, Shape};
use std::collections::BTreeSet;

/// Flags of other programs that pages speak of.
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

fn page(name: &str) -> String {
    std::fs::read_to_string(commands::root().join(name)).unwrap()
}

/// All pages but the history, which speaks of what is gone too.
fn pages() -> Vec<(String, String)> {
    let mut pages = texts(".", &[".md"]);
    pages.retain(|(name, _)| name != "CHANGELOG.md");
    assert!(pages.len() > 40, "{} pages", pages.len());
    pages
}

fn whole() -> Command {
    let mut command = Args::command();
    command.build();
    command
}

/// Every command and its subcommands that do something, as they are typed.
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

fn all_commands() -> Vec<(String, Command)> {
    let mut found = Vec::new();
    commands_of(&whole(), "eco", &mut found);
    found
}

/// The long flags of a command, without those that all have.
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

/// Why eco would not take it, if it would not.
fn refused(typed: &Typed) -> Option<String> {
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
        // In a sentence a command may stand without all that belongs to it.
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            if !typed.is_whole =>
        {
            None
        }
        // So may a flag without its value.
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

/// The page for who runs eco has a table of all commands and their flags.
#[test]
fn the_table_of_commands_and_flags_is_that_of_the_code() {
    let budgets: BTreeSet<String> = eco_plugin::Budget::ALL
        .map(|budget| format!("--{}", budget.code()))
        .into();
    let limits: BTreeSet<String> = eco_state::Limit::ALL
        .map(|limit| format!("--{}", limit.code()))
        .into();
    let mut table = String::from("| command | flags |\n|---|---|\n");
    for (name, command) in all_commands() {
        let mut cells = Vec::new();
        let all = flags(&command);
        for flag in &all {
            if !budgets.contains(flag) && !limits.contains(flag) {
                cells.push(format!("`{flag}`"));
            }
        }
        // These two have tables of their own.
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

#[test]
fn every_import_is_on_the_pages_for_authors_and_in_the_message_that_refuses_others() {
    let [all, servers] = eco_plugin::offered();
    let offered: Vec<&str> = all.into_iter().chain(servers).collect();
    let list = offered
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let text = page("plugins/README.md")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        text.contains(&list),
        "plugins/README.md should have\n{list}"
    );
    let worlds = page("wit/worlds.wit");
    for name in &offered {
        let Some(short) = name
            .strip_prefix("eco:plugin/")
            .and_then(|name| name.split('@').next())
        else {
            continue;
        };
        assert!(
            worlds.contains(&format!("import {short};")),
            "no world imports {short}"
        );
        for language in SampleLanguage::ALL {
            let page = page(&format!("plugins/{}/README.md", language.folder()));
            let page = page.to_lowercase();
            assert!(
                page.contains(short),
                "the page of {} has nothing of {short}",
                language.folder()
            );
        }
    }
    let refused = eco_plugin::LoadError::Import(vec!["x".to_owned()]).to_string();
    for name in offered {
        assert!(refused.contains(name), "{name}: {refused}");
    }
}

/// What a parser takes, if it says so of what it doesn't take: `1 to 256`.
fn range_of(flag: &clap::Arg, command: &str) -> Option<String> {
    let typed = format!("{command} --{}", flag.get_long()?);
    let words = typed.split(' ').chain(["99999999999"]);
    let error = Args::try_parse_from(words).err()?.to_string();
    let (_, range) = error.split_once(" is not in ")?;
    let (least, most) = range.lines().next()?.split_once("..=")?;
    Some(format!("{least} to {most}"))
}

#[test]
fn the_ranges_of_flags_are_in_help_and_on_the_page() {
    let (connections, at_once) = (&ranges::CONNECTIONS, &ranges::AT_ONCE);
    let rows = [
        (
            &["--max-connections", "--connections"][..],
            ranges::numbers(connections),
        ),
        (&["--threads", "--jobs"], ranges::numbers(at_once)),
        (&["--table"], ranges::numbers(&ranges::TABLE)),
        (&["--chunk-size"], ranges::sizes(&ranges::CHUNK)),
        (&["--cpu"], ranges::at_least(ranges::LEAST_CPU)),
        (&["--memory"], ranges::sizes(&ranges::MEMORY)),
        (&["--stack"], ranges::sizes(&ranges::STACK)),
    ];
    let table: Vec<String> = rows
        .iter()
        .map(|(flags, range)| format!("| `{}` | {range} |", flags.join("`, `")))
        .collect();
    let table = table.join("\n");
    let running = page("host/README.md");
    assert!(
        running.contains(&table),
        "host/README.md should have\n{table}"
    );
    let mut told = BTreeSet::new();
    for (name, command) in all_commands() {
        for flag in command.get_arguments() {
            let long = flag.get_long().map(|long| format!("--{long}"));
            let long = long.unwrap_or_default();
            let mut of_page = rows.iter().filter(|(flags, _)| flags.contains(&&*long));
            let range = of_page.next().map(|(_, range)| range.clone());
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
    assert_eq!(told.len(), 9, "{told:?}");
}

#[test]
fn the_table_of_exercises_is_that_of_the_code() {
    let readme = page("plugins/exercises/README.md");
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| [`"))
        .collect();
    assert_eq!(
        rows.len(),
        SHIPPED.len(),
        "plugins/exercises/README.md has a row for each exercise"
    );
    for (row, shipped) in rows.iter().zip(SHIPPED) {
        let slug = shipped.slug;
        let links = format!("| [`{slug}`]({slug}/README.md), [en español]({slug}/README.es.md) |");
        assert!(row.starts_with(&links), "{row}\nshould begin with {links}");
        Exercise::read(&shipped.files(), Cases::All).unwrap();
    }
}

#[test]
fn every_sample_is_there_and_on_the_pages() {
    let plugins = page("plugins/README.md");
    for language in SampleLanguage::ALL {
        let folder = language.folder();
        assert!(
            plugins.contains(&format!("({folder}/README.md)")),
            "no link to {folder}"
        );
        for shape in Shape::ALL {
            let sample = shape.folder();
            let path = commands::root().join(format!("plugins/{folder}/{sample}"));
            assert!(path.is_dir(), "{}", path.display());
            let own = page(&format!("plugins/{folder}/README.md"));
            for (name, text) in [("plugins/README.md", &plugins), (folder, &own)] {
                assert!(
                    text.contains(&format!("`{sample}`")),
                    "{name} has nothing of {sample}"
                );
            }
        }
    }
}

/// What is counted in words or figures: exercises, samples, crates, languages.
#[test]
fn every_count_is_that_of_the_code() {
    let crates = commands::root().join("host").read_dir().unwrap().flatten();
    let crates = crates
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .count();
    let counts = [
        ("exercises", SHIPPED.len()),
        ("samples", Shape::ALL.len()),
        ("crates", crates),
        ("languages", SampleLanguage::ALL.len()),
    ];
    const WORDS: [&str; 15] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen",
    ];
    let changelog = ("CHANGELOG.md".to_owned(), page("CHANGELOG.md"));
    let mut wrong = Vec::new();
    for (name, text) in pages().into_iter().chain([changelog]) {
        let words: Vec<&str> = text.split_whitespace().collect();
        for pair in words.windows(2) {
            let [number, what] = pair else { continue };
            let what = what.trim_matches(|letter: char| !letter.is_alphanumeric());
            let Some((_, count)) = counts.iter().find(|(counted, _)| *counted == what) else {
                continue;
            };
            let number = number.to_lowercase();
            let said = WORDS
                .iter()
                .position(|word| *word == number)
                .or(number.parse().ok());
            if said.is_some_and(|said| said != *count) {
                wrong.push(format!("{name}: {number} {what}, and there are {count}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
