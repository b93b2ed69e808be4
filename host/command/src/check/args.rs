//! The arguments of `eco check`.

use crate::arguments::budgets::CompileArgs;
use clap::ValueHint;
use std::ffi::OsString;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  eco exercise start echo my-echo            copies out an exercise to solve
  eco check my-echo my-echo/starter/javascript/plugin.js
  eco check my-echo my-plugin.js --watch     again whenever you save
  eco check echo my-plugin.wasm --all        one that eco brings, every failure
  eco check --lint my-exercise               is the exercise itself all right?

Every case is run under several splits of the same bytes, since the network may split them anywhere: \
as written, all in one chunk, one byte at a time, and in random pieces. A case passes if it passes under all \
of them; a failure shows the smallest split that breaks the plugin.

The CPU budget counts work, and the same work in each language: a Python script may take eight times as many \
instructions as one in Lua, and one in JavaScript three times.

Exit codes:
  0 every case passed   1 some failed, or the exercise is wrong   64 usage
  65 the plugin can't be loaded   70 eco itself failed";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// A folder with an exercise.toml, or the name of one that eco brings (see eco exercise list); ./echo is a folder
    #[arg(required_unless_present = "lint", value_hint = ValueHint::DirPath)]
    pub(crate) exercise: Option<OsString>,
    /// Your solution: a script, a component, a program, or a folder that eco build builds; - reads a component from stdin
    #[arg(required_unless_present = "lint", value_hint = ValueHint::AnyPath)]
    pub(crate) plugin: Option<OsString>,
    /// Show every failure in full, not only the first
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Again whenever the plugin changes
    #[arg(long)]
    pub(crate) watch: bool,
    /// Check an exercise, and not a plugin: its files, its starters, and whether its solutions pass, with how much of the limits
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        conflicts_with_all = ["exercise", "plugin", "all", "watch"]
    )]
    pub(crate) lint: Option<PathBuf>,
    /// The solution is a program, which reads standard input and writes standard output. eco sees that by itself, unless a component is both
    #[arg(long)]
    pub(crate) stdio: bool,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
}
