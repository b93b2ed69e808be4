//! The arguments of `eco call`.

use super::step_args::StepArgs;
use crate::arguments::budgets::BudgetArgs;
use crate::arguments::program::SettingsArgs;
use clap::ValueHint;
use std::ffi::OsString;

const EXAMPLES: &str = "\
Examples:
  eco call upper.js hello
  eco call lines.wasm 'one\\ntw' 'o\\n'    two chunks, split where you like
  eco call upper.wasm @photo.jpg --raw > upper.jpg
  eco call wc.wasm --arguments=-l 'a\\n'  a program, with an argument
  eco call client.lua 'a message'       a client plugin: shows its first turn
  eco call chat.js --peers a,b 'a: Anna\\n' 'b: Ben\\n' 'a: hi\\n' --end b
  eco call heartbeat.js 'pulse 200\\n' --pause 300ms 'tock\\n' --pause 500ms

In a chunk the escapes \\n \\r \\t \\0 \\\\ \\\" \\xHH and \\u{H} are what they are in Rust; @FILE is a file, and - is stdin. \
More than 64 KiB comes in several chunks, as from a socket. Steps are done in the order given: each is over, and the \
other peers have heard of it, before the next begins. 'anna:' alone only opens the connection. A pause takes real time. \
Fuel is a measure of work: a unit is about one instruction of WebAssembly, in JavaScript three, in Python eight. A script's \
may differ a little from run to run; eco check counts the same each time.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CallArgs {
    /// A built-in, a script, a component, a program of WASI, or a folder that eco build builds; - reads a component from stdin
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) plugin: OsString,
    #[command(flatten)]
    pub(crate) steps: StepArgs,
    /// Print the bytes of the replies and nothing else; not with --peers
    #[arg(long, conflicts_with = "peers")]
    pub(crate) raw: bool,
    /// It is a program, which reads standard input and writes standard output. eco sees that by itself, unless a component is both
    #[arg(long)]
    pub(crate) stdio: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) budgets: BudgetArgs,
}
