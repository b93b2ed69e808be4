//! The table, as a spreadsheet reads it.

use super::*;

#[test]
fn the_table_parses_back() {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    let table = of_class(OfClass::Csv, &class);
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let columns = reader.headers().expect("there are headings").clone();
    assert_eq!(columns.len(), 10 + exercise.cases.len());
    assert_eq!(
        columns.iter().next_back(),
        Some("5. a very long line (hidden)")
    );
    let rows: Result<Vec<_>, _> = reader.records().collect();
    let rows = rows.expect("rows have as many fields as there are headings");
    assert_eq!(rows.len(), class.submissions.len());
    for field in rows.iter().flatten() {
        assert!(!field.contains(['\n', '\t', '\r']), "{field}");
    }
    assert_no_formula(&table);
    let ben = rows
        .iter()
        .find(|row| row[0].starts_with("ben"))
        .expect("ben is there");
    assert_eq!(&ben[0], "ben, \"the\\n=cmd|' /C calc'!A1\" </td>");
    let fields: Vec<_> = ben.iter().skip(1).collect();
    assert_eq!(
        fields,
        [
            "1.67",
            "10",
            "1",
            "5",
            "95",
            "2. two lines in one go",
            "extra-bytes",
            "The plugin sent more than was asked for.",
            "yes",
            "passed",
            "extra-bytes",
            "wrong-bytes",
            "crashed",
            "out-of-memory",
        ]
    );
}

/// The cells of a line, as a spreadsheet takes it apart that splits at this sign: a quote means something only where a
/// field begins, and what follows its end belongs to the field.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut begins) = (false, true);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let last = cells.len() - 1;
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => cells[last].push('"'),
            '"' if quoted || begins => quoted = !quoted,
            _ if c == separator && !quoted => {
                cells.push(String::new());
                begins = true;
                continue;
            }
            _ => cells[last].push(c),
        }
        begins = false;
    }
    cells
}

/// Fails if any cell of any reader is a formula.
#[track_caller]
fn assert_no_formula(table: &str) {
    for separator in [',', ';', '\t', '|'] {
        for cell in table.lines().flat_map(|line| cells(line, separator)) {
            let is_formula = cell.trim_start().starts_with(['=', '+', '-', '@', '＝']);
            assert!(!is_formula, "split at {separator:?}: {cell}");
        }
    }
}

/// A table of one of this name, whose plugin says this too.
fn table_of(name: &str) -> String {
    let exercise = sample::exercise();
    let said = crate::Verdict::Crashed(name.to_owned());
    let mut class = Class::new(&exercise, vec![name.to_owned(), format!("{name} pending")]);
    class.add(Graded {
        name: name.to_owned(),
        judgements: vec![crate::Judgement::unrun(said); 5],
    });
    of_class(OfClass::Csv, &class)
}

#[test]
fn no_name_is_a_formula() {
    for name in ["=1", "+1", "-1", "@a", " =1", "＝1", "'=1"] {
        let table = table_of(name);
        assert_no_formula(&table);
        let cell = cells(table.lines().nth(1).unwrap_or_default(), ',').swap_remove(0);
        assert_eq!(
            cell.matches('\'').count(),
            name.matches('\'').count() + 1,
            "{cell}"
        );
    }
    for name in [
        "x;=1+1;",
        "x,=1+1",
        "x\t=1+1",
        "x|@SUM(1)",
        "\";=1+1;\"",
        "x; \"=1\"",
    ] {
        assert_no_formula(&table_of(name));
    }
}

/// Where the comma is the decimal sign, a spreadsheet splits at `;`, and shows whole rows in its first column.
#[test]
fn no_name_has_cells_of_its_own() {
    for name in [
        "mallory;10;10;5;5",
        "\"mallory\";10;10",
        "mallory\t10\t10",
        "mallory|10",
    ] {
        let table = table_of(name);
        for separator in [';', '\t'] {
            for line in table.lines() {
                assert_eq!(cells(line, separator).len(), 1, "{separator:?}: {line}");
            }
        }
        for line in table.lines() {
            assert_eq!(cells(line, ',').len(), 15, "{line}");
        }
    }
}

#[test]
fn who_is_not_graded_yet_has_a_row_without_a_mark() {
    let table = table_of("anna");
    let row = table.lines().nth(2).unwrap_or_default();
    let cells = cells(row, ',');
    assert_eq!(&cells[..3], ["anna pending", "", ""]);
    assert_eq!(&cells[8..10], ["Not graded yet", "no"]);
}
