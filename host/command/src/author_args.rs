//! What authors of plugins may type, and the help that teaches it.

use super::budget_args::BudgetArgs;
use crate::language_arg::LanguageArg;
use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

const NEW_EXAMPLES: &str = "\
Examples:
  eco new hello --lang js              hello/hello.js, which runs as it is
  eco new hello --lang rust --session  a whole connection, with a greeting
  eco new asker --lang c --client      the other side, for eco send -p";

const CALL_EXAMPLES: &str = "\
Examples:
  eco call upper.js hello
  eco call lines.wasm 'one\\ntw' 'o\\n'    two chunks, split where you like
  eco call upper.wasm @photo.jpg --raw > upper.jpg
  eco call client.lua 'a message'       a client plugin: shows its first turn

In a chunk \\n \\r \\t \\0 \\\\ \\\" \\xHH and \\u{H} are what they are in Rust; @FILE is a file, and - is stdin. \
What is longer than 64 KiB comes in several chunks, as from a socket. Fuel is a measure of work, about one unit for \
each instruction of WebAssembly, and the same at every run.";

#[derive(Debug, clap::Args)]
#[command(after_help = NEW_EXAMPLES)]
pub(super) struct NewArgs {
    /// The folder to make; its last part is the plugin's name
    #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
    pub(super) path: PathBuf,
    /// The language
    #[arg(short, long, value_enum, value_name = "rust|c|wat|js|lua|python")]
    pub(super) lang: LanguageArg,
    /// A plugin that takes part in the whole connection, not only in its chunks
    #[arg(long, conflicts_with_all = ["chat", "client"])]
    pub(super) session: bool,
    /// A chat room: a connection that hears what others say
    #[arg(long, conflicts_with = "client")]
    pub(super) chat: bool,
    /// A client plugin
    #[arg(long)]
    pub(super) client: bool,
}

const BUILD_NOTES: &str = "\
eco looks for a Cargo.toml (Rust), .c files (C), one .wat file (WebAssembly text), or one script, which is \
only checked. The plugin is FOLDER/FOLDER.wasm. CC and CFLAGS choose the C compiler and its flags; RUSTC, \
RUSTFLAGS and cargo's own settings hold for Rust. The tools run outside the sandbox: build what you trust.";

#[derive(Debug, clap::Args)]
#[command(after_help = BUILD_NOTES)]
pub(super) struct BuildArgs {
    /// The folder with the sources
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub(super) dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct InspectArgs {
    /// A built-in, a script, a component, or a folder that eco build builds; - reads a component from stdin
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(super) plugin: String,
    /// For a machine
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) budgets: BudgetArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = CALL_EXAMPLES)]
pub(super) struct CallArgs {
    /// A built-in, a script, a component, or a folder that eco build builds; - reads a component from stdin
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(super) plugin: String,
    /// What arrives, chunk by chunk; for a client plugin its message
    #[arg(value_name = "CHUNK")]
    pub(super) chunks: Vec<String>,
    /// Print the bytes of the replies and nothing else
    #[arg(long)]
    pub(super) raw: bool,
    #[command(flatten)]
    pub(super) budgets: BudgetArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum SetupCommand {
    /// Build the interpreter for Python scripts, once for this user
    ///
    /// It needs python3 with venv. pip fetches componentize-py, which is removed again when it has
    /// built the interpreter (24 MB, in the user's cache folder).
    Python,
}
