//! An exercise as it is meant: parsed, checked, and ready to run.

use super::digest::Digest;
use super::expression::Expression;
use super::mistake::Mistake;
use super::origin::Origin;
use super::seed::Seed;
use eco_plugin::{Budgets, Source};
use std::sync::Arc;
use std::time::Duration;

/// A task for a student, and how a solution is judged.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// For commands and reports: small letters, digits and hyphens.
    pub slug: String,
    /// For people.
    pub title: String,
    /// One line on what it teaches. May be empty.
    pub summary: String,
    /// What it is worth in all.
    pub points: u32,
    /// What a plugin may use.
    pub limits: Limits,
    /// Where it was read from.
    pub origin: Origin,
    /// What all that is drawn in it grows from.
    pub seed: Seed,
    /// Which version of the exercise it is.
    pub digest: Digest,
    /// At least one, in the order of the files: public, then hidden.
    pub cases: Vec<Case>,
    /// The client plugins that judge cases, each of which is there once.
    pub judges: Vec<Source>,
    /// What is right, and may not be what its author means or others get.
    pub warnings: Vec<Mistake>,
}

/// What a plugin may use in one connection, and in all of them. The rest is as for `eco serve`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of work, of the same worth in each language: about one for each instruction of WebAssembly, and in a
    /// script one for as many as its interpreter needs for the same work.
    pub fuel: u64,
    /// Linear memory, in bytes. A script has it beside what its interpreter needs.
    pub memory: usize,
    /// What one call may return, in bytes.
    pub reply: usize,
    /// What it may write to the log, in bytes.
    pub log: usize,
    /// Processor time to judge one plugin: all runs of all cases.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        // Less than a tenth of a second for compiled code and Lua, and for Python less than half a second. A
        // thousand chunks of a byte, each of them logged, take less than a third of it in every language.
        let fuel = 100_000_000;
        Self {
            fuel,
            time: time(fuel),
            memory: 64 * 1024 * 1024,
            reply: 1024 * 1024,
            // A line for each byte of a thousand that come one at a time.
            log: 256 * 1024,
        }
    }
}

/// Processor time of one call, and what each unit of fuel adds to it, a hundred times what it takes. It
/// is a backstop, since fuel decides: a call that takes this long without using its fuel up is nobody's
/// fault, and counts as an internal error.
/// Test: `verdict::tests::time_is_only_a_backstop`.
const BACKSTOP: Duration = Duration::from_secs(30);
const BACKSTOP_PER_FUEL: Duration = Duration::from_nanos(100);

/// Processor time of all runs of all cases of one plugin, with every try of finding the smallest split that breaks it, and
/// what each unit of fuel adds to it: two and a half minutes by default. A connection that uses up its fuel takes a tenth
/// of a second, or a few seconds with the slowest instructions that there are, in up to seven splits of each case. It is a
/// backstop as well, so that one submission can't cost a class more: what is not judged by then is an
/// internal error. Test: `bounds::all_that_is_done_to_judge_a_plugin_has_a_bound`.
const ALL: Duration = Duration::from_secs(30);
const ALL_PER_FUEL: Duration = Duration::from_nanos(1200);

/// The most that it comes to, however much fuel there is: more than a hundred runs of right plugins take a tenth of it.
/// Test: `case::tests::no_fuel_makes_judging_take_longer_than_five_minutes`.
const MOST: Duration = Duration::from_secs(300);

/// Processor time to compile a plugin. Those that toolchains make take some seconds at the most; one that
/// takes longer is too complex, on this machine. Test: `compiling::what_takes_too_much_to_compile_is_too_complex`.
const COMPILE: Duration = Duration::from_secs(120);

/// Processor time to judge one plugin whose connections have so much fuel each.
pub(super) fn time(fuel: u64) -> Duration {
    with_fuel(fuel, ALL, ALL_PER_FUEL).min(MOST)
}

fn with_fuel(fuel: u64, fixed: Duration, each: Duration) -> Duration {
    let more = fuel.saturating_mul(each.as_nanos() as u64);
    fixed.saturating_add(Duration::from_nanos(more))
}

impl Limits {
    /// The budgets of the sandbox, where a run may make the host hold so many bytes (see [`Share`](crate::Share)):
    /// machines differ in what they have, and a verdict that depends on it is none.
    pub fn budgets(&self, run: usize) -> Budgets {
        Budgets {
            cpu: with_fuel(self.fuel, BACKSTOP, BACKSTOP_PER_FUEL),
            // How busy a machine is decides nothing.
            deadline: Duration::MAX,
            fuel: self.fuel,
            memory: self.memory,
            reply: self.reply,
            log: self.log,
            compile: COMPILE,
            total_memory: run,
            ..Budgets::server(run)
        }
    }
}

/// The bytes that all steps of a case may have together. More is refused, since each is sent several
/// times to every submission. Test: `exercises::a_wrong_exercise_is_refused_with_its_line`.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// One thing that is tried.
#[derive(Clone, Debug)]
pub struct Case {
    /// A sentence. No two cases of an exercise have the same.
    pub name: String,
    /// Its share of the points, beside the other cases' weights.
    pub weight: u32,
    /// What to think about when it fails.
    pub hint: Option<String>,
    /// Whether students get it.
    pub visibility: Visibility,
    /// What happens.
    pub script: Script,
}

/// Who gets to see a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// `eco check` and `eco grade` run it.
    Public,
    /// Only `eco grade` runs it.
    Hidden,
}

/// What happens in a case.
#[derive(Clone, Debug)]
pub enum Script {
    /// These steps, in order.
    Steps(Vec<Step>),
    /// A client plugin decides.
    Judge {
        /// Its place among those of the exercise.
        judge: usize,
        /// What it is started with.
        message: Option<Vec<u8>>,
    },
}

/// One step on one connection.
#[derive(Clone, Debug)]
pub struct Step {
    /// Counted from 0.
    pub connection: usize,
    /// What the exercise calls it, if it does.
    pub name: Option<Arc<str>>,
    /// What happens on it.
    pub action: Action,
}

/// What happens in a step.
#[derive(Clone, Debug)]
pub enum Action {
    /// The connection is opened, if it isn't yet.
    Open,
    /// These bytes are sent.
    Send(Vec<u8>),
    /// This comes next.
    Expect(Pattern),
    /// The plugin has ended the connection.
    ExpectClose,
    /// The client has finished sending.
    HalfClose,
    /// Time passes.
    Pause(Duration),
}

/// What must come next in a stream of replies.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What this matches from there on.
    Regex(Expression),
}

impl Exercise {
    /// The most connections that a case has at the same time.
    pub fn connections(&self) -> usize {
        let of = |case: &Case| match &case.script {
            Script::Steps(steps) => steps.iter().map(|step| step.connection + 1).max(),
            Script::Judge { .. } => None,
        };
        self.cases.iter().filter_map(of).max().unwrap_or(1)
    }

    /// Which exercise it is, in words: its slug, where it was read from, and its digest.
    pub fn which(&self) -> String {
        format!("{}, {}, {}", self.slug, self.origin, self.digest)
    }

    /// The sum of all weights.
    pub fn weights(&self) -> u64 {
        self.cases.iter().map(|case| u64::from(case.weight)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fuel_makes_judging_take_longer_than_five_minutes() {
        assert_eq!(time(100_000_000), Duration::from_secs(150));
        for fuel in [500_000_000, 10_000_000_000, u64::MAX] {
            assert_eq!(time(fuel), Duration::from_secs(300));
        }
    }
}
