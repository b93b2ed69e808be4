//! The arguments of the log, which every command has.

use clap::{ArgAction, ValueEnum};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Log (to stderr)")]
pub(crate) struct LogArgs {
    /// What to log: warn has plugins that fail, info connections, debug every chunk [default: info]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "LEVEL",
        conflicts_with_all = ["verbose", "quiet"]
    )]
    pub(crate) log_level: Option<LogLevel>,
    /// The same as --log-level debug
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// The same as --log-level warn; -qq is error
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) quiet: u8,
    /// For a person, or for a machine (one JSON object a line)
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub(crate) log_format: LogFormat,
}

/// The amount that is logged. Each level includes those before it. (With `///` the values would stretch the help of all
/// commands over two pages.)
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogLevel {
    // eco fails at its task.
    Error,
    // A plugin failed, or something else is wrong.
    Warn,
    // Connections, and steps of eco.
    Info,
    // Every chunk.
    Debug,
}

impl LogArgs {
    /// The level, from whichever flag sets it.
    pub(crate) fn level(&self) -> LogLevel {
        match (self.log_level, self.verbose, self.quiet) {
            (Some(level), _, _) => level,
            (None, true, _) => LogLevel::Debug,
            (None, false, 0) => LogLevel::Info,
            (None, false, 1) => LogLevel::Warn,
            (None, false, _) => LogLevel::Error,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}
