//! Tests that hold lists and counts on pages against the code: imports, exercises, samples, crates, languages.

use super::program::all_commands;
use super::texts::{page, pages, root};
use clap::builder::PossibleValue;
use eco_exercise::{Cases, Exercise, SHIPPED, Starters, StatementLanguage};
use eco_plugin::Language;
use eco_toolchain::samples::{SampleLanguage, Shape};
use std::collections::BTreeSet;

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
        for language in SampleLanguage::with(Shape::Handler) {
            let page = page(&format!("plugins/{}/README.md", language.folder()));
            let page = page.to_lowercase();
            assert!(
                page.contains(short),
                "the page of {} has nothing of {short}",
                language.folder()
            );
        }
    }
    let refused = eco_plugin::LoadError::Import {
        refused: vec!["x".to_owned()],
        own: Vec::new(),
    };
    let refused = refused.to_string();
    for name in offered {
        assert!(refused.contains(name), "{name}: {refused}");
    }
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
fn every_language_of_scripts_is_in_the_help() {
    let scripts = Language::extensions();
    let mut found = BTreeSet::new();
    for (name, command) in all_commands() {
        for flag in command.get_arguments() {
            let help = flag.get_help().unwrap_or_default().to_string();
            if help.contains(".js") {
                assert!(help.contains(&scripts), "{name}: {help}");
                found.insert("extensions");
            }
            if name == "eco new" && flag.get_long() == Some("lang") {
                let values = flag.get_possible_values();
                let values: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
                assert_eq!(flag.get_value_names().unwrap(), [&*values.join("|")]);
                found.insert("--lang");
            }
        }
    }
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn every_exercise_has_a_starter_in_every_language() {
    for shipped in SHIPPED {
        let folder = tempfile::tempdir().unwrap();
        let (cases, statement) = (Cases::Public, StatementLanguage::English);
        shipped
            .write(folder.path(), cases, Starters::Plugins(None), statement)
            .unwrap();
        for language in SampleLanguage::with(Shape::Handler) {
            let starter = folder.path().join(shipped.starter(language));
            assert!(starter.exists(), "{}", starter.display());
        }
    }
}

#[test]
fn every_sample_is_there_and_on_the_pages() {
    let plugins = page("plugins/README.md");
    for language in SampleLanguage::with(Shape::Handler) {
        let folder = language.folder();
        assert!(
            plugins.contains(&format!("({folder}/README.md)")),
            "no link to {folder}"
        );
        for shape in Shape::ALL {
            let sample = shape.folder();
            let path = root().join(format!("plugins/{folder}/{sample}"));
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

/// Those of programs have a page in common.
#[test]
fn every_sample_of_a_program_is_there_and_on_their_page() {
    let own = page("plugins/stdio/README.md");
    let sample = Shape::Program.folder();
    for language in SampleLanguage::with(Shape::Program) {
        let folder = language.folder();
        let path = root().join(format!("plugins/{folder}/{sample}"));
        assert!(path.is_dir(), "{}", path.display());
        let link = format!("(../{folder}/{sample}/");
        assert!(own.contains(&link), "no link to {folder}/{sample}");
    }
    assert!(page("plugins/README.md").contains("(stdio/README.md)"));
}

/// Exercises, samples, crates and languages are counted in words or figures.
#[test]
fn every_count_is_that_of_the_code() {
    let crates = root().join("host").read_dir().unwrap().flatten();
    let crates = crates
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .count();
    let counts = [
        ("exercises", SHIPPED.len()),
        ("samples", Shape::ALL.len()),
        ("crates", crates),
        ("languages", SampleLanguage::with(Shape::Handler).count()),
    ];
    const WORDS: [&str; 17] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
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
