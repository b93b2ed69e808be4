//! The command line: what was typed becomes what is meant, one of the commands runs, and its result
//! becomes an exit code.
//!
//! It joins the rooms [`plugin`](crate::plugin) and [`net`](crate::net), and owns all that a person
//! sees. Nothing else in the library knows of it.

mod args;
mod exit;
mod logging;
mod machine;
mod message;
mod progress;
mod send;
mod serve;
mod signals;

use args::{Args, Command};
use clap::{CommandFactory as _, Parser as _};
use exit::{Exit, Failure};
use std::io::Write as _;
use std::process::ExitCode;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are asked for; they are no misuse.
            let code = match error.use_stderr() {
                true => Exit::Usage,
                false => Exit::Success,
            };
            let _ = error.print();
            return code.into();
        }
    };
    logging::start(&args.log);
    let result = run(args);
    logging::finish();
    match result {
        Ok(()) => Exit::Success.into(),
        Err(Failure { exit, error }) => {
            // The code tells what the text can't where nobody reads it.
            let _ = writeln!(std::io::stderr(), "eco: {error:#}");
            exit.into()
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Serve(args) => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?;
            let result = runtime.block_on(serve::run(args.try_into()?));
            // A plugin that still compiles can't be stopped, and isn't waited for.
            runtime.shutdown_background();
            result
        }
        Command::Send(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let result = runtime.block_on(send::run(args.try_into()?));
            runtime.shutdown_background();
            result
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "eco", &mut script);
            match std::io::stdout().write_all(&script) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
                _ => Ok(()),
            }
        }
    }
}
