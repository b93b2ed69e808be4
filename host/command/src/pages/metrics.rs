//! The table of metrics, held against the code.

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
