//! A class as a page of HTML: one file that needs nothing else, not even a script.
//!
//! It owns how the page looks, and must not know the other formats. What comes from outside is shown
//! and never interpreted: it is escaped here, and the page forbids scripts and whatever would have to
//! be fetched. Anchors are made of numbers, whatever the names.

mod details;
mod matrix;
mod summary;

use super::text::{Status, line};
use crate::exercise::case::Exercise;
use crate::exercise::grade::{Class, Graded};

const STYLE: &str = include_str!("page.css");

pub(super) fn page(class: &Class<'_>) -> String {
    let (title, style) = (shown(&class.exercise.title), STYLE);
    let parts = [
        summary::header(class),
        summary::cases(class),
        matrix::section(class),
        details::section(class),
    ];
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="eco">
<meta name="color-scheme" content="light dark">
<title>eco grade, {title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{}</main>
</body>
</html>
"#,
        parts.concat(),
    )
}

/// A name as HTML, on one line.
fn shown(name: &str) -> String {
    crate::escape::html(&line(name))
}

fn many(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
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
