//! Grading a class.

mod class;
mod marks;
mod report_flag;
#[cfg(unix)]
mod reports;
#[cfg(unix)]
mod submissions;

use crate::judging::verdicts::lines;
use serde_json::Value;
use std::path::Path;

fn solution() -> String {
    format!("{}/solution/solution.lua", lines())
}

/// A file of a class, with its folders.
fn hand_in(class: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = class.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
    std::fs::write(path, text).expect("it can be written");
}

const ECHO: &str = "function receive(chunk) { return chunk; }";

/// The names and first verdicts of a report.
fn graded(report: &[u8]) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(report).expect("the report is JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let submissions = report["submissions"].as_array().expect("a list").iter();
    submissions
        .map(|submission| {
            (
                text(&submission["name"]),
                text(&submission["cases"][0]["verdict"]),
            )
        })
        .collect()
}
