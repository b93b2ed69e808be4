//! The builder of an exercise: the contents of its files so far, and the bounds of the whole.
//!
//! An exercise stays in memory while a class is graded, and its author may be anybody. So each of its parts has a
//! bound.

use crate::case::{Action, Case, Pattern, Script, Step};
use crate::digest::Digest;
use crate::expression::{self, Expression, folded_classes};
use crate::mistake::Mistake;
use bytesize::ByteSize;
use eco_plugin::Source;
use eco_text::escape;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Cases of an exercise. More is refused: each runs seven times for every submission, and is in every
/// report. Test: `exercises::hostile::contents::cases_steps_and_judges_have_bounds`.
pub(super) const MOST_CASES: usize = 1000;
/// Steps of all cases. More is refused, since each is held.
/// Test: `exercises::hostile::contents::cases_steps_and_judges_have_bounds`.
const MOST_STEPS: usize = 20_000;
/// Judges, each a file that is loaded once. More is refused: each is compiled, and its code held.
/// Test: `exercises::hostile::contents::cases_steps_and_judges_have_bounds`.
const MOST_JUDGES: usize = 16;
/// Bytes of all judges. More is refused, since their code is held, and may be many times as large.
/// Test: `judging::judges::judges_that_are_too_large_are_refused`.
const LARGEST_JUDGES: usize = 4 * 1024 * 1024;
/// Bytes held for all cases together: messages and expected replies, texts, and compiled regular
/// expressions. More is refused. Test: `exercises::files::an_exercise_that_would_take_gigabytes_to_hold_is_refused`.
const MOST_HELD: usize = 64 * 1024 * 1024;
/// Bytes of the patterns of all regular expressions; equal ones count once. More is refused, which bounds the time to
/// compile them. Test: `exercises::hostile::contents::patterns_have_bounds_each_and_together`.
const MOST_PATTERNS: usize = 64 * 1024;
/// Character classes in patterns that ignore case. More is refused: the largest take six milliseconds each.
/// Test: `exercises::hostile::contents::patterns_have_bounds_each_and_together`.
const MOST_FOLDED: usize = 256;
/// Warnings of an exercise. Further ones are left out: an author who has corrected a hundred looks again.
/// Test: `exercises::hostile::files::warnings_are_a_hundred_at_the_most`.
const MOST_WARNINGS: usize = 100;

/// The cases so far, of all files.
#[derive(Default)]
pub(super) struct ExerciseBuilder {
    pub(super) cases: Vec<Case>,
    pub(super) warnings: Vec<Mistake>,
    names: BTreeSet<String>,
    pub(super) judges: Vec<Source>,
    /// The index of the judge in each file.
    judge_files: BTreeMap<PathBuf, usize>,
    judge_bytes: usize,
    expressions: BTreeMap<String, Expression>,
    steps: usize,
    bytes: usize,
    /// Bytes of the patterns, and their folded classes.
    patterns: usize,
    folded: usize,
}

impl ExerciseBuilder {
    /// Makes room for a case of this name, with so many bytes of other texts.
    pub(super) fn begin_case(&mut self, name: &str, texts: usize) -> Result<(), String> {
        if self.cases.len() == MOST_CASES {
            return Err(format!("an exercise has at most {MOST_CASES} cases"));
        }
        if !self.names.insert(name.to_owned()) {
            return Err(format!("another case has the name {name:?} already"));
        }
        self.hold(size_of::<Case>() + 2 * name.len() + texts)
    }

    /// Makes room for a step that holds so many bytes.
    pub(super) fn step(&mut self, bytes: usize) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(format!(
                "the cases of an exercise may have {MOST_STEPS} steps in all"
            ));
        }
        self.hold(size_of::<Step>() + bytes)
    }

    /// The index of the judge in this file, which is read if it is new. `read` takes the limit in bytes.
    pub(super) fn judge(
        &mut self,
        path: &Path,
        read: impl FnOnce(usize) -> Result<Vec<u8>, String>,
    ) -> Result<usize, String> {
        if let Some(known) = self.judge_files.get(path) {
            return Ok(*known);
        }
        let number = self.judges.len();
        if number == MOST_JUDGES {
            return Err(format!("an exercise has at most {MOST_JUDGES} judges"));
        }
        let bytes = read(LARGEST_JUDGES)?;
        self.judge_bytes += bytes.len();
        if self.judge_bytes > LARGEST_JUDGES {
            let most = ByteSize(LARGEST_JUDGES as u64);
            return Err(format!("the judges of an exercise may have {most} in all"));
        }
        self.judges
            .push(Source::from_contents(escape::path(path), bytes));
        self.judge_files.insert(path.to_owned(), number);
        Ok(number)
    }

    /// The compiled pattern. Equal patterns are compiled once.
    pub(super) fn expression(&mut self, text: &str) -> Result<Expression, String> {
        if let Some(known) = self.expressions.get(text) {
            return Ok(known.clone());
        }
        super::lengths::check_length(text, expression::LONGEST, "a regular expression")?;
        self.patterns += text.len();
        if self.patterns > MOST_PATTERNS {
            let most = ByteSize(MOST_PATTERNS as u64);
            return Err(format!(
                "the regular expressions of an exercise may have {most} in all"
            ));
        }
        self.folded += folded_classes(text);
        if self.folded > MOST_FOLDED {
            return Err(format!(
                "regular expressions in which case doesn't matter may have {MOST_FOLDED} classes in all"
            ));
        }
        let made = Expression::of(text)?;
        self.hold(made.size())?;
        self.expressions.insert(text.to_owned(), made.clone());
        Ok(made)
    }

    pub(super) fn warn(&mut self, warning: Mistake) {
        if self.warnings.len() < MOST_WARNINGS {
            self.warnings.push(warning);
        }
    }

    /// The digest of the exercise with this TOML: of the TOML, of the bytes that steps send and expect, and of the
    /// judges. Exercises that could judge differently have different digests.
    pub(super) fn digest(&self, toml: &[&[u8]]) -> Digest {
        let steps = self.cases.iter().flat_map(|case| match &case.script {
            Script::Steps(steps) => steps.as_slice(),
            Script::Judge { .. } => &[],
        });
        let steps = steps.filter_map(|step| match &step.action {
            Action::Send(bytes) | Action::Expect(Pattern::Bytes(bytes)) => Some(bytes.as_slice()),
            _ => None,
        });
        let judges = self.judges.iter().filter_map(|judge| match judge {
            // The extension says the language.
            Source::Memory(judge) => {
                Some([judge.name().rsplit('.').next()?.as_bytes(), judge.bytes()])
            }
            _ => None,
        });
        Digest::of(toml.iter().copied().chain(steps).chain(judges.flatten()))
    }

    fn hold(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes += bytes;
        if self.bytes > MOST_HELD {
            let most = ByteSize(MOST_HELD as u64);
            Err(format!(
                "the cases of an exercise may have {most} in all, and this is more"
            ))
        } else {
            Ok(())
        }
    }
}
