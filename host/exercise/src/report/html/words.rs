//! The words that the parts of the page share.

use super::super::text::{Status, line};
use crate::case::Exercise;
use crate::grade::Graded;
use eco_text::html::escaped;
use maud::Markup;

/// A name as HTML, on one line.
pub(super) fn shown(name: &str) -> Markup {
    escaped(&line(name))
}

pub(super) fn many(count: usize, what: &str) -> String {
    eco_text::number::many(count as u64, what)
}

pub(super) fn points_text(exercise: &Exercise, graded: &Graded) -> String {
    let points = graded.points(exercise);
    points.map_or_else(|| "–".to_owned(), |points| points.to_string())
}

pub(super) fn not_judged(graded: &Graded) -> usize {
    let statuses = graded.judgements.iter().map(Status::of);
    statuses
        .filter(|status| *status == Status::NotJudged)
        .count()
}
