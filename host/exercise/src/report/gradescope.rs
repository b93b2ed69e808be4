//! Gradescope's `results.json`.
//!
//! It owns that format's fields. Gradescope reads it, not students: it keeps hidden cases from them, and
//! shows them to their teacher.

use super::text::{Status, is_hidden, json, line, said};
use crate::case::Exercise;
use crate::grade::{Graded, Judged};
use serde::Serialize;
use std::io;

#[derive(Serialize)]
struct Report {
    /// Without it, and without a score of any test, Gradescope says that the grader failed, and asks the
    /// student to tell the staff. So it should, if something could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    output: String,
    output_format: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    name: String,
    name_format: &'static str,
    number: String,
    output: String,
    output_format: &'static str,
    visibility: &'static str,
}

pub(super) fn report(exercise: &Exercise, graded: &Graded) -> io::Result<String> {
    let cases = (1..).zip(graded.cases(exercise));
    let output = if graded.is_judged() {
        String::new()
    } else {
        "\nNot everything could be judged, so that there is no mark yet.".to_owned()
    };
    json(&Report {
        score: graded.points(exercise),
        output: line(&exercise.title) + &output,
        output_format: "text",
        tests: cases
            .map(|(number, case)| test(number, case, exercise, graded.is_judged()))
            .collect(),
    })
}

fn test(
    number: usize,
    (case, judgement): Judged<'_>,
    exercise: &Exercise,
    is_judged: bool,
) -> Test {
    let points = exercise.points_of(case);
    let (score, status) = match Status::of(judgement) {
        // Gradescope would add up the others' scores, and make a mark of them.
        _ if !is_judged => (None, None),
        Status::Passed => (Some(points), Some("passed")),
        Status::Failed => (Some(0.0), Some("failed")),
        Status::NotJudged => (None, None),
    };
    Test {
        score,
        max_score: score.map(|_| points),
        status,
        name: line(&case.name),
        name_format: "text",
        number: number.to_string(),
        output: said(case, judgement),
        output_format: "text",
        visibility: if is_hidden(case) { "hidden" } else { "visible" },
    }
}
