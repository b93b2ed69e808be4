//! The page of promises against the tests that it names.

use crate::documentation::limit_comments::has_test;
use crate::support::project_file;
use regex::Regex;

/// Whether a test of the page is there: `folder::file::name` in `tests/it`, `fuzz::file::name` in `tests/fuzz`,
/// `host_imports::file::name` in the tests of the crate for plugins.
fn is_there(test: &str) -> bool {
    let (folder, test) = match test.split_once("::") {
        Some(("fuzz", test)) => ("tests/fuzz", test),
        Some(("host_imports", _)) => ("host/plugin/tests", test),
        _ => ("tests/it", test),
    };
    let Some((module, name)) = test.rsplit_once("::") else {
        return false;
    };
    let file = module.replace("::", "/");
    ["", "/mod"].iter().any(|end| {
        let path = project_file(&format!("{folder}/{file}{end}.rs"));
        std::fs::read_to_string(path).is_ok_and(|text| has_test(&text, name))
    })
}

#[test]
fn every_promise_names_tests_and_every_test_is_there() {
    let page = std::fs::read_to_string(project_file("host/PROMISES.md")).expect("the page");
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| promise "))
        .collect();
    assert!(rows.len() > 30, "{} promises", rows.len());
    let tests = Regex::new("`((?:[a-z_]+::)+[a-z_0-9]+)`").expect("a pattern");
    for row in rows {
        let named: Vec<&str> = tests
            .captures_iter(row)
            .filter_map(|found| Some(found.get(1)?.as_str()))
            .collect();
        assert!(!named.is_empty(), "no test holds this:\n{row}");
        for test in named {
            assert!(is_there(test), "there is no test {test}");
        }
    }
}
