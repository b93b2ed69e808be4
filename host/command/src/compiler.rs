//! Who compiles plugins for the command line: eco itself, started anew for each.

use super::progress::Waiting;
use eco_plugin::{Budgets, Compiler, Engine, EngineBuilder, Program, run_helper};
use std::path::PathBuf;
use std::process::ExitCode;

/// What a helper is started with. It is no command for people, so that no help names it.
const ARGUMENT: &str = "compile-helper";

/// Does a helper's work, if this process is one.
pub(super) fn if_helper() -> Option<ExitCode> {
    let is_helper = std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == ARGUMENT);
    is_helper.then(run_helper)
}

/// Sets up an engine with such a compiler. A terminal shows what takes long.
pub(super) fn engine(budgets: Budgets) -> EngineBuilder {
    Engine::builder(compiler(), budgets)
        .on_compile(|what| Box::new(Waiting::to(format!("compiling {what}"))))
}

/// A helper for each plugin.
pub(super) fn compiler() -> Compiler {
    Compiler::Helper(Program {
        path: this_program(),
        arguments: vec![ARGUMENT.into()],
    })
}

/// On Linux the very program that runs, also where another has been put in its place since.
fn this_program() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe().unwrap_or_default()
    }
}
