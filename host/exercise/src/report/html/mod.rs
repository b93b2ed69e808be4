//! A class as a page of HTML: one file that needs nothing else, not even a script.
//!
//! It owns the look of the page. Text of strangers is shown and never interpreted: it is escaped, and
//! the page forbids scripts and all that would have to be fetched. Anchors are made of numbers, whatever
//! the names.

mod details;
mod matrix;
mod summary;

use super::text::{Status, line};
use crate::case::Exercise;
use crate::grade::{Class, Graded};
use eco_text::html::{self, escaped};
use maud::{Markup, html};

const STYLE: &str = include_str!("page.css");

pub(super) fn page(class: &Class<'_>) -> String {
    let main = html! {
        (summary::header(class))
        (summary::cases(class))
        (matrix::section(class))
        (details::section(class))
    };
    let title = line(&class.exercise.title);
    html::page(&format!("eco grade, {title}"), STYLE, main)
}

/// A name as HTML, on one line.
fn shown(name: &str) -> Markup {
    escaped(&line(name))
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
