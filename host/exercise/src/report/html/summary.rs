//! The head of the page: the exercise, the class in figures, and the results of each case.

use super::super::text::{PENDING, Status, is_hidden};
use super::words::{many, shown};
use crate::case::{Case, Exercise};
use crate::grade::{Class, Graded};
use maud::{Markup, html};

pub(super) fn header(class: &Class<'_>) -> Markup {
    let (exercise, submissions) = (class.exercise, &class.submissions);
    html! {
        header { "\n"
            h1 { (shown(&exercise.title)) } "\n"
            p {
                (shown(&exercise.which()))
                " · " (many(exercise.points as usize, "point"))
                " · " (many(exercise.cases.len(), "case"))
                " · " (many(submissions.len(), "submission"))
            } "\n"
            @if !class.pending.is_empty() {
                p class="pending" {
                    "This page is not whole. " (PENDING) ": " (many(class.pending.len(), "submission")) "."
                } "\n"
            }
            @if !exercise.summary.is_empty() { p { (shown(&exercise.summary)) } "\n" }
            (figures(exercise, submissions))
        } "\n"
    }
}

/// The class in a few numbers.
fn figures(exercise: &Exercise, submissions: &[Graded]) -> Markup {
    let points = submissions
        .iter()
        .filter_map(|graded| graded.points(exercise));
    let mut points: Vec<f64> = points.collect();
    points.sort_by(f64::total_cmp);
    let all = |graded: &&Graded| graded.passed() == exercise.cases.len();
    let in_full = submissions.iter().filter(all).count();
    let not_judged = submissions.iter().filter(|graded| !graded.is_judged());
    let figures = [
        ("mean of points", figure(mean(&points))),
        ("median of points", figure(median(&points))),
        ("passed everything", in_full.to_string()),
        ("not judged in full", not_judged.count().to_string()),
    ];
    html! {
        dl { "\n"
            @for (name, value) in figures { div { dt { (name) } dd { (value) } } "\n" }
        } "\n"
    }
}

fn figure(points: Option<f64>) -> String {
    let rounded = points.map(|points| ((points * 100.0).round() / 100.0).to_string());
    rounded.unwrap_or_else(|| "–".to_owned())
}

fn mean(points: &[f64]) -> Option<f64> {
    (!points.is_empty()).then(|| points.iter().sum::<f64>() / points.len() as f64)
}

/// The median of points in order: the one in the middle, or the mean of the two there.
fn median(points: &[f64]) -> Option<f64> {
    let last = points.len().checked_sub(1)?;
    let (low, high) = (points.get(last / 2)?, points.get(points.len() / 2)?);
    Some((low + high) / 2.0)
}

/// The cases, and how many passed each.
pub(super) fn cases(class: &Class<'_>) -> Markup {
    html! {
        section { "\n"
            h2 { "Cases" } "\n"
            table class="cases" { "\n"
                thead { tr {
                    @for head in ["no.", "case", "points", "passed"] { th scope="col" { (head) } }
                    th scope="col" { span class="unseen" { "share" } }
                } } "\n"
                tbody { "\n"
                    @for (index, case) in class.exercise.cases.iter().enumerate() { (row(class, index, case)) }
                } "\n"
            } "\n"
        } "\n"
    }
}

fn row(class: &Class<'_>, index: usize, case: &Case) -> Markup {
    let outcomes = class
        .submissions
        .iter()
        .filter_map(|graded| graded.judgements.get(index));
    let statuses: Vec<Status> = outcomes.map(Status::of).collect();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    let passed = count(Status::Passed);
    let judged = statuses.len() - count(Status::NotJudged);
    let percent = (passed * 100).checked_div(judged).unwrap_or(0);
    let number = index + 1;
    html! {
        tr id={ "c" (number) } {
            td { (number) }
            th scope="row" {
                (shown(&case.name))
                @if is_hidden(case) { " " span class="hidden" { "hidden" } }
            }
            td { (class.exercise.points_of(case)) }
            td { (passed) " of " (judged) }
            td class="share" { i style={ "--share:" (percent) } {} span { (percent) " %" } }
        } "\n"
    }
}
