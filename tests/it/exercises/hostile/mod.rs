//! Exercises of strangers that attack the teacher or student who runs them.

mod contents;
mod files;

use crate::exercises::{HEAD, exercise};
use crate::harness::{Eco, Exited};
use std::path::{Path, PathBuf};

/// Memory to read an exercise, in KiB, as `plugins/exercises/README.md` has it.
const MOST_MEMORY: usize = 256 * 1024;

/// `eco` with so much memory for data, in KiB, where the system can hold it to that.
fn within(kib: usize, arguments: &[&str]) -> Exited {
    #[cfg(unix)]
    return Eco::with_data(kib, arguments).run(b"");
    #[cfg(not(unix))]
    Eco::new(arguments).run(b"")
}

/// `eco check --lint` on it, with no more memory than reading an exercise may take.
fn lint(folder: &Path) -> Exited {
    let folder = folder.display().to_string();
    within(MOST_MEMORY, &["check", "--lint", &folder])
}

#[track_caller]
fn refused(folder: &Path, words: &[&str]) {
    let linted = lint(folder);
    assert_eq!(linted.code, 1, "{}", linted.stderr);
    assert!(linted.stderr.len() < 20_000, "{}", linted.stderr.len());
    for words in words {
        assert!(linted.stderr.contains(words), "{words}: {}", linted.stderr);
    }
}

/// It can be used: the README and the starter are all that is missing.
#[track_caller]
fn accepted(folder: &Path) {
    let linted = lint(folder);
    let missing = ["README.md: students need", "starter: students need"];
    assert_eq!(
        linted.stderr.lines().count(),
        missing.len(),
        "{}",
        linted.stderr
    );
    for words in missing {
        assert!(linted.stderr.contains(words), "{}", linted.stderr);
    }
}

/// An exercise of so many cases, each with these lines.
fn cases(name: &str, number: usize, lines: impl Fn(usize) -> String) -> PathBuf {
    let case = |number| format!("[[cases]]\nname = \"{number}\"\n{}\n", lines(number));
    let cases: String = (0..number).map(case).collect();
    exercise(name, &format!("{HEAD}{cases}"))
}
