//! The ranges of numbers that are no limits of a table. Parsers, help, errors and the page all have them from here.

use eco_net::MOST_CONNECTIONS;
use std::fmt::Display;
use std::ops::RangeInclusive;

/// Connections of a load: as many as a server may have, and each takes as much. More is refused as usage.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const CONNECTIONS: RangeInclusive<i64> = 1..=MOST_CONNECTIONS as i64;

/// Threads of a load, and submissions graded at the same time. No machine has processors for more of them. More is
/// refused as usage. Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub(crate) const AT_ONCE: RangeInclusive<i64> = 1..=256;

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
