//! A table for spreadsheets and gradebooks: a row for each submission.
//!
//! It owns the columns, and keeps a text within its cell. `csv` does the quoting.
//!
//! A spreadsheet may split fields at another sign than the comma (at `;`, if the comma is the decimal sign),
//! and takes a cell for a formula by its beginning. The guards are those of OWASP's page "CSV Injection".

use super::text::{PENDING, Status, label, line, sentence};
use crate::case::Exercise;
use crate::grade::{Class, Graded};
use ::csv::{QuoteStyle, WriterBuilder};
use std::io::{self, Write};

const COLUMNS: [&str; 10] = [
    "submission",
    "points",
    "max points",
    "passed",
    "cases",
    "cpu percent",
    "first failure",
    "verdict",
    "reason",
    "judged",
];

pub(super) fn write(class: &Class<'_>, to: &mut dyn Write) -> io::Result<()> {
    let mut table = WriterBuilder::new()
        // For any separator of a reader, the first field ends where its quotes end.
        .quote_style(QuoteStyle::NonNumeric)
        .from_writer(to);
    let columns = COLUMNS.map(str::to_owned).into_iter();
    let headings: Vec<_> = headings(class.exercise).collect();
    table.write_record(columns.chain(headings.iter().cloned()))?;
    for graded in &class.submissions {
        table.write_record(row(class.exercise, graded, &headings))?;
    }
    for name in &class.pending {
        table.write_record(pending(class.exercise, name))?;
    }
    table.flush()
}

/// The cases, with numbers: such a heading is unlike any other column's, and unlike a formula.
fn headings(exercise: &Exercise) -> impl Iterator<Item = String> {
    let cases = (1..).zip(&exercise.cases);
    cases.map(|(number, case)| text(&format!("{number}. {}", label(case))))
}

fn row(exercise: &Exercise, graded: &Graded, headings: &[String]) -> Vec<String> {
    let points = graded.points(exercise).map(|points| points.to_string());
    let mut with_headings = headings.iter().zip(&graded.judgements);
    let first = with_headings.find(|(_, judgement)| Status::of(judgement) == Status::Failed);
    let (case, verdict, reason) = match first {
        None => ("", "", String::new()),
        Some((heading, judgement)) => (
            heading.as_str(),
            judgement.verdict.code(),
            text(&sentence(judgement)),
        ),
    };
    let judged = if graded.is_judged() { "yes" } else { "no" };
    let mut row = vec![
        defused(&line(&graded.name)),
        points.unwrap_or_default(),
        exercise.points.to_string(),
        graded.passed().to_string(),
        exercise.cases.len().to_string(),
        graded.fuel_percent(exercise).to_string(),
        case.to_owned(),
        verdict.to_owned(),
        reason,
        judged.to_owned(),
    ];
    let verdicts = graded
        .judgements
        .iter()
        .map(|judgement| judgement.verdict.code());
    row.extend(verdicts.map(str::to_owned));
    row
}

/// The row of a submission not graded yet. It has no mark, and the table lacks nobody.
fn pending(exercise: &Exercise, name: &str) -> Vec<String> {
    let mut row = vec![String::new(); COLUMNS.len() + exercise.cases.len()];
    for (column, field) in [
        (0, defused(&line(name))),
        (8, PENDING.to_owned()),
        (9, "no".to_owned()),
    ] {
        if let Some(cell) = row.get_mut(column) {
            *cell = field;
        }
    }
    row
}

/// A text in the middle of a row. It has no `;`: a reader that splits there sees no quote before it to keep
/// it together.
fn text(text: &str) -> String {
    defused(&text.replace(';', ","))
}

/// A text that is no formula, for no reader: neither as a whole nor behind a sign at which some begin a new
/// cell. Some look past spaces and quotes, some know wide signs. A tab and a line end are escaped before.
fn defused(text: &str) -> String {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    const SEPARATORS: [char; 4] = [',', ';', '|', '；'];
    let mut safe = String::new();
    let mut begins = true;
    for c in text.chars() {
        if begins && SIGNS.contains(&c) {
            safe.push('\'');
        }
        safe.push(c);
        let is_passed_over = c.is_whitespace() || c == '"' || c == '\'';
        begins = SEPARATORS.contains(&c) || begins && is_passed_over;
    }
    safe
}
