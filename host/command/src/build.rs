//! `eco build`: makes a plugin, or a program, from a folder with sources.

use crate::exit::Failure;
use crate::plugin::compiler;
use crate::{machine, output, plugin};
use bytesize::ByteSize;
use clap::ValueHint;
use eco_plugin::{Budgets, Inspection, LoadError, Source};
use eco_text::escape;
use eco_toolchain::Built;
use std::path::PathBuf;

const NOTES: &str = "\
eco looks for a Cargo.toml (Rust), .go files (Go), .c files (C), one .wat file (WebAssembly text), or one script, \
which is only checked. It makes FOLDER/FOLDER.wasm: a plugin, or a program that reads standard input and writes \
standard output. In C that is one that includes none of eco's headers, in Rust one with a src/main.rs and no cdylib. \
CC and CFLAGS choose the C compiler and its flags; RUSTC, RUSTFLAGS and cargo's own settings hold for Rust, GOFLAGS \
for Go. The tools run outside the sandbox: build what you trust.";

#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub(crate) struct BuildArgs {
    /// The folder with the sources
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
}

/// Builds the plugin, tries it out, and prints how to use it.
pub(super) async fn run(args: BuildArgs) -> Result<(), Failure> {
    let folder = args.dir.clone();
    let built = tokio::task::spawn_blocking(move || plugin::build(&folder)).await??;
    let path = escape::path(built.path());
    let engine = compiler::engine(Budgets::server(machine::memory())).build()?;
    let unusable = |error: LoadError| {
        let context = match &built {
            Built::Made(_) => format!("built {path}, which can't be used"),
            Built::Script(_) => format!("cannot use {path}"),
        };
        plugin::unusable(error, context)
    };
    let found = Inspection::of(&engine, Source::File(built.path().to_owned()))
        .await
        .map_err(unusable)?;
    // Naming the folder builds it again when its sources change. A script is named itself.
    let usable = match &built {
        Built::Made(_) => escape::path(&args.dir),
        Built::Script(_) => path.clone(),
    };
    let next = match (&found.server, &found.client) {
        (Ok(_), _) => format!("eco serve -p {usable}"),
        (_, Ok(_)) => format!("eco send -p {usable}"),
        _ if is_interpreter(&found) => {
            return output::print(&format!("built {path}, an interpreter for scripts\n"));
        }
        _ => return found.server.map(drop).map_err(unusable),
    };
    let what = match &built {
        Built::Made(_) => format!("built {path} ({})", ByteSize(found.size as u64)),
        Built::Script(_) => format!("{path} runs as it is: nothing to build"),
    };
    output::print(&format!("{what}. Next:\n  {next}\n"))
}

/// Whether it is an interpreter. That is no plugin by itself: it needs a script from eco.
fn is_interpreter(found: &Inspection) -> bool {
    let interpreter = |name: &String| name.starts_with("eco:plugin/interpreter@");
    found.exports.iter().any(interpreter)
}
