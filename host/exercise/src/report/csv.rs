//! A table for spreadsheets and gradebooks: a row for each submission.
//!
//! It owns the columns, and leaves the quoting to `csv`. It must not know other formats.

use super::text::{Status, label, line, sentence};
use crate::case::Exercise;
use crate::grade::{Class, Graded};
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
    let mut table = ::csv::Writer::from_writer(to);
    let columns = COLUMNS.map(str::to_owned).into_iter();
    table.write_record(columns.chain(headings(class.exercise)))?;
    let headings: Vec<_> = headings(class.exercise).collect();
    for graded in &class.submissions {
        table.write_record(row(class.exercise, graded, &headings))?;
    }
    table.flush()
}

/// The cases, with numbers: they make a heading unlike any other column's, and unlike a formula.
fn headings(exercise: &Exercise) -> impl Iterator<Item = String> {
    let cases = (1..).zip(&exercise.cases);
    cases.map(|(number, case)| format!("{number}. {}", label(case)))
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
            sentence(judgement),
        ),
    };
    let judged = if graded.is_judged() { "yes" } else { "no" };
    let mut row = vec![
        defused(line(&graded.name)),
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

/// A name that no spreadsheet takes for a formula. Some look past spaces, some know wide signs.
fn defused(name: String) -> String {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if name.trim_start().starts_with(SIGNS) {
        format!("'{name}")
    } else {
        name
    }
}
