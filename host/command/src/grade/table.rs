//! The table that `eco grade` prints at the end.

use console::style;
use eco_exercise::{Class, Graded, Judgement};
use eco_text::escape::one_line;
use eco_text::number::many;

/// The table: a line for each submission, and one for all.
pub(super) fn table(class: &Class<'_>) -> String {
    let names = class.submissions.iter();
    let width = names.map(|graded| one_line(&graded.name).chars().count());
    let width = width.max().unwrap_or(0).max("student".len());
    let head = format!("{:width$}  points  passed    CPU  first failure", "student");
    let rows: String = class
        .submissions
        .iter()
        .map(|graded| row(class, graded, width))
        .collect();
    format!("{}\n{rows}{}\n", style(head).underlined(), total(class))
}

fn row(class: &Class<'_>, graded: &Graded, width: usize) -> String {
    let exercise = class.exercise;
    let (name, passed) = (one_line(&graded.name), graded.passed());
    let points = match graded.points(exercise) {
        Some(points) => format!("{points:.2}"),
        None => "–".to_owned(),
    };
    let passed = format!("{passed}/{}", exercise.cases.len());
    let used = graded.fuel_percent(exercise);
    let mut failures = graded
        .cases(exercise)
        .filter(|(_, judgement)| !judgement.passed());
    let first = match failures.next() {
        None => style("–".to_owned()).dim(),
        Some((case, judgement)) => {
            let code = judgement.verdict.code();
            // If nothing ran, the verdict is about no case in particular.
            let text = match judgement.failure {
                Some(_) => format!("{code}: {}", one_line(&case.name)),
                None => verdict(judgement),
            };
            if judgement.is_internal() {
                style(text).yellow()
            } else {
                style(text).red()
            }
        }
    };
    format!("{name:width$}  {points:>6}  {passed:>6}  {used:>3} %  {first}\n")
}

/// A verdict, with its detail cut to the line.
fn verdict(judgement: &Judgement) -> String {
    let code = judgement.verdict.code();
    match judgement.verdict.detail() {
        None => code.to_owned(),
        Some(detail) => {
            let short: String = one_line(detail).chars().take(DETAIL).collect();
            let more = if short.len() < detail.len() {
                "…"
            } else {
                ""
            };
            format!("{code}: {short}{more}")
        }
    }
}

/// Characters of a detail in the table. Reports have all of it.
const DETAIL: usize = 60;

fn total(class: &Class<'_>) -> String {
    let count = many(class.submissions.len() as u64, "submission");
    let points = class.submissions.iter();
    let points: Vec<f64> = points
        .filter_map(|graded| graded.points(class.exercise))
        .collect();
    let mean = match points.len() {
        0 => "–".to_owned(),
        some => format!("{:.2}", points.iter().sum::<f64>() / some as f64),
    };
    format!(
        "{count}, {mean} of {} points on average; exercise: {}",
        class.exercise.points,
        class.exercise.which()
    )
}
