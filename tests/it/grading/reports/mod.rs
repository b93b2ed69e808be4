//! The files of reports.

mod contents;
mod paths;

use crate::harness::{Eco, Exited};
use crate::support::{empty_folder, project_file};
use serde_json::Value;
use std::path::{Path, PathBuf};

const SECRET: &str = "export SECRET=1\n";

/// A folder with an empty class, and with a file of the teacher's that nothing may change.
fn place(name: &str) -> PathBuf {
    let place = empty_folder(name);
    std::fs::create_dir(place.join("class")).unwrap();
    std::fs::create_dir(place.join("home")).unwrap();
    std::fs::write(place.join("home/.profile"), SECRET).unwrap();
    place
}

/// A student hands in an echo, in a folder of this name.
fn hand_in(place: &Path, name: &str) {
    let folder = place.join("class").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(
        project_file("plugins/echo/echo.wat"),
        folder.join("echo.wat"),
    )
    .unwrap();
}

fn grade(place: &Path, submissions: &[&str], reports: &[&str]) -> Exited {
    let reports = reports.iter().flat_map(|report| ["--report", report]);
    let reports: Vec<&str> = reports.collect();
    let grade = Eco::new(&["grade", "echo"])
        .args(submissions)
        .args(&reports);
    grade.inside(place).run(b"")
}

#[track_caller]
fn json(path: PathBuf) -> Value {
    assert!(!path.is_symlink(), "{}", path.display());
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}
