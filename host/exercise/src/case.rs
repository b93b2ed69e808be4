//! A parsed exercise: checked, and ready to run.

use super::digest::Digest;
use super::expression::Expression;
use super::mistake::Mistake;
use super::origin::Origin;
use super::seed::Seed;
use eco_plugin::{Budgets, Source};
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

/// The limits of a plugin in one connection, and in all of them. The rest is as for `eco serve`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of work, of the same worth in each language: about one for each instruction of WebAssembly, and in a
    /// script one for as many as its interpreter needs for the same work.
    pub fuel: u64,
    /// Linear memory, in bytes. A script has it beside what its interpreter needs.
    pub memory: usize,
    /// The reply of one call, in bytes.
    pub reply: usize,
    /// The log of a connection, in bytes.
    pub log: usize,
    /// Processor time to judge one plugin: all runs of all cases.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        // Less than a tenth of a second for compiled code and Lua, and less than half a second for Python. A
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

/// Processor time of one call, and its growth with each unit of fuel, a hundred times what a unit takes. It
/// is a backstop, since fuel decides: a call that takes this long with fuel left is nobody's fault, and
/// counts as an internal error. Test: `verdict::tests::time_is_only_a_backstop`.
const BACKSTOP: Duration = Duration::from_secs(30);
const BACKSTOP_PER_FUEL: Duration = Duration::from_nanos(100);

/// Processor time to judge one plugin, the search for the smallest split that breaks it included, and its
/// growth with each unit of fuel: two and a half minutes by default. A connection that uses up its fuel
/// takes a tenth of a second, or a few seconds with the slowest instructions, in up to seven splits of each
/// case. It is a backstop as well: one submission can't cost a class more, and cases not judged by then are
/// internal errors. Test: `judging::time::the_work_of_judging_a_plugin_has_a_bound`.
const ALL: Duration = Duration::from_secs(30);
const ALL_PER_FUEL: Duration = Duration::from_nanos(1200);

/// The maximum of that, for any amount of fuel: more than a hundred runs of right plugins take a tenth of
/// it. Test: `case::tests::no_fuel_makes_judging_take_longer_than_five_minutes`.
const MOST: Duration = Duration::from_secs(300);

/// Processor time to compile a plugin. Those that toolchains make take some seconds at the most; a slower
/// one is too complex, on this machine. Test: `compile::attacks::a_plugin_that_takes_too_much_to_compile_is_too_complex`.
const COMPILE: Duration = Duration::from_secs(120);

/// Processor time to judge one plugin with so much fuel for each connection.
pub(super) fn time(fuel: u64) -> Duration {
    with_fuel(fuel, ALL, ALL_PER_FUEL).min(MOST)
}

fn with_fuel(fuel: u64, fixed: Duration, each: Duration) -> Duration {
    let more = fuel.saturating_mul(each.as_nanos() as u64);
    fixed.saturating_add(Duration::from_nanos(more))
}

impl Limits {
    /// The budgets of the sandbox, for a run that may make the host hold so many bytes (see
    /// [`Share`](crate::Share)). Machines differ in memory, and no verdict may depend on it.
    pub fn budgets(&self, run: usize) -> Budgets {
        Budgets {
            cpu: with_fuel(self.fuel, BACKSTOP, BACKSTOP_PER_FUEL),
            // A busy machine decides nothing.
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
