//! What authors of plugins may type, and the help that teaches it.

use crate::arguments::language::LanguageArg;
use crate::budget_args::BudgetArgs;
use crate::call::StepArgs;
use clap::{Subcommand, ValueHint};
use std::ffi::OsString;
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
  eco call chat.js --peers a,b 'a: Anna\\n' 'b: Ben\\n' 'a: hi\\n' --end b
  eco call heartbeat.js 'pulse 200\\n' --pause 300ms 'tock\\n' --pause 500ms

In a chunk the escapes \\n \\r \\t \\0 \\\\ \\\" \\xHH and \\u{H} are what they are in Rust; @FILE is a file, and - is stdin. \
More than 64 KiB comes in several chunks, as from a socket. Steps are done in the order given: each is over, and the \
other peers have heard of it, before the next begins. 'anna:' alone only opens the connection. A pause takes real time. \
Fuel is a measure of work: a unit is about one instruction of WebAssembly, in JavaScript three, in Python eight. A script's \
may differ a little from run to run; eco check counts the same each time.";

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
    pub(super) plugin: OsString,
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
    pub(super) plugin: OsString,
    #[command(flatten)]
    pub(super) steps: StepArgs,
    /// Print the bytes of the replies and nothing else; not with --peers
    #[arg(long, conflicts_with = "peers")]
    pub(super) raw: bool,
    #[command(flatten)]
    pub(super) budgets: BudgetArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum SetupCommand {
    /// Build the interpreter for Python scripts, once
    ///
    /// It needs python3 with venv and pip, and the network. pip fetches componentize-py into a temporary folder, which
    /// builds the interpreter and is then removed. The interpreter is kept in your cache folder, or with --system in
    /// /usr/local/lib/eco.
    Python {
        /// For all users of this machine; run it as root, on Unix. The folder is /usr/local/lib/eco, or the one that ECO_SYSTEM_DIR names
        #[arg(long)]
        system: bool,
    },
}
