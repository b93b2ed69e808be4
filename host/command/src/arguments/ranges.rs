//! The ranges of numbers and sizes. Parsers, help, errors and the page all have them from here.

use super::defaults::short;
use crate::exit::{Exit, Failure};
use bytesize::ByteSize;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Connections of a server, and of a load. Each takes four mappings of memory (a stack, an instance, and the guard of
/// each), and Linux gives a process 65530 (`vm.max_map_count`). More is refused as usage.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const CONNECTIONS: RangeInclusive<i64> = 1..=16_000;

/// Threads of a load, and submissions graded at the same time. No machine has processors for more of them. More is
/// refused as usage. Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const AT_ONCE: RangeInclusive<i64> = 1..=256;

/// `--chunk-size`: each worker thread keeps a buffer or two of this size, and a plugin must hold a chunk beside its other
/// data. A larger one is refused as usage.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const CHUNK: RangeInclusive<usize> = 1..=16 * 1024 * 1024;

/// `--memory`: wasm memory comes in pages of 64 KiB, and a plugin can address 4 GiB at most. Other sizes are refused as
/// usage.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const MEMORY: RangeInclusive<usize> = 64 * 1024..=4 << 30;

/// `--table`: a table of WebAssembly has ten million elements at most. A pool reserves address space for each table of
/// each connection. More is refused as usage.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const TABLE: RangeInclusive<u64> = 0..=10_000_000;

/// `--stack`: a plugin's calls need some, and each connection has a stack of this size. Other sizes are refused as usage.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const STACK: RangeInclusive<usize> = 16 * 1024..=16 * 1024 * 1024;

/// `--cpu`: processor time is counted in ticks of this length. Less is refused as usage.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const LEAST_CPU: Duration = Duration::from_millis(10);

/// Help for a flag with a range.
pub(crate) fn with(help: &str, range: &str) -> String {
    format!("{help} [{range}]")
}

/// Help for a flag whose default is the number of processors.
pub(crate) fn one_for_each_processor(help: &str) -> String {
    let help = with(help, &numbers(&AT_ONCE));
    format!("{help} [default: one for each processor]")
}

/// A range of numbers, such as `1 to 256`.
pub(crate) fn numbers(range: &RangeInclusive<impl Display>) -> String {
    format!("{} to {}", range.start(), range.end())
}

/// A range of sizes, such as `64KiB to 4GiB`.
pub(crate) fn sizes(range: &RangeInclusive<usize>) -> String {
    let [least, most] = [range.start(), range.end()].map(|bytes| {
        let bytes = ByteSize(*bytes as u64);
        short(&bytes.to_string())
    });
    format!("{least} to {most}")
}

/// A least time, such as `10ms or more`.
pub(crate) fn at_least(time: Duration) -> String {
    format!("{} or more", humantime::format_duration(time))
}

/// Refuses a size outside of the flag's range.
pub(crate) fn check(
    flag: &str,
    bytes: usize,
    range: &RangeInclusive<usize>,
) -> Result<(), Failure> {
    if range.contains(&bytes) {
        return Ok(());
    }
    Err(Exit::Usage.saying(format!("{flag} goes from {}", sizes(range))))
}
