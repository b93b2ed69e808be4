//! The figures of speed that the page on running eco shows are those that the benchmarks wrote.

use crate::support::project_file;

const PAGE: &str = include_str!("../../../host/README.md");
const RESULTS: &str = include_str!("../../benches/RESULTS.md");

/// A row of a table of RESULTS.md, by its first cell and the names of its columns.
struct Row<'a> {
    columns: Vec<&'a str>,
    cells: Vec<&'a str>,
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The row with this name of the table whose first column has that name.
fn row<'a>(table: &str, name: &str) -> Row<'a> {
    let mut lines = RESULTS.lines();
    let columns = lines.by_ref().map(cells).find(|cells| cells[0] == table);
    let mut rows = lines
        .take_while(|line| line.starts_with('|'))
        .map(cells)
        .filter(|cells| cells[0] == name);
    Row {
        columns: columns.unwrap_or_else(|| panic!("RESULTS.md has no table {table}")),
        cells: rows
            .next()
            .unwrap_or_else(|| panic!("RESULTS.md has no row {name}")),
    }
}

impl<'a> Row<'a> {
    fn cell(&self, column: &str) -> &'a str {
        let at = self.columns.iter().position(|name| *name == column);
        self.cells[at.unwrap_or_else(|| panic!("RESULTS.md has no column {column}"))]
    }

    /// The figure itself.
    fn figure(&self, column: &str) -> &'a str {
        self.cell(column).split(' ').next().unwrap_or_default()
    }

    /// The ratio to native, in parentheses.
    fn ratio(&self, column: &str) -> &'a str {
        let cell = self.cell(column);
        let ratio = cell
            .split_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'));
        ratio.unwrap_or_else(|| panic!("{cell} has no ratio"))
    }
}

const SERVERS: [&str; 5] = [
    "eco",
    "eco, as any plugin",
    "eco, Lua",
    "eco, JavaScript",
    "eco, Python",
];

#[test]
fn the_table_of_speed_is_that_of_the_results() {
    let mut table = vec![];
    for (what, name) in [
        ("16 B", "server CPU per round trip of 16 B, µs"),
        ("1 KiB", "server CPU per round trip of 1024 B, µs"),
        ("16 KiB", "server CPU per round trip of 16384 B, µs"),
        ("64 KiB", "server CPU per round trip of 65536 B, µs"),
    ] {
        let row = row("measure", name);
        let ratios = SERVERS.map(|server| row.ratio(server)).join(" | ");
        table.push(format!(
            "| processor time of a round trip of {what}, native is 1 | {ratios} |"
        ));
    }
    for connections in ["1000", "8000"] {
        let name = format!("server CPU per round trip of 16 B on {connections} connections, µs");
        let row = row("measure", &name);
        let [eco, any] = ["eco", "eco, as any plugin"].map(|server| row.ratio(server));
        table.push(format!(
            "| the same, 16 B on {connections} busy connections | {eco} | {any} | | | |"
        ));
    }
    let connect = row(
        "measure",
        "server CPU of connect, one round trip, close, µs",
    );
    let ratios = SERVERS.map(|server| connect.ratio(server)).join(" | ");
    table.push(format!(
        "| processor time of connect, one round trip, close, native is 1 | {ratios} |"
    ));
    for (what, name) in [
        (
            "memory of a connection that spoke, KiB",
            "anonymous memory of an idle connection that echoed, 100 of them, KiB",
        ),
        (
            "start of the server to its first echo, ms",
            "start to first echo, ms",
        ),
    ] {
        let row = row("measure", name);
        let native = row.figure("native tokio");
        let figures = SERVERS.map(|server| row.figure(server)).join(" | ");
        table.push(format!("| {what}, native {native} | {figures} |"));
    }
    let size = row("measure", "size of the program, MiB");
    table.push(format!(
        "| size of the program, MiB, native {} | {} | the same | the same | the same | the same |",
        size.figure("native tokio"),
        size.figure("eco")
    ));
    let table = table.join("\n");
    assert!(PAGE.contains(&table), "host/README.md should have\n{table}");
    let machine = RESULTS.lines().find_map(|line| line.split_once(", on "));
    let (_, machine) = machine.expect("it names the processors");
    let (processors, _) = machine.split_once(", Linux").expect("and the system");
    let page = PAGE.replace('\n', " ");
    assert!(
        page.contains(processors),
        "host/README.md should name {processors}"
    );
}

#[test]
fn the_cost_of_the_release_profile_is_given_as_it_was_measured() {
    let row = row("size", "16 B");
    let ratio = |column| row.ratio(column).parse::<f64>().expect("a ratio");
    let more = ratio("any plugin, release") / ratio("any plugin") - 1.0;
    let said = format!("{:.0} % more processor time", more * 100.0);
    assert!(PAGE.contains(&said), "host/README.md should say {said}");
}

#[test]
fn the_times_of_a_plugin_as_a_function_are_given_as_they_were_measured() {
    let read = |path: &str| std::fs::read_to_string(project_file(path)).expect("it is there");
    let (page, results) = (
        read("host/plugin/src/lib.rs"),
        read("tests/benches/FUNCTION.md"),
    );
    let table = results.lines().filter(|line| line.starts_with('|'));
    let table: Vec<_> = table.map(|line| format!("//! {line}")).collect();
    let table = table.join("\n");
    assert!(
        page.contains(&table),
        "host/plugin/src/lib.rs should have\n{table}"
    );
    let (_, machine) = results.split_once(", on ").expect("it names the processor");
    let (processor, _) = machine.split_once(". ").expect("a sentence ends");
    assert!(page.contains(processor), "it should name {processor}");
}
