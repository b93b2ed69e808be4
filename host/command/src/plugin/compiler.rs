//! Helper processes that compile plugins and make components: eco itself, started anew for each.

use crate::output::spinner::Spinner;
use eco_plugin::{Budgets, Cache, Compiler, Engine, EngineBuilder, Program};
use std::path::PathBuf;

/// Does the helper's work and exits, if this process is a helper.
pub(crate) fn if_helper() {
    eco_plugin::if_helper();
    eco_toolchain::if_helper();
}

/// Sets up an engine that compiles in helpers, and keeps code in the user's cache folder. A terminal shows a compilation
/// that takes long.
pub(crate) fn engine(budgets: Budgets) -> EngineBuilder {
    Engine::builder(compiler(), budgets)
        .cache(Cache::User)
        .on_compile(|what| Box::new(Spinner::show(format!("compiling {what}"))))
}

/// The compiler that starts a helper for each plugin.
pub(crate) fn compiler() -> Compiler {
    Compiler::Helper(this_program())
}

/// This program. Where the system doesn't tell its path, starting it fails.
pub(crate) fn this_program() -> Program {
    Program::this().unwrap_or_else(|_| Program::new(PathBuf::new()))
}
