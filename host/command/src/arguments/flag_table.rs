//! Flags of limits, made from the tables of the libraries: a flag has its limit's name, takes a value in its unit, and says
//! its help, range and default.
//!
//! `budgets`, `limits` and `server` have the tables.

use crate::exit::{Exit, Failure};
use clap::error::Error;
use clap::{Arg, ArgMatches, Command, FromArgMatches};
use eco_limits::{Limit, Range, Row, Value};
use std::fmt;

/// A table of limits, as far as a command has flags for it.
pub(crate) trait FlagTable: 'static {
    type Limit: Limit + PartialEq + fmt::Debug + Send + Sync;

    /// The heading in help above its flags, if they have one of their own.
    const HEADING: Option<&'static str>;

    /// The limits, in the order of help.
    fn limits() -> impl Iterator<Item = Self::Limit>;

    /// A limit's default, as help shows it.
    fn default(limit: Self::Limit) -> String {
        limit.row().default.typed()
    }

    /// What the row can't say, since it names commands.
    fn remark(_: Self::Limit) -> &'static str {
        ""
    }
}

/// The limits that were typed, with their values.
#[derive(Debug)]
pub(crate) struct LimitArgs<T: FlagTable>(Vec<(T::Limit, Value)>);

impl<T: FlagTable> LimitArgs<T> {
    /// Whether this one was typed.
    pub(crate) fn has(&self, limit: T::Limit) -> bool {
        self.0.iter().any(|(typed, _)| *typed == limit)
    }

    /// Sets what was typed, and leaves all else as it is.
    pub(crate) fn set(&self, limits: &mut <T::Limit as Limit>::Limits) -> Result<(), Failure> {
        for (limit, value) in &self.0 {
            check(limit.row(), *value)?;
            limit.set(limits, *value);
        }
        Ok(())
    }
}

/// The values of the limits of a table, in its order: to compare.
pub(crate) fn values<T: FlagTable>(limits: &<T::Limit as Limit>::Limits) -> Vec<Value> {
    T::limits().map(|limit| limit.get(limits)).collect()
}

/// The flag of a limit, with its dashes.
pub(crate) fn flag(row: &Row) -> String {
    format!("--{}", row.code)
}

/// Refuses what is outside of a limit's range.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
fn check(row: &Row, value: Value) -> Result<(), Failure> {
    let (flag, range) = (flag(row), row.range);
    if range.contains(value) {
        return Ok(());
    }
    Err(Exit::Usage.saying(match range {
        Range::AtLeast(least, why) => format!("{flag} must be at least {least}: {why}"),
        Range::Any | Range::FromTo(..) => format!("{flag} goes from {range}"),
    }))
}

/// A value as it was typed. A number outside of its range is none, as with the ranges of clap.
fn parse(row: &Row, text: &str) -> Result<Value, String> {
    let parsed = row.parse(text);
    let (Value::Count(_) | Value::Elements(_), Range::FromTo(least, most)) =
        (row.default, row.range)
    else {
        return parsed;
    };
    match (parsed, text.parse::<i128>()) {
        (Ok(value), _) if row.range.contains(value) => Ok(value),
        (_, Ok(number)) => {
            let [least, most] = [least, most].map(Value::typed);
            Err(format!("{number} is not in {least}..={most}"))
        }
        (parsed, Err(_)) => parsed,
    }
}

fn arg<T: FlagTable>(limit: T::Limit) -> Arg {
    let row = limit.row();
    let range = match row.range {
        Range::Any => String::new(),
        range => format!(" [{range}]"),
    };
    let (help, remark, default) = (row.help, T::remark(limit), T::default(limit));
    Arg::new(row.code)
        .long(row.code)
        .value_name(match row.default {
            Value::Time(_) | Value::Timeout(_) => "TIME",
            Value::Size(_) => "SIZE",
            Value::Count(_) | Value::Cap(_) | Value::Elements(_) | Value::Units(_) => "N",
        })
        .value_parser(move |text: &str| parse(row, text))
        .help(format!("{help}{remark}{range} [default: {default}]"))
        .help_heading(T::HEADING)
}

impl<T: FlagTable> clap::Args for LimitArgs<T> {
    fn augment_args(command: Command) -> Command {
        command.args(T::limits().map(arg::<T>))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FlagTable> FromArgMatches for LimitArgs<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let typed = |limit: T::Limit| Some((limit, *matches.get_one(limit.row().code)?));
        Ok(Self(T::limits().filter_map(typed).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::budgets::{Judging, Running};
    use crate::arguments::limits::Shared;
    use crate::arguments::server::Serving;
    use eco_plugin::Budget;

    fn defaults_are_within_ranges<T: FlagTable>() {
        for limit in T::limits() {
            let Row {
                code,
                range,
                default,
                ..
            } = limit.row();
            assert!(range.contains(*default), "{code}: {default} is not {range}");
        }
    }

    #[test]
    fn every_default_is_in_its_range() {
        defaults_are_within_ranges::<Running>();
        defaults_are_within_ranges::<Judging>();
        defaults_are_within_ranges::<Serving>();
        defaults_are_within_ranges::<Shared>();
    }

    #[test]
    fn what_help_shows_can_be_typed() {
        let memory = Running::default(Budget::Memory);
        assert_eq!(memory, "64MiB, send, load: 1GiB");
        assert_eq!(Running::default(Budget::Table), "100000");
        assert_eq!(Running::default(Budget::Compile), "30s, check, grade: 2m");
        assert_eq!(Serving::default(eco_net::Limit::ChunkSize), "64KiB");
        assert_eq!(Serving::default(eco_net::Limit::IdleTimeout), "10m");
    }

    #[test]
    fn a_number_outside_of_its_range_is_told_the_range() {
        let row = Budget::Table.row();
        for outside in ["-1", "10000001", "99999999999999999999999999"] {
            let said = format!("{outside} is not in 0..=10000000");
            assert_eq!(parse(row, outside), Err(said));
        }
        assert_eq!(parse(row, "0"), Ok(Value::Elements(0)));
        assert!(parse(row, "x").is_err());
    }
}
