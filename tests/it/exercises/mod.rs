//! Exercises: their files, the linter, and those that eco brings.

mod files;
mod hostile;
mod limits;
mod lint;
mod over_sockets;
pub(crate) mod shipped;
mod start;

use crate::harness::Eco;
use crate::support::empty_folder;
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(crate) const HEAD: &str = "format = 1\nslug = \"try\"\ntitle = \"Try\"\npoints = 10\n";

/// A folder with this `exercise.toml`, and a file `big` of 3 MiB.
pub(crate) fn exercise(name: &str, toml: &str) -> PathBuf {
    let folder = empty_folder(name);
    std::fs::write(folder.join("exercise.toml"), toml).expect("it can be written");
    std::fs::write(folder.join("big"), vec![0; 3 << 20]).expect("it can be written");
    folder
}

fn write(path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
    let path = path.as_ref();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    std::fs::write(path, text).expect("it can be written");
}

/// The verdict of one plugin in an exercise of one case, and the part of its fuel that it took.
fn judged(exercise: &Path, plugin: &str) -> (String, f64) {
    let exercise = exercise.display().to_string();
    let graded = Eco::new(&["grade", &exercise, plugin, "--report", "json=-"]).run(b"");
    let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
    let case = &report["submissions"][0]["cases"][0];
    let limit = report["exercise"]["limits"]["fuel"].as_f64();
    let share = case["fuel"].as_f64().expect("fuel") / limit.expect("a limit");
    (case["verdict"].as_str().expect("a code").to_owned(), share)
}
