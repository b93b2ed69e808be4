//! A parsed exercise: checked, and ready to run.

use super::digest::Digest;
use super::expression::Expression;
use super::limits::Limits;
use super::mistake::Mistake;
use super::origin::Origin;
use super::seed::Seed;
use eco_plugin::Source;
use std::sync::Arc;
use std::time::Duration;

/// A task for a student, and the cases that judge a solution.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// Its name in commands and reports: small letters, digits and hyphens.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// One line on its lesson. May be empty.
    pub summary: String,
    /// The points of all its cases.
    pub points: u32,
    /// The limits of a plugin.
    pub limits: Limits,
    /// Where it was read from.
    pub origin: Origin,
    /// The seed of all that is random in it.
    pub seed: Seed,
    /// Its version.
    pub digest: Digest,
    /// At least one, in the order of the files: public, then hidden.
    pub cases: Vec<Case>,
    /// The client plugins that judge cases, each of them once.
    pub judges: Vec<Source>,
    /// Legal parts of it that may not be what its author means, or what others get.
    pub warnings: Vec<Mistake>,
}

/// Bytes that all steps of a case have together. More is refused, since each is sent several times to every
/// submission. Test: `exercises::files::a_wrong_exercise_is_refused_with_its_line`.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// One dialogue to try on a plugin.
#[derive(Clone, Debug)]
pub struct Case {
    /// A sentence. No two cases of an exercise have the same.
    pub name: String,
    /// Its share of the points, beside the other cases' weights.
    pub weight: u32,
    /// Advice for when it fails.
    pub hint: Option<String>,
    /// Whether students get it.
    pub visibility: Visibility,
    /// The dialogue.
    pub script: Script,
}

/// The audience of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// `eco check` and `eco grade` run it.
    Public,
    /// Only `eco grade` runs it.
    Hidden,
}

/// The dialogue of a case.
#[derive(Clone, Debug)]
pub enum Script {
    /// These steps, in order.
    Steps(Vec<Step>),
    /// A client plugin decides.
    Judge {
        /// Its index among the judges of the exercise.
        judge: usize,
        /// Its start message.
        message: Option<Vec<u8>>,
    },
}

/// One step on one connection.
#[derive(Clone, Debug)]
pub struct Step {
    /// Counted from 0.
    pub connection: usize,
    /// The exercise's name for the connection, if it has one.
    pub name: Option<Arc<str>>,
    /// The action on it.
    pub action: Action,
}

/// The action of a step.
#[derive(Clone, Debug)]
pub enum Action {
    /// The connection is opened, if it isn't yet.
    Open,
    /// These bytes are sent.
    Send(Vec<u8>),
    /// The next bytes from the plugin are these.
    Expect(Pattern),
    /// The plugin has ended the connection.
    ExpectClose,
    /// The client has finished sending.
    HalfClose,
    /// Time passes for the plugin.
    Pause(Duration),
}

/// The expected next bytes in a stream of replies.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A match of this from there on.
    Regex(Expression),
}

impl Exercise {
    /// The most connections of any case.
    pub fn connections(&self) -> usize {
        let of = |case: &Case| match &case.script {
            Script::Steps(steps) => steps.iter().map(|step| step.connection + 1).max(),
            Script::Judge { .. } => None,
        };
        self.cases.iter().filter_map(of).max().unwrap_or(1)
    }

    /// The exercise in words: its slug, its origin, and its digest.
    pub fn which(&self) -> String {
        format!("{}, {}, {}", self.slug, self.origin, self.digest)
    }

    /// The sum of all weights.
    pub fn weights(&self) -> u64 {
        self.cases.iter().map(|case| u64::from(case.weight)).sum()
    }
}
