//! All of a class, as JSON. `tests/schemas/grades.schema.json` describes it.
//!
//! It owns that format. Names are exact here, for programs to find.

use super::text::{Status, is_hidden, json, sentence};
use crate::case::{Case, Exercise};
use crate::failure::{Failure, Place};
use crate::grade::{Class, Graded, Judged, percent};
use crate::limits::{Limit, Limits};
use crate::origin::Origin;
use crate::split::Split;
use crate::transcript::Event;
use eco_limits::Limit as _;
use serde::{Serialize, Serializer};
use std::io;

/// Grows when a field or a verdict changes its meaning, or goes. New ones may come without it. In format 1 `crashed`
/// was `trap`, `does-not-load` was `not-a-component`, and `missing-function` was `wrong-world`.
const FORMAT: u32 = 2;

#[derive(Serialize)]
struct Grades<'a> {
    format: u32,
    exercise: Task<'a>,
    submissions: Vec<Submission<'a>>,
    /// The names not graded yet. Empty in a whole report.
    pending: &'a [String],
}

#[derive(Serialize)]
struct Task<'a> {
    slug: &'a str,
    origin: Origin,
    digest: String,
    title: &'a str,
    summary: &'a str,
    points: u32,
    limits: LimitsOf<'a>,
    cases: Vec<TaskCase<'a>>,
}

/// Numbers, by the names of the limits.
struct LimitsOf<'a>(&'a Limits);

impl Serialize for LimitsOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = |limit: &Limit| limit.get(self.0).number();
        serializer.collect_map(Limit::ALL.iter().map(|limit| (limit.code(), number(limit))))
    }
}

#[derive(Serialize)]
struct TaskCase<'a> {
    name: &'a str,
    points: f64,
    hidden: bool,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Submission<'a> {
    name: &'a str,
    /// `null` if nothing could be judged.
    points: Option<f64>,
    passed: usize,
    /// Whether eco could judge all of it.
    judged: bool,
    cpu_percent: u64,
    /// In the order of the exercise.
    cases: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Outcome<'a> {
    name: &'a str,
    status: &'static str,
    verdict: &'static str,
    sentence: String,
    /// `null` if it could not be judged.
    points: Option<f64>,
    fuel: u64,
    cpu_percent: u64,
    failure: Option<Details<'a>>,
}

#[derive(Serialize)]
struct Details<'a> {
    split: String,
    connection: usize,
    place: Option<Where<'a>>,
    judge: Option<&'a str>,
    transcript: Said<'a>,
    log: &'a [String],
    log_omitted: usize,
    flush_hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Where<'a> {
    offset: usize,
    came: usize,
    chunk: Option<Chunk>,
    expected: &'a str,
    actual: &'a str,
}

#[derive(Serialize)]
struct Chunk {
    number: usize,
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct Said<'a> {
    omitted: usize,
    events: Vec<&'a Event>,
}

pub(super) fn report(class: &Class<'_>) -> io::Result<String> {
    let submissions = class.submissions.iter();
    json(&Grades {
        format: FORMAT,
        exercise: task(class.exercise),
        submissions: submissions
            .map(|graded| submission(class.exercise, graded))
            .collect(),
        pending: &class.pending,
    })
}

fn task(exercise: &Exercise) -> Task<'_> {
    let case = |case| task_case(exercise, case);
    Task {
        slug: &exercise.slug,
        origin: exercise.origin,
        digest: exercise.digest.to_string(),
        title: &exercise.title,
        summary: &exercise.summary,
        points: exercise.points,
        limits: LimitsOf(&exercise.limits),
        cases: exercise.cases.iter().map(case).collect(),
    }
}

fn task_case<'a>(exercise: &Exercise, case: &'a Case) -> TaskCase<'a> {
    TaskCase {
        name: &case.name,
        points: exercise.points_of(case),
        hidden: is_hidden(case),
        hint: case.hint.as_deref(),
    }
}

fn submission<'a>(exercise: &'a Exercise, graded: &'a Graded) -> Submission<'a> {
    let cases = graded.cases(exercise);
    Submission {
        name: &graded.name,
        points: graded.points(exercise),
        passed: graded.passed(),
        judged: graded.is_judged(),
        cpu_percent: graded.fuel_percent(exercise),
        cases: cases.map(|judged| outcome(exercise, judged)).collect(),
    }
}

fn outcome<'a>(exercise: &Exercise, (case, judgement): Judged<'a>) -> Outcome<'a> {
    let (status, points) = match Status::of(judgement) {
        Status::Passed => ("passed", Some(exercise.points_of(case))),
        Status::Failed => ("failed", Some(0.0)),
        Status::NotJudged => ("not-judged", None),
    };
    Outcome {
        name: &case.name,
        status,
        verdict: judgement.verdict.code(),
        sentence: sentence(judgement),
        points,
        fuel: judgement.fuel,
        cpu_percent: percent(judgement.fuel, exercise.limits.fuel),
        failure: judgement.failure.as_deref().map(details),
    }
}

fn details(failure: &Failure) -> Details<'_> {
    Details {
        split: split(failure.split),
        connection: failure.connection,
        place: failure.place.as_ref().map(place),
        judge: failure.judge.as_deref(),
        transcript: Said {
            omitted: failure.transcript.omitted,
            events: failure.transcript.events().collect(),
        },
        log: &failure.log,
        log_omitted: failure.log_omitted,
        flush_hint: failure.flush_hint.as_deref(),
    }
}

fn place(place: &Place) -> Where<'_> {
    let chunk = place.chunk.as_ref();
    Where {
        offset: place.offset,
        came: place.came,
        chunk: chunk.map(|(number, bytes)| Chunk {
            number: *number,
            start: bytes.start,
            end: bytes.end,
        }),
        expected: &place.expected,
        actual: &place.actual,
    }
}

/// A string in every case, for programs that count or compare them.
fn split(split: Split) -> String {
    match split {
        Split::AsWritten => "as-written".to_owned(),
        Split::AllInOne => "all-in-one".to_owned(),
        Split::SingleBytes => "single-bytes".to_owned(),
        Split::Random(number) => format!("random-{number}"),
        Split::Smallest => "smallest".to_owned(),
    }
}
