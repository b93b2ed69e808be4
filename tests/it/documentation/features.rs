//! What the features of the library save is what the library's page says, and what is built once has the same features.

use crate::support::project_file;
use std::collections::BTreeSet;
use std::process::Command;

const PAGE: &str = include_str!("../../../host/core/src/lib.rs");

/// The features of eco-host, each with the cell that says what it saves.
fn features() -> Vec<(&'static str, &'static str)> {
    let mut rows = PAGE.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let table = rows.by_ref().map(|row| {
        let (feature, rest) = row.split_once("` | ").expect("a row has cells");
        let (saves, _) = rest.split_once(" | ").expect("a row has cells");
        (feature, saves)
    });
    table.collect()
}

/// What `cargo tree` lists with these arguments, each crate once.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix", "none"])
        .args(arguments)
        .current_dir(project_file("."))
        .output()
        .expect("cargo is there");
    let errors = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{errors}");
    let tree = String::from_utf8(tree.stdout).expect("it is text");
    let lines = tree.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}

/// The crates of a program that has eco-host with these features.
fn crates(features: &[&str]) -> usize {
    let features = features.join(",");
    let of_host = ["--package=eco-host", "--no-default-features", "--features"];
    tree(&[of_host.as_slice(), &[&features, "--edges=normal"]].concat()).len()
}

#[test]
fn each_feature_saves_what_the_page_of_the_library_says() {
    let table = features();
    let all: Vec<&str> = table.iter().map(|(feature, _)| *feature).collect();
    let manifest = project_file("host/core/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).expect("it is there");
    let quoted: Vec<String> = all.iter().map(|name| format!("\"{name}\"")).collect();
    let default = format!("default = [{}]", quoted.join(", "));
    assert!(
        manifest.contains(&default),
        "the table should have: {default}"
    );

    let (most, least) = (crates(&all), crates(&[]));
    let sentence = format!("has {most} crates more, and with none {least}.");
    assert!(PAGE.contains(&sentence), "the page should say: {sentence}");
    for (feature, saves) in &table {
        let others: Vec<&str> = all
            .iter()
            .copied()
            .filter(|other| other != feature)
            .collect();
        let words = match most - crates(&others) {
            0 => interpreter(feature),
            1 => "1 crate".to_owned(),
            many => format!("{many} crates"),
        };
        assert_eq!(*saves, words, "{feature}");
    }
}

/// The size of the interpreter that eco has of a language.
fn interpreter(language: &str) -> String {
    let size = |end: &str| {
        let path = project_file(&format!("plugins/interpreters/{language}/{language}.{end}"));
        std::fs::metadata(path).map_or(0, |file| file.len())
    };
    match size("wasm") + size("cwasm") {
        0 => "nothing".to_owned(),
        bytes => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// What has other features is built once more, and so is all that depends on it: wasmtime among them.
#[test]
fn the_benchmarks_depend_on_what_eco_depends_on_with_the_same_features() {
    // Macros run in the compiler, and what they depend on may have other features there.
    let with_features = ["--edges=normal,no-proc-macro", "--format={p} [{f}]"];
    let package = |name| tree(&[with_features.as_slice(), &[name]].concat());
    let (eco, benches) = (
        package("--package=eco-cli"),
        package("--package=eco-benches"),
    );
    let name = |line: &String| line.split(" [").next().unwrap_or_default().to_owned();
    let of_both: BTreeSet<String> = eco.iter().map(name).collect();
    let others: Vec<&String> = benches
        .difference(&eco)
        .filter(|line| of_both.contains(&name(line)))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
}
