//! What students and teachers may type, and the help that teaches it.

use crate::arguments::language::ExerciseLanguageArg;
use crate::arguments::ranges;
use crate::budget_args::CompileArgs;
use crate::grade::reports::ReportTo;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Subcommand, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

const CHECK_EXAMPLES: &str = "\
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
#[command(after_help = CHECK_EXAMPLES)]
pub(super) struct CheckArgs {
    /// A folder with an exercise.toml, or the name of one that eco brings (see eco exercise list); ./echo is a folder
    #[arg(required_unless_present = "lint", value_hint = ValueHint::DirPath)]
    pub(super) exercise: Option<OsString>,
    /// Your solution: a script, a component, or a folder that eco build builds; - reads a component from stdin
    #[arg(required_unless_present = "lint", value_hint = ValueHint::AnyPath)]
    pub(super) plugin: Option<OsString>,
    /// Show every failure in full, not only the first
    #[arg(short, long)]
    pub(super) all: bool,
    /// Over real sockets on this machine, instead of in memory
    #[arg(long)]
    pub(super) tcp: bool,
    /// Again whenever the plugin changes
    #[arg(long)]
    pub(super) watch: bool,
    /// Check an exercise, and not a plugin: its files, its starters, and whether its solutions pass, with how much of the limits
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        conflicts_with_all = ["exercise", "plugin", "all", "tcp", "watch"]
    )]
    pub(super) lint: Option<PathBuf>,
    #[command(flatten)]
    pub(super) compile: CompileArgs,
}

const GRADE_EXAMPLES: &str = "\
Examples:
  eco grade my-exercise submissions/
  eco grade echo submissions/ --report html=class.html --report csv=marks.csv
  eco grade echo submissions/ --report 'gradescope=out/{name}.json'
  eco grade echo alice.wasm --report junit=- > alice.xml
  eco grade echo submissions/* --class=no    one student for each path
  eco grade echo --class=no -- *             in their folder, with any names
  eco grade echo groups/* --class            a class for each path

A single folder is a class, with a file or a folder for each student; of several paths each is a student's. \
A student's folder holds one plugin, a script or a component (.wasm, .wat), and no folder below it is looked into. \
Links are refused. Names that begin with a dot are passed over, and said to be. Nothing is built: building runs a \
student's code outside the sandbox, so that sources in Rust or C have to be handed in built. A name is as short as \
keeps it apart: anna, or anna.js and anna/ where both are there, or monday/anna and tuesday/anna.

A class whose grading was cut off, or in which something could not be judged, goes on from there: what was graded, and \
is handed in as it was, is not graded anew. --fresh grades all of it. The exercise lies outside of what is handed in.

Reports are gradescope and exercism (one for each submission, for whose name {name} stands), junit, tap, csv, \
json and html. A report's folder must be there, unless its name has {name}. Those with {name} are best in a folder of \
their own, since students choose the names; one replaces nothing but an earlier one. Where submissions lie, only \
submissions/{name}/results.json and the like is taken: {name} is the student's folder then. Reports are written while the class is \
graded, and say who is missing. Each is a new file: no link that was handed in is followed. Hidden cases (hidden.toml) are run too. Two runs give the same reports. What the cases draw at \
random comes from exercise.toml and hidden.toml, so that eco check, which has no hidden cases, draws otherwise.

Exit codes:
  0 all graded, whatever the marks   64 usage
  70 something could not be judged";

#[derive(Debug, clap::Args)]
#[command(after_help = GRADE_EXAMPLES)]
pub(super) struct GradeArgs {
    /// A folder with an exercise.toml, or the name of one that eco brings (see eco exercise list); ./echo is a folder
    #[arg(value_hint = ValueHint::DirPath)]
    pub(super) exercise: OsString,
    /// A folder with a file or a folder for each student; or a path for each student
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub(super) submissions: Vec<PathBuf>,
    /// Whether each path is a class, a folder with a file or a folder for each student [default: a single folder is, several paths are not]
    #[arg(long, value_enum, value_name = "YES|NO", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    pub(super) class: Option<Class>,
    /// Write a report; may be given several times. - writes it to stdout, in place of the table
    #[arg(short, long, value_name = "FORMAT=FILE", value_parser = OsStringValueParser::new().try_map(ReportTo::parse))]
    pub(super) report: Vec<ReportTo>,
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(ranges::AT_ONCE), help = ranges::one_for_each_processor("Submissions at the same time"))]
    pub(super) jobs: Option<u32>,
    /// Grade all anew, also what was graded before grading was cut off
    #[arg(long)]
    pub(super) fresh: bool,
    #[command(flatten)]
    pub(super) compile: CompileArgs,
}

/// Whether each path is a class, where it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Class {
    Yes,
    No,
}

#[derive(Debug, Subcommand)]
pub(super) enum ExerciseCommand {
    /// List the exercises that eco brings, from easy to hard
    List,
    /// Copy an exercise to a folder, with a starter for each language
    Start {
        /// Which one (see eco exercise list)
        slug: String,
        /// The folder to make
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// The hidden cases too, if you want to make an exercise of your own from it
        #[arg(long)]
        hidden: bool,
        /// A programming language: only its starter. en or es: the statement in that language first [default: the locale's]. One of each may be given
        #[arg(short, long, value_enum)]
        lang: Vec<ExerciseLanguageArg>,
    },
    /// Print the JSON schema of exercise.toml, for editors
    Schema,
}
