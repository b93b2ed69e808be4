//! Helper processes that compile plugins and make components: eco itself, started anew for each.

use crate::output::spinner::Spinner;
use eco_plugin::{Budgets, Compiler, Engine, EngineBuilder, Program};
use std::path::PathBuf;
use std::process::ExitCode;

/// The argument of a helper that compiles. It is no command for people, so help does not name it.
const COMPILES: &str = "compile-helper";
/// The argument of a helper that makes components.
const MAKES: &str = "component-helper";

/// Does the helper's work, if this process is a helper.
pub(crate) fn if_helper() -> Option<ExitCode> {
    let argument = std::env::args_os().nth(1)?;
    match argument.to_str()? {
        COMPILES => Some(eco_plugin::run_helper()),
        MAKES => Some(eco_toolchain::run_helper()),
        _ => None,
    }
}

/// Sets up an engine that compiles in helpers. A terminal shows a compilation that takes long.
pub(crate) fn engine(budgets: Budgets) -> EngineBuilder {
    Engine::builder(compiler(), budgets)
        .on_compile(|what| Box::new(Spinner::show(format!("compiling {what}"))))
}

/// The compiler that starts a helper for each plugin.
pub(crate) fn compiler() -> Compiler {
    Compiler::Helper(helper(COMPILES))
}

/// The program that makes a component, in a helper for each.
pub(crate) fn maker() -> Program {
    helper(MAKES)
}

fn helper(argument: &str) -> Program {
    Program {
        path: this_program(),
        arguments: vec![argument.into()],
    }
}

/// The path of this program. On Linux it stays the running one when its file is replaced.
pub(crate) fn this_program() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe().unwrap_or_default()
    }
}
