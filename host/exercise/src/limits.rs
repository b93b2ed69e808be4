//! The limits that an exercise sets for plugins. A limit is one row of the table here, and a budget of the sandbox.
//!
//! It owns the defaults, and the most that an author may give. `read::format` has the keys of `exercise.toml`.

use eco_limits::{Limit as _, Range, Value};
use eco_plugin::{Budget, Budgets};
use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

/// The default of [`Limits::fuel`], which has the reason.
const FUEL: u64 = 100_000_000;

eco_limits::limits! {
    /// What a plugin may use in one connection, and in all of them. The rest is as for `eco serve`.
    #[derive(Copy, PartialEq, Eq)]
    pub struct Limits {
        /// Processor time to judge one plugin: all runs of all cases.
        pub time: Duration = time(FUEL),
    }

    /// One of those that an author may set.
    pub enum Limit {
        /// Units of work of a connection
        ///
        /// Of the same worth in each language: about one for each instruction of WebAssembly, and in a script one for
        /// as many as its interpreter needs for the same work. One that loops with more than the most would take
        /// minutes for each case, and be ended by the clock, which no verdict may depend on.
        Fuel {
            fuel: Units = FUEL,
            code: "fuel",
            range: Range::FromTo(Value::Units(1), Value::Units(10_000_000_000)),
            reason: "A hundred million: less than a tenth of a second for compiled code and Lua, and less than half a second for Python. A thousand chunks of a byte, each of them logged, take less than a third of it in every language.",
            test: "exercises::files::a_wrong_exercise_is_refused_with_its_line",
        }

        /// Linear memory of a connection
        ///
        /// A script has it beside what its interpreter needs. The most is all that a plugin can address.
        Memory {
            memory: Size = 64 * MIB,
            code: "memory",
            range: Range::FromTo(Value::Size(1), Value::Size(4 * GIB)),
            reason: "That of a server's plugin.",
            test: "exercises::files::a_wrong_exercise_is_refused_with_its_line",
        }

        /// Bytes returned by one call
        ///
        /// No steps can expect more than the most, and it is held.
        Reply {
            reply: Size = MIB,
            code: "reply",
            range: Range::FromTo(Value::Size(1), Value::Size(4 * MIB)),
            reason: "That of a server's plugin.",
            test: "exercises::files::a_wrong_exercise_is_refused_with_its_line",
        }

        /// Bytes that a connection may write to the log
        ///
        /// A case may have many connections, and what they log is held, escaped.
        Log {
            log: Size = 256 * KIB,
            code: "log",
            range: Range::FromTo(Value::Size(1), Value::Size(MIB)),
            reason: "A line for each byte of a thousand that come one at a time.",
            test: "exercises::files::a_wrong_exercise_is_refused_with_its_line",
        }
    }
}

impl Limit {
    /// The budget of the sandbox that holds it.
    pub fn budget(self) -> Budget {
        match self {
            Self::Fuel => Budget::Fuel,
            Self::Memory => Budget::Memory,
            Self::Reply => Budget::Reply,
            Self::Log => Budget::Log,
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
/// internal error. Test: `judging::time::the_work_of_judging_a_plugin_has_a_bound`.
const ALL: Duration = Duration::from_secs(30);
const ALL_PER_FUEL: Duration = Duration::from_nanos(1200);

/// The most that it comes to, however much fuel there is: more than a hundred runs of right plugins take a tenth of it.
/// Test: `limits::tests::no_fuel_makes_judging_take_longer_than_five_minutes`.
const MOST: Duration = Duration::from_secs(300);

/// Processor time to compile a plugin. Those that toolchains make take some seconds at the most; one that
/// takes longer is too complex, on this machine. Test: `compile::attacks::a_plugin_that_takes_too_much_to_compile_is_too_complex`.
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
        let mut budgets = Budgets::default()
            .cpu(with_fuel(self.fuel, BACKSTOP, BACKSTOP_PER_FUEL))
            // How busy a machine is decides nothing.
            .deadline(Duration::MAX)
            .compile(COMPILE)
            .total_memory(run);
        for limit in Limit::ALL {
            limit.budget().set(&mut budgets, limit.get(self));
        }
        budgets
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
