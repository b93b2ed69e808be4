//! Submissions by students who know how eco looks at them.

mod isolation;
mod journal;
mod links;
mod names;

use crate::harness::{Eco, Exited};
use crate::support::{empty_folder, handler, project_file};
use serde_json::Value;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nothing is waited for as long as this unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

fn echo() -> Vec<u8> {
    fs::read(project_file("plugins/echo/echo.wat")).expect("it can be read")
}

/// A plugin that answers nothing.
fn silent() -> String {
    let realloc = r#"(func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)"#;
    let receive = r#"(func (export "receive") (param i32 i32) (result i32) i32.const 0)"#;
    let memory = r#"(memory (export "memory") 2)"#;
    handler(&format!("{memory} {realloc} {receive}"), "")
}

/// A plugin that loops until its fuel is used up.
fn loops() -> String {
    silent().replace(
        "(result i32) i32.const 0)",
        "(result i32) (loop $l (br $l)) i32.const 0)",
    )
}

/// A file, with its folders.
fn put(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
    fs::write(path, bytes).expect("it can be written");
}

/// An exercise with as many cases, each of which wants what it sends.
fn exercise(name: &str, cases: usize, fuel: u64) -> PathBuf {
    let folder = empty_folder(name);
    let head =
        format!("format = 1\nslug = \"e\"\ntitle = \"E\"\npoints = 10\n[limits]\nfuel = {fuel}\n");
    let case = |number| {
        format!(
            "[[cases]]\nname = \"no. {number}\"\nsteps = [{{ send = \"a\" }}, {{ expect = \"a\" }}]\n"
        )
    };
    let cases: String = (0..cases).map(case).collect();
    put(&folder, "exercise.toml", head + &cases);
    folder
}

/// An exercise of one case.
fn short(name: &str) -> String {
    exercise(name, 1, 1_000_000).display().to_string()
}

/// Of each submission its name, and the verdict of its first case with what that names.
fn verdicts(report: &[u8]) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(report).expect("the report is JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let submissions = report["submissions"].as_array().expect("a list").iter();
    submissions
        .map(|submission| {
            let case = &submission["cases"][0];
            let all = case.to_string();
            (
                text(&submission["name"]),
                text(&case["verdict"]) + " " + &all,
            )
        })
        .collect()
}

/// The names alone.
fn names(run: &Exited) -> Vec<String> {
    assert_eq!(run.code, 0, "{}", run.stderr);
    let verdicts = verdicts(&run.stdout).into_iter();
    verdicts.map(|(name, _)| name).collect()
}

fn grade(exercise: &str, inside: &Path, arguments: &[&str]) -> Eco {
    let grade = Eco::new(&["grade", exercise, "--report", "json=-"]);
    grade.args(arguments).inside(inside)
}

/// The report on one of them.
#[track_caller]
fn of<'a>(verdicts: &'a [(String, String)], name: &str) -> &'a str {
    let found = verdicts.iter().find(|(its, _)| its == name);
    let (_, said) = found.unwrap_or_else(|| panic!("{name} is not among {verdicts:?}"));
    said
}

/// Waits until the journal in this cache folder has so many submissions.
fn wait_for_journal(cache: &Path, many: usize) {
    let since = Instant::now();
    while journal(cache).len() < many {
        assert!(since.elapsed() < PATIENCE, "{:?}", journal(cache));
        std::thread::yield_now();
    }
}

/// The files of all journals.
fn journal(cache: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let journals = inside(&cache.join("eco/grading"));
    let files = journals.iter().flat_map(|journal| inside(journal));
    // Whole entries have no other names.
    files
        .filter(|file| {
            !file
                .file_name()
                .is_some_and(|name| name.as_bytes().starts_with(b"."))
        })
        .collect()
}
