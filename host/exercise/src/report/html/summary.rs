//! The head of the page: the exercise, how the class did, and how each case went.

use super::super::text::{PENDING, Status, is_hidden};
use super::{many, shown};
use crate::case::Exercise;
use crate::grade::{Class, Graded};

pub(super) fn header(class: &Class<'_>) -> String {
    let (exercise, submissions) = (class.exercise, &class.submissions);
    let (title, which) = (shown(&exercise.title), shown(&exercise.which()));
    let summary = match exercise.summary.as_str() {
        "" => String::new(),
        summary => format!("<p>{}</p>\n", shown(summary)),
    };
    let pending = match class.pending.len() {
        0 => String::new(),
        some => format!(
            "<p class=\"pending\">This page is not whole. {}: {}.</p>\n",
            PENDING,
            many(some, "submission")
        ),
    };
    let said = [
        which,
        many(exercise.points as usize, "point"),
        many(exercise.cases.len(), "case"),
        many(submissions.len(), "submission"),
    ];
    let (said, figures) = (said.join(" · "), figures(exercise, submissions));
    format!("<header>\n<h1>{title}</h1>\n<p>{said}</p>\n{pending}{summary}{figures}</header>\n")
}

/// The class in a few numbers.
fn figures(exercise: &Exercise, submissions: &[Graded]) -> String {
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
    let figures =
        figures.map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"));
    format!("<dl>\n{}</dl>\n", figures.concat())
}

fn figure(points: Option<f64>) -> String {
    let rounded = points.map(|points| ((points * 100.0).round() / 100.0).to_string());
    rounded.unwrap_or_else(|| "–".to_owned())
}

fn mean(points: &[f64]) -> Option<f64> {
    (!points.is_empty()).then(|| points.iter().sum::<f64>() / points.len() as f64)
}

/// Of points in order: the one in the middle, or what lies between the two there.
fn median(points: &[f64]) -> Option<f64> {
    let last = points.len().checked_sub(1)?;
    let (low, high) = (points.get(last / 2)?, points.get(points.len() / 2)?);
    Some((low + high) / 2.0)
}

/// The cases, and how many passed each.
pub(super) fn cases(class: &Class<'_>) -> String {
    let rows = (0..class.exercise.cases.len()).map(|index| row(class, index));
    let rows: String = rows.collect();
    format!(
        "<section>\n<h2>Cases</h2>\n<table class=\"cases\">\n<thead><tr><th scope=\"col\">no.</th>\
         <th scope=\"col\">case</th><th scope=\"col\">points</th><th scope=\"col\">passed</th>\
         <th scope=\"col\"><span class=\"unseen\">share</span></th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</section>\n"
    )
}

fn row(class: &Class<'_>, index: usize) -> String {
    let Some(case) = class.exercise.cases.get(index) else {
        return String::new();
    };
    let outcomes = class
        .submissions
        .iter()
        .filter_map(|graded| graded.judgements.get(index));
    let statuses: Vec<Status> = outcomes.map(Status::of).collect();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    let passed = count(Status::Passed);
    let judged = statuses.len() - count(Status::NotJudged);
    let percent = (passed * 100).checked_div(judged).unwrap_or(0);
    let hidden = if is_hidden(case) {
        " <span class=\"hidden\">hidden</span>"
    } else {
        ""
    };
    let (number, name, points) = (index + 1, shown(&case.name), class.exercise.points_of(case));
    format!(
        "<tr id=\"c{number}\"><td>{number}</td><th scope=\"row\">{name}{hidden}</th><td>{points}</td>\
         <td>{passed} of {judged}</td><td class=\"share\"><i style=\"--share:{percent}\"></i>\
         <span>{percent} %</span></td></tr>\n"
    )
}
