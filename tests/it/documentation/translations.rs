//! The statements of the exercises, and the front page, in English and in Spanish: which lags behind the other.
//!
//! `translations.toml` has the hash of both texts as they were when somebody last saw that they say the same.
//! `ECO_BLESS=1` writes those of today.

use crate::exercises::shipped::SLUGS;
use crate::support::project_file;
use std::collections::BTreeMap;

const TABLE: &str = "tests/translations.toml";

/// The folders that have both: the front page's, and the exercises'.
fn folders() -> Vec<String> {
    let exercises = SLUGS.iter().map(|slug| format!("plugins/exercises/{slug}"));
    std::iter::once(".".to_owned()).chain(exercises).collect()
}

fn text(folder: &str, name: &str) -> String {
    let path = project_file(&format!("{folder}/{name}"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Of 64 bits, the same on every machine (FNV-1a): nobody forges it, and a change is seen.
fn hash(text: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

fn hashes(folder: &str) -> [String; 2] {
    ["README.md", "README.es.md"].map(|name| hash(&text(folder, name)))
}

#[test]
fn no_text_lags_behind_its_translation() {
    let path = project_file(TABLE);
    if std::env::var_os("ECO_BLESS").is_some_and(|value| value == "1") {
        let rows = folders().into_iter().map(|folder| {
            let [english, spanish] = hashes(&folder);
            format!("\"{folder}\" = [\"{english}\", \"{spanish}\"]\n")
        });
        let head = "# What tests/it/documentation/translations.rs compares: README.md and README.es.md, as they last said the same.\n";
        let table = head.to_owned() + &rows.collect::<String>();
        std::fs::write(&path, table).expect("the table can be written");
    }
    let table = std::fs::read_to_string(&path).expect("the table");
    let seen: BTreeMap<String, [String; 2]> = toml::from_str(&table).expect("it is TOML");
    let mut lagging = Vec::new();
    for folder in folders() {
        let [english, spanish] = hashes(&folder);
        let lags = match seen.get(&folder) {
            None => "a new pair",
            Some([old, other]) => match (*old == english, *other == spanish) {
                (true, true) => continue,
                (false, true) => "README.es.md lags behind README.md",
                (true, false) => "README.md lags behind README.es.md",
                (false, false) => "both have changed",
            },
        };
        lagging.push(format!("{folder}: {lags}"));
    }
    let next = "make both say the same, and run this with ECO_BLESS=1";
    assert!(lagging.is_empty(), "{next}:\n{}", lagging.join("\n"));
}

/// The code of each block and the rows of tables are the same in both.
#[test]
fn a_translation_has_the_form_of_its_original() {
    for folder in folders() {
        let [english, spanish] = ["README.md", "README.es.md"].map(|name| text(&folder, name));
        let form = |text: &str| {
            let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
            [count("#"), count("|"), count("```"), count("- ")]
        };
        assert_eq!(
            form(&english),
            form(&spanish),
            "{folder}: headings, rows, fences, items"
        );
        assert!(english.contains("[En español](README.es.md)"), "{folder}");
        assert!(spanish.contains("[In English](README.md)"), "{folder}");
    }
}
