//! Every limit names a test in its comment. Those tests are there.

use crate::support::project_file;
use regex::Regex;
use std::path::{Path, PathBuf};

fn sources(folder: PathBuf, found: &mut Vec<(PathBuf, String)>) {
    for entry in folder.read_dir().expect("a folder").flatten() {
        let path = entry.path();
        // Links lead out of a crate, to what its package takes along.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sources(path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).expect("it is text");
            found.push((path, text));
        }
    }
}

/// The tests that a file names. A comment goes on in the next line.
fn named(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim_start);
    let joined: String = lines
        .map(|line| line.trim_start_matches(['/', '!']))
        .collect();
    // A row of a table of limits has a field for it.
    let rows = text.lines().filter_map(|line| {
        let name = line.trim_start().strip_prefix("test: \"")?;
        Some(name.trim_end_matches("\",").to_owned())
    });
    let mut names: Vec<String> = rows.collect();
    for after in joined.split("Test: `").skip(1) {
        let mut rest = after;
        while let Some((name, more)) = rest.split_once('`') {
            names.push(name.to_owned());
            let next = [", `", ", and `", " and `"]
                .iter()
                .find_map(|and| more.strip_prefix(and));
            rest = next.unwrap_or_default();
        }
    }
    names
}

/// Whether a file has this test.
pub(crate) fn has_test(text: &str, name: &str) -> bool {
    let marked = Regex::new(&format!(
        r"#\[(tokio::)?test(\([^\]]*\))?\]\n *(async )?fn {name}\("
    ));
    marked.expect("a name is no pattern").is_match(text)
}

/// Whether `path` is a file of a module, or of its tests: `a/b.rs`, `a/b/mod.rs`, or `a/b/tests.rs`, for `a::b`.
fn is_of(path: &Path, module: &str) -> bool {
    let module = module.replace("::", "/");
    let files = [".rs", "/mod.rs", "/tests.rs"];
    files
        .iter()
        .any(|end| path.ends_with(format!("{module}{end}")))
}

#[test]
fn every_test_that_a_limit_names_is_there() {
    let (mut product, mut tests) = (Vec::new(), Vec::new());
    sources(project_file("host").into(), &mut product);
    sources(project_file("tests/it").into(), &mut tests);
    let (mut all, mut missing) = (0, Vec::new());
    for (path, text) in &product {
        for name in named(text) {
            all += 1;
            let there = match name.replace("tests::", "").rsplit_once("::") {
                None => has_test(text, &name),
                Some((module, function)) => {
                    let files = product.iter().chain(&tests);
                    files
                        .filter(|(path, _)| is_of(path, module))
                        .any(|(_, text)| has_test(text, function))
                }
            };
            if !there {
                missing.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(all > 40, "{all} names of tests were found");
    assert!(missing.is_empty(), "{missing:#?}");
}
