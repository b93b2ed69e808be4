//! The arguments of `eco grade`.

use super::reports::ReportTo;
use crate::arguments::budgets::CompileArgs;
use crate::arguments::ranges;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{ValueEnum, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

const EXAMPLES: &str = "\
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
#[command(after_help = EXAMPLES)]
pub(crate) struct GradeArgs {
    /// A folder with an exercise.toml, or the name of one that eco brings (see eco exercise list); ./echo is a folder
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) exercise: OsString,
    /// A folder with a file or a folder for each student; or a path for each student
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) submissions: Vec<PathBuf>,
    /// Whether each path is a class, a folder with a file or a folder for each student [default: a single folder is, several paths are not]
    #[arg(long, value_enum, value_name = "YES|NO", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    pub(crate) class: Option<ClassArg>,
    /// Write a report; may be given several times. - writes it to stdout, in place of the table
    #[arg(short, long, value_name = "FORMAT=FILE", value_parser = OsStringValueParser::new().try_map(ReportTo::parse))]
    pub(crate) report: Vec<ReportTo>,
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(ranges::AT_ONCE), help = ranges::one_for_each_processor("Submissions at the same time"))]
    pub(crate) jobs: Option<u32>,
    /// Grade all anew, also what was graded before grading was cut off
    #[arg(long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
}

/// The value of `--class`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassArg {
    Yes,
    No,
}
