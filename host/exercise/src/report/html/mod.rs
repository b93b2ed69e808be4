//! A class as a page of HTML: one file that needs nothing else, not even a script.
//!
//! It owns the look of the page. Text of strangers is shown and never interpreted: it is escaped, and
//! the page forbids scripts and all that would have to be fetched. Anchors are made of numbers, whatever
//! the names.

mod details;
mod matrix;
mod summary;
mod words;

use super::text::line;
use crate::grade::Class;
use eco_text::html;
use maud::html;

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
