//! Counts of calls, by their time.
//!
//! Each thread counts in a part of its own, as far as there are enough of them, so that processors don't wait for each other's
//! memory.

use crate::call::CalledFunction;
use crate::error::Error;
use eco_compile::Budget;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The bounds by which calls are counted: from those that are over at once to those that broke the budget of a second.
pub const CALL_TIMES: [Duration; 15] = [
    Duration::from_micros(1),
    Duration::from_micros(3),
    Duration::from_micros(10),
    Duration::from_micros(30),
    Duration::from_micros(100),
    Duration::from_micros(300),
    Duration::from_millis(1),
    Duration::from_millis(3),
    Duration::from_millis(10),
    Duration::from_millis(30),
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

/// The functions whose calls are counted.
const FUNCTIONS: [CalledFunction; 5] = CalledFunction::OF_SERVERS;

/// The most parts. Threads beyond share them. Each takes less than a KiB.
const MOST_PARTS: usize = 64;

/// The calls of one function.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallCounts {
    /// Its name in the WIT.
    pub function: &'static str,
    /// All calls. Those whose time by the clock is at most that of each of [`CALL_TIMES`], and more than that of the one before. The
    /// last number is of those that took longer than all. [`with_calls`](super::EngineFigures::with_calls) says which are
    /// timed.
    pub by_time: [u64; CALL_TIMES.len() + 1],
    /// Time of all calls by the clock, with all that they waited for.
    pub clock: Duration,
    /// Processor time of all calls. Where that of one is less than 10 ms, it is measured by the wall clock.
    pub cpu: Duration,
}

/// Counts of all calls.
pub(super) struct Calls {
    parts: Box<[Part]>,
    /// In the order of [`Error::CODES`].
    failures: [AtomicU64; Error::CODES.len()],
    /// In the order of [`Budget::ALL`].
    budgets: [AtomicU64; Budget::ALL.len()],
}

/// What some threads have counted, in lines of the processor's cache that no other thread writes to. Two lines are fetched
/// together.
#[derive(Default)]
#[repr(align(128))]
struct Part([Times; FUNCTIONS.len()]);

/// The calls of a function. Times are in nanoseconds.
#[derive(Default)]
struct Times {
    by_time: [AtomicU64; CALL_TIMES.len() + 1],
    clock: AtomicU64,
    cpu: AtomicU64,
}

/// The number of the next thread that counts.
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number of this thread.
    static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
}

impl Default for Calls {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        // A runtime has as many threads, and those of slow calls are as many again.
        let parts = (2 * processors).next_power_of_two().min(MOST_PARTS);
        Self {
            parts: (0..parts).map(|_| Part::default()).collect(),
            failures: Default::default(),
            budgets: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

/// A call of a function that is counted, by its time: where, and the times in nanoseconds. What is found once does for calls
/// that take as long.
#[derive(Clone, Copy)]
pub(crate) struct TimedCall {
    function: usize,
    bound: usize,
    clock: u64,
    cpu: u64,
}

impl TimedCall {
    /// `None` for a function whose calls aren't counted.
    pub(crate) fn new(function: CalledFunction, cpu: Duration, clock: Duration) -> Option<Self> {
        let bound = CALL_TIMES.iter().position(|bound| clock <= *bound);
        Some(Self {
            function: function.index()?,
            bound: bound.unwrap_or(CALL_TIMES.len()),
            clock: nanoseconds(clock),
            cpu: nanoseconds(cpu),
        })
    }
}

impl Calls {
    /// Counts a call that is over.
    pub(super) fn count(&self, call: TimedCall) {
        // While a thread ends it has no number any more.
        let number = NUMBER.try_with(|number| *number).unwrap_or_default();
        let part = self.parts.get(number % self.parts.len());
        let Some(times) = part.and_then(|part| part.0.get(call.function)) else {
            return;
        };
        if let Some(count) = times.by_time.get(call.bound) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        times.clock.fetch_add(call.clock, Ordering::Relaxed);
        times.cpu.fetch_add(call.cpu, Ordering::Relaxed);
    }

    /// Counts a failure.
    pub(super) fn fail(&self, error: &Error) {
        let place = Error::CODES.iter().position(|code| *code == error.code());
        let count = place.and_then(|place| self.failures.get(place));
        let budget = match error {
            Error::Budget { budget, .. } => self.budgets.get(*budget as usize),
            _ => None,
        };
        if let Some(count) = budget.or(count) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts of each function.
    pub(super) fn counts(&self) -> Vec<CallCounts> {
        let sum = |(place, function): (usize, CalledFunction)| {
            let mut counts = CallCounts {
                function: function.name(),
                by_time: Default::default(),
                clock: Duration::ZERO,
                cpu: Duration::ZERO,
            };
            for times in self.parts.iter().filter_map(|part| part.0.get(place)) {
                for (sum, count) in counts.by_time.iter_mut().zip(&times.by_time) {
                    *sum += count.load(Ordering::Relaxed);
                }
                counts.clock += Duration::from_nanos(times.clock.load(Ordering::Relaxed));
                counts.cpu += Duration::from_nanos(times.cpu.load(Ordering::Relaxed));
            }
            counts
        };
        FUNCTIONS.into_iter().enumerate().map(sum).collect()
    }

    /// The failures by code, and by budget.
    pub(super) fn failures(&self) -> Vec<(&'static str, Option<Budget>, u64)> {
        let by_code = Error::CODES.iter().zip(&self.failures);
        let by_code = by_code.map(|(code, count)| (*code, None, count.load(Ordering::Relaxed)));
        let by_budget = Budget::ALL.iter().zip(&self.budgets);
        let by_budget = by_budget
            .map(|(budget, count)| (Error::BUDGET, Some(*budget), count.load(Ordering::Relaxed)));
        let others = by_code.filter(|(code, ..)| *code != Error::BUDGET);
        others.chain(by_budget).collect()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_compile::Budgets;

    #[test]
    fn functions_have_the_indices_of_their_list() {
        for (place, function) in FUNCTIONS.into_iter().enumerate() {
            assert_eq!(function.index(), Some(place), "{function:?}");
        }
    }

    #[test]
    fn calls_are_counted_by_function_and_time_whatever_thread_they_are_in() {
        let calls = Calls::default();
        let count = |function, cpu, clock| {
            if let Some(call) = TimedCall::new(function, cpu, clock) {
                calls.count(call);
            }
        };
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    count(
                        CalledFunction::Receive,
                        Duration::from_nanos(7),
                        Duration::from_micros(1),
                    );
                    count(
                        CalledFunction::Receive,
                        Duration::ZERO,
                        Duration::from_secs(11),
                    );
                    count(CalledFunction::Start, Duration::ZERO, Duration::ZERO);
                });
            }
        });
        let counts = calls.counts();
        let of = |name| counts.iter().find(|counts| counts.function == name);
        let receive = of("receive").expect("it is one");
        assert_eq!((receive.by_time[0], receive.by_time[15]), (3, 3));
        assert_eq!(receive.clock, 3 * Duration::from_micros(11_000_001));
        assert_eq!(receive.cpu, Duration::from_nanos(21));
        let all: u64 = counts.iter().flat_map(|counts| counts.by_time).sum();
        assert_eq!(all, 6);
    }

    #[test]
    fn a_broken_budget_is_counted_as_that_and_all_else_by_its_code() {
        let calls = Calls::default();
        for budget in Budget::ALL {
            calls.fail(&Error::budget(*budget, &Budgets::default()));
        }
        calls.fail(&Error::Trap("it traps".to_owned()));
        let failures = calls.failures();
        let budgets = failures.iter().filter(|(_, budget, _)| budget.is_some());
        assert!(
            budgets
                .clone()
                .all(|(code, _, count)| (*code, *count) == ("budget", 1))
        );
        assert_eq!(budgets.count(), Budget::ALL.len());
        let others = failures
            .iter()
            .filter(|(_, budget, count)| budget.is_none() && *count > 0);
        assert_eq!(others.map(|(code, ..)| *code).collect::<Vec<_>>(), ["trap"]);
    }
}
