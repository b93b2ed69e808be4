//! A class as a page of HTML: one file that needs nothing else, not even a script.
//!
//! It owns how the page looks, and must not know the other formats. What comes from outside is shown
//! and never interpreted: it is escaped here, and the page forbids scripts and whatever would have to
//! be fetched. Anchors are made of numbers, whatever the names.

mod details;
mod matrix;
mod summary;

use super::text::{Status, line};
use crate::case::Exercise;
use crate::grade::{Class, Graded};
use eco_text::html;

const STYLE: &str = include_str!("page.css");

pub(super) fn page(class: &Class<'_>) -> String {
    let title = shown(&class.exercise.title);
    let parts = [
        summary::header(class),
        summary::cases(class),
        matrix::section(class),
        details::section(class),
    ];
    html::page(&format!("eco grade, {title}"), STYLE, &parts.concat())
}

/// A name as HTML, on one line.
fn shown(name: &str) -> String {
    html::escaped(&line(name))
}

fn many(count: usize, what: &str) -> String {
    eco_text::number::many(count as u64, what)
}

fn points_text(exercise: &Exercise, graded: &Graded) -> String {
    let points = graded.points(exercise);
    points.map_or_else(|| "–".to_owned(), |points| points.to_string())
}

fn not_judged(graded: &Graded) -> usize {
    let statuses = graded.judgements.iter().map(Status::of);
    statuses
        .filter(|status| *status == Status::NotJudged)
        .count()
}
