//! `eco setup`: what some languages need once.

use super::author_args::SetupCommand;
use super::exit::{Exit, Failure};
use super::signals::Signals;
use super::{compiler, machine, output};
use anyhow::Context as _;
use eco_plugin::{Budgets, Engine, Language, keep_python};
use eco_text::escape;
use eco_toolchain::{BuildError, set_up_python};
use std::time::Duration;

/// How long compiling the interpreter may take here, where somebody waits for just that. A plugin has
/// less (`--compile-time`), and a slow machine should not fail then.
const COMPILE: Duration = Duration::from_secs(600);

/// Sets up what was named.
pub(super) async fn run(command: SetupCommand) -> Result<(), Failure> {
    match command {
        SetupCommand::Python => {
            // Ctrl-C ends the tools, and then this, which removes what they left behind.
            let _signals = Signals::catch()?;
            tracing::info!("building the interpreter for Python; this takes a minute or two");
            let setting_up = tokio::task::spawn_blocking(|| {
                let folder = tempfile::tempdir()?;
                let built = folder.path().join("python.wasm");
                set_up_python(&built).map_err(|error| {
                    let exit = match error {
                        BuildError::Missing { .. } | BuildError::Failed(_) => Exit::Unavailable,
                        _ => Exit::Internal,
                    };
                    exit.because(anyhow::Error::from(error).context("cannot set up Python"))
                })?;
                let kept = keep_python(&built).context("cannot keep Python's interpreter");
                kept.map_err(|error| Exit::Unavailable.because(error))
            });
            let path = setting_up.await??;
            warm_up().await?;
            let path = escape::path(&path);
            output::print(&format!(
                "Python scripts work now: {path}\n  eco new hello --lang python\n"
            ))
        }
    }
}

/// Compiles it for all commands that run plugins, which find it in the cache from then on.
async fn warm_up() -> Result<(), Failure> {
    let budgets = Budgets {
        compile: COMPILE,
        ..Budgets::server(machine::memory())
    };
    for engine in [
        Engine::builder(compiler::compiler(), budgets.clone())
            .pooled(1)
            .build()?,
        Engine::builder(compiler::compiler(), budgets.clone()).build()?,
        Engine::builder(compiler::compiler(), budgets.clone())
            .metered()
            .build()?,
        Engine::builder(compiler::compiler(), budgets)
            .laboratory()
            .build()?,
    ] {
        Language::Python.warm_up(&engine).await?;
    }
    Ok(())
}
