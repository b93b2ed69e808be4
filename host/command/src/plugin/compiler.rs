//! Who compiles plugins for the command line, and makes components of what is built: eco itself, started anew for each.

use crate::output::progress::Waiting;
use eco_plugin::{Budgets, Compiler, Engine, EngineBuilder, Program};
use std::path::PathBuf;
use std::process::ExitCode;

/// What a helper that compiles is started with. It is no command for people, so that no help names it.
const COMPILES: &str = "compile-helper";
/// What one that makes components is started with.
const MAKES: &str = "component-helper";

/// Does a helper's work, if this process is one.
pub(crate) fn if_helper() -> Option<ExitCode> {
    let argument = std::env::args_os().nth(1)?;
    match argument.to_str()? {
        COMPILES => Some(eco_plugin::run_helper()),
        MAKES => Some(eco_toolchain::run_helper()),
        _ => None,
    }
}

/// Sets up an engine with such a compiler. A terminal shows what takes long.
pub(crate) fn engine(budgets: Budgets) -> EngineBuilder {
    Engine::builder(compiler(), budgets)
        .on_compile(|what| Box::new(Waiting::to(format!("compiling {what}"))))
}

/// A helper for each plugin.
pub(crate) fn compiler() -> Compiler {
    Compiler::Helper(helper(COMPILES))
}

/// A helper for each component that is made.
pub(crate) fn maker() -> Program {
    helper(MAKES)
}

fn helper(argument: &str) -> Program {
    Program {
        path: this_program(),
        arguments: vec![argument.into()],
    }
}

/// On Linux the very program that runs, also where another has been put in its place since.
pub(crate) fn this_program() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe().unwrap_or_default()
    }
}
