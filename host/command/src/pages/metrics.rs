//! The table of metrics, held against the code.

use super::every_flag;
use super::texts::page;
use crate::admin::families::{Family, OF_PROCESS, OF_SERVICES};

fn rows<S>(families: &[Family<S>], of: &str) -> String {
    let rows = families.iter().map(|family| {
        let Family { name, help, .. } = family;
        format!("| `{name}` | {} | {of} | {help} |\n", family.kind())
    });
    rows.collect()
}

#[test]
fn the_table_of_metrics_is_that_of_the_code() {
    let mut table = String::from("| metric | kind | of | what it shows |\n|---|---|---|---|\n");
    table += &rows(OF_PROCESS, "process");
    table += &rows(OF_SERVICES, "service");
    assert!(
        page("host/README.md").contains(&table),
        "host/README.md should have\n{table}"
    );
}

#[test]
fn every_flag_that_a_metric_names_is_one() {
    fn named<S>(families: &[Family<S>]) -> impl Iterator<Item = &str> {
        families.iter().flat_map(|family| {
            let words = family
                .help
                .split(|it: char| !it.is_alphanumeric() && it != '-');
            words.filter(|word| word.starts_with("--"))
        })
    }
    let flags = every_flag();
    let named: Vec<&str> = named(OF_PROCESS).chain(named(OF_SERVICES)).collect();
    assert!(named.len() > 4, "{named:?}");
    for flag in named {
        assert!(flags.contains(flag), "{flag}");
    }
}
