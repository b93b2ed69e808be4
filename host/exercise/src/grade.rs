//! Grades: the judgements of a submission, and their points.

use super::case::{Case, Exercise};
use super::judgement::Judgement;

/// A class: one exercise, and its submissions.
#[derive(Debug)]
pub struct Class<'a> {
    /// The exercise.
    pub exercise: &'a Exercise,
    /// The graded ones, in the order of their names.
    pub submissions: Vec<Graded>,
    /// The names of those not graded yet, in their order. Reports say that they are missing.
    pub pending: Vec<String>,
}

impl<'a> Class<'a> {
    /// A class without a grade. No two names are the same.
    pub fn new(exercise: &'a Exercise, mut names: Vec<String>) -> Self {
        names.sort();
        Self {
            exercise,
            submissions: Vec::new(),
            pending: names,
        }
    }

    /// Adds a graded submission.
    pub fn add(&mut self, graded: Graded) {
        if let Ok(place) = self.pending.binary_search(&graded.name) {
            self.pending.remove(place);
        }
        let place = self
            .submissions
            .partition_point(|other| other.name < graded.name);
        self.submissions.insert(place, graded);
    }
}

/// One submission, judged.
#[derive(Debug)]
pub struct Graded {
    /// Its name. No two are the same.
    pub name: String,
    /// One judgement for each case of the exercise, in its order.
    pub judgements: Vec<Judgement>,
}

/// A case, with its judgement.
pub type Judged<'a> = (&'a Case, &'a Judgement);

impl Graded {
    /// The cases, with their judgements.
    pub fn cases<'a>(&'a self, exercise: &'a Exercise) -> impl Iterator<Item = Judged<'a>> {
        exercise.cases.iter().zip(&self.judgements)
    }

    /// The number of cases that it passed.
    pub fn passed(&self) -> usize {
        let passed = self
            .judgements
            .iter()
            .filter(|judgement| judgement.passed());
        passed.count()
    }

    /// Whether eco could judge all of it.
    pub fn is_judged(&self) -> bool {
        !self.judgements.iter().any(Judgement::is_internal)
    }

    /// The points, out of those of the exercise. `None` if any case could not be judged: that is not the
    /// student's fault. A mark for the rest would be too low or, if a plugin found a way to make eco fail,
    /// too high. Somebody has to look.
    pub fn points(&self, exercise: &Exercise) -> Option<f64> {
        let passed = self
            .cases(exercise)
            .filter(|(_, judgement)| judgement.passed());
        let passed: u64 = passed.map(|(case, _)| u64::from(case.weight)).sum();
        let share = passed as f64 / exercise.weights().max(1) as f64;
        self.is_judged()
            .then(|| rounded(f64::from(exercise.points) * share))
    }

    /// The largest share of the fuel of one connection that any case used, in percent.
    pub fn fuel_percent(&self, exercise: &Exercise) -> u64 {
        let most = self.judgements.iter().map(|judgement| judgement.fuel).max();
        percent(most.unwrap_or(0), exercise.limits.fuel)
    }
}

impl Exercise {
    /// The points of one case.
    pub fn points_of(&self, case: &Case) -> f64 {
        let share = f64::from(case.weight) / self.weights().max(1) as f64;
        rounded(f64::from(self.points) * share)
    }
}

/// Rounds to hundredths: more is noise in a gradebook.
fn rounded(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

/// A share of the fuel in percent, rounded up: some fuel is never 0.
pub fn percent(used: u64, of: u64) -> u64 {
    let percent = (u128::from(used) * 100).div_ceil(u128::from(of.max(1)));
    u64::try_from(percent).unwrap_or(100).min(100)
}
